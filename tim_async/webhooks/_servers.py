"""The receiver in a server: as an ASGI app, and as a handler of aiohttp.web."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import EventDecodeError
from ._answer import WebhookResponse

if TYPE_CHECKING:
    from aiohttp import web

logger = logging.getLogger("tim_async.webhooks")

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]


class Receiver(Protocol):
    """What processes the requests: a `WebhookRouter`."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def handle_stream(
        self, query: str, read: Callable[[], Awaitable[bytes | None]], *, method: str, length: int | None
    ) -> WebhookResponse: ...

    def refuse(self, error: EventDecodeError) -> WebhookResponse: ...


class _ClientGoneError(Exception):
    """The client has disconnected and no longer waits for the response."""


async def serve_asgi(router: Receiver, scope: _Message, receive: _Receive, send: _Send) -> None:
    """Serve one connection of an ASGI server."""
    if scope["type"] == "lifespan":
        await _serve_lifespan(router, receive, send)
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1003})
    elif scope["type"] == "http":
        await _serve_http(router, scope, receive, send)


async def _serve_http(router: Receiver, scope: _Message, receive: _Receive, send: _Send) -> None:
    has_more = True

    async def read() -> bytes | None:
        nonlocal has_more
        if not has_more:
            return None
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGoneError
        has_more = message.get("more_body", False)
        part: bytes = message.get("body", b"")
        return part

    length = next((value for name, value in scope["headers"] if name.lower() == b"content-length"), b"")
    try:
        response = await router.handle_stream(
            scope.get("query_string", b"").decode("latin-1"),
            read,
            method=scope["method"],
            length=int(length) if length.isdigit() else None,
        )
    except _ClientGoneError:
        return
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(response.body)).encode()),
    ]
    if response.status == 405:
        headers.append((b"allow", b"POST"))
    try:
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})
    except OSError:
        logger.debug("the client disconnected before it got the response")  # not every server reports this


async def _serve_lifespan(router: Receiver, receive: _Receive, send: _Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await router.start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await router.close()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def serve_aiohttp(router: Receiver, request: web.Request) -> web.StreamResponse:
    """Serve one request of aiohttp.web."""
    from aiohttp import web

    async def read() -> bytes | None:
        part = await request.content.readany()
        return part or None

    try:
        response = await router.handle_stream(
            request.rel_url.raw_query_string, read, method=request.method, length=request.content_length
        )
    except (web.RequestPayloadError, ConnectionError):
        if request.transport is None or request.transport.is_closing():
            return web.Response(status=400)  # the client disconnected while sending its body; nothing reads this
        response = router.refuse(EventDecodeError("the body does not match its headers"))
    headers = {"Allow": "POST"} if response.status == 405 else None
    return web.Response(status=response.status, body=response.body, content_type="application/json", headers=headers)
