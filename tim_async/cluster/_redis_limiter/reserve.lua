-- Make reservations in the buckets of one app. The theory is in limiter.py; the functions of share.lua, timeline.lua and
-- window.lua stand before.
--
-- KEYS[1]  hash of the app; KEYS[2..] one hash per bucket; the last key is the guard, if something is given back or
--          reported as refused.
-- ARGV[1]  JSON, see ReserveRequest in redis_link.py. Returns JSON, see ReserveReply there. All times are microseconds
--          of this server's clock.

local SECOND = 1000000
local SEARCH_STEPS = 32
-- The smaller limit of another process counts for this long after its last request.
local SMALLER_LIMIT_S = 60
local GUARD_TTL_MS = 60000
-- A month: a new state begins slowly, since it does not know what was granted before.
local APP_TTL_MS = 2592000000
local BUCKET_TTL_MS = 2000
-- A call that is this young is not counted yet: its refusal would not have been reported.
local ANSWER_US = 150000
local APP_SLICE_US = 150000
-- A window from an hour on is a quota: one that was lost begins again with nothing used, as no call can wait for its end.
local QUOTA_US = 3600 * SECOND
-- Where more of a window is in use, nothing bursts: the pace is nearly as fast, and those after a burst would wait.
local CALM_PART = 0.75

local clock = redis.call('TIME')
local now = clock[1] * SECOND + clock[2]
local request = cjson.decode(ARGV[1])

local function text(number)
  return string.format('%.2f', number)
end

-- The app: its epoch changes when the state was lost. Then there may be calls that this state does not know: bursts up to
-- `lost_at`, others up to `unknown_until`.

local stored_app = redis.call('HMGET', KEYS[1], 'epoch', 'seen', 'quiet', 'lost_at', 'unknown_until', 'slices', 'flow',
  unpack(SHARE_FIELDS))
local epoch, quiet = stored_app[1], tonumber(stored_app[3] or 0)
local lost_at, unknown_until = tonumber(stored_app[4] or 0), tonumber(stored_app[5] or 0)
if not epoch or now < tonumber(stored_app[2]) - SECOND then
  -- Never used, flushed, restarted, or the clock went back: earlier reservations may still be in use.
  epoch, stored_app = text(now), {}
  redis.call('DEL', KEYS[1])
  quiet, lost_at, unknown_until = now + request.ahead, now, now + request.ahead
end
if request.quiet > 0 then
  quiet = math.max(quiet, now + request.quiet)
  unknown_until = math.max(unknown_until, now + request.quiet)
end

-- Calls of all commands lately. At the first refusal that means the whole app they are the flow that was too much.
local app = { slices = read_slices(stored_app[6], now - SECOND - ANSWER_US), flow = tonumber(stored_app[7] or 1) }
app.share = read_share(stored_app, 8, SECOND / app.flow)

local function set_ahead(share, slices, width)
  share.ahead, share.units_ahead = sum_of(slices, now + width - ANSWER_US)
end

set_ahead(app.share, app.slices, APP_SLICE_US)

-- The buckets.

local function load(index)
  local stored = redis.call('HMGET', KEYS[index + 1], 'epoch', 'tail', 'last', 'gaps', 'slices',
    'unit', 'unit_at', 'limit', 'burst_limit', 'window', unpack(SHARE_FIELDS))
  if stored[1] and stored[1] ~= epoch then
    stored = {}
    redis.call('DEL', KEYS[index + 1])
  end
  local bucket = { tail = tonumber(stored[2] or 0), last = tonumber(stored[3] or 0), gaps = read_gaps(stored[4], now) }
  local unit, unit_at = tonumber(stored[6] or 0), tonumber(stored[7] or 0)
  if unit > request.units[index] and now - unit_at < SMALLER_LIMIT_S * SECOND then
    -- Another process has a smaller limit: it applies to all for as long as that process is active.
    bucket.unit, bucket.unit_at = unit, unit_at
    bucket.limit, bucket.burst_limit, bucket.window = tonumber(stored[8]), tonumber(stored[9]), tonumber(stored[10])
  else
    bucket.unit, bucket.unit_at = request.units[index], now
    bucket.limit, bucket.burst_limit = request.limits[index], request.burst_limits[index]
    bucket.window = request.windows[index]
  end
  if request.epoch ~= epoch then
    -- The caller may hold reservations of an earlier epoch, or know of some: their time must not be taken again.
    bucket.tail = math.max(bucket.tail, math.min(request.tails[index], now + bucket.window))
    bucket.last = math.max(bucket.last, bucket.tail)
  end
  -- What has no pace is only counted: it takes no time of the timeline, and every reservation is a burst.
  bucket.counted = request.counted[index]
  bucket.width = width_of(bucket.window)
  bucket.slices = read_slices(stored[5], now - bucket.window)
  bucket.share = read_share(stored, 11, bucket.unit)
  set_ahead(bucket.share, bucket.slices, bucket.width)
  return bucket
end

local buckets = {}
for index = 1, #request.units do
  buckets[index] = load(index)
end

-- What is given back, and what was refused.

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
  if take_from_slice(app.slices, APP_SLICE_US, at, 1, 0) then
    count_return(app.share, at, 1)
  end
  for _, part in ipairs(back[2]) do
    local bucket, units, length = buckets[part[1]], part[2], part[3]
    release(bucket, now, at, at + length)
    -- What took no time of the bucket was a burst.
    if take_from_slice(bucket.slices, bucket.width, at, units, length == 0 and units or 0) then
      count_return(bucket.share, at, units)
    end
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

-- How fast it goes now: `part` of what is configured is in force, and a unit takes `length`.

local app_part = share_at(app.share, now)
for _, bucket in ipairs(buckets) do
  sum_up(bucket)
  bucket.part = share_at(bucket.share, now) * app_part
  bucket.length = bucket.unit / bucket.part
  bucket.paced_from, bucket.bursts_from = quiet, unknown_until + bucket.window
  bucket.is_calm = bucket.held <= CALM_PART * bucket.limit * bucket.part
  if bucket.counted then
    bucket.length, bucket.is_calm = 0, true
    bucket.paced_from = bucket.window >= QUOTA_US and quiet or math.max(quiet, lost_at + bucket.window)
    bucket.bursts_from = bucket.paced_from
  elseif bucket.burst_limit >= bucket.limit then
    -- A burst may have used up the window.
    bucket.paced_from = math.max(quiet, lost_at + bucket.window)
  else
    -- Of a long window a burst leaves a part. What it took would be missing at the end, so those after it go slower.
    local bursts = now < lost_at + bucket.window and bucket.burst_limit or bucket.bursts
    bucket.length = bucket.length / math.max(1 - bursts / bucket.limit, 1 - bucket.burst_limit / bucket.limit)
  end
end

-- Reservations that are wanted. A cost is { bucket, units }.

local function find(costs)
  local from = now
  for _ = 1, SEARCH_STEPS do
    local start = from
    for _, cost in ipairs(costs) do
      local bucket, units = buckets[cost[1]], cost[2]
      start = math.max(start, bucket.paced_from)
      if not bucket.counted then
        start = earliest(bucket, start, units * bucket.length)
      end
      start = opens_at(bucket, start, units)
    end
    if start == from then
      return start
    end
    from = start
  end
  for _, cost in ipairs(costs) do
    local bucket = buckets[cost[1]]
    from = math.max(from, bucket.tail, bucket.bursts_until)
  end
  return from
end

-- Whether a call may go now, whatever the pace says: nothing is reserved beyond now, and the windows have room.
local function may_burst(costs)
  for _, cost in ipairs(costs) do
    local bucket = buckets[cost[1]]
    local is_next = bucket.counted or bucket.last <= now or earliest(bucket, now, bucket.length) == now
    local has_room = bucket.held + cost[2] <= bucket.burst_limit * bucket.part
    if not (is_next and has_room and bucket.is_calm) or now < bucket.bursts_from then
      return false
    end
  end
  return true
end

local function reserve(costs, at, is_burst)
  for _, cost in ipairs(costs) do
    local bucket, units = buckets[cost[1]], cost[2]
    if not (is_burst or bucket.counted) then
      take(bucket, now, at, units * bucket.length)
    end
    count_in(bucket, at, units, (is_burst or bucket.counted) and units or 0)
    count_grant(bucket.share, now, at, units)
  end
  add_to_slice(app.slices, APP_SLICE_US, at, 1, 0)
  count_grant(app.share, now, at, 1)
end

local batches, bursts, horizon = {}, {}, nil
for number, batch in ipairs(request.batches) do
  local count, costs, count_now, moments, burst = batch[1], batch[2], batch[3], {}, 0
  while #moments + burst < math.max(count, count_now) do
    local start = find(costs)
    local is_paced = start <= now and #moments < count
    if not is_paced and #moments + burst < count_now and may_burst(costs) then
      reserve(costs, now, true)
      burst = burst + 1
    elseif count_now > 0 and #moments + burst >= count_now and may_burst(costs) then
      break -- the caller cannot use more now, and may still burst when it can
    elseif #moments < count and not (horizon and start > horizon) then
      -- One reservation is always made. More are made while they are near: within half of what is left up to `ahead`.
      horizon = horizon or start + math.max(0, (now + request.ahead - start) / 2)
      reserve(costs, start, false)
      moments[#moments + 1] = text(start)
    else
      break
    end
  end
  batches[number], bursts[number] = '[' .. table.concat(moments, ',') .. ']', burst
end

-- Store the state for as long as it matters.

local function store(key, arguments, share)
  write_share(share, arguments)
  redis.call('HSET', key, unpack(arguments))
end

store(KEYS[1], { 'epoch', epoch, 'seen', text(now), 'quiet', text(quiet), 'lost_at', text(lost_at),
  'unknown_until', text(unknown_until), 'slices', write_slices(app.slices), 'flow', app.flow }, app.share)
redis.call('PEXPIRE', KEYS[1], APP_TTL_MS)

local function describe(share)
  return string.format('[%.17g,%.2f,%.2f,%s]', share.base, share.cut_at, beat_of(share), tostring(share.was_cut))
end

local states = {}
for index, bucket in ipairs(buckets) do
  store(KEYS[index + 1], { 'epoch', epoch, 'tail', text(bucket.tail), 'last', text(bucket.last),
    'gaps', write_gaps(bucket.gaps), 'slices', write_slices(bucket.slices), 'unit', text(bucket.unit),
    'unit_at', text(bucket.unit_at), 'limit', bucket.limit, 'burst_limit', bucket.burst_limit,
    'window', text(bucket.window) }, bucket.share)
  local newest = bucket.slices[#bucket.slices]
  local left = math.max(0, bucket.tail - now, kept_for(bucket.share), newest and newest.ends + bucket.window - now or 0)
  redis.call('PEXPIRE', KEYS[index + 1], math.ceil(left / 1000) + BUCKET_TTL_MS)
  local room = now >= bucket.bursts_from and bucket.is_calm and bucket.burst_limit * bucket.part - bucket.held or 0
  states[index] = string.format('[%.2f,%.4f,%.4f,%.2f,%.2f,%s]', bucket.tail, bucket.unit, bucket.length,
    math.max(room, 0), bucket.bursts_until, describe(bucket.share))
end

return string.format('{"epoch":"%s","now":%.2f,"flow":%.17g,"app":%s,"batches":[%s],"bursts":[%s],"buckets":[%s]}',
  epoch, now, app.flow, describe(app.share), table.concat(batches, ','), table.concat(bursts, ','),
  table.concat(states, ','))
