"""The other route to the network: aiohttp's own `ClientSession.post`, for everything that users configure or replace.

A proxy, `trust_env`, trace hooks and tools that replace `ClientSession._request` (aioresponses, vcrpy) keep working.
Each host has its own session over one connector. The session never sees the UserSig in a request or answer
(`http_session_exchange`), and it never has more connections open than the pool has places (`http_session_places`).

Hooks and replacements see a request as aiohttp makes it, with its body and under aiohttp's timer. Without them, as
through a proxy, the body is sent with the head, like the query (aiohttp would write it in a separate task), and the
connection keeps the time.
"""

from __future__ import annotations

import asyncio

import aiohttp
from yarl import URL

from .._hidden import Hidden
from ..errors import (
    ConnectError,
    RateLimitedError,
    ReplyDecodeError,
    TimError,
)
from .aiohttp_parts import is_session_replaced
from .config import Settings
from .host_clock import with_date
from .http_answers import (
    announced_size,
    broken_error,
    compressed_error,
    connect_error,
    read_on,
    status_error,
    timeout_error,
    too_large_error,
)
from .http_connection import HEADERS, Host
from .http_opening import client_timeout
from .http_session_connector import SessionConnector
from .http_session_exchange import EXCHANGE, Exchange, SessionRequest, SessionResponse, StaleConnectionError
from .http_session_places import Places


class HttpSessions:
    """aiohttp's sessions, one per host; created when the first request goes through them.

    Args:
        hosts: the service's hosts.
        settings: the client's settings.
        places: the places of their connections.
    """

    def __init__(self, hosts: tuple[Host, ...], settings: Settings, places: Places) -> None:
        self._places = places
        self._hosts = hosts
        self._settings = settings
        self._sessions: tuple[aiohttp.ClientSession, ...] = ()
        self._connector: SessionConnector | None = None
        self.is_closed = False
        self._awaited: set[aiohttp.StreamReader] = set()  # answers of which a part is still to come

    def _session(self, index: int) -> aiohttp.ClientSession:
        if not self._sessions:
            settings = self._settings
            self._connector = SessionConnector(settings, self._places)
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
                    request_class=SessionRequest,
                    response_class=SessionResponse,
                )
                for _ in self._hosts
            )
        return self._sessions[index]

    async def post(self, index: int, command: str, query: Hidden, body: bytes, timeout: float) -> bytes | TimError:
        """Send a request and read its answer; return failures, which are raised where no handler is active."""
        session, host = self._session(index), self._hosts[index]
        end = asyncio.get_running_loop().time() + timeout
        is_seen = session.trace_configs or self._settings.trust_env or is_session_replaced()
        exchange = Exchange(query) if is_seen else Exchange(query, body, end)
        token = EXCHANGE.set(exchange)
        answer: bytes | TimError
        try:
            answer = await self._exchange(exchange, session, host.address(command), body, timeout, end)
        except asyncio.CancelledError as error:
            cancelled = asyncio.CancelledError(*error.args)
        except (aiohttp.ClientError, OSError, ValueError, RuntimeError) as error:
            # A session that is closed while a request is in flight raises RuntimeError.
            if isinstance(error, RuntimeError) and not self.is_closed:
                raise
            problem = _explain(error, host, self._connect_timeout(timeout), timeout, timed_out=exchange.timed_out)
            return problem or broken_error(host.authority, error, is_closed=self.is_closed)
        else:
            # An answer without a length ends with its connection.
            return timeout_error(host.authority, timeout) if exchange.timed_out else answer
        finally:
            EXCHANGE.reset(token)
            exchange.end()
        # A new error: the frames and the context of the original contain parts of the answer.
        raise cancelled

    async def _exchange(
        self, exchange: Exchange, session: aiohttp.ClientSession, url: URL, body: bytes, timeout: float, end: float
    ) -> bytes | TimError:
        """Send it, on another connection if one turned out to be stale; aiohttp's errors are raised."""
        has_body, left = exchange.has_body, timeout
        # Each idle connection may turn out to be stale, and then a new one as well.
        for _ in range(self._settings.pool_size + 2):
            try:
                response = await session.post(
                    url,
                    data=None if has_body else body,
                    headers={"Content-Length": str(len(body))} if has_body else None,
                    allow_redirects=False,
                    timeout=client_timeout(None if has_body else left, self._connect_timeout(left)),
                )
            except StaleConnectionError:
                left = end - asyncio.get_running_loop().time()
                if left <= 0:
                    break
                continue
            answer = await self._read(response)
            exchange.is_answered = response.connection is None  # aiohttp has released it
            return answer
        return ConnectError(f"{url.authority} ended connections before anything was sent")

    def _connect_timeout(self, left: float) -> float:
        """Return the connect timeout: slightly shorter, so that a failure shows that nothing was sent."""
        return min(self._settings.connect_timeout, left * 0.9)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes | ReplyDecodeError | RateLimitedError:
        """Read an answer of at most `max_reply_bytes`; return an error for any other, even before all of it arrived."""
        limit, headers, content = self._settings.max_reply_bytes, response.headers, response.content
        if response.status != 200:
            return status_error(response.status, headers)
        if (encoding := headers.get("Content-Encoding")) is not None and encoding.lower() != "identity":
            return compressed_error(headers)
        if content.is_eof():
            data = content.read_nowait()
            size = len(data)
        else:
            self._awaited.add(content)
            try:
                data, size = await read_on(content, announced_size(headers), limit)
            finally:
                self._awaited.discard(content)
        return with_date(data, headers) if size <= limit else too_large_error(limit, size, headers)

    async def close(self) -> None:
        """Close all connections."""
        self.is_closed = True
        for session in self._sessions:
            await session.close()
        if self._connector is not None:
            await self._connector.close()
        for content in self._awaited:  # a connection that aiohttp closes does not end the reading of its answer
            content.set_exception(aiohttp.ClientConnectionError())


def _explain(
    error: Exception, host: Host, connect_timeout: float, timeout: float, *, timed_out: bool
) -> TimError | None:
    """Return the error for a connection that was not made, or an answer that was late; None for any other problem."""
    connecting = (
        aiohttp.ConnectionTimeoutError,
        aiohttp.ClientConnectorError,
        aiohttp.ClientHttpProxyError,
        ValueError,
    )
    if isinstance(error, connecting):
        return connect_error(host.authority, error, connect_timeout)
    if timed_out or isinstance(error, TimeoutError):
        return timeout_error(host.authority, timeout)
    return None
