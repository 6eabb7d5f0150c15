"""One limit at run time: its tokens, its window, its share after refusals, and the claims queued for it."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from typing import Final, TypeAlias

from aiolimiter import AsyncLimiter

from .._api.endpoint import Rate
from .._printable import one_line
from .adaptive_share import AdaptiveShare
from .burst_debt import BurstDebt
from .grant_window import BURST_MARGIN_S, PACED_MARGIN_S, GrantWindow
from .pool import ConnectionSlot
from .rate_limits import Claim

logger = logging.getLogger("tim_async")

_LATE_TIMER_S: Final = 0.005
# A wait that rounding makes shorter than this would not be over when the timer fires.
_SHORTEST_WAIT_S: Final = 1e-6
# A call that waited longer than this for a slot is paced: calls held up by a stalled service must not reach it at once.
BURST_PATIENCE_S: Final = 0.5
# After a burst that uses up a window, nothing may go until the window is over, not even a retry. For a second that is
# acceptable; in longer windows a burst leaves a part free so that calls continue.
_LONG_WINDOW_S: Final = 2.0
_BURST_PART: Final = 0.75
# Entries without a claim that a queue keeps before it is cleaned up.
_FEW_DEAD: Final = 64


def burst_limit(rate: Rate) -> float:
    """Return the units of a window that bursts may use."""
    if rate.is_counted:
        return rate.limit
    return rate.limit * _BURST_PART if rate.per > _LONG_WINDOW_S else rate.limit


def shape(rate: Rate) -> tuple[float, float]:
    """Return a limit's burst and rate per second; no window of `rate.per` seconds then holds more than `rate.limit`."""
    burst = rate.max_cost + _LATE_TIMER_S * rate.limit / rate.per
    # Large costs on a small limit leave little flow; the burst must leave at least one unit per window.
    burst = min(burst, float(rate.limit))
    return burst, (rate.limit + 1 - burst) / (rate.per + PACED_MARGIN_S)


class Tokens(AsyncLimiter):
    """An `AsyncLimiter` that also reports when there will be room."""

    def __init__(self, rate: Rate) -> None:
        burst, flow = shape(rate)
        super().__init__(burst, burst / flow)
        self.flow = flow

    def room(self) -> float:
        """Return the units that can be taken now."""
        self._leak()
        return self.max_rate - self._level

    def due(self, units: float) -> float:
        """Return the seconds until the units can be taken, 0.0 for now."""
        if self.has_capacity(units):
            return 0.0
        # Rounding may give "now" where has_capacity says "not yet".
        return max((self._level + units - self.max_rate) / self.flow, _SHORTEST_WAIT_S)

    def take(self, units: float) -> None:
        """Take units; a burst, which needs no room, takes as many as there are."""
        self._level = min(self._level + units, self.max_rate)

    def set_flow(self, flow: float) -> None:
        """Change the rate from now on."""
        self._leak()
        self.flow = self._rate_per_sec = flow

    def empty(self, now: float) -> None:
        """Remove all tokens."""
        self._level = self.max_rate
        self._last_check = now

    def shift(self, seconds: float) -> None:
        """Shift all times, for a clock that now shows a different time."""
        self._last_check += seconds

    def moved(self, rate: Rate, seconds: float) -> Tokens:
        """Return a copy for the running loop, whose clock may show a different time."""
        moved = Tokens(rate)
        moved._level, moved._last_check = self._level, self._last_check + seconds
        moved.flow = moved._rate_per_sec = self.flow
        return moved


class Waiter:
    """A waiting claim.

    Attributes:
        pairs: its buckets with its cost in each, narrow ones first.
        slot: the place in the pool that it will take.
        rank: priority class.
        order: position in the order of arrival; smaller goes first.
        bursts_until: loop time until which it may skip the pace, because on arrival it lacked only the slot; 0.0 if it
            may not.
        stands_at: position of the bucket that it queues for; the number of buckets while it waits for a slot; -1 for
            neither.
        future: loop time at which everything was granted; None when only the slot is missing.
    """

    __slots__ = ("bursts_until", "future", "order", "pairs", "rank", "slot", "stands_at")

    def __init__(self, pairs: Pairs, slot: ConnectionSlot, rank: int, order: int) -> None:
        self.pairs = pairs
        self.slot = slot
        self.rank = rank
        self.order = order
        self.bursts_until = 0.0
        self.stands_at = -1
        self.future: asyncio.Future[float | None]

    def __lt__(self, other: Waiter) -> bool:
        """Let a heap compare entries that are equal except for the waiter; order numbers are unique."""
        return False

    def comes_after(self, other: Waiter | None) -> bool:
        """Return whether another waiter goes first."""
        return other is not None and (other.rank, other.order) < (self.rank, self.order)


class AppShare(AdaptiveShare):
    """The share of all commands of an app, after codes that concern the whole app. It counts each call once.

    Args:
        app: the app's id.
        flow: calls a second of all commands together when the first such code arrived: the rate that was too high.
    """

    __slots__ = ("_app", "_refused_with")

    def __init__(self, app: int, flow: float) -> None:
        super().__init__(flow)
        self._app = app
        self._refused_with: int | None = None

    def count_granted(self, now: float) -> None:
        """Count a granted call."""
        if self.granted(now):
            self._report_cut(now)

    def count_refused(self, now: float, granted_at: float, code: int) -> None:
        """Count a call that the service refused with a code."""
        self._refused_with = code
        if self.refused(now, granted_at):
            self._report_cut(now)

    def _report_cut(self, now: float) -> None:
        report_cut(f"all commands of app {self._app}", self._refused_with, self.flow * self.share(now), self.flow)


def report_cut(label: str, code: int | None, flow: float, configured: float) -> None:
    """Log that refusals slowed a bucket down; one warning per cut."""
    logger.warning(
        "%s: too many calls for the service (%s), slowing down to %.3g of %.3g a second",
        one_line(label),  # it may contain a group id
        "HTTP 429" if code is None else code,
        flow,
        configured,
    )


class Bucket:
    """One limit at run time.

    Args:
        rate: the limit.
        label: whose limit it is, for messages.
        now: loop time.
        used_until: loop time until which others may have used it up; after that it always goes at the pace. None for
            never.
    """

    __slots__ = (
        "_base_flow",
        "_burst_limit",
        "_dead",
        "_debt",
        "_is_counted",
        "_is_long",
        "_queue",
        "_refused_with",
        "_timer",
        "app_share",
        "claims",
        "is_paced",
        "is_quota",
        "label",
        "paced",
        "passed",
        "queued",
        "rate",
        "seekers",
        "share",
        "slow_flow",
        "slow_until",
        "tokens",
        "window",
    )

    def __init__(self, rate: Rate, label: str, *, now: float, used_until: float | None = None) -> None:
        self.rate = rate
        self.label = label
        self.tokens = Tokens(rate)
        self.window = GrantWindow(rate.limit, rate.per)
        self._is_long = rate.per > _LONG_WINDOW_S
        self._burst_limit = burst_limit(rate)
        self._is_counted = rate.is_counted
        self._debt = BurstDebt(self._burst_limit)
        self.is_quota = rate.is_quota
        self._base_flow = rate.limit / rate.per if self._is_counted else self.tokens.flow
        self.share = AdaptiveShare(self._base_flow)
        self.app_share: AppShare | None = None  # None until a code concerned the whole app
        self._refused_with: int | None = None
        self.slow_until = 0.0  # loop time until which it allows at most `slow_flow`; 0.0 for none
        self.slow_flow = self._base_flow
        self.is_paced = used_until is not None
        if used_until is not None:
            self.tokens.empty(now)
            if used_until + rate.per + BURST_MARGIN_S > now:
                self.window.add(math.ceil(self._burst_limit), used_until, is_burst=True)
        self.claims = 0  # claims on their way through it; it is kept while there are any
        self.queued = [0, 0]  # queued units, by priority class
        self.passed = [0, 0]  # units of claims that had room here and wait for a later bucket or a slot
        self.paced = [0, 0]  # queued claims that must go at the pace
        self.seekers: list[Waiter | None] = [None, None]  # the waiter for a slot, by class
        self._queue: list[tuple[int, int, int, Waiter]] = []  # class, order, units, waiter
        self._dead = 0
        self._timer: asyncio.TimerHandle | None = None

    # Speed

    def flow(self, now: float) -> float:
        """Return the units a second that are currently allowed."""
        flow = self._base_flow * self.share.share(now)
        if self.app_share is not None:
            flow *= self.app_share.share(now)
        if self.slow_until:
            if now < self.slow_until:
                flow = min(flow, self.slow_flow)
            else:
                self.slow_until = 0.0
        return flow

    def _adapt(self, now: float) -> None:
        flow = self.flow(now)
        if self._is_long:
            # The burst's units would be missing at the end of the window: calls after it go slower from the start.
            flow *= 1.0 - self.window.held_bursts(now) / self.rate.limit
        if flow != self.tokens.flow:
            self.tokens.set_flow(flow)

    @property
    def configured_flow(self) -> float:
        """The units a second that are allowed while nothing slows it down."""
        return self._base_flow

    def due(self, units: int, now: float, rank: int) -> float:
        """Return the seconds until a claim of this class may take units at the pace, 0.0 for now.

        Units kept for claims of its class and higher ones are not available to it. Pass rank -1 for a claim that has
        units kept for it.
        """
        units += sum(self.passed[: rank + 1])
        if self._is_counted:
            slowed = self.flow(now) / self._base_flow
            return self.window.due(units, now, self.rate.limit * slowed if slowed < 1.0 else None)
        self._adapt(now)
        limit = None
        if self.tokens.flow < self._base_flow and (self.slow_until or self.window.held_bursts(now)):
            # While slowed down, the calls after a burst may use no more of the window than the slower rate; if somebody
            # asked for that rate, no calls may.
            limit = self.rate.limit * (self.flow(now) / self._base_flow)
        return max(self.tokens.due(units), self.window.due(units, now, limit))

    def may_burst(self, units: int, now: float) -> bool:
        """Return whether a claim may go at once, regardless of the pace."""
        if self.is_paced:
            return False
        limit = self._burst_limit * (self.flow(now) / self._base_flow)
        held = max(self.window.held(now), self._debt.left(now, self.tokens.flow))
        return held + self.passed[0] + units <= limit

    def take(self, units: int, now: float) -> None:
        """Take units; if the pace has none, or there is no pace, they count as a burst."""
        is_burst = self._is_counted or not self.tokens.has_capacity(units)
        if not self._is_counted:
            self.tokens.take(units)
        self.window.add(units, now, is_burst=is_burst)
        self._debt.count(units, now, self.tokens.flow)
        if self.share.granted(now, units):
            self._report_cut(now)

    def refused(self, now: float, granted_at: float, code: int | None) -> None:
        """Count a call that the service refused with a code, None for HTTP 429."""
        self._refused_with = code
        if self.share.refused(now, granted_at):
            self._report_cut(now)

    def _report_cut(self, now: float) -> None:
        report_cut(self.label, self._refused_with, self.flow(now), self.configured_flow)

    # Waiters

    def has_waiters(self, rank: int) -> bool:
        """Return whether a claim of this class or a higher one waits here, or for a slot after this."""
        if rank == 0:
            return bool(self.queued[0]) or self.seekers[0] is not None
        return any(self.queued) or any(self.seekers)

    def is_sought(self, rank: int) -> bool:
        """Return whether a claim of this class or a higher one waits for a slot."""
        return self.seekers[0] is not None or (rank > 0 and self.seekers[1] is not None)

    def will_burst(self, units: int, now: float) -> bool:
        """Return whether a claim of the highest class may go as soon as it and all waiters have a slot."""
        return not self.paced[0] and self.may_burst(self.queued[0] + units, now)

    def push(self, waiter: Waiter, units: int) -> None:
        """Queue a waiter."""
        heappush(self._queue, (waiter.rank, waiter.order, units, waiter))
        self.queued[waiter.rank] += units
        self.paced[waiter.rank] += not waiter.bursts_until

    def head(self) -> Waiter | None:
        """Return the first in the queue."""
        queue = self._queue
        while queue and queue[0][3].future.done():
            heappop(queue)
            self._dead -= 1
        return queue[0][3] if queue else None

    def head_due(self, now: float) -> float:
        """Return the seconds until the first in the queue may move on, 0.0 for now."""
        _, _, units, head = self._queue[0]
        if now < head.bursts_until and self.may_burst(units, now):
            return 0.0
        return self.due(units, now, head.rank)

    def pop(self, now: float) -> None:
        """Remove the first from the queue, whose turn it is."""
        *_, units, waiter = heappop(self._queue)
        self._leave(waiter, units)
        if waiter.rank == 0 and not (waiter.bursts_until or self._is_counted):
            self._debt.fill(now)

    def discard(self, waiter: Waiter, units: int) -> None:
        """Drop a waiter whose future is done; its entry is removed when it comes up, or when there are too many."""
        self._leave(waiter, units)
        self._dead += 1
        if self._dead > _FEW_DEAD and self._dead * 2 > len(self._queue):
            self._queue = [entry for entry in self._queue if not entry[3].future.done()]
            heapify(self._queue)
            self._dead = 0

    def _leave(self, waiter: Waiter, units: int) -> None:
        self.queued[waiter.rank] -= units
        self.paced[waiter.rank] -= not waiter.bursts_until

    def wake_at(self, when: float, loop: asyncio.AbstractEventLoop, serve: Callable[[Bucket], None]) -> None:
        """Schedule serving the queue at a time, unless it is scheduled earlier."""
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = loop.call_at(when, self._wake, serve)

    def _wake(self, serve: Callable[[Bucket], None]) -> None:
        self._timer = None
        serve(self)

    def estimate(self, claim: Claim, units: int, now: float) -> float:
        """Return the estimated seconds until a claim's turn, assuming that no earlier waiter gives up."""
        rank, _ = claim.rank
        before = sum(self.queued[:rank]) + (0 if claim.is_repeat else self.queued[rank]) + sum(self.passed[: rank + 1])
        total = before + units
        opens = self.window.due(units, now)
        if self._is_counted:
            return max(opens, self.window.due(total, now))
        self._adapt(now)
        paced = max((total - self.tokens.room()) / self.tokens.flow, 0.0)
        if opens > 0.0:
            # By then the tokens are back; the waiters continue from there at the pace.
            paced = max(paced, opens + max(total - self.tokens.max_rate, 0.0) / self.tokens.flow)
        return max(paced, opens)

    def quota_wait(self, units: int, now: float) -> float:
        """Return the seconds until a quota has room for more units, in addition to the claims under way."""
        if self.window.held(now) + units + self.claims <= self.rate.limit:
            return 0.0
        # When those under way will be granted is unknown; none leaves the window before its length has passed.
        return self.window.due(units + self.claims, now) or self.rate.per

    # Lifetime

    def is_idle(self, now: float) -> bool:
        """Return whether a new bucket would be equivalent."""
        return (
            not self.claims
            and not self.window.held(now)
            and self.share.share(now) >= 1.0
            and self.tokens.room() >= self.tokens.max_rate
        )

    def shift(self, seconds: float) -> None:
        """Shift it back in time together with its waiters, after the loop's clock was set. Serve it afterwards."""
        self.tokens.shift(seconds)
        self.window.shift(seconds)
        self.share.shift(seconds)
        self._debt.shift(seconds)
        if self.slow_until:
            self.slow_until += seconds
        for *_, waiter in self._queue:
            if waiter.bursts_until:
                waiter.bursts_until += seconds

    def fail_all(self, make_error: Callable[[], Exception]) -> None:
        """End the wait of all queued claims with an error; each withdraws itself."""
        for *_, waiter in self._queue:
            if not waiter.future.done():  # pragma: no branch - cancelled in this very turn of the loop
                waiter.future.set_exception(make_error())

    def moved(self, seconds: float) -> Bucket:
        """Return a copy for another loop, whose clock may show a different time, without the old loop's waiters."""
        moved = Bucket(self.rate, self.label, now=0.0)
        moved.tokens = self.tokens.moved(self.rate, seconds)
        self.window.shift(seconds)
        self.share.shift(seconds)
        self._debt.shift(seconds)
        moved.window, moved.share, moved.app_share = self.window, self.share, self.app_share
        moved._refused_with = self._refused_with
        moved._debt = self._debt
        moved.is_paced, moved.slow_flow = self.is_paced, self.slow_flow
        moved.slow_until = self.slow_until and self.slow_until + seconds
        return moved


Pairs: TypeAlias = Sequence[tuple[Bucket, int]]
"""Buckets, narrow ones first, with the units taken from each."""
