"""Rate limits: which call may be sent when.

Words. A *bucket* is one limit at work: 200 in any second for `openim/sendmsg` of one app, say. A *claim* is what one
attempt asks for: its buckets with a cost in each, its priority and its place in the order of arrival. A *slot* is a
place in the connection pool. A *turn* is the right to take the next tokens of a bucket; one claim at a time has it.

What the service does. It counts calls as they arrive, by command and app. Where its seconds begin is not documented,
so no window of that length, wherever it begins, may hold more than the limit.

What we do. Tokens come from `aiolimiter.AsyncLimiter`, a leaky bucket: in any window W it lets through at most
burst + rate x W. `AsyncLimiter(200, 1)` therefore lets 399 calls through in a second. Grants are whole, so
burst + rate x W < limit + 1 is what is needed, and `shape` picks the largest rate that keeps it, with

- a burst of one call, plus what flows in 5 ms: a timer that fires late by less than that costs nothing;
- a window longer by 2.5 ms than the real one, for clocks that are read a little late.

For 200 a second this gives a burst of 2 and 198.5 a second.

The order is turn, room, slot, token, wire. The claim that has the turn waits until the bucket has room, then for a
slot, then takes its tokens, and its request is written at once. In any other order, a pool that stalls would collect
calls that hold tokens and release them in one burst. And as only one claim at a time waits for a slot, ten thousand
waiting background calls hold no slot that an interactive call would have to wait for.

With several buckets the narrow one comes first (a group, then the command, then the app): no claim waits for a group's
turn while it holds the command's. Tokens of all buckets are taken in one step at the very end.

Claims are served by priority, then by order of arrival. A repeat keeps the order number of its call, which puts it
before all that came since. A claim of higher priority takes the turn from one that is still waiting for room: a
background batch that waits seconds for 500 deliveries does not delay an interactive call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from itertools import count
from typing import Final, Literal, Protocol

import msgspec
from aiolimiter import AsyncLimiter

from .. import _codes
from .._api.endpoint import Rate
from ..errors import LimiterSetupError, UsageError, WaitTooLongError
from .pool import ConnectionSlot
from .turn_queue import Turns, Waiter

Priority = Literal["interactive", "background"]
PRIORITIES: Final[tuple[Priority, ...]] = ("interactive", "background")

_LATE_TIMER_S: Final = 0.005
# For clocks that are read a little late.
LATE_CLOCK_S: Final = 0.0025
# The pause after "too many calls". The service sends no Retry-After: it starts short and doubles while they go on.
PAUSE_S: Final = 1.0
MAX_PAUSE_S: Final = 60.0
# Buckets with a key (one for each group) are swept at this number, and again whenever it has doubled.
_SWEEP_AT: Final = 256


def _is_plain(rate: Rate) -> bool:
    return not rate.cost and not rate.key


# The limits of a command that a code means; other codes mean its plain calls.
_LIMIT_OF_CODE: Final[dict[int, Callable[[Rate], bool]]] = {
    10023: lambda rate: rate.key is not None,
    90057: lambda rate: rate.cost is not None,
}

next_order = count().__next__


class BucketCost(msgspec.Struct, frozen=True):
    """What a claim takes from one bucket.

    Attributes:
        rate: the limit.
        units: what it takes, 1 to `rate.max_cost`.
        key: the value that has a bucket of its own, "" for the common one.
        command: whose bucket it is; "*" is the one over all commands.
    """

    rate: Rate
    units: int
    key: str
    command: str


class Claim(msgspec.Struct):
    """What one attempt asks of the limiter.

    Attributes:
        app: the app's id.
        command: the command.
        costs: the buckets, narrow ones first.
        priority: `interactive` goes before `background`.
        order: position in the order of arrival, from `next_order()`; a repeat keeps its call's.
        is_repeat: whether this is a further attempt of a call.
        deadline: loop time at which the wait ends, None for never.
    """

    app: int
    command: str
    costs: tuple[BucketCost, ...]
    priority: Priority
    order: int
    is_repeat: bool = False
    deadline: float | None = None

    @property
    def rank(self) -> tuple[int, int]:
        """Its position among claims: by priority, then by order of arrival; smaller goes first."""
        return PRIORITIES.index(self.priority), self.order


def waiter_of(claim: Claim) -> Waiter:
    """Return the entry of a claim for the queues."""
    return Waiter(claim.rank, is_repeat=claim.is_repeat)


class Pausing(Protocol):
    """A limit that pauses all its calls after "too many calls"."""

    paused_until: float
    last_pause: float


class RateLimiter(Protocol):
    """Decides when a call may be sent.

    An implementation takes the claim's slot (`slot.take()`) before the tokens, so that a granted call is written at
    once, and releases it when it raises.
    """

    async def acquire(self, claim: Claim, slot: ConnectionSlot) -> None:
        """Wait for the claim's turn; return with the slot and the tokens taken.

        Raises:
            WaitTooLongError: the turn would come after the claim's deadline; raised before any waiting.
            UsageError: the claim can never be served.
        """
        ...

    def pause(self, claim: Claim, code: int) -> float:
        """Pause all calls under the limit after the service answered "too many calls"; return the seconds."""
        ...


BucketKey = tuple[int, str, int, str]


def bucket_key(claim: Claim, index: int) -> BucketKey:
    """Return what names the bucket of a claim's cost: app, command, position among the command's limits, and key."""
    cost = claim.costs[index]
    # The bucket over all commands is always the same, whatever its position in a claim.
    return (claim.app, cost.command, 0 if cost.command == "*" else index, cost.key)


def check_cost(claim: Claim, cost: BucketCost) -> None:
    """Raise `UsageError` for a cost that can never be granted."""
    if not 1 <= cost.units <= cost.rate.max_cost:
        raise UsageError(
            f"{claim.command}: a call may cost 1 to {cost.rate.max_cost}, not {cost.units} (limit {cost.rate})"
        )


def check_same_rate(rate: Rate, cost: BucketCost) -> None:
    """Raise `LimiterSetupError` when a bucket of this rate is claimed with another one."""
    if rate is not cost.rate and rate != cost.rate:
        raise LimiterSetupError(
            f"the limit of {cost.command} is {rate.limit} per {rate.per:g} s in this limiter, but "
            f"{cost.rate.limit} per {cost.rate.per:g} s in a client that shares it: give both the same rate_limits",
            field="rate_limits",
        )


def meant_by(code: int, claim: Claim) -> list[int]:
    """Return the positions of the costs of which "too many calls" speaks."""
    is_meant = _LIMIT_OF_CODE.get(code, _is_plain)
    own = [index for index, cost in enumerate(claim.costs) if cost.command != "*"]
    # A code that means a limit which this command does not have, such as 90057 of timpush/batch: pause all it has.
    return [index for index in own if is_meant(claim.costs[index].rate)] or own


def shape(rate: Rate) -> tuple[float, float]:
    """Return burst and rate a second for a limit; no window of `rate.per` seconds then holds more than `rate.limit`."""
    burst = rate.max_cost + _LATE_TIMER_S * rate.limit / rate.per
    # Large costs on a small limit leave little to flow; the burst must leave at least one unit a window.
    burst = min(burst, float(rate.limit))
    return burst, (rate.limit + 1 - burst) / (rate.per + LATE_CLOCK_S)


class _Tokens(AsyncLimiter):
    """An `AsyncLimiter` that also returns when there will be room."""

    def __init__(self, rate: Rate) -> None:
        burst, flow = shape(rate)
        super().__init__(burst, burst / flow)
        self.flow = flow

    def room(self) -> float:
        """Return the units that can be taken now."""
        self._leak()
        return self.max_rate - self._level

    def due(self, cost: float) -> float:
        """Return the seconds until `cost` units can be taken, 0.0 for now."""
        if self.has_capacity(cost):
            return 0.0
        # Rounding may say "now" where has_capacity says "not yet".
        return max((self._level + cost - self.max_rate) / self.flow, 1e-6)

    def take(self, cost: float) -> None:
        """Take units for which there is room: what `acquire` does when it need not wait."""
        self._level += cost

    def set_flow(self, flow: float) -> None:
        """Change the rate from now on."""
        self._leak()
        self.flow = self._rate_per_sec = flow

    def fill(self) -> None:
        """Start with nothing left to take."""
        self._level = self.max_rate
        self._last_check = asyncio.get_running_loop().time()


class _Bucket(Turns):
    """One limit at work: its tokens, the claim that has the turn, and those that queue for it."""

    __slots__ = ("claims", "last_pause", "paused_until", "rate", "slow_until", "tokens")

    def __init__(self, rate: Rate) -> None:
        super().__init__()
        self.rate = rate
        self.tokens = _Tokens(rate)
        self.claims = 0  # claims on their way through it; while there are any, it is not swept
        self.paused_until = 0.0
        self.last_pause = 0.0
        self.slow_until = 0.0  # loop time at which it flows as before; 0.0 when it does

    def due(self, cost: int, now: float) -> float:
        """Return the seconds until `cost` units may be taken, 0.0 for now."""
        if self.slow_until and now >= self.slow_until:
            self.slow_until = 0.0
            self.tokens.set_flow(shape(self.rate)[1])
        return max(self.paused_until - now, self.tokens.due(cost))

    def estimate(self, waiter: Waiter, cost: int, now: float) -> float:
        """Return the seconds until a claim's turn, if all claims that already wait are served before it."""
        paused = max(self.paused_until - now, 0.0)
        return max(paused, (self.ahead(waiter) + cost - self.tokens.room()) / self.tokens.flow)


class LocalRateLimiter:
    """The limits of one process. Clients of an app that are given the same one share the app's limits.

    It belongs to the event loop that uses it. Used from another loop after the first one was closed, it starts over
    with empty buckets: it grants nothing that calls of the old loop might have used.

    Args:
        starts_empty: whether the first buckets start empty as well.
    """

    def __init__(self, *, starts_empty: bool = False) -> None:
        self._buckets: dict[BucketKey, _Bucket] = {}
        self._app_paused_until: dict[int, float] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sweep_at = _SWEEP_AT
        self._starts_empty = starts_empty
        # The buckets of claims without a key, by command, kept for the next call of the same client.
        self._found: dict[str, tuple[tuple[BucketCost, ...], list[tuple[_Bucket, int]]]] = {}

    async def acquire(self, claim: Claim, slot: ConnectionSlot) -> None:
        """Wait for the claim's turn; return with the slot and the tokens taken. See `RateLimiter.acquire`."""
        loop = self._bind()
        pairs = self._pairs(claim)
        now = loop.time()
        if claim.deadline is not None and now >= claim.deadline:
            raise WaitTooLongError(wait=0.0, remaining=claim.deadline - now)
        for bucket, cost in pairs:
            if bucket.holder is not None or now < bucket.paused_until or not bucket.tokens.has_capacity(cost):
                break
        else:
            if slot.take_nowait():
                _take(pairs)
                return
        waiter = waiter_of(claim)
        if claim.deadline is not None:
            remaining = claim.deadline - now
            wait = max((bucket.estimate(waiter, cost, now) for bucket, cost in pairs), default=0.0)
            if wait > remaining:
                raise WaitTooLongError(wait=wait, remaining=remaining)
        for bucket, _ in pairs:
            bucket.claims += 1
        try:
            while not await self._try(waiter, pairs, slot, loop):
                pass
        finally:
            for bucket, _ in pairs:
                bucket.claims -= 1

    async def _try(
        self, waiter: Waiter, pairs: list[tuple[_Bucket, int]], slot: ConnectionSlot, loop: asyncio.AbstractEventLoop
    ) -> bool:
        """Go through the buckets once; False when the claim made way for one of higher priority, or a pause began."""
        held: list[_Bucket] = []
        try:
            for bucket, cost in pairs:
                if not await bucket.turn(waiter, cost):
                    return False
                held.append(bucket)
                while True:
                    delay = bucket.due(cost, loop.time())
                    if delay <= 0.0:
                        break
                    if any(other.outranked(waiter) for other in held):
                        return False
                    await waiter.sleep(delay)
            if not slot.take_nowait():
                await slot.take()
            now = loop.time()
            if all(bucket.due(cost, now) <= 0.0 for bucket, cost in pairs):
                _take(pairs)
                return True
            slot.release()  # a pause began while the claim waited for the slot
            return False
        finally:
            for bucket in reversed(held):
                bucket.leave()

    def pause(self, claim: Claim, code: int) -> float:
        """Pause all calls under a limit after "too many calls"; the pause doubles when that was not enough.

        The code says which buckets: 60011, 60018 and 60019 mean the whole app, 10023 the group, 90057 the deliveries,
        the others the command.
        """
        now = self._bind().time()
        own = [self._bucket(claim, index, cost) for index, cost in enumerate(claim.costs)]
        if code in _codes.APP_WIDE_CODES:
            chosen = [bucket for key, bucket in self._buckets.items() if key[0] == claim.app]
        else:
            chosen = [own[index] for index in meant_by(code, claim)]
        seconds = max((lengthen(bucket, now) for bucket in chosen), default=PAUSE_S)
        if code in _codes.APP_WIDE_CODES:
            self._app_paused_until[claim.app] = now + seconds
        for bucket in chosen:
            bucket.paused_until = max(bucket.paused_until, now + seconds)
        return seconds

    def slow_down(self, app: int, command: str, *, rate: float, seconds: float) -> None:
        """Allow at most `rate` plain calls a second of a command that is in use, for `seconds` from now.

        It never raises a limit, and the latest call counts. See `tim_async.webhooks.slow_down`.

        Raises:
            UsageError: `rate` or `seconds` is not above 0.
        """
        for name, value in (("rate", rate), ("seconds", seconds)):
            if not value > 0:
                raise UsageError(f"{name} must be above 0, not {value!r}", field=name)
        now = self._bind().time()
        for key, bucket in self._buckets.items():
            if key[:2] == (app, command) and _is_plain(bucket.rate):
                bucket.slow_until = now + seconds
                bucket.tokens.set_flow(min(rate, shape(bucket.rate)[1]))

    def _pairs(self, claim: Claim) -> list[tuple[_Bucket, int]]:
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

    def _bucket(self, claim: Claim, index: int, cost: BucketCost) -> _Bucket:
        check_cost(claim, cost)
        key = bucket_key(claim, index)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(cost.rate)
            bucket.paused_until = self._app_paused_until.get(claim.app, 0.0)
            if self._starts_empty:
                bucket.tokens.fill()
        else:
            check_same_rate(bucket.rate, cost)
        return bucket

    def _sweep(self) -> None:
        """Drop keyed buckets that are idle, have full room and are not paused: a new one would be the same."""
        now = asyncio.get_running_loop().time()
        self._buckets = {
            key: bucket
            for key, bucket in self._buckets.items()
            if not (
                key[3]
                and bucket.holder is None
                and not bucket.claims
                and bucket.paused_until <= now
                and bucket.tokens.room() >= bucket.tokens.max_rate
            )
        }
        self._sweep_at = max(_SWEEP_AT, 2 * len(self._buckets))

    def _bind(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._loop is not None:
                if not self._loop.is_closed():
                    raise LimiterSetupError(
                        "this limiter belongs to another event loop that is still open: use one limiter for each loop",
                        field="limiter",
                    )
                self._starts_empty = True
                self._buckets.clear()
                self._found.clear()
            self._loop = loop
        return loop


def _take(pairs: Iterable[tuple[_Bucket, int]]) -> None:
    """Take the tokens of all buckets, in each of which there is room."""
    for bucket, cost in pairs:
        bucket.tokens.take(cost)


def lengthen(bucket: Pausing, now: float) -> float:
    """Return the seconds for which a bucket pauses; store them, to double them when that was not enough."""
    if now < bucket.paused_until:
        return bucket.paused_until - now  # an answer to a call that was on its way when the pause began
    again = bucket.last_pause > 0.0 and now < bucket.paused_until + bucket.last_pause
    bucket.last_pause = min(bucket.last_pause * 2, MAX_PAUSE_S) if again else PAUSE_S
    return bucket.last_pause
