"""Rate limits: when each call may be sent.

Words. A *bucket* is one limit at run time, for example 200 in any second for `openim/sendmsg` of one app. A *claim* is
what one attempt asks for: its buckets with a cost in each, its priority and its place in the order of arrival. A *slot*
is a place in the connection pool.

What the service does. It counts calls as they arrive, by command and app. Where its seconds begin is not documented,
so no window of that length, wherever it begins, may hold more than the limit.

What we do. A claim that finds no waiters and room in the window goes at once; one that had to wait goes at the pace,
and so do those after it while demand is at the limit (see `burst_debt`): a burst in every window would lose its margin
every time. The window holds the grants of the last second (or minute): it is the guarantee itself. The pace comes from
`aiolimiter.AsyncLimiter`, a leaky bucket: in any window W it allows at most burst + rate x W, and a burst as large as
the limit would double it. Grants are integers, so burst + rate x W < limit + 1 is required, and `shape` picks the
largest rate that satisfies it, with

- a burst of one call, plus what flows in 5 ms: a timer that fires late by less than that costs nothing;
- a window longer by 2.5 ms than the real one, for clocks that are read a little late.

For 200 a second this gives a burst of 2 and 198.5 a second. Background claims always go at the pace: a campaign that
starts must not take a whole second away from other calls.

Some limits have no pace: grants are only counted (`Rate.is_counted`). These are limits of which one call may take most,
such as 30 users a second for calls with up to 30, and the quotas of an hour or a day. Nothing waits for a quota: a call
that finds it used up raises an error that says when there is room again.

After "too many calls" the bucket uses a share of its rate, see `adaptive_share`. Calls are never paused.

The order is room, slot, token, wire: a claim that has room waits for a slot, then takes its tokens and is written at
once. In the opposite order, a stalled pool would collect calls that hold tokens and release them in one burst. Only one
claim of each class waits for a slot, so ten thousand waiting background calls hold no slot that an interactive call
would have to wait for.

With several buckets the narrow one comes first (a group, then the command, then the app). A claim queues for the first
bucket that has no room for it, and its units in the buckets it passed are reserved: later claims of its class do not
take them. When its time comes, all buckets are checked once more, and their tokens are taken in one step.

Claims are served by priority, then by order of arrival. A retry keeps the order number of its call, which puts it
before all later calls. Queued claims have no timers of their own: each bucket has one timer, for the moment at which
its first claim may go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Final, Literal, Protocol

import msgspec

from .._api.endpoint import Rate
from .._clocks import wall_time
from ..errors import LimiterSetupError, UsageError, WaitTooLongError
from .pool import ConnectionSlot

Priority = Literal["interactive", "background"]
PRIORITIES: Final[tuple[Priority, ...]] = ("interactive", "background")

# Allowance for clocks that are read a little late.
LATE_CLOCK_S: Final = 0.0025


def is_plain(rate: Rate) -> bool:
    """Return whether a limit counts calls over a short time, regardless of their contents."""
    return not rate.cost and not rate.key and not rate.is_quota


# The limits of a command that a code concerns; other codes concern its plain calls.
_LIMIT_OF_CODE: Final[dict[int, Callable[[Rate], bool]]] = {
    10023: lambda rate: rate.key is not None,
    90057: lambda rate: rate.cost is not None,
}

next_order = count().__next__


class BucketCost(msgspec.Struct, frozen=True):
    """What a claim takes from one bucket.

    Attributes:
        rate: the limit.
        units: its units, 1 to `rate.max_cost`.
        key: the value that has its own bucket, "" for the common one.
        command: the bucket's command; "*" is the bucket over all commands.
        place: position of the limit among those of the command; None for the position of the cost in the claim.
    """

    rate: Rate
    units: int
    key: str
    command: str
    place: int | None = None


class Claim(msgspec.Struct, gc=False):  # it holds nothing that could form a reference cycle
    """What one attempt asks of the limiter.

    Attributes:
        app: the app's id.
        command: the command.
        costs: the buckets, narrow ones first.
        priority: `interactive` goes before `background`.
        order: position in the order of arrival, from `next_order()`; a retry keeps its call's.
        is_repeat: whether this is a retry.
        deadline: loop time at which the wait ends, None for never.
        granted_at: when it was granted, by the limiter's clock; used to judge a later refusal.
    """

    app: int
    command: str
    costs: tuple[BucketCost, ...]
    priority: Priority
    order: int
    is_repeat: bool = False
    deadline: float | None = None
    granted_at: float = 0.0

    @property
    def rank(self) -> tuple[int, int]:
        """Its position among claims: by priority, then by order of arrival; smaller goes first."""
        return int(self.priority != PRIORITIES[0]), self.order


class RateInForce(msgspec.Struct, frozen=True):
    """How much of a limit is currently in use.

    Attributes:
        limit: the limit.
        rate: calls, or units of `limit.cost`, a second that are currently allowed.
        configured_rate: those that are allowed while nothing slows it down.
    """

    limit: Rate
    rate: float
    configured_rate: float

    @property
    def share(self) -> float:
        """The part of the configured rate that is in force, at most 1."""
        return self.rate / self.configured_rate


class RateLimiter(Protocol):
    """Decides when a call may be sent.

    An implementation takes the claim's slot (`slot.take()`) before the tokens, so that a granted call is written at
    once, and releases it if it raises.
    """

    async def acquire(self, claim: Claim, slot: ConnectionSlot) -> None:
        """Wait for the claim's turn; return with the slot and the tokens taken.

        Raises:
            WaitTooLongError: the turn would come after the claim's deadline; raised before any waiting.
            UsageError: the claim can never be served.
        """
        ...

    def refused(self, claim: Claim, code: int | None) -> float:
        """Count a granted claim that the service refused with "too many calls"; slow down if needed.

        Args:
            claim: the granted claim.
            code: the service's code; None for HTTP 429.

        Returns:
            Seconds before which a retry is not worthwhile.
        """
        ...

    def rates(self, app: int, command: str) -> Sequence[RateInForce]:
        """Return the rates in force of a command's limits without a key, the slowest first; empty while not in use.

        The command `*` stands for the limit over all commands. May be called from another thread, and while no event
        loop runs.
        """
        ...


BucketKey = tuple[int, str, int, str]


def bucket_key(claim: Claim, index: int) -> BucketKey:
    """Return the bucket's key for a claim's cost: app, command, position among the command's limits, and key."""
    cost = claim.costs[index]
    # The bucket over all commands is the same whatever its position in a claim.
    place = 0 if cost.command == "*" else index if cost.place is None else cost.place
    return (claim.app, cost.command, place, cost.key)


def check_cost(claim: Claim, cost: BucketCost) -> None:
    """Raise `UsageError` for a cost that can never be granted."""
    if not 1 <= cost.units <= cost.rate.max_cost:
        raise UsageError(
            f"{claim.command}: a call may cost 1 to {cost.rate.max_cost}, not {cost.units} (limit {cost.rate})"
        )


def check_same_rate(rate: Rate, cost: BucketCost) -> None:
    """Raise `LimiterSetupError` when a bucket of this rate is claimed with a different rate."""
    if rate is not cost.rate and rate != cost.rate:
        raise LimiterSetupError(
            f"the limit of {cost.command} is {rate.limit} per {rate.per:g} s in this limiter, but "
            f"{cost.rate.limit} per {cost.rate.per:g} s in a client that shares it: give both the same rate_limits",
            field="rate_limits",
        )


def used_up(rate: Rate, seconds: float) -> WaitTooLongError:
    """Return the error for a call that finds the quota of an hour or a day used up."""
    return WaitTooLongError(wait=seconds, remaining=None, limit=str(rate), at=wall_time() + seconds)


def meant_by(code: int | None, claim: Claim) -> list[int]:
    """Return the positions of the costs that a "too many calls" code concerns."""
    is_meant = _LIMIT_OF_CODE.get(code, is_plain) if code is not None else is_plain
    own = [index for index, cost in enumerate(claim.costs) if cost.command != "*"]
    # "Too fast" does not concern a daily quota.
    own = [index for index in own if not claim.costs[index].rate.is_quota] or own
    # The code concerns a limit that this command does not have, such as 10023 without groups: slow down all of them.
    return [index for index in own if is_meant(claim.costs[index].rate)] or own
