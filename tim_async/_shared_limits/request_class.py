"""A request class: claims that ask for the same thing, and the reservations held for them.

A *request class* consists of all claims for the same buckets with the same costs. Its reservations are interchangeable,
so none belongs to a claim until it is used: the first claim in the queue takes the next one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from .._api.endpoint import Rate
from .._core.bucket import BURST_PATIENCE_S
from .._core.pool import ConnectionSlot
from .._core.rate_limits import Claim, used_up
from ..errors import TimError, UsageError, WaitTooLongError
from .link import US_PER_S
from .stats import LimiterStats
from .turn_queue import CLASSES, Turns, Waiter

if TYPE_CHECKING:
    from .buckets import AppBuckets, ReservedBatch
    from .lateness import Lateness
    from .link import ReservationLink
    from .shared_bucket import BucketPart, SharedBucket

# The unused time of a large call that missed its moment is given back if it is at least this long.
_MIN_REMAINDER_S: Final = 0.05
# The largest batch if all limits are per key, so that a longer batch takes nothing from other calls.
_MAX_KEYED_BATCH: Final = 64
# A moment farther away than this is the reset of an hourly or daily quota: nothing waits for that.
_LONGEST_WAIT_S: Final = 60.0
# The most reservations to request as a burst. After the pool was full it is one, plus one for each that is used.
_MAX_BURSTS: Final = 1000

ClassKey = tuple[object, ...]


class Reservation(NamedTuple):
    """A moment of the server's clock at which a call may be made.

    Attributes:
        at: the moment in microseconds.
        lengths: what it takes of the buckets' timelines, in microseconds; 0.0 for a burst and without a pace.
        is_burst: whether it was made for the present, regardless of the pace.
    """

    at: float
    lengths: tuple[float, ...]
    is_burst: bool = False


class Scheduler(Protocol):
    """The part of `CommandScheduler` that a request class uses."""

    app: AppBuckets
    link: ReservationLink
    stats: LimiterStats
    loop: asyncio.AbstractEventLoop
    batch_s: float
    lateness: Lateness
    is_closed: bool

    def claim_entered(self, request_class: RequestClass) -> None: ...

    def claim_left(self, request_class: RequestClass) -> None: ...

    def request(self, wanting: RequestClass) -> None: ...

    def give_back(self, holder: RequestClass, count: int) -> None: ...

    def add_return(self, holder: RequestClass, reservation: Reservation, *, min_remainder: float) -> None: ...

    def update_last_held(self) -> None: ...

    def first_held_for_background(self, but: RequestClass, default: float) -> float: ...


class RequestClass:
    """All claims for the same buckets with the same costs, and the reservations held for them.

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
        "_most_bursts",
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
        self.held: deque[Reservation] = deque()
        self._generation: tuple[int, str] = (0, "")
        self._most_bursts = self._all_bursts  # to request at a time
        self.batch = self.max_batch  # reservations to request at a time
        self.used = 0  # reservations used since the last request
        self.missed = 0  # reservations missed since then
        self.others = 1.0  # factor by which others' reservations lengthen the intervals, as far as known
        self._failure: TimError | None = None

    @property
    def max_batch(self) -> int:
        """The maximum number of reservations to request at a time."""
        # A key's bucket is this class's own. Only what it takes of the common ones keeps others waiting.
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
        """Set the batch to the number usable last time: a busy loop must not withhold reservations from others."""
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
    def _all_bursts(self) -> int:
        return _MAX_BURSTS if self.scheduler.batch_s else 1

    @property
    def wanted_bursts(self) -> int:
        """The number of reservations that may be for the present, regardless of the pace."""
        # Claims that were kept waiting, by a stalled service or a queue, go at the pace.
        holder = self.turns.holder
        if self.is_blocked or self.held or holder is None or holder.waiter.rank[0] > 0:
            return 0
        is_fresh = self.scheduler.link.now() - holder.waiter.since < BURST_PATIENCE_S
        return min(1 + self.turns.queued[0], self._most_bursts) if is_fresh else 0

    @property
    def rank(self) -> tuple[int, int]:
        """The rank of the first claim; without one, below all others."""
        return (CLASSES, 0) if self.turns.holder is None else self.turns.holder.waiter.rank

    @property
    def _quota(self) -> Rate | None:
        """The shortest hourly or daily quota among the limits; None without one."""
        quotas = [bucket.rate for bucket in self.buckets if bucket.rate.is_quota]
        return min(quotas, key=lambda rate: rate.per) if quotas else None

    @property
    def is_interactive(self) -> bool:
        """Whether the first claim is an interactive one."""
        return self.rank[0] == 0

    def add(self, batch: ReservedBatch) -> None:
        """Hold new reservations."""
        self.drop_void()
        self._generation = self.scheduler.app.generation
        moments, previous = batch.moments, self.held[-1].at if self.held else None
        lengths = tuple(cost * bucket.length for bucket, cost in zip(self.buckets, self.costs, strict=True))
        paced = [Reservation(at, lengths) for at in moments]
        # A reservation that the timeline had for now is used first: it could not be given back in time.
        first = 1 if moments and moments[0] <= batch.now else 0
        burst = Reservation(batch.now, (0.0,) * len(lengths), is_burst=True)
        self.held.extend([*paced[:first], *[burst] * batch.bursts, *paced[first:]])
        if moments:
            if previous is not None and self.claims > len(self.held):
                # After a burst the next reservation is far away, but those that follow are not.
                if all(bucket.bursts_until < moments[-1] for bucket in self.buckets):
                    self.others = max(1.0, (moments[-1] - previous) / US_PER_S / len(moments) / self.min_interval)
            elif self.claims <= len(self.held):
                self.others = 1.0

    def parts(self, reservation: Reservation) -> list[BucketPart]:
        """Return what a reservation takes of the buckets."""
        return list(zip(self.buckets, self.costs, reservation.lengths, strict=True))

    def drop_void(self) -> None:
        """Drop reservations of an earlier generation."""
        if self.held and self._generation != self.scheduler.app.generation:
            self.scheduler.stats.expired += len(self.held)
            self.held.clear()
            self.scheduler.update_last_held()

    def next_moment(self, now: float) -> float | None:
        """Return the local time of the next held reservation, None without one; drop those that have expired."""
        clock = self.scheduler.link.clock
        self.drop_void()
        while self.held:
            if clock.latest(self.held[0].at) + self._tolerance_at(self.held[0].at) >= now:
                return clock.earliest(self.held[0].at)
            self.scheduler.stats.expired += 1
            self.scheduler.lateness.expire()
            self.missed += 1
            self.scheduler.add_return(self, self.held.popleft(), min_remainder=_MIN_REMAINDER_S)
        return None

    def _tolerance_at(self, at: float) -> float:
        """Return the seconds for which a reservation at the moment `at` can be used."""
        lateness = self.scheduler.lateness
        if not lateness.is_starved:
            return lateness.tolerance
        return min(bucket.tolerance_at(at) for bucket in self.buckets)

    def estimate(self, waiter: Waiter, now: float) -> float:
        """Return the estimated seconds until a new claim can be served."""
        first = self.next_moment(now)
        ahead = self.turns.ahead(waiter)
        clock = self.scheduler.link.clock
        if ahead < len(self.held):
            wait = clock.earliest(self.held[ahead].at) - now
        elif self._may_burst(waiter, ahead + 1, now):
            wait = 0.0
        else:
            missing = ahead - len(self.held)
            if self.held:
                last = clock.earliest(self.held[-1].at) + self.interval
            else:
                last = max((clock.earliest(bucket.tail) for bucket in self.buckets if bucket.tail), default=now)
                if waiter.rank[0] == 0:
                    last = min(last, self.scheduler.first_held_for_background(self, last))
            wait = max(0.0, last - now) + missing * self.interval
        return max(wait, 0.0 if first is None else first - now)

    def _may_burst(self, waiter: Waiter, claims: int, now: float) -> bool:
        """Return whether so many claims may well be granted at once."""
        if waiter.rank[0] > 0 or self.held or (self.turns.holder is not None and not self.wanted_bursts):
            return False
        earliest, unit_s = self.scheduler.link.clock.earliest, self.scheduler.app.unit_s
        return all(
            earliest(bucket.tail) <= now + unit_s(bucket) * cost and bucket.room(now) >= claims * cost
            for bucket, cost in zip(self.buckets, self.costs, strict=True)
        )

    def fail(self, error: TimError) -> None:
        """Make the first claim raise an error."""
        if self.turns.holder is not None:
            self._failure = error
            self.wake()

    def wake(self) -> None:
        """Make the first claim check again."""
        if self.turns.holder is not None:
            self.turns.holder.waiter.make_way()

    async def serve(self, waiter: Waiter, claim: Claim, slot: ConnectionSlot) -> None:
        """Wait until the claim has its slot and the moment of a reservation has come."""
        self.claims += 1
        self.scheduler.claim_entered(self)
        try:
            while waiter.granted_at is None:
                await self._try(waiter, claim, slot)
            claim.granted_at = waiter.granted_at
            self.scheduler.stats.granted += 1
        finally:
            self.claims -= 1
            if not self.claims:
                self._most_bursts = self._all_bursts
            self.scheduler.claim_left(self)

    async def _try(self, waiter: Waiter, claim: Claim, slot: ConnectionSlot) -> None:
        """Go through the queue once; the waiter is granted a reservation, or lets a claim of higher priority pass."""
        scheduler, turns, has_slot = self.scheduler, self.turns, False
        try:
            has_turn = await turns.turn(waiter, 1)
        except BaseException:
            if waiter.granted_at is not None:  # at the moment of the cancellation
                slot.release()
            raise
        if not has_turn or waiter.granted_at is not None:
            return
        try:
            while not turns.outranked(waiter):
                self._check()
                now = scheduler.link.now()
                first = self.next_moment(now)
                if first is None:
                    scheduler.request(self)
                    await waiter.rest()
                elif self._is_for_others(waiter):
                    scheduler.add_return(self, self.held.popleft(), min_remainder=0.0)
                elif first - now > _LONGEST_WAIT_S and self._quota is not None:
                    raise used_up(self._quota, first - now)
                elif claim.deadline is not None and first - now > (left := claim.deadline - scheduler.loop.time()):
                    raise WaitTooLongError(wait=first - now, remaining=left)
                elif first > now:
                    await waiter.sleep(first - now)
                elif has_slot or slot.take_nowait():
                    self._use(now)
                    waiter.granted_at = first
                    self._grant_followers()
                    return
                else:
                    await self._wait_for_slot(slot)
                    has_slot = True
        finally:
            if has_slot and waiter.granted_at is None:
                slot.release()
            turns.leave()

    def _check(self) -> None:
        """Raise the error that a request ended with."""
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        if self.scheduler.is_closed:
            raise UsageError("the limiter is closed")

    def _is_for_others(self, waiter: Waiter) -> bool:
        """Return whether the next reservation is a burst, made for interactive claims that have left."""
        return self.held[0].is_burst and waiter.rank[0] > 0

    async def _wait_for_slot(self, slot: ConnectionSlot) -> None:
        """Wait for a place in the full pool: held reservations would expire unused."""
        self.is_blocked = True
        self._most_bursts = 1
        self.scheduler.give_back(self, len(self.held))
        try:
            await slot.take()
        finally:
            self.is_blocked = False

    def _use(self, now: float) -> None:
        self.scheduler.lateness.use(now - self.scheduler.link.clock.latest(self.held.popleft().at))
        self.used += 1
        self._most_bursts = min(self._most_bursts + 1, self._all_bursts)

    def _grant_followers(self) -> None:
        """Grant what else is due to the claims behind: in a burst, all get theirs at the same moment."""
        now = self.scheduler.link.now()
        while (waiter := self.turns.first()) is not None:
            first = self.next_moment(now)
            if first is None or first > now or self._is_for_others(waiter):
                return
            try:
                has_slot = waiter.slot.take_nowait()
            except Exception:  # noqa: BLE001 - it is raised where that claim has its turn
                return
            if not has_slot:
                return
            self._use(now)
            self.turns.grant_first(first)
