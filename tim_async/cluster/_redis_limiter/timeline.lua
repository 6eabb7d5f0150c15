-- A bucket's timeline, taken from front to back: `tail` is the first moment that is still free, `gaps` are free intervals
-- before it, `last` is the last moment that is reserved. A call that costs u units takes one interval of u units, and is
-- made at its beginning: that moment is its reservation.

local MAX_GAPS = 64
-- Moments are rounded when they are written as text.
local ROUNDING = 0.5

local function read_gaps(stored, now)
  local gaps = {}
  for from, to in string.gmatch(stored or '', '([%d.]+):([%d.]+)') do
    from, to = math.max(tonumber(from), now), tonumber(to)
    if to > from then
      gaps[#gaps + 1] = { from, to }
    end
  end
  return gaps
end

local function write_gaps(gaps)
  local texts = {}
  for index, gap in ipairs(gaps) do
    texts[index] = string.format('%.2f:%.2f', gap[1], gap[2])
  end
  return table.concat(texts, ',')
end

-- Free what a reservation took.
local function release(bucket, now, from, to)
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
    bucket.last = math.min(bucket.last, bucket.tail)
  end
  bucket.gaps = merged
end

-- Return the first moment from which so much is free.
local function earliest(bucket, from, length)
  for _, gap in ipairs(bucket.gaps) do
    local start = math.max(gap[1], from)
    if start + length <= gap[2] then
      return start
    end
  end
  return math.max(bucket.tail, from)
end

local function take(bucket, now, start, length)
  bucket.last = math.max(bucket.last, start)
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
