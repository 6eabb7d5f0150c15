-- How the buckets of all processes react to "too many calls". The theory, and the reasons for the constants, stand in
-- tim_async/_core/adaptive_share.py; this is the same step by step, in microseconds of the server's clock.
--
-- A share is { base, cut_at, since, n, units, k, cost, stored, top }, `unit`, the length of a unit as configured, and
-- `ahead` and `units_ahead`, the calls counted in n, and their units, whose reservations are still to come.

local BEAT = 500000
local FEW_CALLS = 10
local FORGIVEN_PART = 0.003
local FORGIVEN_STORE = 2
local OVERLOAD_PART = 0.1
local TEST_DEPTH = 0.8
local CUT_FACTOR = 1.5
local CUT_MARGIN = 0.02
local DEEPEST_CUT = 0.5
local SLOW_GROWTH = 0.002
local GROWTH_BEATS = 30
local HURRY_PART = 1 / 8
local HURRY_LEAST = 5
local LEAST_SHARE = 0.01
-- A share that was touched is kept for so many beats; it has grown back by then.
local KEPT_BEATS = 40

local SHARE_FIELDS = { 'base', 'cut_at', 'since', 'n', 'units', 'k', 'cost', 'stored', 'top' }
local NEW_SHARE = { base = 1, cut_at = 0, since = 0, n = 0, units = 0, k = 0, cost = 1, stored = FORGIVEN_STORE, top = 0 }

-- Return the share whose fields are in `stored` from `first` on, a new one where they are not.
local function read_share(stored, first, unit)
  local share = { unit = unit, was_cut = false, ahead = 0, units_ahead = 0, before = {} }
  for index, name in ipairs(SHARE_FIELDS) do
    share[name] = tonumber(stored[first + index - 1] or NEW_SHARE[name])
    share.before[name] = share[name]
  end
  return share
end

-- Append the fields that have changed to the arguments of a HSET.
local function write_share(share, arguments)
  for _, name in ipairs(SHARE_FIELDS) do
    if share[name] ~= share.before[name] then
      arguments[#arguments + 1] = name
      arguments[#arguments + 1] = string.format('%.17g', share[name])
    end
  end
end

local function beat_of(share)
  return math.max(BEAT, FEW_CALLS * share.cost * share.unit)
end

local function share_at(share, now)
  if share.base >= 1 then
    return 1
  end
  local beats = (now - share.cut_at) / beat_of(share)
  local grown = share.base + SLOW_GROWTH * beats + (beats / GROWTH_BEATS) ^ 3
  if grown < 1 then
    return grown
  end
  share.base = 1
  return 1
end

local function cut_share(share, now, beat, excess, refusals, part)
  local old = share_at(share, now)
  local new = old * math.max(DEEPEST_CUT, 1 - CUT_FACTOR * excess / part - CUT_MARGIN)
  if refusals >= math.max(3, OVERLOAD_PART * part) then
    share.top = 0 -- plainly too fast: nothing to test
  elseif old >= share.top then
    share.top = old -- a series of small cuts begins here
  elseif new < TEST_DEPTH * share.top then
    new = TEST_DEPTH * share.top
    if old < 1.05 * new then -- refused as before, a fifth slower: it is not the rate
      new, share.top, share.stored = share.top, 0, FORGIVEN_STORE
    end
  end
  share.base = math.max(new, LEAST_SHARE, math.min(0.5, 0.5 * share.unit / 1000000))
  share.cut_at = now
  share.since = now + beat
  share.n, share.units = 0, 0 -- what is reserved already was reserved before the cut
  share.was_cut = true
end

-- Judge the beat when it is over, or when so many calls were refused that it need not be waited for.
local function judge_beat(share, now)
  local beat = beat_of(share)
  local usual = share_at(share, now) * beat / share.unit / share.cost -- calls of a beat
  local is_over = now >= share.since + beat
  if not is_over and share.k < math.max(HURRY_LEAST, HURRY_PART * usual) then
    return
  end
  -- Refused are only calls that were made.
  local made, refusals = math.max(share.n - share.ahead, 0), share.k
  local calls = math.max(made, refusals)
  if share.n > 0 then
    share.cost = share.units / share.n
  end
  local length = math.max(now - share.since, 0.001)
  local part = math.max(refusals, calls * math.min(1, beat / length), is_over and 0 or usual / 2)
  share.since = now
  share.n, share.units, share.k = share.n - made, math.min(share.units, share.units_ahead), 0
  local left = share.stored + FORGIVEN_PART * calls - refusals
  if left >= 0 then
    share.stored = math.min(left, FORGIVEN_STORE)
    return
  end
  share.stored = 0
  cut_share(share, now, beat, -left, refusals, part)
end

-- Count a call that was given the reservation `at`.
local function count_grant(share, now, at, units)
  if at >= share.cut_at + beat_of(share) then
    share.n = share.n + 1
    share.units = share.units + units
    if at > now then
      share.ahead, share.units_ahead = share.ahead + 1, share.units_ahead + units
    end
  end
  if share.k > 0 then
    judge_beat(share, now)
  end
end

-- Take off a call whose reservation came back.
local function count_return(share, at, units)
  if at >= share.cut_at + beat_of(share) and share.n > 0 then
    share.n = share.n - 1
    share.units = math.max(share.units - units, share.n)
  end
end

-- Count a call that the service refused, by its reservation.
local function count_refusal(share, now, at)
  if at < share.cut_at + beat_of(share) then
    return -- granted before the cut, or while the service's own window still held what was before it
  end
  share.k = share.k + 1
  judge_beat(share, now)
end

-- Return the time from now for which a share must be kept, 0 where a new one would be just the same.
local function kept_for(share)
  local is_new = share.base >= 1 and share.k == 0 and share.stored >= FORGIVEN_STORE
  return is_new and 0 or KEPT_BEATS * beat_of(share)
end
