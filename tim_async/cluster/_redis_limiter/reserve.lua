-- Reserve turns in the buckets of one app. The theory stands in limiter.py.
--
-- KEYS[1]  hash of the app; KEYS[2..] one hash a bucket; the last one is the guard, when something is given back.
-- ARGV[1]  JSON, see Ask in _link.py. Returns JSON, see Reply there. All times are microseconds of this server's clock.
--
-- A bucket is a line of time that is taken from front to back: `tail` is the first moment that is still free, `holes`
-- are free stretches before it. A call of cost c takes c units in one stretch and is made at its beginning.

local SECOND = 1000000
local KEEP_HOLES = 64

local clock = redis.call('TIME')
local now = clock[1] * SECOND + clock[2]
local ask = cjson.decode(ARGV[1])

local function text(number)
  return string.format('%.2f', number)
end

-- The app: its epoch tells one life of this state from the next.

local app = redis.call('HMGET', KEYS[1], 'epoch', 'seen', 'quiet', 'pause', 'length')
local epoch, seen = app[1], tonumber(app[2] or 0)
local quiet, app_pause = tonumber(app[3] or 0), { pause = tonumber(app[4] or 0), length = tonumber(app[5] or 0) }
if not epoch or now < seen - SECOND then
  -- Never used, flushed, restarted, or the clock went back: turns that were reserved before may still be on their way.
  epoch = text(now)
  quiet = now + ask.ahead
  app_pause = { pause = 0, length = 0 }
end
quiet = math.max(quiet, now + ask.quiet)

-- The buckets.

local function parse(stored)
  local holes = {}
  for from, to in string.gmatch(stored or '', '([%d.]+):([%d.]+)') do
    from, to = math.max(tonumber(from), now), tonumber(to)
    if to > from then
      holes[#holes + 1] = { from, to }
    end
  end
  return holes
end

local function load(index)
  local mine = ask.units[index]
  local got = redis.call('HMGET', KEYS[index + 1], 'epoch', 'tail', 'holes', 'unit', 'unit_at', 'pause', 'length')
  local bucket = { tail = 0, holes = {}, unit = mine, unit_at = now, pause = 0, length = 0 }
  if got[1] == epoch then
    bucket.tail, bucket.holes = tonumber(got[2]), parse(got[3])
    bucket.pause, bucket.length = tonumber(got[6]), tonumber(got[7])
    local unit, unit_at = tonumber(got[4]), tonumber(got[5])
    if unit > mine and now - unit_at < 60 * SECOND then
      -- Another process was told a smaller limit: while it lives, the smaller one counts.
      bucket.unit, bucket.unit_at = unit, unit_at
    end
  end
  if ask.epoch ~= epoch then
    -- The caller has turns of an earlier life, or knows of them: nothing is given out twice.
    bucket.tail = math.max(bucket.tail, math.min(ask.tails[index], now + ask.spans[index]))
  end
  return bucket
end

local buckets = {}
for index = 1, #ask.units do
  buckets[index] = load(index)
end

-- Turns that come back.

local function free(bucket, from, to)
  from = math.max(from, now)
  if from >= to or to > bucket.tail + 0.5 then
    return
  end
  local holes = bucket.holes
  holes[#holes + 1] = { from, to }
  table.sort(holes, function(one, other) return one[1] < other[1] end)
  local merged = {}
  for _, hole in ipairs(holes) do
    local last = merged[#merged]
    if last and hole[1] <= last[2] + 0.5 then
      last[2] = math.max(last[2], hole[2])
    else
      merged[#merged + 1] = hole
    end
  end
  if merged[#merged][2] >= bucket.tail - 0.5 then
    bucket.tail = table.remove(merged)[1]
  end
  bucket.holes = merged
end

if #ask.back > 0 and ask.epoch == epoch then
  -- A client that repeats a command whose answer was lost must not give the same turns back twice.
  local last = tonumber(redis.call('GET', KEYS[#KEYS]) or 0)
  if ask.number > last then
    redis.call('SET', KEYS[#KEYS], ask.number, 'PX', 60000)
    for _, back in ipairs(ask.back) do
      free(buckets[back[1]], back[2], back[3])
    end
  end
end

-- A pause: everyone holds back, twice as long when the service says it again.

local function lengthen(state)
  if now >= state.pause then
    local again = state.length > 0 and now < state.pause + state.length
    state.length = again and math.min(state.length * 2, ask.longest_pause) or ask.pause
    state.pause = now + state.length
  end
end

for _, index in ipairs(ask.paused) do
  if index == 0 then
    lengthen(app_pause)
  else
    lengthen(buckets[index])
  end
end

-- Turns that are asked for.

local function earliest(bucket, from, length)
  for _, hole in ipairs(bucket.holes) do
    local start = math.max(hole[1], from)
    if start + length <= hole[2] then
      return start
    end
  end
  return math.max(bucket.tail, from)
end

local function take(bucket, start, length)
  if start >= bucket.tail then
    local from = math.max(bucket.tail, now)
    if start - from >= bucket.unit then
      bucket.holes[#bucket.holes + 1] = { from, start }
      if #bucket.holes > KEEP_HOLES then
        table.remove(bucket.holes, 1)
      end
    end
    bucket.tail = start + length
    return
  end
  for index, hole in ipairs(bucket.holes) do
    if hole[1] <= start and start + length <= hole[2] then
      local rest = { start + length, hole[2] }
      if start - hole[1] >= bucket.unit then
        hole[2] = start
        index = index + 1
      else
        table.remove(bucket.holes, index)
      end
      if rest[2] - rest[1] >= bucket.unit then
        table.insert(bucket.holes, index, rest)
      end
      return
    end
  end
end

local function find(parts)
  local from = math.max(now, quiet, app_pause.pause)
  for _, part in ipairs(parts) do
    from = math.max(from, buckets[part[1]].pause)
  end
  for _ = 1, 32 do
    local start = from
    for _, part in ipairs(parts) do
      local bucket = buckets[part[1]]
      start = math.max(start, earliest(bucket, start, part[2] * bucket.unit))
    end
    if start == from then
      return start
    end
    from = start
  end
  for _, part in ipairs(parts) do
    from = math.max(from, buckets[part[1]].tail)
  end
  return from
end

local answers, reach = {}, nil
for number, item in ipairs(ask.items) do
  local count, parts, starts = item[1], item[2], {}
  for _ = 1, count do
    local start = find(parts)
    -- One turn is always given. More are given while they are near: half of what is left up to `ahead`.
    if reach and start > reach then
      break
    end
    reach = reach or start + math.max(0, (now + ask.ahead - start) / 2)
    for _, part in ipairs(parts) do
      local bucket = buckets[part[1]]
      take(bucket, start, part[2] * bucket.unit)
    end
    starts[#starts + 1] = text(start)
  end
  answers[number] = '[' .. table.concat(starts, ',') .. ']'
end

-- Keep what there is to keep, as long as it matters.

redis.call('HSET', KEYS[1], 'epoch', epoch, 'seen', text(now), 'quiet', text(quiet),
  'pause', text(app_pause.pause), 'length', text(app_pause.length))
redis.call('PEXPIRE', KEYS[1], 86400000)

local told = {}
for index, bucket in ipairs(buckets) do
  local holes = {}
  for number, hole in ipairs(bucket.holes) do
    holes[number] = text(hole[1]) .. ':' .. text(hole[2])
  end
  redis.call('HSET', KEYS[index + 1], 'epoch', epoch, 'tail', text(bucket.tail), 'holes', table.concat(holes, ','),
    'unit', text(bucket.unit), 'unit_at', text(bucket.unit_at),
    'pause', text(bucket.pause), 'length', text(bucket.length))
  local last = math.max(bucket.tail, bucket.pause + bucket.length)
  redis.call('PEXPIRE', KEYS[index + 1], math.ceil(math.max(0, last - now) / 1000) + 2000)
  told[index] = string.format('[%.2f,%.4f,%.2f,%.2f]', bucket.tail, bucket.unit, bucket.pause, bucket.length)
end

return string.format('{"epoch":"%s","now":%.2f,"pause":%.2f,"length":%.2f,"quiet":%.2f,"turns":[%s],"buckets":[%s]}',
  epoch, now, app_pause.pause, app_pause.length, quiet, table.concat(answers, ','), table.concat(told, ','))
