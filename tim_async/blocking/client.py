"""The blocking client: the asynchronous one, called from any thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar, Unpack, cast

import msgspec

from .._api.endpoint import Endpoint, Rate
from .._calls.blocking.families import BlockingFamilies
from .._core import client as asynchronous
from .._core.config import Region, Settings, SettingsOptions
from .._core.pool import Pool
from .._core.rate_limits import Priority, RateLimiter
from .._core.retry import RetryPolicy
from .._core.stats import ClientStats
from .._hidden import hide
from ..errors import AnyRequest
from ._home import END, Home, close, next_of
from ._serving import feed, posted

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class TimClient(BlockingFamilies):
    """A client for one app's REST API, for code without an event loop. Share it between threads.

        client = TimClient(sdk_app_id=1400000000, secret_key="...")
        sent = client.c2c.send(to_account="bob", msg_body=[TextElem(text="hi")])

    All threads share its connections and its limits. An event loop in a separate thread makes the calls; the first call
    starts it, and it ends when the client is closed or the interpreter exits. Functions and iterables passed to a call
    run in the calling thread; observers, UserSig providers and everything asynchronous run in the loop's thread.

    A client belongs to the process that made the first call with it: in a server that forks (gunicorn, Celery), it may
    be created before the fork, but must be used only after it. Each process then has its own limit; a shared limiter
    makes several processes share one.

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
        UsageError: an argument is missing or out of range; it names the argument. Calls raise it in a thread that
            runs an event loop, in another process than the first one, and while the interpreter exits.
    """

    families: asynchronous.TimClient
    """The client that makes the calls, in the loop; for use in this package."""

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
        self.families = asynchronous.TimClient(
            sdk_app_id, key, identifier, region=region, base_url=base_url, settings=settings, pool=pool, **options
        )
        self._home = Home(self.families)

    @classmethod
    def from_env(cls, **options: Unpack[SettingsOptions]) -> Self:
        """Create a client from TIM_SDK_APP_ID, TIM_SECRET_KEY, TIM_IDENTIFIER, TIM_REGION and TIM_BASE_URL.

        The first is required, and so is the second unless `user_sig_provider` is given; the others have defaults.

        Raises:
            UsageError: a variable is not set or malformed; it names the variable.
        """
        return cls._around(asynchronous.TimClient.from_env(**options))

    @classmethod
    def _around(cls, inner: asynchronous.TimClient, home: Home | None = None) -> Self:
        made = object.__new__(cls)
        made.families = inner
        made._home = home or Home(inner)
        return made

    def __repr__(self) -> str:
        inner = repr(self.families) if "families" in vars(self) else "<TimClient, not made>"
        return inner.replace("<", "<blocking ", 1)

    @property
    def sdk_app_id(self) -> int:
        """The app's id."""
        return self.families.sdk_app_id

    @property
    def secret_key(self) -> str | None:
        """The app's key, None without one. Its `repr` hides it, but string formatting shows it."""
        return self.families.secret_key

    @property
    def identifier(self) -> str:
        """The admin account that makes the calls."""
        return self.families.identifier

    @property
    def base_url(self) -> str:
        """Scheme and host of the calls, without `/v4`."""
        return self.families.base_url

    @property
    def settings(self) -> Settings:
        """The settings it was created with. `with_options` does not change them."""
        return self.families.settings

    @property
    def limiter(self) -> RateLimiter:
        """The rate limiter, shared with all views and with other clients that were given the same one."""
        return self.families.limiter

    @property
    def pool(self) -> Pool:
        """The pool that requests are sent through."""
        return self.families.pool

    def open(self) -> None:
        """Start the event loop that makes the calls, as `with` and the first call do.

        Raises:
            UsageError: the client is closed, or calls cannot be made here.
        """
        self._home.run(_open, self.families)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections. Calls in flight fail immediately; waiting and later ones raise `UsageError`.

        Closing the last client also ends the thread that made the calls, and waits for it. Closing twice is harmless,
        and so is closing in a forked process, where nothing is closed.
        """
        self._home.close()

    def warm_up(self, connections: int = 10) -> int:
        """Open connections ahead of load; return how many are open.

        Through a proxy, and wherever else aiohttp's session makes the connections (`trust_env`, `trace_configs`, under
        aioresponses), none can be opened ahead: that is logged, and 0 is returned.

        Args:
            connections: number of connections to have open, at least 1; more than `pool_size` are not opened.

        Raises:
            UsageError: `connections` is below 1, or the client is closed.
            ConnectError: none could be opened.
        """
        return self._home.run(self.families.warm_up, connections)

    def stats(self) -> ClientStats:
        """Return the counts of calls, attempts, retries, waits and errors by command, and the rates in force."""
        return self.families.stats()

    def with_options(
        self,
        *,
        timeout: float | None = None,
        deadline: float | msgspec.UnsetType | None = msgspec.UNSET,
        retry: RetryPolicy | None = None,
        priority: Priority | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> Self:
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
        inner = self.families.with_options(
            timeout=timeout, deadline=deadline, retry=retry, priority=priority, extra=extra
        )
        return self._around(inner, self._home)

    def limits_of(self, endpoint: Endpoint[..., Any]) -> tuple[Rate, ...]:
        """Return the limits in force for an endpoint: its own, unless the setting `rate_limits` overrides them."""
        return self.families.limits_of(endpoint)

    def call(self, endpoint: Endpoint[..., R], request: AnyRequest) -> R:
        """Send a prepared request and return its result.

        The request is the endpoint's struct, or a mapping whose fields are sent as given, like those of `request`. It
        is not changed: a missing identity (MsgSeq, MsgRandom) is filled in on a copy before the first attempt.
        `error.request` holds the request as it was sent, and can be sent again.

        When interrupted, by Ctrl-C or a signal handler that raises, it first releases its turn and its connection;
        `may_have_been_delivered` returns whether the request may have taken effect.

        Raises:
            UsageError: the request is wrong, or the client is closed; nothing was sent.
            WaitTooLongError: the turn would come after the deadline; nothing was sent.
            TransportError: no usable answer came back.
            ApiError: the service answered with an error code.
        """
        return self._home.run(self.families.call, endpoint, request)

    def request(self, command: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
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
        return self._home.run(self.families.request, command, body)

    # For the families

    def wait(self, function: Callable[P, Awaitable[R]], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Await in the loop what a function returns; plain functions passed by name run in this thread."""
        if not kwargs:
            return self._home.serve(_await, function, args, kwargs)
        own = posted(kwargs)
        result = self._home.serve(_await, function, args, kwargs)
        for each in own:
            each.raise_failure()
        return result

    def serve(self, function: Callable[P, Coroutine[Any, Any, R]], *args: P.args, **kwargs: P.kwargs) -> R:
        """Await a coroutine that runs functions in this thread, in the loop. For use in this package."""
        return self._home.serve(function, *args, **kwargs)

    def post(self, function: Callable[..., object], *args: object) -> None:
        """Call a function in the loop without waiting for it. For use in this package."""
        self._home.post(function, *args)

    def walk(self, function: Callable[P, AsyncIterator[T]], /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        """Return a plain iterator over what a function yields in the loop, fetching on demand."""
        return self._walk(function(*args, **kwargs))

    def _walk(self, source: AsyncIterator[T]) -> Iterator[T]:
        try:
            while (item := self._home.run(next_of, source)) is not END:
                yield cast(T, item)
        finally:
            self._home.post(_close, source)

    def feed(self, items: Iterable[T]) -> AsyncIterator[T]:
        """Wrap an iterable for the loop, so that it is read in this thread."""
        return feed(items)


async def _await(function: Callable[..., Awaitable[R]], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> R:
    return await function(*args, **kwargs)


def _close(source: AsyncIterator[object]) -> None:
    closing = asyncio.ensure_future(close(source))
    _closing.add(closing)
    closing.add_done_callback(_closing.discard)


_closing: Final[set[asyncio.Future[None]]] = set()


async def _open(client: asynchronous.TimClient) -> None:
    client.open()
