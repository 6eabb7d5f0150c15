-- What was granted lately, and what is reserved ahead, in slices of time.
--
-- A slice is { ends, units, bursts, calls }: the reservations whose moments lie before `ends`, by no more than the width
-- of a slice; what they cost; what those of them cost that were made as bursts; and how many they are.

local SLICE_US = 50000
-- Of long windows a slice is a part.
local SLICES = 20

local function width_of(window)
  return math.max(SLICE_US, math.floor(window / SLICES))
end

-- Return what is stored, without what had left before `from`.
local function read_slices(stored, from)
  local slices = {}
  for ends, units, bursts, calls in string.gmatch(stored or '', '(%d+):(%d+):(%d+):(%d+)') do
    ends = tonumber(ends)
    if ends > from then
      slices[#slices + 1] = { ends = ends, units = tonumber(units), bursts = tonumber(bursts), calls = tonumber(calls) }
    end
  end
  return slices
end

local function write_slices(slices)
  local texts = {}
  for index, slice in ipairs(slices) do
    texts[index] = string.format('%.0f:%d:%d:%d', slice.ends, slice.units, slice.bursts, slice.calls)
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
end

-- Take off a reservation that came back unused.
local function take_from_slice(slices, width, at, units, bursts)
  local ends = (math.floor(at / width) + 1) * width
  for _, slice in ipairs(slices) do
    if slice.ends == ends and slice.calls > 0 then
      slice.units = math.max(slice.units - units, 0)
      slice.bursts = math.max(slice.bursts - bursts, 0)
      slice.calls = slice.calls - 1
      return
    end
  end
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
