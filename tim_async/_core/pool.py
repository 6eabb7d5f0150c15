"""What a client needs of a pool: slots for requests on their way, and one door to send them through.

`http_pool.HttpPool` is the one that speaks HTTP. `tim_async.testing.FakePool` has none, for tests without a socket.
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
        """Give the slot back; do nothing when it is not taken."""
        ...


class RequestSlot(ConnectionSlot, Protocol):
    """The same as the client sees it: a request can be sent on it, and as a context manager it gives itself back."""

    def post(self, command: str, query: Hidden, body: bytes, *, timeout: float) -> Coroutine[None, None, bytes]:
        """Send one request on the taken slot; return the answer's body.

        Args:
            command: what comes after `/v4/`.
            query: the URL's query, encoded. It holds the UserSig.
            body: JSON bytes.
            timeout: seconds until the answer must be read to its end.

        Raises:
            ConnectError: nothing was sent.
            TransportError: something may have been sent and no usable answer came.
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
        """Return a slot to take; `rank` orders those that wait, smaller first."""
        ...

    async def warm_up(self, connections: int) -> int:
        """Open connections ahead of load; return how many are open."""
        ...

    async def close(self) -> None:
        """Close everything; calls that wait for a slot get a `UsageError`."""
        ...
