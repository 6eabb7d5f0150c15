"""aiohttp's connector for the session's way: it waits for a place, and reports when the sockets of one have ended."""

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
    """A connector that opens a connection when there is a place for it.

    `_create_connection` is the method that aiohttp documents for subclasses to define how a connection is made.
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


# The place of the connection that this task is opening, for the sockets it takes.
_PLACE: Final[ContextVar[Place | None]] = ContextVar("tim_async: place", default=None)


class _Socket(socket.socket):
    """A socket that reports its end, whichever event loop closes it, and how.

    Attributes:
        end: reports it, once; also when the socket is only forgotten, as by uvloop before 0.23 where an opening failed.
    """

    end: weakref.finalize[[], _Socket] | None = None

    def close(self) -> None:
        """Close it: asyncio's way."""
        super().close()
        self._report()

    def detach(self) -> int:
        """Let go of a socket that is closed: uvloop's way."""
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
