-- What was granted lately, and what is reserved ahead, in slices of time: how much room there is for bursts.
--
-- A slice is { ends, units, bursts, calls }: the reservations whose moments lie before `ends`, by no more than the width
-- of a slice; what they cost; what those of them cost that are bursts; and how many they are. `stored` is its text, while
-- that is true. A slice stays for as long as its last moment could matter, so the sum is what the window holds or more.
--
-- A window that holds no burst is kept by the timeline alone. One that does is kept by the sum: whatever is added later,
-- a burst or not, needs room beside all that may lie in one window with it.

local SLICE_US = 50000
-- Of long windows a slice is a part.
local SLICES = 24

local function width_of(window)
  return math.max(SLICE_US, math.floor(window / SLICES))
end

-- Return what is stored, without what had left before `from`.
local function read_slices(stored, from)
  local slices = {}
  for text, ends, units, bursts, calls in string.gmatch(stored or '', '((%d+):(%d+):(%d+):(%d+))') do
    ends = tonumber(ends)
    if ends > from then
      slices[#slices + 1] = { ends = ends, units = tonumber(units), bursts = tonumber(bursts), calls = tonumber(calls),
        stored = text }
    end
  end
  return slices
end

local function write_slices(slices)
  local texts = {}
  for index, slice in ipairs(slices) do
    texts[index] = slice.stored or string.format('%.0f:%d:%d:%d', slice.ends, slice.units, slice.bursts, slice.calls)
  end
  return table.concat(texts, ',')
end

-- Count a reservation.
local function add_to_slice(slices, width, at, units, bursts)
  local ends = (math.floor(at / width) + 1) * width
  local index = #slices
  while index > 0 and slices[index].ends > ends do
    index = index - 1
  end
  local slice = slices[index]
  if not slice or slice.ends < ends then
    slice = { ends = ends, units = 0, bursts = 0, calls = 0 }
    table.insert(slices, index + 1, slice)
  end
  slice.units, slice.bursts, slice.calls = slice.units + units, slice.bursts + bursts, slice.calls + 1
  slice.stored = nil
  return slice
end

-- Take off a reservation that came back unused; return whether it was still there.
local function take_from_slice(slices, width, at, units, bursts)
  local ends = (math.floor(at / width) + 1) * width
  for _, slice in ipairs(slices) do
    if slice.ends == ends and slice.calls > 0 and slice.units >= units and slice.bursts >= bursts then
      slice.units, slice.bursts, slice.calls = slice.units - units, slice.bursts - bursts, slice.calls - 1
      slice.stored = nil
      return true
    end
  end
  return false
end

-- Return the calls and the units of the slices that end after `from`.
local function sum_of(slices, from)
  local calls, units = 0, 0
  for index = #slices, 1, -1 do
    local slice = slices[index]
    if slice.ends <= from then
      break
    end
    calls, units = calls + slice.calls, units + slice.units
  end
  return calls, units
end

-- Sum up the slices of a bucket: `held`, what it holds, `bursts`, what it holds of bursts, and `bursts_until`, when the
-- last of those has left.
local function sum_up(bucket)
  bucket.held, bucket.bursts, bucket.bursts_until = 0, 0, 0
  for _, slice in ipairs(bucket.slices) do
    bucket.held, bucket.bursts = bucket.held + slice.units, bucket.bursts + slice.bursts
    if slice.bursts > 0 then
      bucket.bursts_until = slice.ends + bucket.window
    end
  end
end

-- Count a reservation of a bucket that is summed up.
local function count_in(bucket, at, units, bursts)
  local slice = add_to_slice(bucket.slices, bucket.width, at, units, bursts)
  bucket.held, bucket.bursts = bucket.held + units, bucket.bursts + bursts
  if bursts > 0 then
    bucket.bursts_until = math.max(bucket.bursts_until, slice.ends + bucket.window)
  end
end

-- Return the first moment from `from` on at which there is room for so many units, though nothing need be free then.
local function opens_at(bucket, from, units)
  if from >= bucket.bursts_until then
    return from
  end
  local excess, opens = bucket.held + units - bucket.limit * bucket.part, from
  for _, slice in ipairs(bucket.slices) do
    if excess <= 0 then
      break
    end
    excess = excess - slice.units
    opens = math.max(from, slice.ends + bucket.window)
  end
  return math.min(opens, bucket.bursts_until)
end
