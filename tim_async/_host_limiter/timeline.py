"""A bucket's timeline, taken from front to back; as in `timeline.lua`.

`tail` is the first moment that is still free, `gaps` are free intervals before it, `last` is the last reserved moment.
A call that costs u units takes one interval of u units and is made at its start: that moment is its reservation. Times
are microseconds.
"""

from __future__ import annotations

from typing import Final

_MAX_GAPS: Final = 64
# Moments are given back exactly, except for rounding errors.
_ROUNDING: Final = 0.5

Gaps = list[tuple[float, float]]


class Timeline:
    """The free time of one bucket.

    Attributes:
        tail: the first moment that is still free.
        last: the last reserved moment.
        gaps: free intervals before `tail`, in order.
    """

    __slots__ = ("gaps", "last", "tail")

    def __init__(self, tail: float, last: float, gaps: Gaps, now: float) -> None:
        self.tail = tail
        self.last = last
        self.gaps: Gaps = [(max(start, now), end) for start, end in gaps if end > now]

    def release(self, now: float, start: float, end: float) -> None:
        """Free the time of a reservation."""
        start = max(start, now)
        if start >= end or end > self.tail + _ROUNDING:
            return
        merged: Gaps = []
        for gap in sorted([*self.gaps, (start, end)]):
            if merged and gap[0] <= merged[-1][1] + _ROUNDING:
                merged[-1] = (merged[-1][0], max(merged[-1][1], gap[1]))
            else:
                merged.append(gap)
        if merged[-1][1] >= self.tail - _ROUNDING:
            self.tail = merged.pop()[0]
            self.last = min(self.last, self.tail)
        self.gaps = merged

    def earliest(self, start: float, length: float) -> float:
        """Return the first moment from `start` on at which an interval of this length is free."""
        for gap_start, gap_end in self.gaps:
            moment = max(gap_start, start)
            if moment + length <= gap_end:
                return moment
        return max(self.tail, start)

    def take(self, now: float, start: float, length: float, unit: float) -> None:
        """Take a free interval; adjacent gaps shorter than a unit are discarded."""
        self.last = max(self.last, start)
        if start >= self.tail:
            free_from = max(self.tail, now)
            if start - free_from >= unit:
                self.gaps.append((free_from, start))
                del self.gaps[:-_MAX_GAPS]
            self.tail = start + length
            return
        end = start + length
        for index, (gap_start, gap_end) in enumerate(self.gaps):
            if gap_start <= start and end <= gap_end:
                rest = ((gap_start, start), (end, gap_end))
                self.gaps[index : index + 1] = [part for part in rest if part[1] - part[0] >= unit]
                return
