"""aiohttp's connector for the session's route: it waits for a place, and reports when a place's sockets have closed."""

from __future__ import annotations

import socket
import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp import AddrInfoType

from .config import Settings
from .http_session_exchange import SessionTransport
from .http_session_places import Place, Places

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler


class SessionConnector(aiohttp.TCPConnector):
    """A connector that opens a connection only when a place is free.

    aiohttp documents `_create_connection` as the method for subclasses to override.
    """

    def __init__(self, settings: Settings, places: Places) -> None:
        super().__init__(
            limit=0,  # the places are the limit
            keepalive_timeout=settings.keep_alive_s,
            ttl_dns_cache=max(1, int(settings.dns_cache_s)),
            ssl=settings.ssl,
            socket_factory=_new_socket,
        )
        self._places = places

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[aiohttp.tracing.Trace], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        place = await self._places.take()
        token = _PLACE.set(place)
        try:
            if self.closed:
                raise aiohttp.ClientConnectionError("the connector was closed meanwhile")
            handler = await super()._create_connection(req, traces, timeout)
            if handler.transport is not None:  # pragma: no branch - lost between being made and being given
                place.transport = SessionTransport(handler.transport)
                handler.transport = place.transport  # type: ignore[assignment] # it stands in for one
            return handler
        finally:
            _PLACE.reset(token)
            place.end_opening()


# The place of the connection that the current task is opening, for its sockets.
_PLACE: Final[ContextVar[Place | None]] = ContextVar("tim_async: place", default=None)


class _Socket(socket.socket):
    """A socket that reports when it closes, in any event loop and in any way.

    Attributes:
        end: reports it, once; also when the socket is garbage-collected, as with uvloop before 0.23 after a failed
            opening.
    """

    end: weakref.finalize[[], _Socket] | None = None

    def close(self) -> None:
        """Close it, as asyncio does."""
        super().close()
        self._report()

    def detach(self) -> int:
        """Detach a closed socket, as uvloop does."""
        number = super().detach()
        self._report()
        return number

    def _report(self) -> None:
        if self.end is not None and self.fileno() < 0:
            self.end()


def _new_socket(address: AddrInfoType) -> socket.socket:
    family, kind, protocol, *_ = address
    made = _Socket(family, kind, protocol)
    place = _PLACE.get()
    if place is not None:
        place.socket_opened()
        made.end = weakref.finalize(made, place.socket_closed)
        made.end.atexit = False
    return made
