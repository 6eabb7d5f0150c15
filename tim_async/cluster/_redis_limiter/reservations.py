"""Lanes and lines: how the turns of one process are wanted, held and used.

A *lane* is all claims that ask for the same: same buckets, same costs. Its turns are alike, so they belong to nobody
until the moment they are used: whoever stands first in the lane then takes the next one. A *line* is all lanes of one
command. It asks Redis for turns, a few at a time and for the most urgent lanes first, and asks again when the last of
them is near: what is asked for later can still go to those who come later and are more urgent.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Final

from ..._core.pool import ConnectionSlot
from ..._core.rate_limits import Claim
from ..._core.turn_queue import Turns, Waiter
from ...errors import LimiterUnavailableError, TimError, UsageError, WaitTooLongError
from .redis_link import US
from .stats import LimiterStats

if TYPE_CHECKING:
    from .buckets import Book, SharedBucket
    from .redis_link import Link

logger = logging.getLogger("tim_async")

# Redis is asked for more when the last turn at hand is this near: longer than the way there and back.
ASK_EARLY_S: Final = 0.02
# A turn that comes back must reach Redis before its time, to be of use to someone.
_WORTH_BACK_S: Final = 0.005
# What is left of the time of a large call that missed its moment is worth a question from this length on.
_WORTH_REST_S: Final = 0.05
# Lanes of keys alone (no limit over all of them) that one question may serve.
_KEYED_BATCH: Final = 64

LaneKey = tuple[object, ...]


class Lane(Turns):
    """All claims that ask for the same buckets and costs, and the turns at hand for them."""

    __slots__ = (
        "_failure",
        "_lengths",
        "_life",
        "_most",
        "batch",
        "buckets",
        "claims",
        "costs",
        "is_blocked",
        "is_keyed",
        "key",
        "line",
        "missed",
        "pace",
        "span",
        "stock",
        "used",
    )

    def __init__(
        self, line: Line, key: LaneKey, buckets: list[SharedBucket], costs: list[int], *, is_keyed: bool
    ) -> None:
        super().__init__()
        self.line = line
        self.key = key
        self.buckets = buckets
        self.costs = costs
        self.is_keyed = is_keyed
        self.claims = 0  # on their way through it
        self.is_blocked = False  # whoever is first waits for the pool: turns would be wasted
        self.stock: deque[float] = deque()  # turns at hand, in microseconds of the server's clock
        self._life: tuple[int, str] = (0, "")
        self._lengths: list[float] = []  # of a turn at hand in each bucket, as it was reserved, in microseconds
        # Seconds a turn takes of the line of time, the wide buckets alone: a key's own slowness holds up nobody else.
        wide = [
            bucket.unit * cost / US
            for bucket, cost in zip(buckets, costs, strict=True)
            if not (is_keyed and bucket.rate.key)
        ]
        self.span = max(wide, default=0.0)
        self._most = max(1, int(line.lease / self.span)) if self.span else _KEYED_BATCH
        self.batch = self._most  # turns worth asking for at a time
        self.used = 0  # turns since the last question, and those that were missed
        self.missed = 0
        self.pace = self.least_pace
        self._failure: TimError | None = None

    @property
    def least_pace(self) -> float:
        """Seconds from turn to turn when nobody else is there."""
        return max(bucket.told_unit * cost / US for bucket, cost in zip(self.buckets, self.costs, strict=True))

    def learn(self) -> None:
        """Ask for as many turns as could be used of the last ones: a busy loop must not keep them from others."""
        if self.missed:
            self.batch = max(1, self.used)
        elif self.used:
            self.batch = min(self._most, 2 * self.batch)
        self.used = self.missed = 0

    @property
    def wanted(self) -> int:
        """Turns it could use."""
        if self.is_blocked:
            return 0
        return (not self.stock and self.claims > 0) if self.is_keyed else max(0, self.claims - len(self.stock))

    @property
    def rank(self) -> tuple[int, int]:
        """The rank of whoever is first."""
        return (9, 0) if self.holder is None else self.holder.waiter.rank

    @property
    def paused_until(self) -> float:
        """Local time until which everyone holds back."""
        return max(self.line.book.paused_until, *(bucket.paused_until for bucket in self.buckets))

    def add(self, turns: list[float]) -> None:
        """Take in turns that were reserved just now."""
        self.drop_void()
        self._life = self.line.book.life
        if turns:
            lengths = [cost * bucket.told_unit for bucket, cost in zip(self.buckets, self.costs, strict=True)]
            self._lengths = list(map(min, lengths, self._lengths)) if self.stock else lengths
            previous = self.stock[-1] if self.stock else None
            self.stock.extend(turns)
            if previous is not None and self.claims > len(self.stock):
                self.pace = max(self.least_pace, (turns[-1] - previous) / US / len(turns))
            elif self.claims <= len(self.stock):
                self.pace = self.least_pace

    def stretches(self, at: float) -> list[tuple[SharedBucket, float, float]]:
        """Return what a turn at hand takes of its buckets: no more than was reserved, whatever a unit is by now."""
        return [(bucket, at, at + length) for bucket, length in zip(self.buckets, self._lengths, strict=True)]

    def drop_void(self) -> None:
        """Forget turns of an earlier life."""
        if self.stock and self._life != self.line.book.life:
            self.line.stats.expired += len(self.stock)
            self.stock.clear()
            self.line.look_again()

    def first(self, now: float) -> float | None:
        """Return the local time of the next turn at hand, None without one; drop those that are over."""
        clock, tolerance = self.line.link.clock, self.line.tolerance
        self.drop_void()
        paused = self.paused_until
        while self.stock:
            latest = clock.latest(self.stock[0]) + tolerance
            if latest >= now and latest >= paused:
                return max(clock.earliest(self.stock[0]), paused)
            self.line.stats.expired += 1
            self.missed += 1
            self.line.put_back(self, self.stock.popleft(), at_least=_WORTH_REST_S)
        return None

    def estimate(self, waiter: Waiter, now: float) -> float:
        """Return the seconds until a newcomer's turn, as things stand."""
        first = self.first(now)
        place = self.ahead(waiter)
        clock = self.line.link.clock
        if place < len(self.stock):
            wait = clock.earliest(self.stock[place]) - now
        else:
            turns = place - len(self.stock)
            if self.stock:
                last = clock.earliest(self.stock[-1]) + self.pace
            else:
                last = max((clock.earliest(bucket.tail) for bucket in self.buckets if bucket.tail), default=now)
                if waiter.rank[0] == 0:
                    last = min(last, self.line.first_of_background(self, last))
            wait = max(0.0, last - now) + turns * self.pace
        return max(wait, self.paused_until - now, 0.0 if first is None else first - now)

    def fail(self, error: TimError) -> None:
        """Let whoever is first raise an error."""
        if self.holder is not None:
            self._failure = error
            self.wake()

    def wake(self) -> None:
        """Let whoever is first look again."""
        if self.holder is not None:
            self.holder.waiter.make_way()

    async def serve(self, waiter: Waiter, claim: Claim, slot: ConnectionSlot) -> None:
        """Wait until the claim has its slot and its turn."""
        self.claims += 1
        self.line.active[self] = None
        try:
            while not await self._try(waiter, claim, slot):
                pass
            self.line.stats.granted += 1
        finally:
            self.claims -= 1
            self.line.settle(self)

    async def _try(self, waiter: Waiter, claim: Claim, slot: ConnectionSlot) -> bool:
        """Go through the lane once; False when someone of higher priority was let by."""
        if not await self.turn(waiter, 1):
            return False
        line, has_slot, is_done = self.line, False, False
        try:
            while not self.outranked(waiter):
                if self._failure is not None:
                    failure, self._failure = self._failure, None
                    raise failure
                if line.is_closed:
                    raise UsageError("the limiter is closed")
                now = line.link.now()
                first = self.first(now)
                if first is None:
                    line.want(self)
                    await waiter.rest()
                elif claim.deadline is not None and first - now > (left := claim.deadline - line.loop.time()):
                    raise WaitTooLongError(wait=first - now, remaining=left)
                elif first > now:
                    await waiter.sleep(first - now)
                elif has_slot or slot.take_nowait():
                    self.stock.popleft()
                    self.used += 1
                    is_done = has_slot = True
                    return True
                else:
                    # The pool is full: the turns at hand would run out unused.
                    self.is_blocked = True
                    line.give_back(self, len(self.stock))
                    try:
                        await slot.take()
                    finally:
                        self.is_blocked = False
                    has_slot = True
            return False
        finally:
            if has_slot and not is_done:
                slot.release()
            self.leave()


class Line:
    """All lanes of one command of an app: asks for turns."""

    def __init__(
        self, book: Book, link: Link, stats: LimiterStats, *, lease: float, ahead: float, tolerance: float
    ) -> None:
        self.book = book
        self.link = link
        self.stats = stats
        self.lease = lease
        self.ahead = ahead
        self.tolerance = tolerance
        self.loop = asyncio.get_running_loop()
        self.lanes: dict[LaneKey, Lane] = {}
        self.active: dict[Lane, None] = {}  # lanes with claims
        self._question: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._last = 0.0  # local time of the last turn at hand, those that are far because of their key aside
        self._back: list[tuple[SharedBucket, float, float]] = []
        self._back_life: tuple[int, str] = (0, "")
        self.is_closed = False

    def want(self, lane: Lane) -> None:
        """Ask for turns as soon as it is time; an interactive lane does not wait behind turns of background lanes.

        Raises:
            LimiterUnavailableError: Redis has been gone for too long.
        """
        self.link.check()
        if lane.rank[0] == 0:
            for other in self._background(lane):
                self.give_back(other, len(other.stock), later_than=2 * ASK_EARLY_S)
        self.kick()

    def _background(self, lane: Lane) -> list[Lane]:
        """Return the other lanes that have turns at hand for background calls alone."""
        return [other for other in self.active if other is not lane and other.stock and other.rank[0] > 0]

    def first_of_background(self, lane: Lane, default: float) -> float:
        """Return the local time of the first turn that an interactive call of this lane may take from others."""
        return min((self.link.clock.earliest(other.stock[0]) for other in self._background(lane)), default=default)

    def settle(self, lane: Lane) -> None:
        """Tidy up after a claim has left its lane, and ask for more turns when it is time."""
        self.give_back(lane, len(lane.stock) - lane.claims)
        if not lane.claims:
            self.active.pop(lane, None)
            if lane.is_keyed:  # there may be any number of keys; what matters of them Redis keeps
                self.stats.expired += len(lane.stock)
                lane.stock.clear()
                if self.lanes.get(lane.key) is lane:
                    del self.lanes[lane.key]
        self.kick()

    def give_back(self, lane: Lane, count: int, *, later_than: float = _WORTH_BACK_S) -> None:
        """Give the last `count` turns of a lane back, those that are late enough for others to use."""
        if count <= 0 or self.is_closed:
            return
        lane.drop_void()
        worth = self.link.clock.there(self.link.now() + later_than)
        was = self.stats.given_back
        while count > 0 and lane.stock and lane.stock[-1] > worth:
            self.put_back(lane, lane.stock.pop())
            count -= 1
            self.stats.given_back += 1
        if self.stats.given_back > was:
            self.look_again()
            self.kick()

    def put_back(self, lane: Lane, at: float, *, at_least: float = 0.0) -> None:
        """Return what is left of one turn with the next question, unless that is shorter than `at_least`."""
        if self._back_life != self.book.life:
            self._back.clear()
            self._back_life = self.book.life
        worth = self.link.clock.there(self.link.now() + at_least)
        self._back += [stretch for stretch in lane.stretches(at) if not at_least or stretch[2] > worth]

    def look_again(self) -> None:
        """Find out anew which turn at hand is the last."""
        ends = (self.link.clock.earliest(lane.stock[-1]) for lane in self.active if lane.stock)
        self._last = max(ends, default=0.0)

    def kick(self) -> None:
        """Ask Redis when there is something to ask and it is time; otherwise see to it that it happens then."""
        if self._question is not None or self.is_closed:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        early = self._last - ASK_EARLY_S - self.link.now()
        if early > 0 and not self._back:
            if self.active:
                self._timer = self.loop.call_later(early, self.kick)
            return
        lanes = self._choose() if early <= 0 else []
        if lanes or self._back:
            self._question = self.loop.create_task(self._ask(lanes), name="tim_async: reserve turns")
            self._question.add_done_callback(self._answered)

    def _choose(self) -> list[tuple[Lane, int]]:
        """Return the lanes to ask for and how many turns each, most urgent first."""
        chosen: list[tuple[Lane, int]] = []
        room = 1.0  # of one question
        for lane in sorted((lane for lane in self.active if lane.wanted), key=lambda lane: lane.rank):
            lane.learn()
            count = max(1, min(lane.wanted, int(room * lane.batch)))
            chosen.append((lane, count))
            room -= count / lane.batch
            if room <= 0:
                break
        return chosen

    async def _ask(self, lanes: list[tuple[Lane, int]]) -> None:
        places: dict[SharedBucket, int] = {}

        def place(bucket: SharedBucket) -> int:
            return places.setdefault(bucket, len(places) + 1)

        back = self._back if self._back_life == self.book.life else []
        self._back = []
        items = [
            (count, [(place(bucket), cost) for bucket, cost in zip(lane.buckets, lane.costs, strict=True)])
            for lane, count in lanes
        ]
        returned = [(place(bucket), start, end) for bucket, start, end in back]
        turns = await self.book.ask(list(places), items=items, back=returned)
        horizon = self.link.now() + self.ahead
        for (lane, _), got in zip(lanes, turns, strict=True):
            self.stats.reserved += len(got)
            lane.add(got)
            if got:
                last = self.link.clock.earliest(got[-1])
                if not lane.is_keyed or last <= horizon:
                    self._last = max(self._last, last)
            if lane not in self.active:
                self.settle(lane)  # whoever asked has left while the question was on its way
            lane.wake()

    def _answered(self, question: asyncio.Task[None]) -> None:
        self._question = None
        if question.cancelled():
            return
        error = question.exception()
        if error is None:
            for lane in list(self.active):
                self.give_back(lane, len(lane.stock) - lane.claims)
            self.kick()
            return
        if isinstance(error, TimError):
            failure = error
        else:
            logger.error("the shared limiter failed", exc_info=error)
            failure = LimiterUnavailableError(
                f"the shared limiter failed with {type(error).__name__}; nothing was sent"
            )
        for lane in list(self.active):
            lane.fail(_copy(failure))

    async def close(self) -> None:
        """End what is on its way; whoever still waits gets an error."""
        self.is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._question is not None:
            self._question.cancel()
            await asyncio.gather(self._question, return_exceptions=True)
        for lane in list(self.active):
            lane.wake()


def _copy(error: TimError) -> TimError:
    """Return an error of one's own: several calls fail for one reason, each with its own traceback and facts."""
    rebuild, facts = error.__reduce__()
    copied: TimError = rebuild(*facts)
    return copied
