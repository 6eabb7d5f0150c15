"""How many connections aiohttp's session has open, as the other side counts them.

aiohttp's connector counts the connections that are in use. It does not count those that are idle, and it gives the
place of a connection away when it begins to close it, while its socket is still open; so the other side could count
more than `pool_size`. Here a connection takes a *place* before the first step of its opening and keeps it until its
last socket is closed, from whichever side and whatever had become of the opening by then. A connection is opened when
there is a place for it; an idle one that cannot serve the request (it leads to another host) makes room.

A place is never waited for long. Each call that gets here has a slot of the pool, and there are as many slots as
places, so one of the places belongs to a connection that no call uses. All of these are closed at once, without the
goodbye of TLS, which the other side could draw out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .http_session_exchange import SessionTransport


class Place:
    """What one connection takes up, from the first step of opening it to the end of its last socket.

    Attributes:
        transport: that of the connection, None while it is being opened, and when that failed.
    """

    __slots__ = ("_is_opening", "_on_free", "_sockets", "transport")

    def __init__(self, on_free: Callable[[Place], None]) -> None:
        self.transport: SessionTransport | None = None
        self._on_free = on_free
        self._is_opening = True
        self._sockets = 0  # that are open: where a host has several addresses, they are tried side by side

    def socket_opened(self) -> None:
        """Count one more socket."""
        self._sockets += 1

    def socket_closed(self) -> None:
        """Count one socket less."""
        self._sockets -= 1
        self._free_when_over()

    def end_opening(self) -> None:
        """Note that no further socket will be opened."""
        self._is_opening = False
        self._free_when_over()

    def _free_when_over(self) -> None:
        if not self._is_opening and self._sockets == 0:
            self._on_free(self)


class Places:
    """As many places as the pool has slots.

    Args:
        size: how many there are.
        others: returns how many of them connections take that are not the session's, after those that are idle have
            begun to make room.
        on_free: called when a place is free again.
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
        """Take a place, waiting for one where all are taken."""
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
        """Begin to close as many connections that no call uses, where there are so many."""
        idle = [place.transport for place in self._taken if place.transport is not None and place.transport.is_idle()]
        for transport in idle[:count]:
            transport.abort()

    def changed(self) -> None:
        """Let the calls that wait for a place look again."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _over(self, place: Place) -> None:
        # A turn of the event loop later: a server that looks at its sockets only now and then (one in this very loop
        # does) would else see the new connection before the end of the old one.
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._free, place)  # a socket that is only forgotten may end anywhere

    def _free(self, place: Place) -> None:
        if place.transport is not None:
            place.transport.stop_timer()
        self._taken.discard(place)
        self.changed()
        self._on_free()
