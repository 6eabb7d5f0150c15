"""The pool as a client sees it: slots for requests in flight, through which requests are sent.

`http_pool.HttpPool` speaks HTTP. `tim_async.testing.FakePool` does not, for tests without a socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Protocol, Self

from .._hidden import Hidden


class ConnectionSlot(Protocol):
    """A place in the pool for one request, with its connection, as a rate limiter sees it."""

    def take_nowait(self) -> bool:
        """Take the slot if one is free; return whether it was taken."""
        ...

    async def take(self) -> None:
        """Wait for a slot and take it.

        Raises:
            ConnectError: no connection could be made.
            UsageError: the client was closed.
        """
        ...

    def release(self) -> None:
        """Release the slot; do nothing if it is not taken."""
        ...


class RequestSlot(ConnectionSlot, Protocol):
    """The slot as the client sees it: it sends a request, and as a context manager it releases itself."""

    def post(self, command: str, query: Hidden, body: bytes, *, timeout: float) -> Coroutine[None, None, bytes]:
        """Send one request on the taken slot; return the answer's body.

        Args:
            command: the path after `/v4/`.
            query: the URL's query, encoded. It contains the UserSig.
            body: JSON bytes.
            timeout: seconds until the answer must have been read completely.

        Raises:
            ConnectError: nothing was sent.
            TransportError: something may have been sent and no usable answer came back.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


class Pool(Protocol):
    """Bytes in, bytes out."""

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        ...

    def open(self) -> asyncio.AbstractEventLoop:
        """Open it on first use; return the loop it belongs to.

        Raises:
            UsageError: it is closed, or belongs to another loop.
        """
        ...

    def slot(self, rank: tuple[int, int]) -> RequestSlot:
        """Return a slot to take; `rank` orders the waiters, smaller first."""
        ...

    async def warm_up(self, connections: int) -> int:
        """Open connections ahead of load; return how many are open."""
        ...

    async def close(self) -> None:
        """Close everything; calls that wait for a slot get a `UsageError`."""
        ...
