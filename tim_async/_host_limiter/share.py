"""How the buckets of all processes react to "too many calls".

See `_core.adaptive_share` for the theory and the constants. This is the same algorithm, step by step as in `share.lua`:
calls are counted when their moments are reserved, so calls whose moments lie ahead are left out of a judgement. Times
are microseconds.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec

from .._core.adaptive_share import (
    BEAT_S,
    FEW_CALLS,
    FORGIVEN_PART,
    FORGIVEN_STORE,
    HURRY_LEAST,
    HURRY_PART,
    KEPT_BEATS,
    LEAST_SHARE,
    cut_share,
    grown_share,
)
from .._shared_limits.link import US_PER_S, ShareState

_BEAT: Final = BEAT_S * US_PER_S
# Length of a beat that was judged twice at the same moment.
_SHORTEST: Final = 0.001


class StoredShare(msgspec.Struct, array_like=True):
    """A share as it is stored.

    Attributes:
        base: its value right after the last cut.
        cut_at: time of the last cut.
        since: start of the current beat.
        calls: reserved in it, or later.
        units: their cost.
        refusals: received in it.
        cost: average cost of a call.
        forgiven: refusals that will still be forgiven.
        top: the share at which a series of cuts began, 0.0 outside one.
    """

    base: float = 1.0
    cut_at: float = -math.inf
    since: float = -math.inf
    calls: int = 0
    units: int = 0
    refusals: int = 0
    cost: float = 1.0
    forgiven: float = FORGIVEN_STORE
    top: float = 0.0


class Share:
    """A share while a request is answered.

    Args:
        stored: the stored form, which is changed here.
        unit: length of a unit as configured.

    Attributes:
        ahead: calls counted in `stored.calls` whose moments lie ahead.
        units_ahead: their cost.
        was_cut: whether this request cut it.
    """

    __slots__ = ("ahead", "stored", "unit", "units_ahead", "was_cut")

    def __init__(self, stored: StoredShare, unit: float) -> None:
        self.stored = stored
        self.unit = unit
        self.ahead = self.units_ahead = 0
        self.was_cut = False

    @property
    def beat(self) -> float:
        """The length of a beat."""
        return max(_BEAT, FEW_CALLS * self.stored.cost * self.unit)

    @property
    def state(self) -> ShareState:
        """The state for the answer."""
        return ShareState(self.stored.base, self.stored.cut_at, self.beat, self.was_cut)

    def at(self, now: float) -> float:
        """Return the share in force."""
        stored = self.stored
        if stored.base >= 1.0:
            return 1.0
        grown = grown_share(stored.base, (now - stored.cut_at) / self.beat)
        if grown >= 1.0:
            stored.base = 1.0
        return grown

    def count_grant(self, now: float, at: float, units: int) -> None:
        """Count a call that was given the reservation `at`."""
        stored = self.stored
        if at >= stored.cut_at + self.beat:
            stored.calls += 1
            stored.units += units
            if at > now:
                self.ahead += 1
                self.units_ahead += units
        if stored.refusals > 0:
            self._judge(now)

    def count_return(self, at: float, units: int) -> None:
        """Subtract a call whose reservation was given back."""
        stored = self.stored
        if at >= stored.cut_at + self.beat and stored.calls > 0:
            stored.calls -= 1
            stored.units = max(stored.units - units, stored.calls)

    def count_refusal(self, now: float, at: float) -> None:
        """Count a call that the service refused, by its reservation."""
        if at < self.stored.cut_at + self.beat:
            return  # granted before the cut, or while the service's window still contained calls from before it
        self.stored.refusals += 1
        self._judge(now)

    @property
    def kept_for(self) -> float:
        """How long from now it must be kept, 0 if a new one would be equivalent."""
        stored = self.stored
        is_new = stored.base >= 1.0 and stored.refusals == 0 and stored.forgiven >= FORGIVEN_STORE
        return 0.0 if is_new else KEPT_BEATS * self.beat

    def _judge(self, now: float) -> None:
        """Judge the beat if it is over, or if so many calls were refused that it can end early."""
        stored, beat = self.stored, self.beat
        usual = self.at(now) * beat / self.unit / stored.cost  # calls per beat
        is_over = now >= stored.since + beat
        if not is_over and stored.refusals < max(HURRY_LEAST, HURRY_PART * usual):
            return
        # Only calls that were made can be refused.
        made, refusals = max(stored.calls - self.ahead, 0), stored.refusals
        calls = max(made, refusals)
        if stored.calls > 0:
            stored.cost = stored.units / stored.calls
        length = max(now - stored.since, _SHORTEST)
        part = max(refusals, calls * min(1.0, beat / length), 0.0 if is_over else usual / 2)
        stored.since = now
        stored.calls, stored.units, stored.refusals = stored.calls - made, min(stored.units, self.units_ahead), 0
        left = stored.forgiven + FORGIVEN_PART * calls - refusals
        if left >= 0.0:
            stored.forgiven = min(left, FORGIVEN_STORE)
            return
        stored.forgiven = 0.0
        self._cut(now, beat, excess=-left, refusals=refusals, part=part)

    def _cut(self, now: float, beat: float, *, excess: float, refusals: int, part: float) -> None:
        stored = self.stored
        cut = cut_share(self.at(now), stored.top, excess=excess, refusals=refusals, part=part)
        stored.top = cut.top
        if cut.is_taken_back:
            stored.forgiven = FORGIVEN_STORE
        stored.base = max(cut.share, LEAST_SHARE, min(0.5, 0.5 * self.unit / US_PER_S))
        stored.cut_at = now
        stored.since = now + beat
        stored.calls = stored.units = 0  # existing reservations were made before the cut
        self.was_cut = True
