"""A slot of the HTTP pool, as used by an attempt."""

from __future__ import annotations

from collections.abc import Coroutine
from types import TracebackType
from typing import Protocol, Self

from .._hidden import Hidden
from .http_connection import HttpConnection


class SlotPool(Protocol):
    """The methods of the pool that a slot needs."""

    epoch: int
    demand: int

    def take_nowait(self, slot: HttpSlot) -> bool:
        """Take the slot if that needs no waiting; return whether it was taken."""
        ...

    async def take(self, slot: HttpSlot, rank: tuple[int, int]) -> None:
        """Wait for the slot and take it."""
        ...

    def release(self, slot: HttpSlot) -> None:
        """Take the slot back."""
        ...

    async def post(self, slot: HttpSlot, command: str, query: Hidden, body: bytes, timeout: float) -> bytes:
        """Send a request that cannot be written at once on the slot's connection."""
        ...


class HttpSlot:
    """A pool slot for one attempt; a context manager that releases it."""

    __slots__ = ("_pool", "_rank", "connection", "epoch", "is_taken")

    def __init__(self, pool: SlotPool, rank: tuple[int, int]) -> None:
        self._pool = pool
        self._rank = rank
        self.epoch = pool.epoch
        self.connection: HttpConnection | None = None  # None while not taken, and on the session's route
        self.is_taken = False

    def take_nowait(self) -> bool:
        """Take the slot if a connection is idle; return whether it was taken."""
        return self._pool.take_nowait(self)

    async def take(self) -> None:
        """Wait for a slot with an open connection.

        Raises:
            ConnectError: no connection could be made.
            UsageError: the client was closed.
        """
        await self._pool.take(self, self._rank)

    def release(self) -> None:
        """Release the slot; do nothing if it is not taken."""
        if self.is_taken:
            self._pool.release(self)

    def post(self, command: str, query: Hidden, body: bytes, *, timeout: float) -> Coroutine[None, None, bytes]:
        """Send one request on the taken slot; see `RequestSlot.post`."""
        connection = self.connection
        if connection is not None and connection.is_ready():
            return connection.exchange(command, query, body, timeout)
        return self._pool.post(self, command, query, body, timeout)

    def __enter__(self) -> Self:
        self._pool.demand += 1
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.epoch == self._pool.epoch:
            self._pool.demand -= 1
        self.release()
