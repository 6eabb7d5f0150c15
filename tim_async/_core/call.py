"""The state that a client shares with its views, and the state of one call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from .._api.endpoint import DEFAULT_LIMITS, Endpoint, Repeat
from .._hidden import Hidden
from .._randomness import random_u32
from ..errors import AnyRequest, TimError, UsageError, WaitTooLongError
from .bounded_waiting import BoundedWaiting
from .breaker import BreakerState
from .config import Credentials, Settings
from .local_limiter import LocalRateLimiter
from .observer import CallObserver
from .pool import Pool
from .rate_limits import BucketCost, Claim, Priority, RateLimiter
from .retry import RetryPolicy
from .stats import ClientStats, CommandStats, Stats
from .user_sig_cache import UserSigCache


class Options(NamedTuple):
    """Options that `with_options` and `with_lease` can change.

    Attributes:
        until: returns the loop time after which nothing may be sent, None for never; called when tokens are granted.
    """

    timeout: float
    deadline: float | None
    retry: RetryPolicy
    priority: Priority = "interactive"
    extra: Mapping[str, object] | None = None
    until: Callable[[], float] | None = None


class ClientState:
    """The state shared by a client and all its views."""

    def __init__(self, credentials: Credentials, settings: Settings, pool: Pool, host: str) -> None:
        self.credentials = credentials
        self.settings = settings
        self.pool = pool
        self.host = host
        self.limiter = settings.limiter or LocalRateLimiter()
        self.bounded = None if settings.max_waiting is None else BoundedWaiting(self.limiter, settings.max_waiting)
        self.gate: BoundedWaiting | RateLimiter = self.bounded or self.limiter  # calls wait here
        self.breaker = None if settings.breaker is None else BreakerState(settings.breaker)
        self.observer = settings.observer
        self.auth = UserSigCache(
            credentials,
            lifetime_s=settings.user_sig_lifetime_s,
            provider=settings.user_sig_provider,
            timeout=settings.timeout,
        )
        self.stats = Stats()
        self.query_head = (
            f"sdkappid={credentials.sdk_app_id}&identifier={quote(credentials.identifier, safe='')}&usersig="
        )
        self.keyless: set[str] = set()  # commands that answered a message without a MsgKey
        self._fixed_costs: dict[str, tuple[BucketCost, ...]] = {}
        self.closing: asyncio.Task[None] | None = None
        self.loop: asyncio.AbstractEventLoop | None = None  # the loop that makes the calls
        self.calls: dict[asyncio.Task[Any], Call] = {}  # calls under way, by task
        if self.observer is not None:
            self.observer.attach(self)

    def open(self) -> None:
        """Open the pool; if the previous event loop is closed, drop its state and use the running one.

        Raises:
            UsageError: the client is closed, or belongs to another loop that is not closed.
        """
        loop = self.pool.open()
        if self.loop is not loop:
            self.loop = loop
            self.calls = {}
            if self.bounded is not None:
                self.bounded.reset()
            if self.breaker is not None:
                self.breaker.reset()

    def snapshot(self) -> ClientStats:
        """Return copies of all counts, with the current number of waiting calls and the rates in force."""
        commands = self.stats.snapshot()
        for call in list(self.calls.values()):
            # Telemetry calls this from another thread: the call may have just begun.
            if call.command in commands:  # pragma: no branch - a race of threads
                commands[call.command].waiting += not call.is_in_flight
        app = self.credentials.sdk_app_id
        for command, stats in commands.items():
            rates = self.limiter.rates(app, command)
            if rates:
                stats.rate, stats.configured_rate = rates[0].rate, rates[0].configured_rate
            if self.bounded is not None:
                stats.turned_away = self.bounded.turned_away(command)
        now = None if self.loop is None or self.loop.is_closed() else self.loop.time()
        return ClientStats(app, commands, None if self.breaker is None else self.breaker.stats(now))

    async def close(self) -> None:
        """Close everything. Calls that wait for a turn end now."""
        await self.auth.close()
        await self.pool.close()
        loop = asyncio.get_running_loop()
        for task, call in self.calls.items():
            if not call.is_in_flight and task.get_loop() is loop:
                call.dropped_for = UsageError("the client is closed")
                task.cancel()

    def refuse_waiting(self, breaker: BreakerState, now: float) -> None:
        """End the waiting calls because the breaker has opened, except the call that opened it."""
        current = asyncio.current_task()
        for task, call in self.calls.items():
            if not call.is_in_flight and task is not current:
                call.dropped_for = breaker.refuse(now)
                task.cancel()

    def query(self, user_sig: Hidden) -> Hidden:
        """Return the URL's query; its `random` is new for every attempt."""
        return Hidden(f"{self.query_head}{user_sig}&random={random_u32()}&contenttype=json")

    def costs(self, command: str, endpoint: Endpoint[..., Any] | None, request: object) -> tuple[BucketCost, ...]:
        """Return what a call takes from each bucket; cached by command, unless a limit depends on the request."""
        fixed = self._fixed_costs.get(command)
        if fixed is not None:
            return fixed
        rates = self.settings.rates(command, endpoint.limits if endpoint else DEFAULT_LIMITS)
        app_rate = self.settings.app_rate
        costs = tuple(
            BucketCost(
                rate=rate,
                units=1 if rate.cost is None else max(1, _length(_look(endpoint, request, rate.cost))),
                key="" if rate.key is None else str(key),
                command=command,
                place=place,
            )
            for place, rate in enumerate(rates)
            if (key := None if rate.key is None else _look(endpoint, request, rate.key)) or rate.key is None
        )
        if app_rate is not None:
            costs += (BucketCost(rate=app_rate, units=1, key="", command="*"),)
        if not any(rate.cost or rate.key for rate in rates):
            self._fixed_costs[command] = costs
        return costs


def _look(endpoint: Endpoint[..., Any] | None, request: object, field: str) -> object:
    """Return a field of a request, given as a struct or as a mapping with wire names."""
    if endpoint is not None:
        return endpoint.limit_value(request, field)
    return request.get(field) if isinstance(request, Mapping) else None


def _length(value: object) -> int:
    return len(value) if isinstance(value, list | tuple) else 1


class Call(msgspec.Struct):
    """The state of one call.

    Attributes:
        deadline: loop time at which the call ends; a retry's claim may have an earlier one.
        tries: attempts begun, including those that found no connection.
        attempts: attempts that were sent.
        first_at: loop time of the first attempt.
        watch: the call's observer, None without one.
        slow_down_s: minimum seconds before a retry, after "too many calls".
        dropped_for: why the call was ended while it waited, None if it was not.
    """

    command: str
    body: bytes
    repeat: Repeat
    request: AnyRequest
    claim: Claim
    options: Options
    stats: CommandStats
    deadline: float | None
    tries: int = 0
    attempts: int = 0
    first_at: float | None = None
    watch: CallObserver | None = None
    is_in_flight: bool = False
    maybe_delivered: bool = False
    dropped_for: TimError | None = None
    slow_down_s: float = 0.0

    def begin_attempt(self, now: float) -> float:
        """Count an attempt that is about to be sent; return the seconds that it may take.

        Raises:
            WaitTooLongError: its time, or that of the lease, is over.
        """
        deadline, until = self.claim.deadline, self.options.until
        if deadline is not None and now >= deadline:
            raise WaitTooLongError(wait=None, remaining=deadline - now)
        if until is not None and now >= until():
            raise WaitTooLongError(wait=None, remaining=0.0)
        if self.first_at is None:
            self.first_at = now
        self.attempts += 1
        self.stats.attempts += 1
        self.stats.retries += self.tries > 1
        self.is_in_flight = True
        timeout = self.options.timeout
        return timeout if self.deadline is None else min(timeout, self.deadline - now)

    def sign(self, error: TimError) -> None:
        """Set the call's facts on an error."""
        error.command = self.command
        error.attempts = self.attempts
        error.request = self.request
        error.maybe_delivered = self.maybe_delivered

    def explain(self, error: asyncio.CancelledError) -> None:
        """Add to a cancellation whether the request may have taken effect."""
        maybe = self.maybe_delivered or self.is_in_flight
        error.maybe_delivered = maybe  # type: ignore[attr-defined]  # read by errors.may_have_been_delivered
        if self.is_in_flight:
            state = "while it waited for the answer"
        else:
            state = "between two attempts" if self.attempts else "before anything was sent"
        error.add_note(f"{self.command} was cancelled {state}; it {'may' if maybe else 'cannot'} have taken effect")
