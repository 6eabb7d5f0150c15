"""The other way to the wire: aiohttp's own `ClientSession.post`, for whatever users set or replace on a session.

A proxy, `trust_env`, trace hooks and whatever replaces `ClientSession._request` (aioresponses, vcrpy) keep working.
The session sees an address without its query, and so do hooks, errors and `request_info`: the query, which holds the
UserSig, joins the request line when that is written (`_Request`). If a later aiohttp wrote it in another way, the query
would be missing and the service would refuse the call; it would not leak.

Each host has a session of its own over one connector, whose limit is `pool_size`. An answer that leaves its connection
unfit for another request closes it at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from contextvars import ContextVar
from functools import lru_cache
from inspect import isfunction
from typing import Any, Final

import aiohttp

from .._hidden import Hidden
from ..errors import (
    ConnectError,
    ConnectionLostError,
    RateLimitedError,
    ReplyDecodeError,
    ReplyTimeoutError,
    TimError,
)
from .config import Settings
from .http_answers import announced_size, compressed_error, read_on, status_error, too_large_error
from .http_connection import HEADERS, Host, is_readable

# aiohttp's own, None where something had replaced it before this module was imported.
_REQUEST: Final = (
    aiohttp.ClientSession._request
    if isfunction(aiohttp.ClientSession._request)
    and aiohttp.ClientSession._request.__code__.co_filename == aiohttp.client.__file__
    else None
)


def is_session_replaced() -> bool:
    """Return whether something stands in for `ClientSession._request`, as aioresponses does in a test."""
    return aiohttp.ClientSession._request is not _REQUEST


@lru_cache(maxsize=128)
def client_timeout(total: float | None, connect: float) -> aiohttp.ClientTimeout:
    """Return aiohttp's form of a timeout, which by default it would round up to whole seconds beyond 5 s."""
    return aiohttp.ClientTimeout(total=total, sock_connect=connect, ceil_threshold=float("inf"))


def connect_error(host: Host, error: BaseException, timeout: float) -> ConnectError:
    """Return the error for a connection that could not be made, without the URL."""
    if isinstance(error, TimeoutError):
        reason = f"timed out after {timeout:g} s (connect_timeout)"
    elif isinstance(error, aiohttp.ClientConnectorError):
        reason = str(error.os_error) or type(error.os_error).__name__
    elif isinstance(error, aiohttp.ClientHttpProxyError):
        reason = f"the proxy answered {error.status}"
    else:
        reason = type(error).__name__
    return ConnectError(f"could not connect to {host.authority}: {reason}")


class _StaleConnectionError(aiohttp.ClientConnectionError):
    """A connection that was idle holds bytes that nothing asked for, or has ended; nothing was sent on it."""


# The query of the address to which this task is about to send; for the request, and no one else.
_QUERY: Final[ContextVar[Hidden | None]] = ContextVar("tim_async: query", default=None)


class _Request(aiohttp.ClientRequest):
    """A request whose address gets its query when it is written."""

    def send(self, conn: aiohttp.connector.Connection) -> Coroutine[Any, Any, aiohttp.ClientResponse]:
        """Send the request; its first write completes the request line."""
        query, protocol, transport = _QUERY.get(), conn.protocol, conn.transport
        if query is None:
            return super().send(conn)
        if protocol is None or transport is None or is_readable(transport):
            return self._send_if_clean(conn, query)
        if protocol.should_close or not protocol.is_connected():
            transport.abort()
            raise _StaleConnectionError
        protocol.transport = _RequestLine(protocol, transport, query)  # type: ignore[assignment]
        return super().send(conn)

    async def _send_if_clean(self, conn: aiohttp.connector.Connection, query: Hidden) -> aiohttp.ClientResponse:
        """See what waits to be read; aiohttp would take an answer that came too late for the answer to this request."""
        for _ in range(2):  # this task may run before the reader in the first turn
            await asyncio.sleep(0)
        protocol, transport = conn.protocol, conn.transport
        if protocol is None or transport is None or protocol.should_close or not protocol.is_connected():
            if transport is not None:
                transport.abort()
            raise _StaleConnectionError
        protocol.transport = _RequestLine(protocol, transport, query)  # type: ignore[assignment]
        return await super().send(conn)


class _RequestLine:
    """Stands in for a transport until the request line has been written."""

    __slots__ = ("_protocol", "_query", "_transport", "is_closing")

    def __init__(self, protocol: Any, transport: asyncio.Transport, query: Hidden) -> None:  # noqa: ANN401
        self._protocol = protocol
        self._transport = transport
        self._query = query
        self.is_closing = transport.is_closing

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a transport's
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Write the first bytes of the request, and step aside."""
        self._protocol.transport = self._transport
        self._transport.write(data.replace(b" HTTP/1.1\r\n", f"?{self._query} HTTP/1.1\r\n".encode(), 1))

    def writelines(self, chunks: Sequence[bytes]) -> None:
        """Do the same for several pieces."""
        self.write(b"".join(chunks))


class HttpSessions:
    """aiohttp's sessions, one for each host; made when the first request goes through them."""

    def __init__(self, hosts: tuple[Host, ...], settings: Settings) -> None:
        self._hosts = hosts
        self._settings = settings
        self._sessions: tuple[aiohttp.ClientSession, ...] = ()
        self._connector: aiohttp.TCPConnector | None = None
        self.is_closed = False

    def _session(self, index: int) -> aiohttp.ClientSession:
        if not self._sessions:
            settings = self._settings
            self._connector = aiohttp.TCPConnector(
                limit=settings.pool_size,
                keepalive_timeout=settings.keep_alive_s,
                ttl_dns_cache=max(1, int(settings.dns_cache_s)),
                ssl=settings.ssl,
            )
            self._sessions = tuple(
                aiohttp.ClientSession(
                    connector=self._connector,
                    connector_owner=False,
                    headers=HEADERS,
                    cookie_jar=aiohttp.DummyCookieJar(),
                    auto_decompress=False,
                    proxy=settings.proxy,
                    trust_env=settings.trust_env,
                    trace_configs=list(settings.trace_configs),
                    request_class=_Request,
                )
                for _ in self._hosts
            )
        return self._sessions[index]

    async def post(self, index: int, command: str, query: Hidden, body: bytes, timeout: float) -> bytes | TimError:
        """Send a request and read its answer; return failures, which are raised where no handler is active."""
        host, session, loop = self._hosts[index], self._session(index), asyncio.get_running_loop()
        end, left = loop.time() + timeout, timeout
        # What stands in for a session shows its caller what was sent; aiohttp is quicker with a payload.
        data = body if is_session_replaced() else aiohttp.BytesPayload(body, content_type="application/json")
        token = _QUERY.set(query)
        try:
            # Each idle connection may turn out to be stale, and then a new one as well.
            for _ in range(self._settings.pool_size + 2):
                # The time to connect ends a little earlier, so that a failure shows as what it is: nothing was sent.
                connect = min(self._settings.connect_timeout, left * 0.9)
                try:
                    # aiohttp's own timer costs less than one around it, and it covers the whole exchange.
                    response = await session.post(
                        host.address(command), data=data, allow_redirects=False, timeout=client_timeout(left, connect)
                    )
                    try:
                        return await self._read(response)
                    finally:
                        response.release()
                except _StaleConnectionError:
                    left = end - loop.time()
                    if left <= 0:
                        break
            return ConnectError(f"{host.authority} ended connections before anything was sent")
        except asyncio.CancelledError as error:
            # The frames it came through hold parts of the answer, which tools that show local variables would show.
            raise error.with_traceback(None)  # noqa: B904 - it is the same error
        except aiohttp.ConnectionTimeoutError as error:
            return connect_error(host, error, connect)
        except TimeoutError:
            return ReplyTimeoutError(f"no answer from {host.authority} within {timeout:.3g} s", timeout=timeout)
        except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError, ValueError) as error:
            return connect_error(host, error, connect)
        except aiohttp.ClientPayloadError:
            return ReplyDecodeError(f"the answer of {host.authority} ended early", status=200)
        except aiohttp.ClientResponseError as error:
            return ReplyDecodeError(f"{host.authority} does not speak HTTP", status=error.status)
        except (aiohttp.ClientError, OSError, RuntimeError) as error:
            # A session that is closed while a request is on its way raises RuntimeError.
            if isinstance(error, RuntimeError) and not self.is_closed:
                raise
            return ConnectionLostError(f"the connection to {host.authority} was lost ({type(error).__name__})")
        finally:
            _QUERY.reset(token)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes | ReplyDecodeError | RateLimitedError:
        """Read an answer of at most `max_reply_bytes`; return an error for any other."""
        limit, headers, content = self._settings.max_reply_bytes, response.headers, response.content
        failure: ReplyDecodeError | RateLimitedError
        if response.status != 200:
            failure = status_error(response.status, headers)
        elif (encoding := headers.get("Content-Encoding")) is not None and encoding.lower() != "identity":
            failure = compressed_error(headers)
        else:
            if content.is_eof():
                data = content.read_nowait()
                size = len(data)
            else:
                data, size = await read_on(content, announced_size(headers), limit)
            if size <= limit:
                return data
            failure = too_large_error(limit, size, headers)
        connection = response.connection
        if connection is not None and connection.transport is not None:  # not all of it has come
            connection.transport.abort()
        response.close()
        return failure

    async def close(self) -> None:
        """Close all connections."""
        self.is_closed = True
        for session in self._sessions:
            await session.close()
        if self._connector is not None:
            await self._connector.close()
