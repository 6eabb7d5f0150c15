"""Queues for a turn: one waiter at a time has it, the others wait by priority, then by order of arrival."""

from __future__ import annotations

import asyncio
from heapq import heapify, heappop, heappush

from .._clocks import clock_stands_still, ending_stopped_waits, is_loop_clock_replaced
from .._core.pool import ConnectionSlot

# Priority classes: the index of the class comes first in a rank.
CLASSES = 2


class Waiter:
    """A claim on its way through the queues.

    Attributes:
        rank: priority class, then position in the order of arrival; smaller goes first.
        is_repeat: whether it goes before all others of its class.
        since: local time at which it arrived.
        slot: the place in the pool that it will take.
        granted_at: local time of the reservation granted while it waited for its turn; None without one.
        wake: set while it waits for a turn or for something else.
    """

    __slots__ = ("granted_at", "is_repeat", "rank", "since", "slot", "wake")

    def __init__(self, rank: tuple[int, int], slot: ConnectionSlot, *, is_repeat: bool, since: float) -> None:
        self.rank = rank
        self.slot = slot
        self.is_repeat = is_repeat
        self.since = since
        self.granted_at: float | None = None
        self.wake: asyncio.Future[bool] | None = None

    def __lt__(self, other: Waiter) -> bool:
        return self.rank < other.rank

    def make_way(self) -> None:
        """Wake it, whatever it waits for: a waiter of higher rank wants its turn, or something changed."""
        if self.wake is not None and not self.wake.done():
            self.wake.set_result(False)

    async def rest(self) -> None:
        """Wait until `make_way` is called."""
        self.wake = asyncio.get_running_loop().create_future()
        try:
            await self.wake
        finally:
            self.wake = None

    async def sleep(self, delay: float) -> None:
        """Sleep, or until `make_way` is called."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(delay, self.make_way)
        try:
            if is_loop_clock_replaced(loop):
                await self._rest_while_clock_may_stand(delay)
            else:
                await self.rest()
        finally:
            timer.cancel()

    async def _rest_while_clock_may_stand(self, delay: float) -> None:
        try:
            async with ending_stopped_waits(delay):
                await self.rest()
        except TimeoutError:
            raise clock_stands_still() from None


class _Entry:
    """A waiter in a queue, or with its turn."""

    __slots__ = ("cost", "future", "waiter")

    def __init__(self, waiter: Waiter, cost: int, future: asyncio.Future[bool] | None) -> None:
        self.waiter = waiter
        self.cost = cost
        self.future = future

    def __lt__(self, other: _Entry) -> bool:
        return self.waiter.rank < other.waiter.rank

    @property
    def is_waiting(self) -> bool:
        return self.future is not None and not self.future.done()


class Turns:
    """The waiter that has the turn, and those queued for it."""

    __slots__ = ("_abandoned", "_queue", "holder", "queued")

    def __init__(self) -> None:
        self.holder: _Entry | None = None
        self.queued = [0] * CLASSES  # waiting cost, by priority class
        self._queue: list[_Entry] = []
        self._abandoned = 0

    async def turn(self, waiter: Waiter, cost: int) -> bool:
        """Wait for the turn; False if the wait was abandoned to make way elsewhere. Cancelling leaves the queue.

        A waiter that was meanwhile granted a reservation (`granted_at`) does not get the turn; this returns True too.
        """
        if self.holder is None:
            self.holder = _Entry(waiter, cost, None)
            return True
        if waiter < self.holder.waiter:
            self.holder.waiter.make_way()
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        entry = _Entry(waiter, cost, future)
        waiter.wake = future
        heappush(self._queue, entry)
        self.queued[waiter.rank[0]] += cost
        try:
            has_turn = await future
        except asyncio.CancelledError:
            if self.holder is entry:  # it got the turn at the moment of the cancellation
                self.leave()
            elif waiter.granted_at is None:
                self._abandon(entry)
            raise
        finally:
            waiter.wake = None
        if not has_turn:
            self._abandon(entry)
        return has_turn

    def _abandon(self, entry: _Entry) -> None:
        """Count an entry whose waiter has gone; drop such entries before they outnumber the others."""
        self.queued[entry.waiter.rank[0]] -= entry.cost
        self._abandoned += 1
        if self._abandoned > 64 and self._abandoned * 2 > len(self._queue):
            self._queue = [each for each in self._queue if each.is_waiting]
            heapify(self._queue)
            self._abandoned = 0

    def first(self) -> Waiter | None:
        """Return the first in the queue."""
        while self._queue and not self._queue[0].is_waiting:
            heappop(self._queue)
            self._abandoned -= 1
        return self._queue[0].waiter if self._queue else None

    def grant_first(self, granted_at: float) -> None:
        """Let the first in the queue go, with a reservation but without the turn."""
        entry = self._pop()
        entry.waiter.granted_at = granted_at
        if entry.future is not None:
            entry.future.set_result(True)

    def leave(self) -> None:
        """Give up the turn; the next in the queue gets it."""
        self.holder = None
        if self.first() is not None:
            self.holder = self._pop()
            if self.holder.future is not None:
                self.holder.future.set_result(True)

    def _pop(self) -> _Entry:
        entry = heappop(self._queue)
        self.queued[entry.waiter.rank[0]] -= entry.cost
        return entry

    def outranked(self, waiter: Waiter) -> bool:
        """Return whether a waiter of higher priority is in the queue."""
        return any(self.queued[: waiter.rank[0]])

    def ahead(self, waiter: Waiter) -> int:
        """Return the cost of all that would be served before a newcomer."""
        index = waiter.rank[0]
        held = 0 if self.holder is None else self.holder.cost
        return held + sum(self.queued[:index]) + (0 if waiter.is_repeat else self.queued[index])
