"""Whether a run may begin something now, and how fast: what the ledger has of that, looked at again and again.

The time of day is looked up whenever a call is about to be sent, and nothing sleeps past a look at it: a clock that is
put forward or back, or a machine that slept, is noticed by the next call, or within a second.
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
    """What a campaign may begin, and when.

    Args:
        client: whose limits a share is of.
        stored: the timing, as the ledger has it.
        wall: unix seconds.
        reserve: reserves turns of a lane for a span of seconds, among several processes; 0 is all lanes together.
            None where this process works alone.

    Attributes:
        timing: when and how fast.
        guards_calls: whether calls are looked at when the limits grant them.
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
        self._seen_at = math.inf  # the phase holds from then to its next change
        self._phase = Phase(is_open=True, is_over=False, changes_at=math.inf)

    def take_over(self, stored: str | None) -> None:
        """Follow what the ledger has now."""
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
        """Let those that wait for a turn see that nothing more is to be begun."""
        for rate in set(self.rates.values()):
            rate.wake()

    # When

    def phase(self) -> Phase:
        """Return what this moment is."""
        now = self._wall()
        if self._schedule is None:
            return self._phase
        if not self._seen_at <= now < self._phase.changes_at:
            self._phase, self._seen_at = self._schedule.phase(now), now
        return self._phase

    def stop(self) -> Stop | None:
        """Return why nothing may be begun now; None where something may."""
        phase = self.phase()
        if phase.is_open:
            return None
        if not phase.is_over:
            return Stop("interrupted", f"it rests until {self.timing.shown(phase.changes_at)}", is_rest=True)
        return Stop("ended", over_text(self.timing))

    def seconds_to_change(self) -> float:
        """Return the seconds until something may be begun, or not any more, by the clock as it goes now."""
        return max(0.0, self.phase().changes_at - self._wall())

    # How fast

    def backlog_s(self, lane: Lane, queued: int) -> float:
        """Return how long the recipients take that wait for a turn, or to wait for one; 0 without an own rate."""
        rate = self.rates.get(lane)
        return 0.0 if rate is None else (rate.waiting + queued) / rate.per_second

    async def turn(self, lane: Lane, units: int) -> Turn | None:
        """Wait for the turn of a call; None where there is no own rate, or nothing more is to be begun."""
        while (rate := self.rates.get(lane)) is not None:
            turn = await rate.turn(units)
            if turn is not None or self.rates.get(lane) is rate:
                return turn
        return None

    def until(self, lease_until: float, turn: Turn | None) -> float:
        """Note that the limits have granted an attempt; return the loop time at which its time was over."""
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
    """Return why nothing is begun any more."""
    if timing.until is None:
        return "its hours of the day do not come any more"
    return f"nothing is sent after {timing.shown(timing.until)}; to go on, give a later end"
