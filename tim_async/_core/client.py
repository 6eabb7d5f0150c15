"""The client: its lifetime, its families, and the steps of one call.

Read `TimClient.call` top down: the request is checked and encoded once, `run` makes attempts until one succeeds or the
policy gives up, and the answer is decoded.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import msgspec

from .._api.checks import check_seconds, check_secret_key, check_whole, nearest, quoted
from .._api.endpoint import Endpoint, Rate, Repeat
from .._api.wire import PartialResult, Request, check_size, decode_object, encode, merge_extra
from .._calls.families import Families
from .._hidden import hide
from ..errors import AnyRequest, TimError, UsageError
from ..families._registry import find_endpoint
from .attempts import run
from .call import Call, ClientState, Options
from .config import (
    SETTING_NAMES,
    Credentials,
    Region,
    Settings,
    SettingsOptions,
    check_command,
    check_key_form,
    hosts_of,
    region_named,
    warn_of_misspelt_commands,
)
from .http_pool import HttpPool
from .pool import Pool
from .rate_limits import PRIORITIES, Claim, Priority, RateLimiter, next_order
from .replies import read_reply, warn_without_key
from .retry import RetryPolicy
from .stats import ClientStats

R = TypeVar("R")
E = TypeVar("E", Endpoint[..., Any], Endpoint[..., Any] | None)

logger = logging.getLogger("tim_async")


class TimClient(Families):
    """A client for one app's REST API. Use it as `async with TimClient(...) as client:`, and share it between tasks.

    Args:
        sdk_app_id: the app's id, at least 1.
        secret_key: the app's key as the console shows it; not needed with `user_sig_provider`.
        identifier: an admin account of the app, 1 to 32 bytes; by default `administrator`.
        region: the app's data centre, as a `Region` or by name, such as `singapore`; by default China.
        base_url: another URL, such as `Emulator.url`, with or without `/v4`; it then has no backup host.
        settings: how calls are made; None is `Settings()`.
        pool: replaces the network, such as `tim_async.testing.FakePool`; None for HTTP.
        options: fields of `Settings`; they override those of `settings`.

    Raises:
        UsageError: an argument is missing or out of range; it names the argument.
    """

    def __init__(
        self,
        sdk_app_id: int,
        secret_key: str | None = None,
        identifier: str = "administrator",
        *,
        region: Region | str = Region.CHINA,
        base_url: str | None = None,
        settings: Settings | None = None,
        pool: Pool | None = None,
        **options: Unpack[SettingsOptions],
    ) -> None:
        key = hide(secret_key)
        del secret_key  # keep it out of tools that show the variables of a failed constructor
        credentials = Credentials(sdk_app_id, key, identifier)
        if settings is not None and not isinstance(settings, Settings):
            raise UsageError(f"settings must be Settings, not {quoted(settings)}", field="settings")
        merged = _merge(settings or Settings(), options)
        if key is None and merged.user_sig_provider is None:
            raise UsageError("secret_key is missing: pass it, or a user_sig_provider", field="secret_key")
        hosts = hosts_of(region_named(region), base_url)
        if key is not None and pool is None:
            check_key_form(key, hosts[0])
        warn_of_misspelt_commands(merged.rate_limits)
        self._state = ClientState(credentials, merged, pool or HttpPool(hosts, merged), hosts[0])
        self._options = Options(merged.timeout, merged.deadline, merged.retry)

    @classmethod
    def from_env(cls, **options: Unpack[SettingsOptions]) -> Self:
        """Create a client from TIM_SDK_APP_ID, TIM_SECRET_KEY, TIM_IDENTIFIER, TIM_REGION and TIM_BASE_URL.

        The first is required, and so is the second unless `user_sig_provider` is given; the others have defaults.

        Raises:
            UsageError: a variable is not set or malformed; it names the variable.
        """
        app = os.environ.get("TIM_SDK_APP_ID", "")
        if not app:
            raise UsageError("the environment variable TIM_SDK_APP_ID is not set", field="TIM_SDK_APP_ID")
        if not app.isascii() or not app.isdigit():
            raise UsageError("the environment variable TIM_SDK_APP_ID must be a number", field="TIM_SDK_APP_ID")
        secret_key = hide(os.environ.get("TIM_SECRET_KEY") or None)
        if secret_key is not None:
            check_secret_key(secret_key, "TIM_SECRET_KEY")
        elif options.get("user_sig_provider") is None:
            raise UsageError("the environment variable TIM_SECRET_KEY is not set", field="TIM_SECRET_KEY")
        region = region_named(os.environ.get("TIM_REGION") or Region.CHINA, "TIM_REGION")
        return cls(
            int(app),
            secret_key,
            os.environ.get("TIM_IDENTIFIER") or "administrator",
            region=region,
            base_url=os.environ.get("TIM_BASE_URL") or None,
            **options,
        )

    def __repr__(self) -> str:
        if "_state" not in vars(self):
            return "<TimClient, not made>"
        own = self._state.credentials
        state = "closed" if self._state.pool.is_closed else "open"
        return f"<TimClient of app {own.sdk_app_id} as {own.identifier!r}, {state}>"

    @property
    def sdk_app_id(self) -> int:
        """The app's id."""
        return self._state.credentials.sdk_app_id

    @property
    def secret_key(self) -> str | None:
        """The app's key, None without one. Its `repr` hides it, but string formatting shows it."""
        return self._state.credentials.secret_key

    @property
    def identifier(self) -> str:
        """The admin account that makes the calls."""
        return self._state.credentials.identifier

    @property
    def base_url(self) -> str:
        """Scheme and host of the calls, without `/v4`."""
        return self._state.host

    @property
    def settings(self) -> Settings:
        """The settings it was created with. `with_options` does not change them."""
        return self._state.settings

    @property
    def limiter(self) -> RateLimiter:
        """The rate limiter, shared with all views and with other clients that were given the same one."""
        return self._state.limiter

    @property
    def pool(self) -> Pool:
        """The pool that requests are sent through."""
        return self._state.pool

    def open(self) -> None:
        """Bind the client to the running event loop, as `async with` and the first call do.

        When that loop is closed, or in a forked process, the client starts over in the next loop that uses it. A client
        created at module level therefore serves several `asyncio.run` calls in a row.

        Raises:
            UsageError: the client is closed, or belongs to another event loop that is still open.
        """
        self._state.open()

    async def __aenter__(self) -> Self:
        self.open()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections. Calls in flight fail immediately; waiting and later ones raise `UsageError`.

        Closing twice is harmless.
        """
        state = self._state
        if state.closing is None or state.closing.get_loop() is not asyncio.get_running_loop():
            state.closing = asyncio.create_task(state.close(), name="tim_async: close")
        # If the caller is cancelled meanwhile, nothing is left half closed.
        await asyncio.shield(state.closing)

    async def warm_up(self, connections: int = 10) -> int:
        """Open connections ahead of load; return how many are open.

        Through a proxy, and wherever else aiohttp's session makes the connections (`trust_env`, `trace_configs`, under
        aioresponses), none can be opened ahead: that is logged, and 0 is returned.

        Args:
            connections: number of connections to have open, at least 1; more than `pool_size` are not opened.

        Raises:
            UsageError: `connections` is below 1, or the client is closed.
            ConnectError: none could be opened.
        """
        check_whole("connections", connections, 1)
        return await self._state.pool.warm_up(connections)

    def stats(self) -> ClientStats:
        """Return the counts of calls, attempts, retries, waits and errors by command, and the rates in force."""
        return self._state.snapshot()

    def with_options(
        self,
        *,
        timeout: float | None = None,
        deadline: float | msgspec.UnsetType | None = msgspec.UNSET,
        retry: RetryPolicy | None = None,
        priority: Priority | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> TimClient:
        """Return a view of this client with other options; it shares connections, limits and counts.

        Args:
            timeout: seconds for one attempt, above 0; None keeps it.
            deadline: seconds for a whole call, including waiting, above 0; None removes it. Not given, it is kept.
            retry: which failures are retried; None keeps it.
            priority: `interactive` or `background`; None keeps it.
            extra: merged into every request's top level, for fields that this library does not know; what the view has
                already stays.

        Raises:
            UsageError: an option is out of range; it names the option.
        """
        changes: dict[str, Any] = {}
        if timeout is not None:
            check_seconds("timeout", timeout)
            changes["timeout"] = timeout
        if deadline is not msgspec.UNSET:
            if deadline is not None:
                check_seconds("deadline", deadline)
            changes["deadline"] = deadline
        if retry is not None:
            if not isinstance(retry, RetryPolicy):
                raise UsageError(f"retry must be a RetryPolicy, not {quoted(retry)}", field="retry")
            changes["retry"] = retry
        if priority is not None:
            if priority not in PRIORITIES:
                raise UsageError(f"priority must be 'interactive' or 'background', not {priority!r}", field="priority")
            changes["priority"] = priority
        if extra is not None:
            if not isinstance(extra, Mapping):
                raise UsageError(f"extra must be a mapping, not {quoted(extra)}", field="extra")
            changes["extra"] = {**(self._options.extra or {}), **extra}
        return self._view(**changes)

    def with_lease(self, until: Callable[[], float]) -> TimClient:
        """Return a view for work under a lease: it sends nothing once the lease has ended. For use in this package.

        Args:
            until: returns the loop time at which the lease ends; called for each attempt when its tokens are granted,
                so that a renewed lease counts. A later attempt ends with a `WaitTooLongError`.
        """
        return self._view(until=until)

    def _view(self, **changes: Any) -> TimClient:  # noqa: ANN401 - fields of Options, checked by the callers
        view = object.__new__(type(self))
        view._state = self._state
        view._options = self._options._replace(**changes)
        return view

    def count_calls(self, commands: Collection[str], priority: Priority) -> tuple[int, int]:
        """Return how many calls of some commands are waiting, and how many are in flight. For use in this package."""
        calls = [
            call
            for call in self._state.calls.values()
            if call.command in commands and call.options.priority == priority
        ]
        in_flight = sum(call.is_in_flight for call in calls)
        return len(calls) - in_flight, in_flight

    def limits_of(self, endpoint: Endpoint[..., Any]) -> tuple[Rate, ...]:
        """Return the limits in force for an endpoint: its own, unless the setting `rate_limits` overrides them."""
        return self._state.settings.rates(endpoint.command, endpoint.limits)

    def replace_pool(self, pool: Pool) -> None:
        """Send the future calls of this client and its views through another pool. For use in this package."""
        self._state.pool = pool

    async def call(self, endpoint: Endpoint[..., R], request: AnyRequest) -> R:
        """Send a prepared request and return its result.

        The request is the endpoint's struct, or a mapping whose fields are sent as given, like those of `request`. It
        is not changed: a missing identity (MsgSeq, MsgRandom) is filled in on a copy before the first attempt.
        `error.request` holds the request as it was sent, and can be sent again.

        Raises:
            UsageError: the request is wrong, or the client is closed; nothing was sent.
            WaitTooLongError: the turn would come after the deadline; nothing was sent.
            TransportError: no usable answer came back.
            ApiError: the service answered with an error code.
        """
        if not isinstance(endpoint, Endpoint):
            raise UsageError(
                f"endpoint must be an Endpoint, such as C2C.send, not {quoted(endpoint)}", field="endpoint"
            )
        call = self._begin(endpoint.command, endpoint, request, _encode_struct)
        result = read_reply(call, await run(self._state, call), endpoint.read_result)
        if endpoint.has_msg_key and not getattr(result, "msg_key", None):
            warn_without_key(self._state, call)
        _end(call, failed_items=_count_failed(call, result) if endpoint.is_partial else 0)
        return result

    async def request(self, command: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Call any command, known to this library or not, with a plain mapping; return the whole answer.

        If this library has an endpoint for the command, its limits, retries and size limit apply. Fields are sent as
        given; only the identity of a message (MsgRandom, MsgSeq) is filled in if missing.

        Args:
            command: such as `openim/sendmsg`.
            body: fields with wire names; None is the same as {}.

        Raises:
            TimError: as `call`.
            UsageError: `command` does not look like one, or `body` is not a mapping.
        """
        check_command(command)
        if body is not None and not isinstance(body, Mapping):
            raise UsageError(f"body must be a mapping, not {quoted(body)}", field="body")
        endpoint = find_endpoint(command)
        call = self._begin(command, endpoint, body or {}, _encode_fields)
        answer = read_reply(call, await run(self._state, call), decode_object)
        if endpoint is not None and endpoint.has_msg_key and not answer.get("MsgKey"):
            warn_without_key(self._state, call)
        _end(call)
        return answer

    def _begin(
        self,
        command: str,
        endpoint: E,
        request: AnyRequest,
        encoder: Callable[[E, Any, Options], tuple[AnyRequest, bytes]],
    ) -> Call:
        """Check and encode a request; return the call, before any token is taken."""
        state, options = self._state, self._options
        state.open()
        stats = state.stats.of(command)
        stats.calls += 1
        try:
            if endpoint is not None and endpoint.app_field is not None:
                request = endpoint.name_app(request, state.credentials.sdk_app_id)
            request, body = encoder(endpoint, request, options)
            if endpoint is not None and endpoint.has_body_limit:
                check_size(body, state.settings.body_limit)
            costs = state.costs(command, endpoint, request)
        except TimError as error:
            stats.count_error(type(error).__name__)
            error.command = command
            raise
        claim = Claim(
            app=state.credentials.sdk_app_id,
            command=command,
            costs=costs,
            priority=options.priority,
            order=next_order(),
            deadline=None if options.deadline is None else asyncio.get_running_loop().time() + options.deadline,
        )
        repeat: Repeat = "never" if endpoint is None else endpoint.repeat
        call = Call(command, body, repeat, request, claim, options, stats, claim.deadline)
        if state.observer is not None:
            call.watch = state.observer.begin(command, options.priority)
        return call


def _encode_struct(endpoint: Endpoint[..., Any], request: Any, options: Options) -> tuple[AnyRequest, bytes]:  # noqa: ANN401
    """Return a request with its identity, and its wire form."""
    if isinstance(request, Request):
        request = request.identified()
    elif isinstance(request, Mapping):
        return _encode_fields(endpoint, request, options)  # anything else is refused by `encode`
    body = endpoint.encode(request)
    return request, merge_extra(body, options.extra) if options.extra else body


def _encode_fields(
    endpoint: Endpoint[..., Any] | None, request: Mapping[str, object], options: Options
) -> tuple[AnyRequest, bytes]:
    """Return the fields of a request with its identity and the extra fields, and their wire form."""
    fields = dict(request)
    if endpoint is not None:
        endpoint.identify(fields)
    fields.update(options.extra or {})
    return fields, encode(fields)


def _count_failed(call: Call, result: object) -> int:
    """Log and count the failed items of a result that was answered OK; return their number."""
    failed = len(result.failed) if isinstance(result, PartialResult) else 0
    if failed:
        call.stats.failed_items += failed
        logger.warning("%s: the answer is OK, but %d of its items failed", call.command, failed)
    return failed


def _end(call: Call, *, failed_items: int = 0) -> None:
    """Report a call's success to its observer."""
    if call.watch is not None:
        call.watch.end("0", call.attempts, failed_items=failed_items)


def _merge(settings: Settings, options: SettingsOptions) -> Settings:
    unknown = sorted(set(options) - set(SETTING_NAMES))
    if unknown:
        name = unknown[0]
        raise UsageError(
            f"unknown setting {name!r}{nearest(name, SETTING_NAMES)} (the settings are {', '.join(SETTING_NAMES)})",
            field=name,
        )
    return msgspec.structs.replace(settings, **options) if options else settings
