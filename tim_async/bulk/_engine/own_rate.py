"""A campaign's own rate: turns that its calls wait for before they wait for the limits.

A leaky bucket of aiolimiter, as for the limits: no second sees more than the rate. Units are recipients. A turn of a
call is *given* when there is room, and *used* when the limits have granted the call. A call that waits for a limit in
between keeps its room, so that calls held up by interactive ones do not go in one burst. A batch may be larger than the
rate allows in a second: it goes when everything before it has drained, and what follows waits that much longer.

Where several processes work, each reserves turns in the ledger, for half a second at a time: disjoint spans of time, so
that all of them together keep to the rate. A span that is not used in time is void, however long a process stalled.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from ..._api.endpoint import Rate
from ..._clocks import sleep
from ..._core.bucket import Tokens, shape

# How often to check a rate that follows a limit, and the longest wait.
_LOOK_INTERVAL_S: Final = 0.25
# Turns reserved at a time, as the seconds they take.
_SPAN_S: Final = 0.5
# A turn of a span that is used later than this is void. Windows are assumed to be longer by this, which costs 2.5 %.
_TOLERANCE_S: Final = 0.025

Reserve: TypeAlias = Callable[[float], Awaitable[float]]
"""Reserve a span of that many seconds; return the seconds until it begins."""


def rate_of(per_second: float) -> Rate:
    """Return a rate, which may be a fraction, as a limit: no window of about a second exceeds it."""
    limit = max(1, math.floor(per_second))
    return Rate(limit, limit / per_second)


class _Tokens(Tokens):
    """Tokens that may be overdrawn: what follows waits longer."""

    def due(self, units: float) -> float:
        return super().due(min(units, self.max_rate))

    def take(self, units: float) -> None:
        self._leak()
        self._level += units

    def at(self, rate: Rate) -> _Tokens:
        """Return the same tokens at another rate: a wait for one unit takes as long as before."""
        other, wait = _Tokens(rate), self.due(1)
        other._leak()  # count from now
        other._level = max(0.0, other.max_rate - 1 + wait * other.flow) if wait else max(0.0, other.max_rate - 1)
        return other


class Turn:
    """The turn of one call, from `OwnRate.turn` to `used` or `release`."""

    __slots__ = ("_is_open", "_rate", "_units")

    def __init__(self, rate: OwnRate, units: int) -> None:
        self._rate = rate
        self._units = units
        self._is_open = True

    def used(self) -> None:
        """Record that the limits granted an attempt; an attempt that is repeated counts again."""
        self._rate.take(self._units, was_kept=self._is_open)
        self._is_open = False

    def release(self) -> None:
        """Give back a turn that no attempt used; has no effect on a used turn."""
        if self._is_open:
            self._is_open = False
            self._rate.give_back(self._units)


class OwnRate:
    """The turns at one rate.

    Args:
        target: returns the recipients per second allowed now.
        halted: set when no more work is to be started.
        reserve: reserves turns among several processes; None if this one works alone.

        Attributes:
            waiting: recipients whose calls wait for a turn, or hold one that is not used yet.
    """

    def __init__(self, target: Callable[[], float], halted: asyncio.Event, reserve: Reserve | None = None) -> None:
        self._target = target
        self._halted = halted
        self._reserve = reserve
        self._line = asyncio.Lock()
        self._changed = asyncio.Event()
        self._kept = 0  # units of turns given and not used
        self._loop = asyncio.get_running_loop()
        self._looked_at = self._loop.time()
        self._rate = max(target(), 1e-6)
        self._tokens = _Tokens(rate_of(self._rate))
        self._is_over = False
        self._left = 0.0  # units left of the reserved span
        self._next_at = self._void_at = 0.0
        self.waiting = 0

    @property
    def per_second(self) -> float:
        """Recipients per second."""
        return self._rate

    async def turn(self, units: int) -> Turn | None:
        """Wait for the turn of a call with that many recipients; None when there are no more turns."""
        self.waiting += units
        turn: Turn | None = None
        try:
            async with self._line:
                while not (self._halted.is_set() or self._is_over):
                    wait = await self._due(units)
                    if wait <= 0.0:
                        self._kept += units
                        turn = Turn(self, units)
                        break
                    self._changed.clear()
                    await sleep(min(wait, _LOOK_INTERVAL_S), until=self._changed)
        finally:
            if turn is None:
                self.waiting -= units
        return turn

    def wake(self) -> None:
        """Wake waiting tasks: the rate has changed, or no more work is to be started."""
        self._looked_at = -math.inf
        self._changed.set()

    def end(self) -> None:
        """Give no more turns: another rate applies."""
        self._is_over = True
        self._changed.set()

    def take(self, units: int, *, was_kept: bool) -> None:
        """Take units for a call that the limits granted."""
        self._tokens.take(units)
        if was_kept:
            self.give_back(units)

    def give_back(self, units: int) -> None:
        """Stop reserving room for these units."""
        self.waiting -= units
        self._kept -= units
        self._changed.set()

    async def _due(self, units: int) -> float:
        """Return the seconds until a turn can be given, as far as known; 0.0 means now."""
        now = self._loop.time()
        if not 0 <= now - self._looked_at < _LOOK_INTERVAL_S:
            self._adapt(now)
        if self._kept and units + self._kept > self._tokens.max_rate:
            return _LOOK_INTERVAL_S  # checked again when a turn is used
        wait = self._tokens.due(units + self._kept)
        if wait > 0.0 or self._reserve is None:
            return wait
        return await self._due_in_span(units, self._reserve)

    def _adapt(self, now: float) -> None:
        self._looked_at = now
        rate = max(self._target(), 1e-6)
        if rate != self._rate:
            self._rate = rate
            self._tokens = self._tokens.at(rate_of(rate))
            self._left = 0.0  # belongs to the old rate

    async def _due_in_span(self, units: int, reserve: Reserve) -> float:
        limit = rate_of(self._rate)
        flow = shape(Rate(limit.limit, limit.per + _TOLERANCE_S))[1]
        if self._left < units or self._loop.time() > self._void_at:
            self._left = max(units, round(flow * _SPAN_S))
            span_s = self._left / flow
            self._next_at = await reserve(span_s) + self._loop.time()
            self._void_at = self._next_at + span_s + _TOLERANCE_S
        wait = self._next_at - self._loop.time()
        if wait > 0.0:
            return wait
        self._left -= units
        self._next_at += units / flow
        return 0.0
