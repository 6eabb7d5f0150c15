"""The rate limits of one process. See `rate_limits` for the theory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from .. import _codes
from .._clocks import ClockWatch, clock_stands_still, is_loop_clock_replaced
from ..errors import LimiterSetupError, UsageError, WaitTooLongError
from .adaptive_share import BEAT_S
from .bucket import BURST_PATIENCE_S, AppShare, Bucket, Pairs, Waiter
from .loop_bound import forget_when_forked
from .pool import ConnectionSlot
from .rate_limits import (
    BucketCost,
    BucketKey,
    Claim,
    RateInForce,
    bucket_key,
    check_cost,
    check_same_rate,
    is_plain,
    meant_by,
    used_up,
)

# Keyed buckets (one per group) are swept at this number, and again whenever their number has doubled.
_SWEEP_AT: Final = 256


class LocalRateLimiter:
    """The limits of one process. Pass the same one to several clients of an app, and they share the app's limits.

    It belongs to the event loop that uses it. In another loop, after the first one was closed, and in a forked process,
    its earlier grants still count.

    Args:
        used_until: loop time until which others may have used up the limits. The limits are kept from then on, and
            nothing goes faster than the pace. None if there are no others.
    """

    def __init__(self, *, used_until: float | None = None) -> None:
        self._buckets: dict[BucketKey, Bucket] = {}
        self._without_key: dict[tuple[int, str], tuple[Bucket, ...]] = {}  # by app and command
        self._app_shares: dict[int, AppShare] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._used_at = 0.0  # loop time
        self._sweep_at = _SWEEP_AT
        self._used_until = used_until
        # Buckets of claims without a key, by command: cached because every call of a client needs them.
        self._found: dict[str, tuple[tuple[BucketCost, ...], Pairs]] = {}
        self._watch = ClockWatch()
        forget_when_forked(self)

    async def acquire(self, claim: Claim, slot: ConnectionSlot) -> None:
        """Wait for the claim's turn; return with the slot and the tokens taken. See `RateLimiter.acquire`."""
        # A hundred thousand calls may wait here: use one frame with as little in it as possible.
        waiter = self._go_or_wait(claim, slot)
        if waiter is None:
            return
        _count(waiter, 1)
        try:
            while True:
                self._queue(waiter)
                try:
                    if _is_granted(claim, await waiter.future):
                        break
                    await slot.take()
                except GeneratorExit:
                    raise  # its loop was closed under it: the buckets have already dropped it
                except BaseException:
                    self._withdraw(waiter)
                    raise
                if _is_granted(claim, self._take_turn(waiter)):
                    break
        finally:
            _count(waiter, -1)

    def _go_or_wait(self, claim: Claim, slot: ConnectionSlot) -> Waiter | None:
        """Take slot and tokens if the claim may go at once; otherwise return its waiter."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._loop is not loop or now < self._used_at:
            self._follow(loop, now)
        self._used_at = now
        pairs = self._pairs(claim)
        if claim.deadline is not None and now >= claim.deadline:
            raise WaitTooLongError(wait=0.0, remaining=claim.deadline - now)
        rank, order = claim.rank
        for bucket, units in pairs:
            if bucket.has_waiters(rank) or not (
                (rank == 0 and bucket.may_burst(units, now)) or bucket.due(units, now, rank) <= 0.0
            ):
                break
        else:
            if slot.take_nowait():
                claim.granted_at = now
                _take(pairs, now)
                return None
        for bucket, units in pairs:
            if bucket.is_quota and (wait := bucket.quota_wait(units, now)) > 0.0:
                raise used_up(bucket.rate, wait)
        waiter = Waiter(pairs, slot, rank, order)
        if rank == 0 and all(bucket.will_burst(units, now) for bucket, units in pairs):
            waiter.bursts_until = now + BURST_PATIENCE_S
        elif claim.deadline is not None:
            remaining = claim.deadline - now
            wait = max((bucket.estimate(claim, units, now) for bucket, units in pairs), default=0.0)
            if wait > remaining:
                raise WaitTooLongError(wait=wait, remaining=remaining)
        return waiter

    def _queue(self, waiter: Waiter) -> None:
        loop = asyncio.get_running_loop()
        waiter.future = loop.create_future()
        self._place(waiter, loop.time())

    def _take_turn(self, waiter: Waiter) -> float | None:
        """Take the tokens of a waiter that has its slot; None, without the slot, if its turn has passed."""
        self._unpass(waiter)
        now = asyncio.get_running_loop().time()
        has_turn = _is_due(waiter, now)
        if has_turn:
            _take(waiter.pairs, now)
        else:
            waiter.slot.release()
        self._serve_last(waiter)
        return now if has_turn else None

    # A waiter's way through its buckets

    def _place(self, waiter: Waiter, now: float, kept: int = 0) -> None:
        """Move a waiter as far as possible: to the first bucket without room, to the slots, or to its end.

        In the first `kept` buckets room was reserved for it, which later claims that passed them do not take.
        """
        pairs, rank = waiter.pairs, waiter.rank
        bursts = _may_burst(waiter, now)
        for index, (bucket, units) in enumerate(pairs):
            if (
                waiter.comes_after(bucket.head())
                or (index == len(pairs) - 1 and bucket.is_sought(rank))
                or not (bursts or bucket.due(units, now, -1 if index < kept else rank) <= 0.0)
            ):
                if bucket.is_quota and (wait := bucket.due(units, now, -1)) > 0.0:
                    waiter.future.set_exception(used_up(bucket.rate, wait))
                    return
                self._pass(waiter, index)
                bucket.push(waiter, units)
                if bucket.head() is waiter and not bucket.is_sought(rank):
                    self._wake_in(bucket.head_due(now), bucket, now)
                return
        try:
            has_slot = waiter.slot.take_nowait()
        except Exception as error:  # noqa: BLE001 - it is raised where the claim is awaited
            waiter.future.set_exception(error)
            return
        if has_slot:
            _take(pairs, now)
        else:
            self._pass(waiter, len(pairs))
            if pairs:
                pairs[-1][0].seekers[rank] = waiter
        waiter.future.set_result(now if has_slot else None)

    def _serve(self, bucket: Bucket) -> None:
        """Move on all waiters that may leave this bucket."""
        loop = self._running_loop()
        while (head := bucket.head()) is not None and not bucket.is_sought(head.rank):
            now = loop.time()
            due = bucket.head_due(now)
            if due > 0.0:
                self._wake_in(due, bucket, now)
                return
            bucket.pop(now)
            kept = head.stands_at
            self._unpass(head)
            self._place(head, now, kept)

    def _wake_in(self, seconds: float, bucket: Bucket, now: float) -> None:
        loop = self._running_loop()
        bucket.wake_at(now + seconds, loop, self._serve)
        if is_loop_clock_replaced(loop):
            self._watch.begin(seconds, loop, self._look_at_clock)

    def _pass(self, waiter: Waiter, index: int) -> None:
        """Record where a waiter stands, and reserve its units in the buckets it passed."""
        waiter.stands_at = index
        for bucket, units in waiter.pairs[:index]:
            bucket.passed[waiter.rank] += units

    def _unpass(self, waiter: Waiter) -> None:
        """Remove a waiter from where it stands."""
        for bucket, units in waiter.pairs[: max(waiter.stands_at, 0)]:
            bucket.passed[waiter.rank] -= units
        if waiter.stands_at == len(waiter.pairs) > 0:
            waiter.pairs[-1][0].seekers[waiter.rank] = None
        waiter.stands_at = -1

    def _withdraw(self, waiter: Waiter) -> None:
        """Remove a waiter that gave up, at any point."""
        index, pairs = waiter.stands_at, waiter.pairs
        if index < 0:
            waiter.slot.release()  # granted at the moment of the cancellation; its tokens are spent
            return
        if index < len(pairs):
            bucket, units = pairs[index]
            bucket.discard(waiter, units)
        self._unpass(waiter)
        for bucket, _ in pairs[: index + 1]:
            self._serve(bucket)

    def _serve_last(self, waiter: Waiter) -> None:
        if waiter.pairs:
            self._serve(waiter.pairs[-1][0])

    # The service's refusals

    def refused(self, claim: Claim, code: int | None) -> float:
        """Slow down if the service refuses more than a few of the granted calls. See `RateLimiter.refused`.

        The code selects the buckets: 60011, 60018 and 60019 concern the whole app, 10023 the group, 90057 the
        deliveries, all others the command.
        """
        now = self._running_loop().time()
        if code is not None and code in _codes.APP_WIDE_CODES:
            return self._refused_app(claim, code, now)
        seconds = BEAT_S
        for index in meant_by(code, claim):
            bucket = self._bucket(claim, index, claim.costs[index])
            bucket.refused(now, claim.granted_at, code)
            seconds = max(seconds, bucket.share.beat_s)
        return seconds

    def _refused_app(self, claim: Claim, code: int, now: float) -> float:
        share = self._app_shares.get(claim.app)
        own = [bucket for key, bucket in self._buckets.items() if key[0] == claim.app]
        if share is None or share.is_over(now):
            # The recent grants of all commands together are the rate that was too high.
            share = self._app_shares[claim.app] = AppShare(claim.app, self._calls_of_app(claim.app, now))
        for bucket in own:
            bucket.app_share = share
        share.count_refused(now, claim.granted_at, code)
        return share.beat_s

    def _calls_of_app(self, app: int, now: float) -> float:
        """Return the recently granted calls a second, of all commands together: each call once, at least 1."""
        calls: dict[str, float] = {}
        for key, bucket in self._buckets.items():
            if key[0] == app and key[1] != "*" and is_plain(bucket.rate):
                lately = bucket.window.held(now) / bucket.rate.per
                calls[key[1]] = max(calls.get(key[1], 0.0), lately)
        return max(sum(calls.values()), 1.0)

    def slow_down(self, app: int, command: str, *, rate: float, seconds: float) -> None:
        """Allow at most `rate` plain calls a second of a command that is in use, for the next `seconds`.

        This never speeds a command up, and the latest call replaces earlier ones. See `tim_async.webhooks.slow_down`.

        Raises:
            UsageError: `rate` or `seconds` is not above 0.
        """
        for name, value in (("rate", rate), ("seconds", seconds)):
            if not value > 0:
                raise UsageError(f"{name} is {value!r}, it must be above 0", field=name)
        now = self._running_loop().time()
        for key, bucket in self._buckets.items():
            if key[:2] == (app, command) and is_plain(bucket.rate):
                bucket.slow_flow = min(rate, bucket.configured_flow)
                bucket.slow_until = now + seconds

    def rates(self, app: int, command: str) -> list[RateInForce]:
        """Return the rates in force of a command's limits. See `RateLimiter.rates`."""
        loop = self._loop
        now = self._used_at if loop is None or loop.is_closed() else loop.time()
        found = [
            RateInForce(bucket.rate, bucket.flow(now), bucket.configured_flow)
            for bucket in self._without_key.get((app, command), ())
        ]
        return sorted(found, key=attrgetter("share"))

    # Buckets

    def _pairs(self, claim: Claim) -> Pairs:
        """Return the claim's buckets with its cost in each."""
        found = self._found.get(claim.command)
        if found is not None and found[0] is claim.costs:
            return found[1]
        if len(self._buckets) >= self._sweep_at:
            self._sweep()
        pairs = [(self._bucket(claim, index, cost), cost.units) for index, cost in enumerate(claim.costs)]
        if not any(cost.key for cost in claim.costs):
            self._found[claim.command] = (claim.costs, pairs)
        return pairs

    def _bucket(self, claim: Claim, index: int, cost: BucketCost) -> Bucket:
        check_cost(claim, cost)
        key = bucket_key(claim, index)
        bucket = self._buckets.get(key)
        if bucket is None:
            now = self._running_loop().time()
            label = f"{cost.command} of {cost.key}" if cost.key else cost.command
            bucket = self._buckets[key] = Bucket(cost.rate, label, now=now, used_until=self._used_until)
            bucket.app_share = self._app_shares.get(claim.app)
            if not cost.key:
                self._without_key[key[:2]] = (*self._without_key.get(key[:2], ()), bucket)
        else:
            check_same_rate(bucket.rate, cost)
        return bucket

    def _sweep(self) -> None:
        """Drop idle keyed buckets: a new one would be equivalent."""
        now = self._running_loop().time()
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if not (key[3] and bucket.is_idle(now))}
        self._sweep_at = max(_SWEEP_AT, 2 * len(self._buckets))

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._loop is not loop or now < self._used_at:
            self._follow(loop, now)
        self._used_at = now
        return loop

    # Clocks replaced by tests

    def _look_at_clock(self, begun_at: float) -> None:
        """Check the loop's clock after a wait that is over by the real clock."""
        now = asyncio.get_running_loop().time()
        if now == begun_at:
            for bucket in self._buckets.values():
                bucket.fail_all(clock_stands_still)
        else:
            self._running_loop()

    def _follow(self, loop: asyncio.AbstractEventLoop, now: float) -> None:
        if self._loop is not loop:
            self._bind(loop)
        else:
            self._set_back(loop, now)

    def _set_back(self, loop: asyncio.AbstractEventLoop, now: float) -> None:
        """Continue after the loop's clock was set back, as at the end of a test that had replaced it."""
        seconds, self._used_at = now - self._used_at, now
        for bucket in self._buckets.values():
            bucket.shift(seconds)
            loop.call_soon(self._serve, bucket)
        for share in self._app_shares.values():
            share.shift(seconds)
        if self._used_until is not None:
            self._used_until += seconds

    def _bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Bind to a loop. Grants of an earlier, closed loop still count."""
        if self._loop is not None and not self._loop.is_closed():
            raise LimiterSetupError("this limiter belongs to another event loop that is still running", field="limiter")
        # The loops of a process share a clock; one with another clock is assumed to continue where this one stopped.
        seconds = min(loop.time() - self._used_at, 0.0)
        # New buckets: calls that were never ended in the old loop may still withdraw from the old ones.
        self._buckets = {key: bucket.moved(seconds) for key, bucket in self._buckets.items()}
        self._found.clear()
        self._without_key.clear()
        for key, bucket in self._buckets.items():
            if not key[3]:
                self._without_key[key[:2]] = (*self._without_key.get(key[:2], ()), bucket)
        for share in self._app_shares.values():
            share.shift(seconds)
        if self._used_until is not None:
            self._used_until += seconds
        self._loop = loop

    def after_fork(self) -> None:  # pragma: no cover - in the child of a fork
        """Leave the event loop and its waiting calls to the parent process; past grants still count."""
        self._loop = None


def _is_granted(claim: Claim, granted_at: float | None) -> bool:
    """Note when a claim was granted: the moment that the limits count, not the later one at which its call continues.

    False if it still lacks its turn.
    """
    if granted_at is None:
        return False
    claim.granted_at = granted_at
    return True


def _count(waiter: Waiter, change: int) -> None:
    """Count the waiters on their way through the buckets: a bucket that has any is kept."""
    for bucket, _ in waiter.pairs:
        bucket.claims += change


def _may_burst(waiter: Waiter, now: float) -> bool:
    """Return whether a waiter may skip the pace."""
    return now < waiter.bursts_until and all(bucket.may_burst(units, now) for bucket, units in waiter.pairs)


def _is_due(waiter: Waiter, now: float) -> bool:
    """Return whether a waiter that has its slot may go."""
    return _may_burst(waiter, now) or all(bucket.due(units, now, waiter.rank) <= 0.0 for bucket, units in waiter.pairs)


def _take(pairs: Sequence[tuple[Bucket, int]], now: float) -> None:
    """Take the tokens of all buckets."""
    for bucket, units in pairs:
        bucket.take(units, now)
    # The app counts a call once, however many limits it has.
    if pairs and (share := pairs[0][0].app_share) is not None:
        share.count_granted(now)
