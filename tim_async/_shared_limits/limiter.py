"""One cap for many processes: calls reserve moments in time instead of being counted.

Words. The *store* holds what the processes share: Redis, or a file of this machine. A *reservation* is a moment of the
store's clock at which one call may be made. A *unit* is the length of time that one call (or one delivery) takes of its
limit. A *reservation batch* is several reservations made with one request. Request classes and schedulers: see
`request_class` and `scheduler`.

The problem with other designs. Limiters that count calls in Redis make each process ask again and again whether there
is room: hundreds of commands per message, most of them refused, and a rush when a window begins. Limiters that hand out
budgets do not know when a budget is spent: a process that stalls spends it late, on top of the budgets of others.

What we do. A limit is a timeline, taken from front to back: the store reserves the next free moments and returns them.
No process asks twice, each knows how long to wait, and reservations are first come, first served.

A reservation can be used at its moment or up to `tolerance_s` later; after that it is void and the call takes another
one. It therefore does not matter how long, or at which point, a process was stopped or stalled, or whether it died.
Calls made in a window of length W have their reservations in one of W + tolerance, and the unit is long enough for that
(`shared_bucket.unit_s`): no window holds more than the limit, whichever processes made the calls. This costs part of
the limit: 1 % for 10 ms of 1 s. A process that is repeatedly late because its processor is busy asks for more tolerance
(`lateness`).

Bursts. Interactive calls that find nothing reserved after now, and room in the window, are all granted at once, by one
request; calls that had to wait, and background calls, go at the pace. For that the store keeps the grants of the last
window in slices of 50 ms. A slice is kept until no window that contains part of it can reach beyond it, including the
tolerance and the spread on the way: 1.06 to 1.11 s for a limit of 200 a second. Whatever is added to a window that
contains a burst, at the pace too, needs room beside everything that may lie in one window with it; a window without
bursts is guaranteed by the timeline alone. Bursts leave a quarter of windows longer than two seconds free, as in one
process, and none starts while three quarters of a window are in use: there the pace is nearly as fast.

No pace. Limits that are only counted (`Rate.is_counted`: users a second, daily quotas) have no timeline; a reservation
takes room in their window and is found by that. Nothing waits for the quota of an hour or a day: a call whose first
moment is more than a minute away raises an error with that time, and the moment is given back. After the store has lost
its state, a quota starts with nothing used: the service refuses the excess.

Reservations are made ahead by at most the length of a batch for one process, and by about `RESERVE_AHEAD_S` for all
together. When the store has lost its state, or its clock went back, the new state does not know the earlier grants:
nothing is reserved before a burst of the old state would have left the window. That takes a second; limits with longer
windows continue after a quarter of a second, at a quarter of their rate for one window. A state used for the first time
is treated the same way, because the two look alike. Reservations farther ahead (for limits of one call a second,
or costs of 500) are reported to the new state by the first process that knows of them. In the worst case, less than one
window's worth that the new state does not know is granted on top.

Too many calls. When the service refuses calls, the bucket uses a share of its rate, as in one process
(`_core.adaptive_share`), but all processes have one share: the store counts refusals against the reservations made
(minus those given back), by the moments of the reservations, and makes later reservations longer. A process reports
refusals with its next request, or after 50 ms; existing reservations are used at the old pace. The process whose
request causes a cut logs it.

Priorities apply within one process: the store does not know which calls wait, only which time is free.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

import msgspec

from .. import _codes
from .._api.checks import check_seconds
from .._core.loop_bound import at_end_of_loop, forget_when_forked, leave_to_parent
from .._core.pool import ConnectionSlot
from .._core.rate_limits import BucketCost, Claim, RateInForce, bucket_key, check_cost, check_same_rate, meant_by
from ..errors import LimiterSetupError, LimiterUnavailableError, UsageError, WaitTooLongError
from .buckets import AppBuckets
from .fallback import Fallback
from .lateness import Lateness
from .link import ReservationLink
from .request_class import ClassKey, RequestClass
from .scheduler import CommandScheduler
from .stats import LimiterStats
from .turn_queue import Waiter

# All processes together make reservations about this far ahead.
RESERVE_AHEAD_S: Final = 0.25


LinkT = TypeVar("LinkT", bound=ReservationLink)


class SharedRateLimiter(Generic[LinkT]):
    """Everything that the limiters of many processes have in common, except the store.

    Args:
        link: the connection to the store.
        prefix: prefix of all names in the store.
        tolerance_s: seconds after its moment for which a reservation can be used.
        late_tolerance_s: the same for a process that is too late for a tenth of its reservations.
        batch_s: seconds' worth of reservations to make with one request.
        fallback_processes: the number of processes that share the limits, if each is to continue with its part while
            the store is unavailable; None if calls then fail.
        remedy_of_loop: what to do in an event loop after the first, if `link` serves only one; None if it serves one
            after another.
    """

    def __init__(
        self,
        link: LinkT,
        *,
        prefix: str,
        tolerance_s: float,
        late_tolerance_s: float,
        batch_s: float,
        fallback_processes: int | None = None,
        remedy_of_loop: str | None = None,
    ) -> None:
        self._link = link
        self._prefix = prefix
        self._lateness = Lateness(tolerance_s, late_tolerance_s, time.monotonic)
        self._batch_s = batch_s
        self._stats = LimiterStats()
        self._remedy_of_loop = remedy_of_loop
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end_of_loop: AsyncGenerator[None, None] | None = None
        self._apps: dict[int, AppBuckets] = {}
        self._schedulers: dict[tuple[int, str], CommandScheduler] = {}
        # Request classes of claims without a key, by app and command: cached because every call needs them.
        self._found: dict[tuple[int, str], tuple[tuple[BucketCost, ...], RequestClass]] = {}
        self._fallback = (
            None if fallback_processes is None else Fallback(fallback_processes, link.where, self._apps, self._stats)
        )
        self._has_begun = False  # in some event loop
        self._is_closed = False
        forget_when_forked(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self._link.where}>"

    async def __aenter__(self) -> Self:
        self._bind()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections. Waiting calls fail; closing twice is harmless."""
        self._is_closed = True
        if self._loop is not None and not self._loop.is_closed() and self._end_of_loop is not None:
            await self._end_of_loop.aclose()

    def stats(self) -> LimiterStats:
        """Return the current counts."""
        self._stats.round_trips, self._stats.outages = self._link.round_trips, self._link.outage.count
        self._stats.tolerance_s = self._lateness.in_force
        return msgspec.structs.replace(self._stats)

    async def ping(self) -> None:
        """Check whether the store answers now.

        Raises:
            LimiterUnavailableError: it does not.
        """
        self._bind()
        await self._link.ping()

    async def acquire(self, claim: Claim, slot: ConnectionSlot) -> None:
        """Wait for the claim's reservation; return with the slot taken, to be used at once. See `RateLimiter.acquire`.

        Raises:
            LimiterUnavailableError: the store has been unavailable for too long; nothing was sent.
        """
        loop = self._bind()
        while True:
            if self._fallback is not None and self._fallback.limiter is not None:
                if await self._fallback.acquire(self._fallback.limiter, claim, slot):
                    return
                continue
            request_class = self._request_class(claim)
            waiter = Waiter(claim.rank, is_repeat=claim.is_repeat, since=self._link.now(), slot=slot)
            if claim.deadline is not None:
                remaining = claim.deadline - loop.time()
                wait = 0.0 if remaining <= 0 else request_class.estimate(waiter, self._link.now())
                if remaining <= 0 or wait > remaining:
                    raise WaitTooLongError(wait=wait, remaining=remaining)
            try:
                await request_class.serve(waiter, claim, slot)
                return
            except LimiterUnavailableError as error:
                if self._fallback is None:
                    raise
                self._fallback.start(error, used_until=self._link.outage.available_until + RESERVE_AHEAD_S)

    def refused(self, claim: Claim, code: int | None) -> float:
        """Count a refusal, over all processes; they slow down if there are many. See `RateLimiter.refused`.

        The others learn of it with their next request, within a quarter of a second if they are busy.
        """
        self._bind()
        if self._fallback is not None and self._fallback.limiter is not None:
            return self._fallback.refused(self._fallback.limiter, claim, code)
        app = self._app(claim.app)
        if code in _codes.APP_WIDE_CODES:
            app.refused([None], claim.granted_at)
            return app.share.beat_s
        buckets = [app.bucket(bucket_key(claim, index), claim.costs[index].rate) for index in meant_by(code, claim)]
        app.refused(buckets, claim.granted_at)
        return max(bucket.share.beat_s for bucket in buckets)

    def rates(self, app: int, command: str) -> list[RateInForce]:
        """Return the rates in force of a command's limits: of all processes, or without the store of this one.

        See `RateLimiter.rates`.
        """
        if self._fallback is not None and self._fallback.limiter is not None:
            return self._fallback.limiter.rates(app, command)
        known = self._apps.get(app)
        return [] if known is None else known.rates(command)

    def _request_class(self, claim: Claim) -> RequestClass:
        found = self._found.get((claim.app, claim.command))
        if found is not None and found[0] is claim.costs:
            return found[1]
        scheduler = self._scheduler(claim)
        key: ClassKey = tuple((cost.command, cost.key, cost.units) for cost in claim.costs)
        request_class = scheduler.classes.get(key)
        if request_class is None:
            buckets = []
            for index, cost in enumerate(claim.costs):
                check_cost(claim, cost)
                buckets.append(scheduler.app.bucket(bucket_key(claim, index), cost.rate))
            is_keyed = any(cost.key for cost in claim.costs)
            request_class = RequestClass(
                scheduler, key, buckets, [cost.units for cost in claim.costs], is_keyed=is_keyed
            )
        for bucket, cost in zip(request_class.buckets, claim.costs, strict=True):
            check_same_rate(bucket.rate, cost)
        scheduler.classes[key] = request_class
        if not request_class.is_keyed:
            self._found[claim.app, claim.command] = (claim.costs, request_class)
        return request_class

    def _scheduler(self, claim: Claim) -> CommandScheduler:
        scheduler = self._schedulers.get((claim.app, claim.command))
        if scheduler is None:
            scheduler = self._schedulers[claim.app, claim.command] = CommandScheduler(
                self._app(claim.app),
                self._link,
                self._stats,
                batch_s=self._batch_s,
                ahead=RESERVE_AHEAD_S,
                lateness=self._lateness,
            )
        return scheduler

    def _app(self, app_id: int) -> AppBuckets:
        app = self._apps.get(app_id)
        if app is None:
            app = self._apps[app_id] = AppBuckets(
                app_id,
                self._link,
                prefix=self._prefix,
                limiter_id=secrets.token_hex(8),
                ahead=RESERVE_AHEAD_S,
                lateness=self._lateness,
            )
        return app

    # The event loop

    def _bind(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._is_closed:
            raise UsageError("the limiter is closed")
        if self._loop is not loop:
            if self._loop is not None and not self._loop.is_closed():
                raise LimiterSetupError(
                    f"this {type(self).__name__} belongs to another event loop that is still running; create one per "
                    "event loop",
                    field="limiter",
                )
            if self._remedy_of_loop is not None and self._has_begun:
                raise LimiterSetupError(self._remedy_of_loop, field="url")
            self._begin(loop)
        return loop

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Bind to a loop. Reservations of an earlier loop do not count: the store knows what was granted."""
        self._loop, self._has_begun = loop, True
        self._schedulers.clear()
        self._found.clear()
        known = tuple(self._apps)
        self._apps.clear()
        for app in known:  # used to probe the store while it is gone
            self._app(app)
        self._link.forget()
        if self._fallback is not None:
            self._fallback.reset()
        self._end_of_loop = at_end_of_loop(self._leave_loop)

    async def _leave_loop(self) -> None:
        for scheduler in self._schedulers.values():
            await scheduler.close()
        if self._fallback is not None:
            await self._fallback.close()
        for app in self._apps.values():
            await app.close()
        await self._link.close()
        self._loop = self._end_of_loop = None

    def after_fork(self) -> None:  # pragma: no cover - in the child of a fork
        """Leave the event loop, its waiting calls and the connections to the parent process."""
        # Whatever the loop refers to, including waiting calls, is kept with it.
        leave_to_parent(dict(vars(self)), dict(vars(self._link)))
        self._loop = self._end_of_loop = None


def check_shared(*, prefix: str, tolerance_s: float, late_tolerance_s: float, batch_s: float) -> None:
    """Raise `UsageError`, with the name of the argument, for settings that are invalid in every shared limiter."""
    if (
        not isinstance(prefix, str)
        or not prefix
        or not prefix.isprintable()
        or any(character in prefix for character in "{} ")
    ):
        raise UsageError(f"prefix must be a non-empty string without braces and spaces, not {prefix!r}", field="prefix")
    check_seconds("tolerance_s", tolerance_s)
    check_seconds("late_tolerance_s", late_tolerance_s)
    if batch_s != 0:
        check_seconds("batch_s", batch_s)
    if batch_s > RESERVE_AHEAD_S:
        raise UsageError(f"batch_s must be at most {RESERVE_AHEAD_S:g}, not {batch_s!r}", field="batch_s")
