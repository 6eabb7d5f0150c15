"""A request class: claims that ask for the same, and the reservations held for them.

A *request class* is all claims that ask for the same buckets with the same costs. Its reservations are alike, so none
belongs to a claim until it is used: the first claim in the queue takes the next one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from ..._core.pool import ConnectionSlot
from ..._core.rate_limits import Claim
from ...errors import TimError, UsageError, WaitTooLongError
from .redis_link import US_PER_S
from .stats import LimiterStats
from .turn_queue import CLASSES, Turns, Waiter

if TYPE_CHECKING:
    from .buckets import AppBuckets, BucketPart, SharedBucket
    from .redis_link import RedisLink

# What is left of the time of a large call that missed its moment is given back from this length on.
_MIN_REMAINDER_S: Final = 0.05
# The largest batch where all limits are per key, so that a longer batch takes nothing from other calls.
_MAX_KEYED_BATCH: Final = 64

ClassKey = tuple[object, ...]


class Scheduler(Protocol):
    """What a request class needs of the `CommandScheduler`, which makes the requests for it."""

    app: AppBuckets
    link: RedisLink
    stats: LimiterStats
    loop: asyncio.AbstractEventLoop
    batch_s: float
    tolerance: float
    is_closed: bool

    def claim_entered(self, request_class: RequestClass) -> None: ...

    def claim_left(self, request_class: RequestClass) -> None: ...

    def request(self, wanting: RequestClass) -> None: ...

    def give_back(self, holder: RequestClass, count: int) -> None: ...

    def add_return(self, holder: RequestClass, at: float, *, min_remainder: float) -> None: ...

    def update_last_held(self) -> None: ...

    def first_held_for_background(self, but: RequestClass, default: float) -> float: ...


class RequestClass:
    """All claims that ask for the same buckets with the same costs, and the reservations held for them.

    Args:
        scheduler: the scheduler of the command.
        key: identifies the class among those of the command.
        buckets: the buckets, narrow ones first.
        costs: the units to take from each.
        is_keyed: whether one of the limits is per key.
    """

    __slots__ = (
        "_failure",
        "_generation",
        "_held_lengths",
        "batch",
        "buckets",
        "claims",
        "costs",
        "held",
        "is_blocked",
        "is_keyed",
        "key",
        "missed",
        "others",
        "scheduler",
        "turns",
        "used",
    )

    def __init__(
        self,
        scheduler: Scheduler,
        key: ClassKey,
        buckets: list[SharedBucket],
        costs: list[int],
        *,
        is_keyed: bool,
    ) -> None:
        self.turns = Turns()
        self.scheduler = scheduler
        self.key = key
        self.buckets = buckets
        self.costs = costs
        self.is_keyed = is_keyed
        self.claims = 0  # number of claims waiting here
        self.is_blocked = False  # the first claim waits for the pool, so reservations would go unused
        self.held: deque[float] = deque()  # reserved moments, in microseconds of the server's clock
        self._generation: tuple[int, str] = (0, "")
        self._held_lengths = [0.0] * len(buckets)  # what each of them takes of the buckets, in microseconds
        self.batch = self.max_batch  # reservations to request at a time
        self.used = 0  # reservations used since the last request
        self.missed = 0  # reservations missed since then
        self.others = 1.0  # how much longer the intervals are for the reservations of others, as far as known
        self._failure: TimError | None = None

    @property
    def max_batch(self) -> int:
        """The most reservations to request at a time."""
        # A bucket of a key is this class's own. Only what it takes of the common ones keeps others waiting.
        common = [
            self.scheduler.app.unit_s(bucket) * cost
            for bucket, cost in zip(self.buckets, self.costs, strict=True)
            if not (self.is_keyed and bucket.rate.key)
        ]
        taken_s = max(common, default=0.0)
        return max(1, int(self.scheduler.batch_s / taken_s)) if taken_s else _MAX_KEYED_BATCH

    @property
    def min_interval(self) -> float:
        """Seconds from one reservation to the next while no other process makes any."""
        unit_s = self.scheduler.app.unit_s
        return max(unit_s(bucket) * cost for bucket, cost in zip(self.buckets, self.costs, strict=True))

    @property
    def interval(self) -> float:
        """Seconds from one reservation to the next, as far as known."""
        return self.min_interval * self.others

    def adapt_batch(self) -> None:
        """Set the batch to what could be used of the last one: a busy loop must not keep reservations from others."""
        most = self.max_batch
        if self.missed:
            self.batch = max(1, self.used)
        elif self.used:
            self.batch *= 2
        self.batch = min(most, self.batch)
        self.used = self.missed = 0

    @property
    def wanted(self) -> int:
        """The number of reservations that could be used."""
        if self.is_blocked:
            return 0
        return (not self.held and self.claims > 0) if self.is_keyed else max(0, self.claims - len(self.held))

    @property
    def rank(self) -> tuple[int, int]:
        """The rank of the first claim; below all others without one."""
        return (CLASSES, 0) if self.turns.holder is None else self.turns.holder.waiter.rank

    @property
    def is_interactive(self) -> bool:
        """Whether the first claim is an interactive one."""
        return self.rank[0] == 0

    def add(self, moments: list[float]) -> None:
        """Hold reservations that were just made."""
        self.drop_void()
        self._generation = self.scheduler.app.generation
        if moments:
            lengths = [cost * bucket.length for bucket, cost in zip(self.buckets, self.costs, strict=True)]
            self._held_lengths = list(map(min, lengths, self._held_lengths)) if self.held else lengths
            previous = self.held[-1] if self.held else None
            self.held.extend(moments)
            if previous is not None and self.claims > len(self.held):
                self.others = max(1.0, (moments[-1] - previous) / US_PER_S / len(moments) / self.min_interval)
            elif self.claims <= len(self.held):
                self.others = 1.0

    def parts(self) -> list[BucketPart]:
        """Return what a held reservation takes of its buckets: no more than was reserved, even if units changed."""
        return list(zip(self.buckets, self.costs, self._held_lengths, strict=True))

    def drop_void(self) -> None:
        """Drop reservations of an earlier generation."""
        if self.held and self._generation != self.scheduler.app.generation:
            self.scheduler.stats.expired += len(self.held)
            self.held.clear()
            self.scheduler.update_last_held()

    def next_moment(self, now: float) -> float | None:
        """Return the local time of the next held reservation, None without one; drop those that have expired."""
        clock, tolerance = self.scheduler.link.clock, self.scheduler.tolerance
        self.drop_void()
        while self.held:
            if clock.latest(self.held[0]) + tolerance >= now:
                return clock.earliest(self.held[0])
            self.scheduler.stats.expired += 1
            self.missed += 1
            self.scheduler.add_return(self, self.held.popleft(), min_remainder=_MIN_REMAINDER_S)
        return None

    def estimate(self, waiter: Waiter, now: float) -> float:
        """Return the seconds until a new claim could be served, as things stand."""
        first = self.next_moment(now)
        ahead = self.turns.ahead(waiter)
        clock = self.scheduler.link.clock
        if ahead < len(self.held):
            wait = clock.earliest(self.held[ahead]) - now
        else:
            missing = ahead - len(self.held)
            if self.held:
                last = clock.earliest(self.held[-1]) + self.interval
            else:
                last = max((clock.earliest(bucket.tail) for bucket in self.buckets if bucket.tail), default=now)
                if waiter.rank[0] == 0:
                    last = min(last, self.scheduler.first_held_for_background(self, last))
            wait = max(0.0, last - now) + missing * self.interval
        return max(wait, 0.0 if first is None else first - now)

    def fail(self, error: TimError) -> None:
        """Let the first claim raise an error."""
        if self.turns.holder is not None:
            self._failure = error
            self.wake()

    def wake(self) -> None:
        """Let the first claim look again."""
        if self.turns.holder is not None:
            self.turns.holder.waiter.make_way()

    async def serve(self, waiter: Waiter, claim: Claim, slot: ConnectionSlot) -> None:
        """Wait until the claim has its slot and the moment of a reservation has come."""
        self.claims += 1
        self.scheduler.claim_entered(self)
        try:
            while not await self._try(waiter, claim, slot):
                pass
            self.scheduler.stats.granted += 1
        finally:
            self.claims -= 1
            self.scheduler.claim_left(self)

    async def _try(self, waiter: Waiter, claim: Claim, slot: ConnectionSlot) -> bool:
        """Go through the queue once; return False if a claim of higher priority was let pass."""
        scheduler, turns, has_slot, is_done = self.scheduler, self.turns, False, False
        if not await turns.turn(waiter, 1):
            return False
        try:
            while not turns.outranked(waiter):
                if self._failure is not None:
                    failure, self._failure = self._failure, None
                    raise failure
                if scheduler.is_closed:
                    raise UsageError("the limiter is closed")
                now = scheduler.link.now()
                first = self.next_moment(now)
                if first is None:
                    scheduler.request(self)
                    await waiter.rest()
                elif claim.deadline is not None and first - now > (left := claim.deadline - scheduler.loop.time()):
                    raise WaitTooLongError(wait=first - now, remaining=left)
                elif first > now:
                    await waiter.sleep(first - now)
                elif has_slot or slot.take_nowait():
                    claim.granted_at = first
                    self.held.popleft()
                    self.used += 1
                    is_done = has_slot = True
                    return True
                else:
                    # The pool is full: held reservations would expire unused.
                    self.is_blocked = True
                    scheduler.give_back(self, len(self.held))
                    try:
                        await slot.take()
                    finally:
                        self.is_blocked = False
                    has_slot = True
            return False
        finally:
            if has_slot and not is_done:
                slot.release()
            turns.leave()
