"""Whether a run may start work now, and how fast, by what the ledger says.

The time of day is checked whenever a call is about to be sent, and no sleep outlasts a check: a clock that is put
forward or back, or a machine that slept, is noticed by the next call or within a second.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from ..._core.client import TimClient
from .._ledger.schema import Lane
from .._ledger.timing import StoredTiming, Timing
from .._plan.pacing import pace_in_force
from .._plan.schedule import Phase, Schedule
from ..stopping import Stop
from .own_rate import OwnRate, Reserve, Turn

_ALL_LANES: Final = (Lane.SINGLE, Lane.BATCH)
_NO_LANE: Final = 0


class Gate:
    """Decides what a campaign may start, and when.

    Args:
        client: the client whose limits a share refers to.
        stored: the timing, as the ledger has it.
        wall: unix seconds.
        reserve: reserves turns of a lane for a span of seconds among several processes; 0 means all lanes. None if this
            process works alone.

    Attributes:
        timing: when and how fast.
        guards_calls: whether calls are checked when the limits grant them.
        rates: the campaign's own rate by lane; empty without one.
    """

    def __init__(
        self,
        client: TimClient,
        stored: str | None,
        wall: Callable[[], float],
        reserve: Callable[[int, float], Awaitable[float]] | None = None,
    ) -> None:
        self._client = client
        self._wall = wall
        self._reserve = reserve
        self._stored = stored
        self._halted = asyncio.Event()
        self.rates: Mapping[Lane, OwnRate] = {}
        self.guards_calls = False
        self._follow(StoredTiming.decoded(stored).in_force)

    def _follow(self, timing: Timing) -> None:
        self.timing = timing
        self.guards_calls = timing.has_hours or timing.has_pace
        self._schedule = Schedule(timing) if timing.has_hours else None
        self._seen_at = math.inf  # the phase is valid from then to its next change
        self._phase = Phase(is_open=True, is_over=False, changes_at=math.inf)

    def take_over(self, stored: str | None) -> None:
        """Apply the timing that the ledger has now."""
        if stored == self._stored:
            return
        self._stored, before = stored, self.timing
        self._follow(StoredTiming.decoded(stored).in_force)
        had, has = (before.rate is None, before.share is None), (self.timing.rate is None, self.timing.share is None)
        if had != has:
            self._make_rates()
        for rate in set(self.rates.values()):
            rate.wake()

    def begin(self, halted: asyncio.Event) -> None:
        """Begin a stretch of work, which ends when the event is set."""
        self._halted = halted
        self._make_rates()

    def wake(self) -> None:
        """Wake tasks that wait for a turn, so that they notice that no more work is to be started."""
        for rate in set(self.rates.values()):
            rate.wake()

    # When

    def phase(self) -> Phase:
        """Return the current phase."""
        now = self._wall()
        if self._schedule is None:
            return self._phase
        if not self._seen_at <= now < self._phase.changes_at:
            self._phase, self._seen_at = self._schedule.phase(now), now
        return self._phase

    def stop(self) -> Stop | None:
        """Return why no work may be started now; None if it may."""
        phase = self.phase()
        if phase.is_open:
            return None
        if not phase.is_over:
            return Stop("interrupted", f"resting until {self.timing.shown(phase.changes_at)}", is_rest=True)
        return Stop("ended", over_text(self.timing))

    def seconds_to_change(self) -> float:
        """Return the seconds until work may be started, or may no longer be, by the current clock."""
        return max(0.0, self.phase().changes_at - self._wall())

    # How fast

    def backlog_s(self, lane: Lane, queued: int) -> float:
        """Return how many seconds the queued recipients and those waiting for a turn take; 0 without an own rate."""
        rate = self.rates.get(lane)
        return 0.0 if rate is None else (rate.waiting + queued) / rate.per_second

    async def turn(self, lane: Lane, units: int) -> Turn | None:
        """Wait for the turn of a call; None without an own rate, or when no more work is to be started."""
        while (rate := self.rates.get(lane)) is not None:
            turn = await rate.turn(units)
            if turn is not None or self.rates.get(lane) is rate:
                return turn
        return None

    def until(self, lease_until: float, turn: Turn | None) -> float:
        """Record that the limits granted an attempt; return the loop time at which its permission ended."""
        if not self.phase().is_open:
            return -math.inf
        if turn is not None:
            turn.used()
        return lease_until

    def _make_rates(self) -> None:
        for rate in set(self.rates.values()):
            rate.end()
        if self.timing.rate is not None:
            common = OwnRate(lambda: self.timing.rate or 0.0, self._halted, self._reserver(_NO_LANE))
            self.rates = dict.fromkeys(_ALL_LANES, common)
        elif self.timing.share is not None:
            self.rates = {lane: self._share_of(lane) for lane in _ALL_LANES}
        else:
            self.rates = {}

    def _share_of(self, lane: Lane) -> OwnRate:
        def target() -> float:
            share = 1.0 if self.timing.share is None else self.timing.share
            return share * pace_in_force(self._client, (lane,))

        return OwnRate(target, self._halted, self._reserver(lane))

    def _reserver(self, lane: int) -> Reserve | None:
        reserve = self._reserve
        return None if reserve is None else (lambda seconds: reserve(lane, seconds))


def over_text(timing: Timing) -> str:
    """Return why no work is started any more."""
    if timing.until is None:
        return "no further sending hours before the end of the campaign"
    return f"nothing is sent after {timing.shown(timing.until)}; to continue, set a later end"
