"""The grants of one limit in the last second (or minute), kept as a sum: the guarantee itself."""

from __future__ import annotations

from collections import deque
from heapq import merge
from typing import Final

from .rate_limits import LATE_CLOCK_S

# How much longer than the limit's own window a grant is kept. Grants made faster than the pace leave together and
# spread out on the way to the service; for paced ones only the lateness of clock readings matters.
BURST_MARGIN_S: Final = 0.05
PACED_MARGIN_S: Final = LATE_CLOCK_S
# If a window may hold more grants than this, those of a short interval are merged until the last of them leaves.
_FINE_GRANTS: Final = 1000


class _Slice:
    """The grants of a short interval.

    Attributes:
        leaves_at: when the last of them leaves the window.
        opened_at: when the first of them would have left.
        units: their cost.
    """

    __slots__ = ("leaves_at", "opened_at", "units")

    def __init__(self, leaves_at: float, units: int) -> None:
        self.leaves_at = self.opened_at = leaves_at
        self.units = units


class GrantWindow:
    """The recent grants, and when there is room again.

    Args:
        limit: units that any window may hold.
        per: length of the window in seconds.
    """

    __slots__ = ("_bursts", "_held", "_held_bursts", "_limit", "_paced", "_per", "_slice_s")

    def __init__(self, limit: int, per: float) -> None:
        self._limit = limit
        self._per = per
        self._held = 0
        self._held_bursts = 0
        # Two queues, so that each is in the order of leaving.
        self._bursts: deque[_Slice] = deque()
        self._paced: deque[_Slice] = deque()
        self._slice_s = per / _FINE_GRANTS if limit > _FINE_GRANTS else 0.0

    def held(self, now: float) -> int:
        """Return the units in the window."""
        while self._paced and self._paced[0].leaves_at <= now:
            self._held -= self._paced.popleft().units
        while self._bursts and self._bursts[0].leaves_at <= now:
            left = self._bursts.popleft().units
            self._held -= left
            self._held_bursts -= left
        return self._held

    def held_bursts(self, now: float) -> int:
        """Return the units of bursts in the window."""
        return self._held_bursts and self.held(now) and self._held_bursts

    def add(self, units: int, now: float, *, is_burst: bool) -> None:
        """Add a grant; paced grants just before a burst count as part of it."""
        self._held += units
        if is_burst:
            self._held_bursts += units
            while self._paced and self._paced[-1].leaves_at > now + self._per + PACED_MARGIN_S - BURST_MARGIN_S:
                joined = self._paced.pop()
                self._held_bursts += joined.units
                joined.leaves_at += BURST_MARGIN_S - PACED_MARGIN_S
                self._bursts.append(joined)
        line, margin = (self._bursts, BURST_MARGIN_S) if is_burst else (self._paced, PACED_MARGIN_S)
        leaves_at = now + self._per + margin
        if line and leaves_at - line[-1].opened_at < self._slice_s:
            line[-1].leaves_at = leaves_at
            line[-1].units += units
        else:
            line.append(_Slice(leaves_at, units))

    def due(self, units: int, now: float, limit: float | None = None) -> float:
        """Return the seconds until there is room for some units; if they never fit, until the window is empty.

        Args:
            units: the units.
            now: the current time.
            limit: the units it may hold; None for its own limit.
        """
        excess = self.held(now) + units - (self._limit if limit is None else limit)
        if excess <= 0:
            return 0.0
        leaves_at = now
        for each in merge(self._bursts, self._paced, key=lambda each: each.leaves_at):
            leaves_at = each.leaves_at
            excess -= each.units
            if excess <= 0:
                break
        return max(leaves_at - now, 0.0)

    def shift(self, seconds: float) -> None:
        """Shift all grants, for a clock that now shows a different time."""
        for line in (self._bursts, self._paced):
            for each in line:
                each.leaves_at += seconds
                each.opened_at += seconds
