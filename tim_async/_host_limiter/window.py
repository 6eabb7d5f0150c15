"""Recent grants and reservations ahead, in slices of time; as in `window.lua`.

A slice is `(ends, units, bursts, calls)`: the reservations whose moments lie at most one slice width before `ends`;
their cost; the cost of the bursts among them; and their number. It is kept as long as its last moment could matter, so
the sum is at least what the window holds. Times are microseconds.

A window without bursts is guaranteed by the timeline alone. A window with one is guaranteed by the sum: whatever is
added later, burst or not, needs room beside everything that may lie in one window with it.
"""

from __future__ import annotations

import math
from typing import Final

_SLICE_US: Final = 50_000.0
# Slices of long windows are a fraction of the window.
_SLICES: Final = 24

Slice = tuple[float, int, int, int]


def width_of(window: float) -> float:
    """Return the width of the slices of a window."""
    return max(_SLICE_US, math.floor(window / _SLICES))


class Slices:
    """The slices of a window.

    Args:
        stored: the stored slices.
        width: width of a slice.
        since: slices that ended by this time are left out.
    """

    __slots__ = ("_width", "slices")

    def __init__(self, stored: list[Slice], width: float, since: float) -> None:
        self._width = width
        self.slices = [each for each in stored if each[0] > since]

    def _end(self, at: float) -> float:
        return (math.floor(at / self._width) + 1) * self._width

    def add(self, at: float, units: int, bursts: int) -> float:
        """Count a reservation; return the end of its slice."""
        end, slices = self._end(at), self.slices
        index = len(slices)
        while index > 0 and slices[index - 1][0] > end:
            index -= 1
        if index > 0 and slices[index - 1][0] == end:
            _, held, held_bursts, calls = slices[index - 1]
            slices[index - 1] = (end, held + units, held_bursts + bursts, calls + 1)
        else:
            slices.insert(index, (end, units, bursts, 1))
        return end

    def take_off(self, at: float, units: int, bursts: int) -> bool:
        """Subtract a reservation that was given back unused; return whether it was still there."""
        end = self._end(at)
        for index, (ends, held, held_bursts, calls) in enumerate(self.slices):
            if ends == end and calls > 0 and held >= units and held_bursts >= bursts:
                self.slices[index] = (ends, held - units, held_bursts - bursts, calls - 1)
                return True
        return False

    def sum_after(self, since: float) -> tuple[int, int]:
        """Return the calls and the units of the slices that end later."""
        found = [each for each in self.slices if each[0] > since]
        return sum(each[3] for each in found), sum(each[1] for each in found)
