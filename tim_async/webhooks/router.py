"""The receiver: finds the handlers of an event, answers in time, and never raises into the server.

    request          check            method, size, SdkAppid, Sign, RequestTime; a bad one gets a 4xx status
      event          decode           into the struct of the command
      before         the handler      has until the deadline; when it is late or fails, the default answer is sent
      answer                          within the service's 2 s
      after          the handlers     run after the answer, bounded, awaited at shutdown

The service gives up after 2 s (I34354) and by default lets the operation proceed. The default answer here is therefore
`Allow`, and time is counted from the moment the head of the request has arrived.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, overload

from .._api.checks import check_seconds, check_whole
from .._api.wire import encode
from .._clocks import wall_time
from ..errors import (
    EventDecodeError,
    EventLostError,
    EventTooLargeError,
    MethodError,
    WebhookError,
)
from ._answer import Answer, AnswerBody, WebhookResponse
from ._check import Checker
from ._event import BeforeEvent, Event, WebhookParams, decode_event
from ._handling import Handlers, OnError, name_of
from ._registration import BeforeDecorator, OnDecorator
from ._requests import failure, parse_query, read_body
from ._servers import serve_aiohttp, serve_asgi

if TYPE_CHECKING:
    from aiohttp import web

E = TypeVar("E", bound=Event)
B = TypeVar("B", bound=BeforeEvent)
E2 = TypeVar("E2", bound=Event)
E3 = TypeVar("E3", bound=Event)

logger: Final = logging.getLogger("tim_async.webhooks")

_UNEXPECTED: Final = "processing a webhook failed with an unexpected error"
_OK_BODY: Final = encode(AnswerBody())


class WebhookRouter:
    """Receives webhooks: an ASGI app, a handler for aiohttp.web, and `handle` for every other server.

        router = WebhookRouter(1400000000, token="...")

        @router.before(BeforeSendMsg)
        async def moderate(event: BeforeSendMsg) -> Answer | None:
            return Refuse(code=120001, info="no links, please") if has_link(event) else None

        @router.on(AfterSendMsg)
        async def archive(event: AfterSendMsg) -> None:
            ...

        app = FastAPI(lifespan=router.lifespan)
        app.mount("/tim", router)  # the URL for the console is then https://.../tim/, with the slash

    Handlers are asynchronous functions; plain ones run in the event loop and must be short. `lifespan` (or `async with
    router`) makes shutdown wait for the handlers that run after the answers; with aiohttp, `add_to` does the same.

    Args:
        sdk_app_id: your app, at least 1; webhooks of another app are refused.
        token: the token set in the console, which proves that a webhook comes from the service; a list while you are
            changing it. With None, Sign is not checked, and a warning is logged once.
        window_s: how far a RequestTime may be off, in seconds above 0. Within it, an
            intercepted request can be replayed, even with another body, which Sign does not cover; see `SeenEvents`.
        max_body: maximum size of a request body in bytes, at least 1; 1 MiB by default.
        before_timeout: seconds above 0 from the arrival of a request to its answer. The service waits 2 s.
        after_timeout: seconds above 0 that a handler may take after the answer; None for no limit.
        concurrency: number of events handled at the same time after their answers, at least 1. Above 1, events may
            overtake each other.
        max_pending: number of events that may wait to be handled, at least 1. When it is reached, answers are held
            back, and requests still waiting at their deadline get status 503.
        max_pending_bytes: total size of the bodies of waiting events, in bytes, at least 1; 64 MiB by default. A body
            above it is accepted when no event waits.
        shutdown_timeout: seconds above 0 that shutdown may take. The last tenth is reserved for cancelling
            unfinished handlers and reporting them to `on_error`.
        on_error: a function, asynchronous or plain, that is called with the error and its event for every refused
            webhook and every failure of a handler; the event is None if it was not read. All of these are logged as
            well. None calls nothing.
        clock: returns unix seconds, for the window.

    Raises:
        UsageError: an argument is invalid; `field` names it.
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
        clock: Callable[[], float] = wall_time,
    ) -> None:
        for name, value in (
            ("max_body", max_body),
            ("concurrency", concurrency),
            ("max_pending", max_pending),
            ("max_pending_bytes", max_pending_bytes),
        ):
            check_whole(name, value, 1)
        for name, seconds in (
            ("before_timeout", before_timeout),
            ("after_timeout", 1 if after_timeout is None else after_timeout),
            ("shutdown_timeout", shutdown_timeout),
        ):
            check_seconds(name, seconds)
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
        self._has_checked_token = False

    # Handlers

    @overload
    def on(self, event: type[E], /) -> OnDecorator[E]: ...
    @overload
    def on(self, event: type[E], second: type[E2], /) -> OnDecorator[E | E2]: ...
    @overload
    def on(self, event: type[E], second: type[E2], third: type[E3], /) -> OnDecorator[E | E2 | E3]: ...
    @overload
    def on(self, *events: type[Event]) -> OnDecorator[Any]: ...
    def on(self, *events: type[Event]) -> OnDecorator[Any]:
        """Decorate a function that is called with every event of these classes, after the answer.

        `Event` stands for all events, `UnknownEvent` for commands that this library does not know. Events that `before`
        decides on can be watched too. An event may have any number of handlers; they run one after the other, in the
        order in which they were registered.

        Args:
            events: one or more event classes.

        Raises:
            UsageError: no event class is given, or an argument is not an event class.
        """
        return OnDecorator(self._handlers, events)

    def before(self, event: type[B], *, default: Answer | None = None) -> BeforeDecorator[B]:
        """Decorate the function that decides on events of a class; each class has at most one.

        Args:
            event: the event class.
            default: the answer if the function is late, fails, or returns an answer that the event does not accept;
                None is `Allow`.

        Raises:
            UsageError: events of this class cannot be decided on, already have such a function, or do not accept
                `default`.
        """
        return BeforeDecorator(self._handlers, event, default)

    @property
    def checker(self) -> Checker:
        """The checker of requests: the app, its tokens and the clock. For use in this package."""
        return self._checker

    # Lifetime

    async def start(self) -> None:
        """Start accepting events. Without this, the first request does it.

        Raises:
            UsageError: the router is used in another event loop that is still running.
        """
        self._warn_without_token()
        self._handlers.open()

    async def close(self) -> None:
        """Wait up to `shutdown_timeout` seconds for running handlers; cancel the rest, and report their events as lost.

        Events that arrive later are answered with 503.
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
        """Start and close with an app: `FastAPI(lifespan=router.lifespan)`; also for Starlette and Litestar.

        Args:
            app: the app that the framework passes; it is not used.
        """
        async with self:
            yield

    def _warn_without_token(self) -> None:
        """Log once that webhooks are not authenticated."""
        if not self._has_checked_token:
            self._has_checked_token = True
            if not self._checker.has_token:
                logger.warning(
                    "WebhookRouter has no token: anyone who knows the URL can send events; "
                    "set one in the console and pass it as token="
                )

    # One request

    async def handle(
        self,
        query: str | Mapping[str, str],
        body: bytes | bytearray,
        *,
        method: str = "POST",
        deadline: float | None = None,
    ) -> WebhookResponse:
        """Process one request from any server, and return the response to send.

        Handlers run after the answer, so the event loop must stay alive: one `asyncio.run` per request ends it before
        they have run. Events lost that way are reported when the next loop handles a request. A malformed request never
        raises; it gets a response with a 4xx status.

        Args:
            query: the URL's query, as text or decoded.
            body: the body, JSON in UTF-8.
            method: the HTTP method; everything except POST is refused with 405.
            deadline: loop time by which the response must be ready; None is `before_timeout` from now.

        Raises:
            UsageError: the router is used in another event loop that is still running.
        """
        self._handlers.bind()
        if deadline is None:
            deadline = asyncio.get_running_loop().time() + self._before_timeout
        params = self._check_head(query, method)
        if isinstance(params, WebhookResponse):
            return params
        if len(body) > self._max_body:
            return self.refuse(EventTooLargeError(limit=self._max_body))
        return await self._process(params, bytes(body), deadline)

    def _check_head(self, query: str | Mapping[str, str], method: str) -> WebhookParams | WebhookResponse:
        """Check the head of a request; return the URL's parameters, or the response that refuses it."""
        self._warn_without_token()
        try:
            return self._params(query, method)
        except WebhookError as error:
            return self.refuse(error)
        except Exception as error:
            logger.exception(_UNEXPECTED)
            return self._fail(error, None)

    def _params(self, query: str | Mapping[str, str], method: str) -> WebhookParams:
        if method != "POST":
            raise MethodError("the method must be POST")
        params = self._checker.check(parse_query(query) if isinstance(query, str) else query)
        if not params.command:
            raise EventDecodeError("CallbackCommand is missing in the URL", field="CallbackCommand")
        return params

    async def _process(self, params: WebhookParams, body: bytes, deadline: float) -> WebhookResponse:
        """Decode the event of a request that was checked, run its handlers and return the response."""
        event: Event | None = None
        try:
            event = decode_event(params.command, body, params=params)
            return WebhookResponse(200, await self._dispatch(event, len(body), deadline))
        except WebhookError as error:
            return self.refuse(error, event)
        except Exception as error:
            logger.exception(_UNEXPECTED)
            return self._fail(error, event)

    async def _dispatch(self, event: Event, size: int, deadline: float) -> bytes:
        """Queue the event for its handlers; return the answer."""
        if not isinstance(event, BeforeEvent):
            await self._handlers.hand_over(event, size, deadline)
            return _OK_BODY
        answer = await self._handlers.decide(event, deadline)
        try:
            await self._handlers.hand_over(event, size, deadline)
        except EventLostError as error:
            # The decision must reach the service even if the handlers do not get the event.
            error.command = name_of(event)
            logger.warning("an event was decided on, but lost for its other handlers: %s", error)
            self._handlers.report(error, event)
        return answer

    def _fail(self, error: Exception, event: Event | None) -> WebhookResponse:
        """Report a failure of the receiver itself, and return the response to send."""
        self._handlers.report(error, event)
        return failure(500, "the receiver failed")

    def refuse(self, error: WebhookError, event: Event | None = None) -> WebhookResponse:
        """Report a webhook that is refused, and return the response to send."""
        error.command = error.command or (name_of(event) if event else None)
        logger.warning("webhook refused with status %d: %s", error.status, error)
        self._handlers.report(error, event)
        return failure(error.status, error.message)

    # Servers

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Serve as an ASGI app, on any path; as the outermost app it also handles the lifespan events."""
        await serve_asgi(self, scope, receive, send)

    async def aiohttp_handler(self, request: web.Request) -> web.StreamResponse:
        """Handle a request of aiohttp.web: `app.router.add_route("*", "/tim", router.aiohttp_handler)`."""
        return await serve_aiohttp(self, request)

    def add_to(self, app: web.Application, path: str) -> None:
        """Serve a path of an aiohttp.web app, and start and close with the app.

        Args:
            app: the app; it must not have started yet.
            path: the path, exactly as in the console's URL: `/tim` and `/tim/` are different paths.
        """

        async def context(app: web.Application) -> AsyncIterator[None]:
            async with self:
                yield

        app.router.add_route("*", path, self.aiohttp_handler)
        app.cleanup_ctx.append(context)

    async def handle_stream(
        self, query: str, read: Callable[[], Awaitable[bytes | None]], *, method: str, length: int | None
    ) -> WebhookResponse:
        """Process a request whose body arrives in parts; read no more of it than `max_body`.

        SdkAppid, RequestTime and Sign are in the URL: a request that is not from the service is refused before any of
        its body is read.

        Args:
            query: the URL's query.
            read: returns the next part; None at the end.
            method: the HTTP method.
            length: the announced length of the body; None if the request announces none.

        Raises:
            UsageError: the router is used in another event loop that is still running.
        """
        self._handlers.bind()
        deadline = asyncio.get_running_loop().time() + self._before_timeout
        params = self._check_head(query, method)
        if isinstance(params, WebhookResponse):
            return params
        try:
            body = await read_body(
                read, length=length, max_body=self._max_body, timeout=self._before_timeout, deadline=deadline
            )
        except WebhookError as error:
            return self.refuse(error)
        return await self._process(params, bytes(body), deadline)
