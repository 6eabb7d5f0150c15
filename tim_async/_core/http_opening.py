"""Opening the pool's connections, through aiohttp's connector and within `connect_timeout`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache

import aiohttp

from ..errors import ConnectError, TransportError
from .config import Settings
from .http_answers import connect_error
from .http_connection import Host, HttpConnection


@lru_cache(maxsize=128)
def client_timeout(total: float | None, connect: float) -> aiohttp.ClientTimeout:
    """Return aiohttp's form of a timeout, without its default of rounding up to whole seconds beyond 5 s."""
    return aiohttp.ClientTimeout(total=total, connect=connect, ceil_threshold=float("inf"))


def new_connector(settings: Settings) -> aiohttp.TCPConnector:
    """Create the connector that opens connections; the pool limits their number."""
    return aiohttp.TCPConnector(limit=0, ttl_dns_cache=max(1, int(settings.dns_cache_s)), ssl=settings.ssl)


async def connect(
    connector: aiohttp.TCPConnector,
    host: Host,
    settings: Settings,
    connections: set[HttpConnection],
    on_lost: Callable[[HttpConnection], None],
) -> HttpConnection | TransportError:
    """Open one connection, or return the error; every transport that was opened is added to `connections`."""
    timeout = settings.connect_timeout
    loop = asyncio.get_running_loop()
    request = aiohttp.ClientRequest("POST", host.url, loop=loop, ssl=True)
    try:
        async with asyncio.timeout(timeout):
            opened = await connector.connect(request, [], client_timeout(None, timeout))
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError, RuntimeError) as error:
        return connect_error(host.authority, error, timeout)
    if opened.protocol is None or opened.transport is None:
        opened.close()
        return ConnectError(f"could not connect to {host.authority}: it closed the connection immediately")
    connection = HttpConnection(
        opened, opened.protocol, opened.transport, host, max_reply_bytes=settings.max_reply_bytes, on_lost=on_lost
    )
    connections.add(connection)
    if not connection.is_usable(loop.time()):
        return ConnectError(f"could not connect to {host.authority}: it sent data before any request")
    return connection
