-- Make reservations in the buckets of one app. The theory is in limiter.py.
--
-- KEYS[1]  hash of the app; KEYS[2..] one hash per bucket; the last key is the guard, if something is given back.
-- ARGV[1]  JSON, see ReserveRequest in redis_link.py. Returns JSON, see ReserveReply there. All times are microseconds
--          of this server's clock.
--
-- A bucket is a timeline that is taken from front to back: `tail` is the first moment that is still free, `gaps` are
-- free intervals before it. A call that costs u units takes one interval of u units, and is made at its beginning: that
-- moment is its reservation.

local SECOND = 1000000
local MAX_GAPS = 64
local SEARCH_STEPS = 32
-- The smaller limit of another process counts for this long after its last request.
local SMALLER_LIMIT_S = 60
local GUARD_TTL_MS = 60000
local APP_TTL_MS = 86400000
local BUCKET_TTL_MS = 2000
-- Moments are rounded when they are written as text.
local ROUNDING = 0.5

local clock = redis.call('TIME')
local now = clock[1] * SECOND + clock[2]
local request = cjson.decode(ARGV[1])

local function text(number)
  return string.format('%.2f', number)
end

-- The app: its epoch changes when the state was lost.

local app = redis.call('HMGET', KEYS[1], 'epoch', 'seen', 'quiet', 'pause', 'length')
local epoch, seen = app[1], tonumber(app[2] or 0)
local quiet, app_pause = tonumber(app[3] or 0), { pause = tonumber(app[4] or 0), length = tonumber(app[5] or 0) }
if not epoch or now < seen - SECOND then
  -- Never used, flushed, restarted, or the clock went back: earlier reservations may still be in use.
  epoch = text(now)
  quiet = now + request.ahead
  app_pause = { pause = 0, length = 0 }
end
quiet = math.max(quiet, now + request.quiet)

-- The buckets.

local function parse_gaps(stored)
  local gaps = {}
  for from, to in string.gmatch(stored or '', '([%d.]+):([%d.]+)') do
    from, to = math.max(tonumber(from), now), tonumber(to)
    if to > from then
      gaps[#gaps + 1] = { from, to }
    end
  end
  return gaps
end

local function load(index)
  local own_unit = request.units[index]
  local stored = redis.call('HMGET', KEYS[index + 1], 'epoch', 'tail', 'gaps', 'unit', 'unit_at', 'pause', 'length')
  local bucket = { tail = 0, gaps = {}, unit = own_unit, unit_at = now, pause = 0, length = 0 }
  if stored[1] == epoch then
    bucket.tail, bucket.gaps = tonumber(stored[2]), parse_gaps(stored[3])
    bucket.pause, bucket.length = tonumber(stored[6]), tonumber(stored[7])
    local unit, unit_at = tonumber(stored[4]), tonumber(stored[5])
    if unit > own_unit and now - unit_at < SMALLER_LIMIT_S * SECOND then
      -- Another process has a smaller limit: it applies to all for as long as that process is active.
      bucket.unit, bucket.unit_at = unit, unit_at
    end
  end
  if request.epoch ~= epoch then
    -- The caller may hold reservations of an earlier epoch, or know of some: their time must not be taken again.
    bucket.tail = math.max(bucket.tail, math.min(request.tails[index], now + request.windows[index]))
  end
  return bucket
end

local buckets = {}
for index = 1, #request.units do
  buckets[index] = load(index)
end

-- Reservations that are given back.

local function release(bucket, from, to)
  from = math.max(from, now)
  if from >= to or to > bucket.tail + ROUNDING then
    return
  end
  local gaps = bucket.gaps
  gaps[#gaps + 1] = { from, to }
  table.sort(gaps, function(one, other) return one[1] < other[1] end)
  local merged = {}
  for _, gap in ipairs(gaps) do
    local last = merged[#merged]
    if last and gap[1] <= last[2] + ROUNDING then
      last[2] = math.max(last[2], gap[2])
    else
      merged[#merged + 1] = gap
    end
  end
  if merged[#merged][2] >= bucket.tail - ROUNDING then
    bucket.tail = table.remove(merged)[1]
  end
  bucket.gaps = merged
end

if #request.back > 0 and request.epoch == epoch then
  -- A client that repeats a command whose reply was lost must not give the same reservations back twice.
  local last = tonumber(redis.call('GET', KEYS[#KEYS]) or 0)
  if request.number > last then
    redis.call('SET', KEYS[#KEYS], request.number, 'PX', GUARD_TTL_MS)
    for _, back in ipairs(request.back) do
      release(buckets[back[1]], back[2], back[3])
    end
  end
end

-- A pause: no call until its end. It is twice as long when the service is too busy again soon after one.

local function extend_pause(state)
  if now >= state.pause then
    local again = state.length > 0 and now < state.pause + state.length
    state.length = again and math.min(state.length * 2, request.max_pause) or request.first_pause
    state.pause = now + state.length
  end
end

for _, index in ipairs(request.paused) do
  if index == 0 then
    extend_pause(app_pause)
  else
    extend_pause(buckets[index])
  end
end

-- Reservations that are wanted. A cost is { bucket, units }.

local function earliest(bucket, from, length)
  for _, gap in ipairs(bucket.gaps) do
    local start = math.max(gap[1], from)
    if start + length <= gap[2] then
      return start
    end
  end
  return math.max(bucket.tail, from)
end

local function take(bucket, start, length)
  if start >= bucket.tail then
    local from = math.max(bucket.tail, now)
    if start - from >= bucket.unit then
      bucket.gaps[#bucket.gaps + 1] = { from, start }
      if #bucket.gaps > MAX_GAPS then
        table.remove(bucket.gaps, 1)
      end
    end
    bucket.tail = start + length
    return
  end
  for index, gap in ipairs(bucket.gaps) do
    if gap[1] <= start and start + length <= gap[2] then
      local rest = { start + length, gap[2] }
      if start - gap[1] >= bucket.unit then
        gap[2] = start
        index = index + 1
      else
        table.remove(bucket.gaps, index)
      end
      if rest[2] - rest[1] >= bucket.unit then
        table.insert(bucket.gaps, index, rest)
      end
      return
    end
  end
end

local function find(costs)
  local from = math.max(now, quiet, app_pause.pause)
  for _, cost in ipairs(costs) do
    from = math.max(from, buckets[cost[1]].pause)
  end
  for _ = 1, SEARCH_STEPS do
    local start = from
    for _, cost in ipairs(costs) do
      local bucket = buckets[cost[1]]
      start = math.max(start, earliest(bucket, start, cost[2] * bucket.unit))
    end
    if start == from then
      return start
    end
    from = start
  end
  for _, cost in ipairs(costs) do
    from = math.max(from, buckets[cost[1]].tail)
  end
  return from
end

local batches, horizon = {}, nil
for number, batch in ipairs(request.batches) do
  local count, costs, moments = batch[1], batch[2], {}
  for _ = 1, count do
    local start = find(costs)
    -- One reservation is always made. More are made while they are near: within half of what is left up to `ahead`.
    if horizon and start > horizon then
      break
    end
    horizon = horizon or start + math.max(0, (now + request.ahead - start) / 2)
    for _, cost in ipairs(costs) do
      local bucket = buckets[cost[1]]
      take(bucket, start, cost[2] * bucket.unit)
    end
    moments[#moments + 1] = text(start)
  end
  batches[number] = '[' .. table.concat(moments, ',') .. ']'
end

-- Store the state for as long as it matters.

redis.call('HSET', KEYS[1], 'epoch', epoch, 'seen', text(now), 'quiet', text(quiet),
  'pause', text(app_pause.pause), 'length', text(app_pause.length))
redis.call('PEXPIRE', KEYS[1], APP_TTL_MS)

local states = {}
for index, bucket in ipairs(buckets) do
  local gaps = {}
  for number, gap in ipairs(bucket.gaps) do
    gaps[number] = text(gap[1]) .. ':' .. text(gap[2])
  end
  redis.call('HSET', KEYS[index + 1], 'epoch', epoch, 'tail', text(bucket.tail), 'gaps', table.concat(gaps, ','),
    'unit', text(bucket.unit), 'unit_at', text(bucket.unit_at),
    'pause', text(bucket.pause), 'length', text(bucket.length))
  local last = math.max(bucket.tail, bucket.pause + bucket.length)
  redis.call('PEXPIRE', KEYS[index + 1], math.ceil(math.max(0, last - now) / 1000) + BUCKET_TTL_MS)
  states[index] = string.format('[%.2f,%.4f,%.2f,%.2f]', bucket.tail, bucket.unit, bucket.pause, bucket.length)
end

return string.format('{"epoch":"%s","now":%.2f,"pause":%.2f,"length":%.2f,"quiet":%.2f,"batches":[%s],"buckets":[%s]}',
  epoch, now, app_pause.pause, app_pause.length, quiet, table.concat(batches, ','), table.concat(states, ','))
