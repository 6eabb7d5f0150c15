"""The number of connections that aiohttp's session has open, as the peer counts them.

aiohttp's connector counts only connections in use, not idle ones, and releases a connection's place when it starts
closing it, while the socket is still open; the peer could therefore count more than `pool_size`. Here a connection
takes a *place* before the first step of opening and keeps it until its last socket is closed, by either side and
whatever the outcome of the opening. A connection is opened only when a place is free; an idle one
that cannot serve the request (because it is connected to another host) makes room.

No call waits for a place for long. Each call here has a slot of the pool, and there are as many slots as places, so one
of the places belongs to an unused connection. Unused connections are closed immediately, without the closing handshake
of TLS, which the peer could delay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .http_session_exchange import SessionTransport


class Place:
    """The place of one connection, from the first step of opening it to the end of its last socket.

    Attributes:
        transport: the connection's transport, None while it is being opened, and if that failed.
    """

    __slots__ = ("_is_opening", "_on_free", "_sockets", "transport")

    def __init__(self, on_free: Callable[[Place], None]) -> None:
        self.transport: SessionTransport | None = None
        self._on_free = on_free
        self._is_opening = True
        self._sockets = 0  # open ones: a host's several addresses are tried in parallel

    def socket_opened(self) -> None:
        """Count one more socket."""
        self._sockets += 1

    def socket_closed(self) -> None:
        """Count one socket less."""
        self._sockets -= 1
        self._free_when_over()

    def end_opening(self) -> None:
        """Record that no further socket will be opened."""
        self._is_opening = False
        self._free_when_over()

    def _free_when_over(self) -> None:
        if not self._is_opening and self._sockets == 0:
            self._on_free(self)


class Places:
    """As many places as the pool has slots.

    Args:
        size: their number.
        others: returns how many of them are taken by connections outside the session, after idle ones have started
            making room.
        on_free: called when a place becomes free.
    """

    def __init__(self, size: int, others: Callable[[], int], on_free: Callable[[], None]) -> None:
        self._size = size
        self._others = others
        self._on_free = on_free
        self._taken: set[Place] = set()
        self._waiters: set[asyncio.Future[None]] = set()
        self._loop: asyncio.AbstractEventLoop

    def __len__(self) -> int:
        return len(self._taken)

    async def take(self) -> Place:
        """Take a place, waiting until one is free."""
        self._loop = asyncio.get_running_loop()
        while len(self._taken) + self._others() >= self._size:
            self.close_idle(1)
            waiter = self._loop.create_future()
            self._waiters.add(waiter)
            try:
                await waiter
            finally:
                self._waiters.discard(waiter)
        place = Place(self._over)
        self._taken.add(place)
        return place

    def close_idle(self, count: int) -> None:
        """Start closing up to `count` unused connections."""
        idle = [place.transport for place in self._taken if place.transport is not None and place.transport.is_idle()]
        for transport in idle[:count]:
            transport.abort()

    def changed(self) -> None:
        """Wake the calls that wait for a place."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _over(self, place: Place) -> None:
        # One turn of the event loop later: a server that polls its sockets only now and then (such as one in this very
        # loop) would otherwise see the new connection before the end of the old one.
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._free, place)  # a garbage-collected socket may end in any thread

    def _free(self, place: Place) -> None:
        if place.transport is not None:
            place.transport.stop_timer()
        self._taken.discard(place)
        self.changed()
        self._on_free()
