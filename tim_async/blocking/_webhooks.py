"""Webhooks in a server without an event loop."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from ..webhooks import WebhookResponse, WebhookRouter
from ._home import Home


class WebhookReceiver:
    """Receives webhooks in a view of Flask, Django or any other server without an event loop.

        receiver = WebhookReceiver(router)

        @app.post("/tim")
        def tim() -> Response:
            answer = receiver.handle(request.query_string.decode(), request.get_data())
            return Response(answer.body, answer.status, content_type="application/json")

    The router's handlers run in the event loop that the blocking clients of the process share, also after the answer.
    Move work that takes time, or uses a blocking client, to a thread: `await asyncio.to_thread(save, event)`. A
    receiver belongs to the process that handles the first request with it, as a client does.

    Args:
        router: has the handlers.
    """

    def __init__(self, router: WebhookRouter) -> None:
        self._router = router
        self._home = Home(router)

    def handle(
        self, query: str | Mapping[str, str], body: bytes | bytearray, *, method: str = "POST"
    ) -> WebhookResponse:
        """Process one request, and return the response to send. A malformed one never raises.

        Args:
            query: the URL's query, as text or decoded.
            body: the body.
            method: the HTTP method.

        Raises:
            UsageError: this thread runs an event loop, the interpreter exits, or the receiver belongs to another
                process.
        """
        return self._home.run(self._router.handle, query, body, method=method)

    def close(self) -> None:
        """Wait for the handlers that run after the answers, for at most the router's `shutdown_timeout`."""
        self._home.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
