-- Make reservations in the buckets of one app. The theory is in limiter.py; the functions of share.lua and window.lua
-- stand before.
--
-- KEYS[1]  hash of the app; KEYS[2..] one hash per bucket; the last key is the guard, if something is given back or
--          reported as refused.
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
-- A call that is this young is not counted yet: its refusal would not have been reported.
local ANSWER_US = 150000

local clock = redis.call('TIME')
local now = clock[1] * SECOND + clock[2]
local request = cjson.decode(ARGV[1])

local function text(number)
  return string.format('%.2f', number)
end

-- The app: its epoch changes when the state was lost.

local stored_app = redis.call('HMGET', KEYS[1], 'epoch', 'seen', 'quiet', 'slices', 'flow', unpack(SHARE_FIELDS))
local epoch, quiet = stored_app[1], tonumber(stored_app[3] or 0)
if not epoch or now < tonumber(stored_app[2]) - SECOND then
  -- Never used, flushed, restarted, or the clock went back: earlier reservations may still be in use.
  epoch, stored_app = text(now), {}
  quiet = now + request.ahead
end
quiet = math.max(quiet, now + request.quiet)

-- Calls of all commands lately. At the first refusal that means the whole app they are the flow that was too
-- much.
local app = { slices = read_slices(stored_app[4], now - SECOND - ANSWER_US), flow = tonumber(stored_app[5] or 1) }
app.share = read_share(stored_app, 6, SECOND / app.flow)

local function set_ahead(share, slices, width)
  share.ahead, share.units_ahead = sum_of(slices, now + width - ANSWER_US)
end

set_ahead(app.share, app.slices, SLICE_US)

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
  local stored = redis.call('HMGET', KEYS[index + 1], 'epoch', 'tail', 'gaps', 'unit', 'unit_at', 'slices',
    unpack(SHARE_FIELDS))
  local bucket = { tail = 0, gaps = {}, unit = own_unit, unit_at = now }
  if stored[1] ~= epoch then
    stored = {}
  else
    bucket.tail, bucket.gaps = tonumber(stored[2]), parse_gaps(stored[3])
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
  bucket.window = request.windows[index]
  bucket.width = width_of(bucket.window)
  bucket.slices = read_slices(stored[6], now - bucket.window)
  bucket.share = read_share(stored, 7, bucket.unit)
  set_ahead(bucket.share, bucket.slices, bucket.width)
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

-- Whether this is the first time that this request runs. A client that repeats a command whose reply was lost must not
-- give the same reservations back twice, nor report the same refusals twice.
local function is_new()
  if #request.back == 0 and #request.refused == 0 then
    return false
  end
  local last = tonumber(redis.call('GET', KEYS[#KEYS]) or 0)
  if request.number <= last then
    return false
  end
  redis.call('SET', KEYS[#KEYS], request.number, 'PX', GUARD_TTL_MS)
  return true
end

local function take_back(back)
  local at = back[1]
  take_from_slice(app.slices, SLICE_US, at, 1, 0)
  count_return(app.share, at, 1)
  for _, part in ipairs(back[2]) do
    local bucket, units, length = buckets[part[1]], part[2], part[3]
    release(bucket, at, at + length)
    take_from_slice(bucket.slices, bucket.width, at, units, 0)
    count_return(bucket.share, at, units)
  end
end

local function refuse(index, at)
  if index > 0 then
    return count_refusal(buckets[index].share, now, at)
  end
  if kept_for(app.share) == 0 then
    app.flow = math.max(1, sum_of(app.slices, now - SECOND - ANSWER_US) - app.share.ahead)
    app.share.unit = SECOND / app.flow
  end
  count_refusal(app.share, now, at)
end

if is_new() then
  if request.epoch == epoch then
    for _, back in ipairs(request.back) do
      take_back(back)
    end
  end
  for _, refused in ipairs(request.refused) do
    refuse(refused[1], refused[2])
  end
end

-- How long a unit is now.

local app_part = share_at(app.share, now)
for _, bucket in ipairs(buckets) do
  bucket.length = bucket.unit / (share_at(bucket.share, now) * app_part)
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
  local from = math.max(now, quiet)
  for _ = 1, SEARCH_STEPS do
    local start = from
    for _, cost in ipairs(costs) do
      local bucket = buckets[cost[1]]
      start = math.max(start, earliest(bucket, start, cost[2] * bucket.length))
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
      take(bucket, start, cost[2] * bucket.length)
      add_to_slice(bucket.slices, bucket.width, start, cost[2], 0)
      count_grant(bucket.share, now, start, cost[2])
    end
    add_to_slice(app.slices, SLICE_US, start, 1, 0)
    count_grant(app.share, now, start, 1)
    moments[#moments + 1] = text(start)
  end
  batches[number] = '[' .. table.concat(moments, ',') .. ']'
end

-- Store the state for as long as it matters.

local function store(key, arguments, share)
  write_share(share, arguments)
  redis.call('HSET', key, unpack(arguments))
end

store(KEYS[1], { 'epoch', epoch, 'seen', text(now), 'quiet', text(quiet), 'slices', write_slices(app.slices),
  'flow', app.flow }, app.share)
redis.call('PEXPIRE', KEYS[1], APP_TTL_MS)

local function describe(share)
  return string.format('[%.17g,%.2f,%.2f,%s]', share.base, share.cut_at, beat_of(share), tostring(share.was_cut))
end

local states = {}
for index, bucket in ipairs(buckets) do
  local gaps = {}
  for number, gap in ipairs(bucket.gaps) do
    gaps[number] = text(gap[1]) .. ':' .. text(gap[2])
  end
  store(KEYS[index + 1], { 'epoch', epoch, 'tail', text(bucket.tail), 'gaps', table.concat(gaps, ','),
    'unit', text(bucket.unit), 'unit_at', text(bucket.unit_at),
    'slices', write_slices(bucket.slices) }, bucket.share)
  local left = math.max(0, bucket.tail - now, kept_for(bucket.share))
  redis.call('PEXPIRE', KEYS[index + 1], math.ceil(left / 1000) + BUCKET_TTL_MS)
  states[index] = string.format('[%.2f,%.4f,%.4f,%s]', bucket.tail, bucket.unit, bucket.length, describe(bucket.share))
end

return string.format('{"epoch":"%s","now":%.2f,"quiet":%.2f,"flow":%.17g,"app":%s,"batches":[%s],"buckets":[%s]}',
  epoch, now, quiet, app.flow, describe(app.share), table.concat(batches, ','), table.concat(states, ','))
