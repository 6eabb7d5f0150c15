"""The receiver: finds the handlers of an event, answers in time, and lets nothing fall into the server.

    request          check            method, size, SdkAppid, Sign, RequestTime: refused with a status of 4xx
      event          decode           the struct of the command
      before         the handler      has until the deadline; then, and when it fails, the default answers for it
      answer                          inside the service's 2 s
      after          the handlers     behind the answer, bounded, awaited at shutdown

The service gives up after 2 s (I34354), and then lets an event go on by default. So the default answer here is `Allow`,
and the time is counted from the moment the request's head was there.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar, overload
from urllib.parse import parse_qsl

from .._api.wire import encode
from ..errors import (
    AnswerError,
    BodyTimeoutError,
    EventDecodeError,
    EventLostError,
    EventTooLargeError,
    MethodError,
    UsageError,
    WebhookError,
)
from ._answer import RULES, Allow, Answer, AnswerBody, WebhookResponse, answer_bytes
from ._check import Checker
from ._event import BeforeEvent, Event, decode_event
from ._handling import Before, Handlers, OnError, name_of

if TYPE_CHECKING:
    from aiohttp import web

E = TypeVar("E", bound=Event)
B = TypeVar("B", bound=BeforeEvent)
E2 = TypeVar("E2", bound=Event)
E3 = TypeVar("E3", bound=Event)
R = TypeVar("R")
A = TypeVar("A", bound=Answer | Awaitable[Answer | None] | None)

logger = logging.getLogger("tim_async.webhooks")

_MAX_PARAMS: Final = 64
_OK: Final = encode(AnswerBody())


class _On(Generic[E]):
    """The decorator that `on` returns."""

    def __init__(self, handlers: Handlers, kinds: tuple[type[Event], ...]) -> None:
        self._handlers = handlers
        self._kinds = kinds

    def __call__(self, handler: Callable[[E], R]) -> Callable[[E], R]:
        for kind in self._kinds:
            self._handlers.add(kind, handler)
        return handler


class _Before(Generic[B]):
    """The decorator that `before` returns."""

    def __init__(self, handlers: Handlers, kind: type[B], default: Answer) -> None:
        self._handlers = handlers
        self._kind = kind
        self._default = default

    def __call__(self, handler: Callable[[B], A]) -> Callable[[B], A]:
        self._handlers.before[self._kind] = Before(handler, self._default)
        return handler


class WebhookRouter:
    """Receives webhooks: an ASGI app, a handler for aiohttp.web, and `handle` for anything else.

        router = WebhookRouter(1400000000, token="...")

        @router.before(BeforeSendMsg)
        async def moderate(event: BeforeSendMsg) -> Answer | None:
            return Refuse(code=120001, info="no links, please") if has_link(event) else None

        @router.on(AfterSendMsg)
        async def archive(event: AfterSendMsg) -> None:
            ...

        app = FastAPI(lifespan=router.lifespan)
        app.mount("/tim", router)  # the address in the console is then https://.../tim/, with the slash

    Handlers are asynchronous functions; plain ones run in the event loop and must be short. `lifespan` (or `async with
    router`) makes shutdown wait for what runs behind the answers; under aiohttp `add_to` sees to it.

    Args:
        sdk_app_id: our app; webhooks of another are refused.
        token: the token set in the console, by which a webhook is known to come from the service; several while it is
            being changed. None checks no Sign, which is said once in the log.
        window_s: seconds that a RequestTime may be off.
        max_body: bytes of a request's body.
        before_timeout: seconds from the arrival of a request to its answer. The service waits 2.
        after_timeout: seconds that a handler may take behind the answer; None for no end.
        concurrency: events that are handled at a time behind the answers. Above 1, an event may overtake another.
        max_pending: events that may wait for that. Beyond it answers are held back, and in the end refused with 503.
        max_pending_bytes: bytes that the bodies of waiting events may have.
        shutdown_timeout: seconds that shutdown may take. The last tenth is for handlers that are given up, and for
            `on_error` to be told of them.
        on_error: told of every refused webhook and of every failure of a handler, with the event where there is one.
            All of them are logged, too.
        clock: unix seconds, for the window.

    Raises:
        UsageError: an argument does not fit.
    """

    def __init__(
        self,
        sdk_app_id: int,
        token: str | Sequence[str] | None = None,
        *,
        window_s: float = 60.0,
        max_body: int = 1024 * 1024,
        before_timeout: float = 1.5,
        after_timeout: float | None = 30.0,
        concurrency: int = 32,
        max_pending: int = 10_000,
        max_pending_bytes: int = 64 * 1024 * 1024,
        shutdown_timeout: float = 10.0,
        on_error: OnError | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        for name, value in (
            ("max_body", max_body),
            ("concurrency", concurrency),
            ("max_pending", max_pending),
            ("max_pending_bytes", max_pending_bytes),
        ):
            if not isinstance(value, int) or value < 1:
                raise UsageError(f"{name} must be a whole number of at least 1", field=name)
        for name, seconds in (
            ("before_timeout", before_timeout),
            ("after_timeout", 1 if after_timeout is None else after_timeout),
            ("shutdown_timeout", shutdown_timeout),
        ):
            if not isinstance(seconds, int | float) or not seconds > 0:
                raise UsageError(f"{name} must be a number of seconds above 0", field=name)
        self._checker = Checker(sdk_app_id, token, window_s, clock)
        self._max_body = max_body
        self._before_timeout = before_timeout
        self._shutdown_timeout = shutdown_timeout
        self._handlers = Handlers(
            after_timeout=after_timeout,
            concurrency=concurrency,
            max_pending=max_pending,
            max_pending_bytes=max_pending_bytes,
            on_error=on_error,
        )
        self._is_announced = False

    # Handlers

    @overload
    def on(self, event: type[E], /) -> _On[E]: ...
    @overload
    def on(self, event: type[E], second: type[E2], /) -> _On[E | E2]: ...
    @overload
    def on(self, event: type[E], second: type[E2], third: type[E3], /) -> _On[E | E2 | E3]: ...
    @overload
    def on(self, *events: type[Event]) -> _On[Any]: ...
    def on(self, *events: type[Event]) -> _On[Any]:
        """Decorate a function that is called with every event of these kinds, behind the answer.

        `Event` stands for all kinds, `UnknownEvent` for commands this library does not know. A before-event may be
        watched too. An event may have any number of handlers; they run one after the other, in the order of `on`.

        Raises:
            UsageError: no kind is given, or something that is none.
        """
        if not events:
            raise UsageError("on() needs at least one kind of event", field="events")
        for kind in events:
            if not (isinstance(kind, type) and issubclass(kind, Event)):
                raise UsageError(f"on() takes kinds of events, not {kind!r}", field="events")
        return _On(self._handlers, events)

    def before(self, event: type[B], *, default: Answer | None = None) -> _Before[B]:
        """Decorate the function that decides on an event; there is one for each kind.

        Args:
            event: the kind of event.
            default: what is answered when the function is late or fails; None is `Allow`.

        Raises:
            UsageError: the kind is none that can be decided on, has a function already, or does not take the default.
        """
        if event not in RULES:
            raise UsageError(f"before() takes a kind of event that is decided on, not {event!r}", field="event")
        if event in self._handlers.before:
            raise UsageError(f"{event.__name__} is decided on already", field="event")
        chosen = Allow() if default is None else default
        try:
            answer_bytes(event(), chosen)
        except AnswerError as error:
            raise UsageError(error.message, field="default") from None

        return _Before(self._handlers, event, chosen)

    # Lifetime

    async def start(self) -> None:
        """Take events from now on. The first request does it where nobody did.

        Raises:
            UsageError: the router works in another event loop, which has not ended.
        """
        self._announce()
        self._handlers.open()

    async def close(self) -> None:
        """Wait for the handlers behind the answers, within `shutdown_timeout` seconds; give up the others, and say so.

        Events that come later are answered with 503.
        """
        await self._handlers.close(self._shutdown_timeout)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @asynccontextmanager
    async def lifespan(self, app: object = None) -> AsyncIterator[None]:
        """Start and close with an app: `FastAPI(lifespan=router.lifespan)`, the same in Starlette and Litestar."""
        async with self:
            yield

    def _announce(self) -> None:
        if not self._is_announced:
            self._is_announced = True
            if not self._checker.has_token:
                logger.warning("no token is given: anybody who knows the address can send events")

    # One request

    async def handle(
        self,
        query: str | Mapping[str, str],
        body: bytes | bytearray,
        *,
        method: str = "POST",
        deadline: float | None = None,
    ) -> WebhookResponse:
        """Take one request, from whatever server; return what to answer.

        Handlers run behind the answer, so the loop must live on: `asyncio.run` for each request ends it before they
        ran. Events that are lost so are reported when the next loop takes a request. Whatever a request is like, this
        raises nothing.

        Args:
            query: the URL's query, as text or decoded.
            body: the body.
            method: the HTTP method.
            deadline: loop time at which the answer must stand; None is `before_timeout` from now.

        Raises:
            UsageError: the router works in another event loop, which has not ended.
        """
        self._handlers.bind()
        if deadline is None:
            deadline = asyncio.get_running_loop().time() + self._before_timeout
        self._announce()
        event: Event | None = None
        try:
            event = self._read(query, body, method)
            return WebhookResponse(200, await self._dispatch(event, len(body), deadline))
        except WebhookError as error:
            return self.refuse(error, event)
        except Exception as error:
            logger.exception("taking a webhook failed")
            self._handlers.tell(error, event)
            return _fail(500, "the receiver failed")

    def _read(self, query: str | Mapping[str, str], body: bytes | bytearray, method: str) -> Event:
        """Check a request and read its event."""
        if method != "POST":
            raise MethodError("the method must be POST")
        if len(body) > self._max_body:
            raise EventTooLargeError(limit=self._max_body)
        params = self._checker.check(_parse(query) if isinstance(query, str) else query)
        if not params.command:
            raise EventDecodeError("CallbackCommand is missing in the URL", field="CallbackCommand")
        return decode_event(params.command, bytes(body), params=params)

    async def _dispatch(self, event: Event, size: int, deadline: float) -> bytes:
        """Have an event handled; return the answer."""
        if not isinstance(event, BeforeEvent):
            await self._handlers.hand_over(event, size, deadline)
            return _OK
        answer = await self._handlers.decide(event, deadline)
        try:
            await self._handlers.hand_over(event, size, deadline)
        except EventLostError as error:
            # What was decided must reach the service all the same.
            self._tell(error, event)
        return answer

    def _tell(self, error: WebhookError, event: Event | None) -> None:
        error.command = error.command or (name_of(event) if event else None)
        logger.warning("a webhook was answered with %d: %s", error.status, error)
        self._handlers.tell(error, event)

    def refuse(self, error: WebhookError, event: Event | None = None) -> WebhookResponse:
        """Report a webhook that cannot be taken, and return what to answer."""
        self._tell(error, event)
        return _fail(error.status, error.message)

    # Servers

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Serve as an ASGI app, whatever the path; alone it also takes part in the lifespan."""
        from ._servers import serve_asgi

        await serve_asgi(self, scope, receive, send)

    async def aiohttp_handler(self, request: web.Request) -> web.StreamResponse:
        """Serve a request of aiohttp.web: `app.router.add_route("*", "/tim", router.aiohttp_handler)`."""
        from ._servers import serve_aiohttp

        return await serve_aiohttp(self, request)

    def add_to(self, app: web.Application, path: str) -> None:
        """Serve a path of an aiohttp.web app, and start and close with it."""

        async def context(app: web.Application) -> AsyncIterator[None]:
            async with self:
                yield

        app.router.add_route("*", path, self.aiohttp_handler)
        app.cleanup_ctx.append(context)

    async def handle_stream(
        self, query: str, read: Callable[[], Awaitable[bytes | None]], *, method: str, length: int | None
    ) -> WebhookResponse:
        """Take a request whose body comes in parts, and read no more of it than is allowed.

        Args:
            query: the URL's query.
            read: returns the next part; None at the end.
            method: the HTTP method.
            length: the body's announced length, None where none was.

        Raises:
            UsageError: the router works in another event loop, which has not ended.
        """
        self._handlers.bind()
        deadline = asyncio.get_running_loop().time() + self._before_timeout
        body = bytearray()
        problem: WebhookError | None = None
        if method == "POST":
            if length is not None and length > self._max_body:
                return self.refuse(EventTooLargeError(limit=self._max_body))
            try:
                async with asyncio.timeout_at(deadline):
                    while (part := await read()) is not None:
                        body += part
                        if len(body) > self._max_body:
                            break
            except TimeoutError:
                problem = BodyTimeoutError(timeout=self._before_timeout)
        if problem is not None:
            return self.refuse(problem)
        return await self.handle(query, body, method=method, deadline=deadline)


def _parse(query: str) -> dict[str, str]:
    """Decode a query; of a parameter given twice the first counts, for the check as for the event."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_PARAMS)
    except ValueError:
        raise EventDecodeError("the URL's query cannot be read") from None
    return dict(reversed(pairs))


def _fail(status: int, info: str) -> WebhookResponse:
    return WebhookResponse(status, encode(AnswerBody(action_status="FAIL", error_code=status, error_info=info)))
