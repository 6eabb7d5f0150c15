"""The one door to the network: a pool of aiohttp sessions, bytes in, bytes out. Only it knows aiohttp's client.

The pool counts *slots*: places for requests on their way. A slot comes with a connection that is already open, so that
the token that is taken next is used at once; if the connection were opened after the token was taken, the request would
arrive late, together with others. When no idle connection is left, the pool opens some, ahead of the calls that wait.
aiohttp's connector keeps the idle ones and hands out the oldest first; `_warm` mirrors that, by host. When the mirror
is wrong, because the other side closed an idle connection, aiohttp opens a new one: late, but correct.

A named region has a backup host. When no connection can be made to the first, the other one is tried and stays first
for a while. That is not a retry of a call: nothing had been sent.

aiohttp's errors carry the URL, and the URL carries the UserSig. So every failure is turned into one of our errors and
raised outside of the handler: neither its cause nor its context leads back to the original.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from collections.abc import Coroutine
from functools import lru_cache
from heapq import heappop, heappush
from itertools import count
from types import TracebackType
from typing import Final, Self

import aiohttp
from yarl import URL

from .._hidden import Hidden
from .._version import __version__
from ..errors import ConnectError, ConnectionLostError, ReplyDecodeError, ReplyTimeoutError, TransportError, UsageError
from .config import Settings

_HEADERS: Final = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    # A compressed answer could unpack to any size, and a few hundred bytes gain nothing.
    "Accept-Encoding": "identity",
    "User-Agent": f"tim-async/{__version__}",
}
# Connections opened at a time: enough to fill the pool quickly, too few to look like an attack.
_OPEN_AT_ONCE: Final = 8
# A host to which no connection could be made comes second for this long.
_HOST_PENALTY_S: Final = 30.0


@lru_cache(maxsize=128)
def _client_timeout(total: float | None, connect: float) -> aiohttp.ClientTimeout:
    # aiohttp rounds times over 5 s up to whole seconds unless it is configured otherwise; a deadline is exact.
    return aiohttp.ClientTimeout(total=total, sock_connect=connect, ceil_threshold=float("inf"))


class HttpSlot:
    """A slot of the pool for one attempt; a context manager that gives it back."""

    __slots__ = ("_pool", "_rank", "host", "is_reusable", "is_taken")

    def __init__(self, pool: SessionPool, rank: tuple[int, int]) -> None:
        self._pool = pool
        self._rank = rank
        self.host = 0
        self.is_taken = False
        self.is_reusable = True

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
        """Give the slot back; do nothing when it is not taken."""
        if self.is_taken:
            self._pool.release(self)

    def post(self, command: str, query: Hidden, body: bytes, *, timeout: float) -> Coroutine[None, None, bytes]:
        """Send one request on the taken slot; see `SessionPool.post`."""
        return self._pool.post(self, command, query, body, timeout=timeout)

    def __enter__(self) -> Self:
        self._pool.demand += 1
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pool.demand -= 1
        self.release()


class SessionPool:
    """Sessions, one for each host, over one connector; at most `pool_size` requests on their way."""

    def __init__(self, hosts: tuple[str, ...], settings: Settings) -> None:
        self._hosts = tuple(URL(host.rstrip("/") + "/v4/") for host in hosts)
        self._addresses = tuple((host.scheme, host.raw_authority, host.raw_path) for host in self._hosts)
        self._settings = settings
        self._sessions: tuple[aiohttp.ClientSession, ...] = ()
        self._connector: aiohttp.TCPConnector | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.is_closed = False
        self.size = settings.pool_size  # most requests on their way at a time
        self.demand = 0  # attempts that have, or want, a slot
        self._busy = 0
        self._opening: set[asyncio.Task[None]] = set()
        self._warm: deque[tuple[float, int]] = deque()  # idle connections: loop time of expiry, host
        self._waiters: list[tuple[tuple[int, int], int, HttpSlot, asyncio.Future[None]]] = []
        self._tie = count().__next__
        self._penalty_until = [0.0] * len(hosts)
        self._known: weakref.WeakSet[object] = weakref.WeakSet()  # protocols of connections opened ahead

    @property
    def open_connections(self) -> int:
        """Connections in use and idle, as far as the pool knows."""
        return self._busy + len(self._warm)

    def open(self) -> asyncio.AbstractEventLoop:
        """Make the sessions on the first call and return the loop they belong to.

        Raises:
            UsageError: the pool is closed, or belongs to another loop.
        """
        loop = asyncio.get_running_loop()
        if self._loop is loop and not self.is_closed:
            return loop
        if self.is_closed:
            raise UsageError("the client is closed")
        if self._loop is not None:
            raise UsageError("the client belongs to another event loop; use one client for each loop")
        settings = self._settings
        self._connector = aiohttp.TCPConnector(
            limit=0,  # slots are the limit
            keepalive_timeout=settings.keep_alive_s,
            ttl_dns_cache=max(1, int(settings.dns_cache_s)),
            ssl=settings.ssl,
        )
        self._sessions = tuple(
            aiohttp.ClientSession(
                connector=self._connector,
                connector_owner=False,
                headers=_HEADERS,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                proxy=settings.proxy,
                trust_env=settings.trust_env,
                trace_configs=list(settings.trace_configs),
            )
            for _ in self._hosts
        )
        self._loop = loop
        return loop

    def slot(self, rank: tuple[int, int]) -> HttpSlot:
        """Return a slot to take; `rank` orders those that wait, smaller first."""
        return HttpSlot(self, rank)

    def take_nowait(self, slot: HttpSlot) -> bool:
        """Give an idle connection to the slot, if there is one and no call waits for it."""
        loop = self._running_loop()
        if self._waiters:
            self._drop_dead_waiters()
            if self._waiters:
                return False
        self._drop_expired(loop.time())
        if not self._warm or self._busy >= self.size:
            return False
        self._assign(slot)
        return True

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop, which `open` checked when the call began; raise when the pool was closed since."""
        return self.open() if self._loop is None or self.is_closed else self._loop

    async def take(self, slot: HttpSlot, rank: tuple[int, int]) -> None:
        """Wait for a connection, opening some where there are too few."""
        if self.take_nowait(slot):
            return
        future = self.open().create_future()
        heappush(self._waiters, (rank, self._tie(), slot, future))
        self._grow()
        try:
            await future
        except asyncio.CancelledError:
            slot.release()  # given in the very moment of the cancellation
            raise

    def release(self, slot: HttpSlot) -> None:
        """Take a slot back; its connection is idle again, unless the attempt broke it."""
        slot.is_taken = False
        self._busy -= 1
        if self.is_closed or self._loop is None:
            return
        if slot.is_reusable:
            self._warm.append((self._loop.time() + self._settings.keep_alive_s, slot.host))
            if self._waiters:
                self._hand_over()
        else:
            slot.is_reusable = True
            self._hand_over()  # the slot is free, and so may be a connection
            self._grow()

    def _assign(self, slot: HttpSlot) -> None:
        _, slot.host = self._warm.popleft()
        slot.is_taken = True
        self._busy += 1

    def _drop_expired(self, now: float) -> None:
        while self._warm and self._warm[0][0] <= now:
            self._warm.popleft()

    def _drop_dead_waiters(self) -> None:
        while self._waiters and self._waiters[0][3].done():
            heappop(self._waiters)

    def _hand_over(self) -> None:
        """Give idle connections to the calls that wait."""
        while self._warm and self._waiters and self._busy < self.size:
            _, _, slot, future = heappop(self._waiters)
            if not future.done():
                self._assign(slot)
                future.set_result(None)

    def _grow(self) -> None:
        """Open connections for the calls that wait, and for some of those that are about to."""
        self._drop_dead_waiters()
        if not self._waiters:
            return
        self._drop_expired(asyncio.get_running_loop().time())
        places = self.size - self._busy - len(self._warm) - len(self._opening)
        wanted = min(max(self.demand - self._busy, 1), _OPEN_AT_ONCE) - len(self._opening)
        for _ in range(min(places, wanted)):
            self._start(self._open_one())

    def _start(self, opening: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(opening, name="tim_async: open connection")
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)
        return task

    async def _open_one(self) -> None:
        try:
            await self._open_warm()
        except TransportError as error:
            self._drop_dead_waiters()
            if self._waiters:
                self._waiters[0][3].set_exception(error)
            # The calls that still wait must not depend on this attempt.
            asyncio.get_running_loop().call_soon(self._grow)

    async def _open_warm(self) -> None:
        """Open a connection to the first host that takes one, and keep it as an idle one."""
        now = self.open().time()
        failure: TransportError | None = None
        for host in sorted(range(len(self._hosts)), key=lambda index: (self._penalty_until[index] > now, index)):
            failure = await self._connect(host)
            if failure is None:
                self._warm.append((now + self._settings.keep_alive_s, host))
                self._hand_over()
                return
            self._penalty_until[host] = now + _HOST_PENALTY_S
        if failure is not None:
            raise failure

    async def _connect(self, host: int) -> TransportError | None:
        """Open one connection and leave it with the connector; return the error, None when it worked."""
        if self._connector is None:
            raise UsageError("the client is closed")
        settings = self._settings
        if settings.proxy is not None or settings.trust_env:
            return None  # the session chooses the proxy, and opens the connection when it posts
        request = aiohttp.ClientRequest("POST", self._hosts[host], loop=asyncio.get_running_loop(), ssl=True)
        timeout = _client_timeout(None, settings.connect_timeout)
        held: list[aiohttp.connector.Connection] = []
        try:
            async with asyncio.timeout(settings.connect_timeout):
                while True:
                    connection = await self._connector.connect(request, [], timeout)
                    held.append(connection)
                    if connection.protocol not in self._known:
                        break
                    # The connector returned an idle one, which is already counted: set it aside and ask again.
            self._known.add(connection.protocol)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError, RuntimeError) as error:
            return ConnectError(self._describe(host, error))
        finally:
            for connection in held:
                connection.release()
        return None

    def _describe(self, host: int, error: BaseException) -> str:
        """Return why there is no connection, without the URL."""
        if isinstance(error, TimeoutError):
            reason = f"timed out after {self._settings.connect_timeout:g} s (connect_timeout)"
        elif isinstance(error, aiohttp.ClientConnectorError):
            reason = str(error.os_error) or type(error.os_error).__name__
        elif isinstance(error, aiohttp.ClientHttpProxyError):
            reason = f"the proxy answered {error.status}"
        else:
            reason = type(error).__name__
        return f"could not connect to {self._hosts[host].authority}: {reason}"

    async def post(self, slot: HttpSlot, command: str, query: Hidden, body: bytes, *, timeout: float) -> bytes:
        """Send one request on a taken slot and return the answer's body.

        Args:
            slot: a taken slot.
            command: what comes after `/v4/`.
            query: the URL's query, encoded.
            body: JSON bytes.
            timeout: seconds until the answer must have been read.

        Raises:
            ConnectError: nothing was sent.
            TransportError: something may have been sent and no usable answer came.
        """
        slot.is_reusable = False  # until the answer shows otherwise
        loop = self._running_loop()
        end = loop.time() + timeout
        answer = await self._exchange(slot, slot.host, command, query, body, timeout)
        # Only when no connection could be made may the request go to another host.
        if isinstance(answer, ConnectError):
            self._penalty_until[slot.host] = loop.time() + _HOST_PENALTY_S
            for host in range(len(self._hosts)):
                left = end - loop.time()
                if host != slot.host and left > 0 and isinstance(answer, ConnectError):
                    answer = await self._exchange(slot, host, command, query, body, left)
                    if isinstance(answer, bytes):
                        slot.host = host
        if isinstance(answer, bytes):
            return answer
        raise answer

    async def _exchange(
        self, slot: HttpSlot, host: int, command: str, query: Hidden, body: bytes, timeout: float
    ) -> bytes | TransportError:
        """Send and read; return failures, which are raised where no handler is active."""
        scheme, authority, path = self._addresses[host]
        try:
            # aiohttp's own timer costs less than one around it, and it covers the whole exchange. The one for opening
            # a connection ends a little earlier, so that a failure shows as what it is: nothing was sent.
            async with self._sessions[host].post(
                # Building it from its parts costs half of parsing it.
                URL.build(scheme=scheme, authority=authority, path=path + command, query_string=query, encoded=True),
                data=aiohttp.BytesPayload(body, content_type="application/json"),
                allow_redirects=False,
                timeout=_client_timeout(timeout, min(self._settings.connect_timeout, timeout * 0.9)),
            ) as response:
                return await self._read(slot, response)
        except asyncio.CancelledError as error:
            # The frames it came through hold the URL, and tools that show the locals of a traceback would show it.
            raise error.with_traceback(None)  # noqa: B904 - it is the same error
        except aiohttp.ConnectionTimeoutError as error:
            return ConnectError(self._describe(host, error))
        except TimeoutError:
            return ReplyTimeoutError(
                f"no answer from {self._hosts[host].authority} within {timeout:.3g} s", timeout=timeout
            )
        except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError, aiohttp.InvalidURL) as error:
            return ConnectError(self._describe(host, error))
        except aiohttp.ClientPayloadError:
            return ReplyDecodeError(f"the answer of {self._hosts[host].authority} ended early", status=200)
        except aiohttp.ClientResponseError as error:
            return ReplyDecodeError(f"{self._hosts[host].authority} does not speak HTTP", status=error.status)
        except UnicodeError as error:  # a host name that cannot be encoded
            return ConnectError(self._describe(host, error))
        except (aiohttp.ClientError, OSError, RuntimeError) as error:
            # A session that is closed while a request is on its way raises RuntimeError.
            if isinstance(error, RuntimeError) and not self.is_closed:
                raise
            return ConnectionLostError(
                f"the connection to {self._hosts[host].authority} was lost ({type(error).__name__})"
            )

    async def _read(self, slot: HttpSlot, response: aiohttp.ClientResponse) -> bytes | TransportError:
        """Read an answer of at most `max_reply_bytes`; return an error for any other."""
        limit = self._settings.max_reply_bytes
        headers, content = response.headers, response.content
        if response.status != 200:
            problem = f"HTTP status {response.status} instead of the service's 200"
            return ReplyDecodeError(problem, status=response.status, content_type=response.content_type)
        encoding = headers.get("Content-Encoding")
        if encoding is not None and encoding.lower() != "identity":
            problem = "the answer is compressed, although the request did not allow that"
            return ReplyDecodeError(problem, status=200, content_type=response.content_type)
        data = await content.readany()
        size = len(data)
        if not content.at_eof():
            parts = [data]
            size = max(size, response.content_length or 0)
            if size <= limit:
                size = len(data)
                while size <= limit and (part := await content.readany()):
                    parts.append(part)
                    size += len(part)
            data = b"".join(parts)
        if size <= limit:
            connection = headers.get("Connection")
            slot.is_reusable = response.version == aiohttp.HttpVersion11 and (
                connection is None or connection.lower() != "close"
            )
            return data
        response.close()
        problem = f"the answer is over the limit of {limit} bytes (max_reply_bytes)"
        return ReplyDecodeError(problem, status=200, content_type=response.content_type, size=size)

    async def warm_up(self, connections: int) -> int:
        """Open connections ahead of load; return how many are open.

        Raises:
            ConnectError: none of them could be opened.
        """
        self.open()
        missing = min(connections, self.size) - self.open_connections - len(self._opening)
        tasks = [self._start(self._open_warm()) for _ in range(missing)]
        results = await asyncio.gather(*tasks, return_exceptions=True)
        failures = [result for result in results if isinstance(result, BaseException)]
        for failure in failures:
            if not isinstance(failure, TransportError):
                raise failure
        if failures and not self.open_connections:
            raise failures[0]
        return self.open_connections

    async def close(self) -> None:
        """Close everything; calls that wait for a slot get a `UsageError`."""
        if self.is_closed:
            return
        self.is_closed = True
        for task in tuple(self._opening):
            task.cancel()
        if self._opening:
            await asyncio.wait(tuple(self._opening))
        for *_, future in self._waiters:
            if not future.done():
                future.set_exception(UsageError("the client was closed while the call waited"))
        self._waiters.clear()
        self._warm.clear()
        for session in self._sessions:
            await session.close()
        if self._connector is not None:
            await self._connector.close()
