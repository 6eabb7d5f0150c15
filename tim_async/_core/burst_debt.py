"""What calls that had to wait leave for later bursts: nothing, until demand has been below the limit.

A burst stays in the window longer than its second. That costs nothing if the client is idle afterwards, as after most
bursts. But a few tasks that call one after the other, a little faster than the pace, would repeat the burst each time
it leaves the window, and lose that time each time: 5 to 9 % of the limit, by simulation. So a claim that had to wait,
which shows that demand is at the limit, fills the debt, and bursts must leave room for it. The debt decreases at the
pace and increases with every grant: while demand stays at the limit it stays full, and calls go at the pace. What a gap
between calls makes the pace lose may still go as a small burst.
"""

from __future__ import annotations


class BurstDebt:
    """The debt of one bucket.

    Args:
        most: the units of a full debt: those of the largest burst.
    """

    __slots__ = ("_as_of", "_most", "_units")

    def __init__(self, most: float) -> None:
        self._most = most
        self._units = 0.0
        self._as_of = 0.0  # loop time

    def fill(self, now: float) -> None:
        """Fill it: a claim had to wait."""
        self._units = self._most
        self._as_of = now

    def count(self, units: int, now: float, flow: float) -> None:
        """Count granted units."""
        if self._units:
            self._units = min(self.left(now, flow) + units, self._most)

    def left(self, now: float, flow: float) -> float:
        """Return the units left of it, at a pace of `flow` units a second since the last grant."""
        if self._units:
            self._units = max(self._units - (now - self._as_of) * flow, 0.0)
            self._as_of = now
        return self._units

    def shift(self, seconds: float) -> None:
        """Shift all times, for a clock that now shows a different time."""
        self._as_of += seconds
