"""The only door to the network: a pool of connections, bytes in, bytes out.

A *slot* is a place for one request in flight. It comes with a connection that is already open, so that the token taken
next is used immediately; if the connection were opened after the token was taken, the request would arrive late,
together with others. When no idle connection is left, the pool opens some, ahead of the waiting calls.

The pool owns its connections: aiohttp's connector opens them, and from then on the pool decides which request gets
which one (`http_connection`). A connection and its place are therefore one thing, and the peer never counts more than
`pool_size`: the place of a dropped connection is free when its transport is closed. An idle connection that has ended,
or holds unsolicited bytes, is dropped before a token is taken; if that happens between token and write, another one
takes its place, because nothing was sent.

With a proxy, `trust_env`, trace hooks, a replaced `ClientSession._request` (aioresponses) or an aiohttp that lacks a
part used here (`aiohttp_parts`), a call goes through aiohttp's session instead (`http_session`). Its slot then has no
connection: the session keeps its own and opens them when it posts. The route may change from one call to the next, but
not the number of connections: each route counts the connections of the other, and idle ones make room.

The pool belongs to an event loop. When that loop ends, its connections close, and the pool belongs to the next one.

A named region has a backup host. When no connection can be made to the first, the other one is tried and preferred for
a while. That is not a retry of a call, because nothing was sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Coroutine, Sequence
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Final

import aiohttp

from .._hidden import Hidden
from ..errors import ConnectError, TransportError, UsageError
from .aiohttp_parts import is_session_replaced, missing_part
from .config import Settings
from .http_connection import Host, HttpConnection
from .http_opening import connect, new_connector
from .http_session_places import Places
from .http_slot import HttpSlot
from .loop_bound import at_end_of_loop, forget_when_forked, leave_to_parent

if TYPE_CHECKING:
    from .http_session import HttpSessions

logger = logging.getLogger("tim_async")

# Connections opened concurrently: enough to fill the pool quickly, too few to look like an attack.
_OPEN_AT_ONCE: Final = 8
# A host that refused a connection is tried second for this long.
_HOST_PENALTY_S: Final = 30.0
# Connections in a row that may end between token and write before the attempt fails.
_MAX_REPLACEMENTS: Final = 3
# An attempt that has its token goes before those that have none.
_FIRST: Final = (-1, 0)


class HttpPool:
    """At most `pool_size` connections, and as many requests in flight."""

    def __init__(self, hosts: tuple[str, ...], settings: Settings) -> None:
        self._hosts = tuple(Host(host) for host in hosts)
        self._settings = settings
        self.size = settings.pool_size  # maximum number of connections
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end_of_loop: AsyncGenerator[None, None] | None = None
        self.epoch = 0  # event loops that it has belonged to; objects of earlier ones do not count
        self._connector: aiohttp.TCPConnector | None = None
        self._begin_session_way()
        self._by_session = bool(settings.proxy or settings.trust_env or settings.trace_configs)
        self.is_closed = False
        self.demand = 0  # attempts that have, or want, a slot
        self._busy = 0  # taken slots
        self._in_session = 0  # taken slots that have no connection of the pool
        self._opening: set[asyncio.Task[None]] = set()
        self._connections: set[HttpConnection] = set()  # all whose transport is not closed yet
        self._idle: deque[HttpConnection] = deque()
        self._waiters: list[tuple[tuple[int, int], int, HttpSlot, asyncio.Future[None]]] = []
        self._tie = count().__next__
        self._penalty_until = [0.0] * len(hosts)
        self._last_lost: asyncio.Future[None] | None = None
        forget_when_forked(self)

    @property
    def open_connections(self) -> int:
        """Number of known connections, in use and idle; those of aiohttp's session count only while in use."""
        return self._busy + len(self._idle)

    def open(self) -> asyncio.AbstractEventLoop:
        """Create the connector on the first call and return the loop it belongs to.

        Raises:
            UsageError: the pool is closed, or belongs to another loop that is still open.
        """
        loop = asyncio.get_running_loop()
        if self._loop is loop and not self.is_closed:
            return loop
        if self.is_closed:
            raise UsageError("the client is closed")
        if self._loop is not None and not self._loop.is_closed():
            raise UsageError(
                "the client belongs to another event loop; use one client for each loop, or one "
                "tim_async.blocking.TimClient, which needs none and is shared by threads"
            )
        self._forget_loop()
        if not self._by_session and (missing := missing_part()) is not None:
            self._by_session = True
            logger.warning(
                "aiohttp %s lacks %s: calls go through ClientSession.post, which costs more",
                aiohttp.__version__,
                missing,
            )
        self._connector = new_connector(self._settings)
        self._loop = loop
        self._end_of_loop = at_end_of_loop(self._close_connections)
        return loop

    def _forget_loop(self) -> None:
        """Start over without a loop; slots and tasks of the old one no longer count."""
        for connection in self._connections:
            connection.abandon()
        self._connections, self._idle, self._opening, self._waiters = set(), deque(), set(), []
        self._busy = self._in_session = self.demand = 0
        self._penalty_until = [0.0] * len(self._hosts)
        self._connector = self._last_lost = self._loop = self._end_of_loop = None
        self._begin_session_way()
        self.epoch += 1

    def _begin_session_way(self) -> None:
        self._places = Places(self.size, self._make_room, self._grow_if_awaited)
        self._sessions: HttpSessions | None = None

    def _session_way(self) -> HttpSessions:
        if self._sessions is None:
            from .http_session import HttpSessions  # late: few clients need it, the others start faster

            self._sessions = HttpSessions(self._hosts, self._settings, self._places)
        return self._sessions

    def _make_room(self) -> int:
        """Start closing idle connections to make room for the session; return how many connections are left."""
        while self._idle:
            self._idle.popleft().drop()
        return len(self._connections) + len(self._opening)

    def after_fork(self) -> None:
        """Leave all connections to the parent process and open new ones on the next call."""
        leave_to_parent(dict(vars(self)))
        self._connections = set()
        self._forget_loop()

    def slot(self, rank: tuple[int, int]) -> HttpSlot:
        """Return a slot to take; `rank` orders the waiters, smaller first."""
        return HttpSlot(self, rank)

    # Slots

    def take_nowait(self, slot: HttpSlot) -> bool:
        """Give an idle connection to the slot if there is one and no other call waits for it."""
        loop = self._running_loop()
        if self._waiters:
            self._drop_dead_waiters()
            if self._waiters:
                return False
        if self._by_session or is_session_replaced():
            return self._assign_session(slot)
        now = loop.time()
        for _ in range(len(self._idle)):
            connection = self._idle.popleft()
            if not connection.is_usable(now):
                connection.drop()
            elif connection.has_unread(now):
                self._idle.append(connection)  # the event loop will read it and show what it is
            else:
                self._assign(slot, connection)
                return True
        return False

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop, which `open` checked when the call began; raise if the pool was closed since."""
        return self.open() if self._loop is None or self.is_closed else self._loop

    async def take(self, slot: HttpSlot, rank: tuple[int, int]) -> None:
        """Wait for a connection, opening some if there are too few."""
        if self.take_nowait(slot):
            return
        if self._idle:
            # Unread data waits on them: find out what it is before opening more.
            for _ in range(2):
                await asyncio.sleep(0)
            if self.take_nowait(slot):
                return
        future = self.open().create_future()
        heappush(self._waiters, (rank, self._tie(), slot, future))
        self._grow()
        try:
            await future
        except asyncio.CancelledError:
            slot.release()  # granted at the moment of the cancellation
            raise

    def release(self, slot: HttpSlot) -> None:
        """Take a slot back; its connection becomes idle again, unless the attempt left it unusable."""
        connection, slot.connection = slot.connection, None
        slot.is_taken = False
        if slot.epoch != self.epoch:
            return
        self._busy -= 1
        if connection is None:
            self._in_session -= 1
        elif connection.is_reusable and not self.is_closed and self._loop is not None:
            connection.rest(self._loop.time(), self._settings.keep_alive_s)
            self._idle.append(connection)
        else:
            connection.drop()  # its place is free once it is closed
        if self._waiters:
            self._hand_over()

    def _assign(self, slot: HttpSlot, connection: HttpConnection | None) -> None:
        slot.connection = connection
        slot.is_taken = True
        self._busy += 1
        if connection is None:
            self._in_session += 1
        else:
            connection.take()

    def _assign_session(self, slot: HttpSlot) -> bool:
        if self._in_session + len(self._connections) - len(self._idle) >= self.size:
            return False
        self._assign(slot, None)
        return True

    def _drop_dead_waiters(self) -> None:
        while self._waiters and self._waiters[0][3].done():
            heappop(self._waiters)

    def _hand_over(self) -> None:
        """Give idle connections to the waiting calls."""
        while self._waiters:
            _, _, slot, future = self._waiters[0]
            if future.done():
                heappop(self._waiters)
            elif self._hand(slot):
                heappop(self._waiters)
                future.set_result(None)
            else:
                return

    def _hand(self, slot: HttpSlot) -> bool:
        if self._by_session or is_session_replaced():
            return self._assign_session(slot)
        now = self._running_loop().time()
        while self._idle:
            connection = self._idle.popleft()
            if connection.is_usable(now):
                self._assign(slot, connection)
                return True
            connection.drop()
        return False

    # Connections

    def _grow(self) -> None:
        """Open connections for the waiting calls, and for some of the expected ones."""
        self._hand_over()
        if not self._waiters or self.is_closed or self._by_session or is_session_replaced():
            return
        wanted = min(max(self.demand - self._busy, 1), _OPEN_AT_ONCE) - len(self._opening)
        for _ in range(min(self._room(), wanted)):
            self._start(self._open_one())

    def _room(self) -> int:
        """Return how many connections may be opened; if none, idle ones of the session start making room."""
        taken = max(self._in_session, len(self._places)) + len(self._connections) + len(self._opening)
        if taken >= self.size:
            self._places.close_idle(_OPEN_AT_ONCE)
        return self.size - taken

    def _grow_if_awaited(self) -> None:
        """Use a free place for the waiting calls."""
        if self._waiters:
            self._grow()

    def _start(self, opening: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(opening, name="tim_async: open connection")
        self._opening.add(task)
        task.add_done_callback(self._end_opening)
        return task

    def _end_opening(self, task: asyncio.Task[None]) -> None:
        self._opening.discard(task)
        self._places.changed()
        self._grow_if_awaited()  # the calls that still wait must not depend on the outcome of this one

    async def _open_one(self) -> None:
        try:
            await self._open_idle()
        except TransportError as error:
            self._drop_dead_waiters()
            if self._waiters:
                self._waiters[0][3].set_exception(error)

    async def _open_idle(self) -> None:
        """Open a connection to the first host that accepts one, and keep it idle."""
        loop = self.open()
        now = loop.time()
        failure: TransportError | None = None
        for index in self._by_penalty(now):
            assert self._connector is not None  # noqa: S101 - `open` made it
            connection = await connect(
                self._connector, self._hosts[index], self._settings, self._connections, self._lose
            )
            if isinstance(connection, HttpConnection):
                connection.rest(loop.time(), self._settings.keep_alive_s)
                self._idle.append(connection)
                self._hand_over()
                return
            failure = connection
            self._penalty_until[index] = now + _HOST_PENALTY_S
        assert failure is not None  # noqa: S101 - there is a host
        raise failure

    def _lose(self, connection: HttpConnection) -> None:
        """Forget a connection whose transport is closed; its place is free."""
        self._connections.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if not self._connections and self._last_lost is not None:
            self._last_lost.set_result(None)
            self._last_lost = None
        self._places.changed()
        self._grow_if_awaited()

    # Requests that cannot be written at once on the slot's connection

    async def post(self, slot: HttpSlot, command: str, query: Hidden, body: bytes, timeout: float) -> bytes:
        """Send one request through the session, or on a connection that replaces one that ended."""
        loop = self._running_loop()
        end = loop.time() + timeout
        if slot.connection is not None:
            await self._replace(slot, end)
            if slot.connection is not None:
                return await slot.connection.exchange(command, query, body, end - loop.time())
        sessions = self._session_way()
        first, *others = self._by_penalty(loop.time())
        answer = await sessions.post(first, command, query, body, timeout)
        # The request may go to another host only if no connection could be made.
        while isinstance(answer, ConnectError):
            self._penalty_until[first] = loop.time() + _HOST_PENALTY_S
            left = end - loop.time()
            if not others or left <= 0:
                break
            first = others.pop(0)
            answer = await sessions.post(first, command, query, body, left)
        if isinstance(answer, bytes):
            return answer
        raise answer

    def _by_penalty(self, now: float) -> Sequence[int]:
        """Return the hosts in the order in which to try them."""
        hosts = range(len(self._hosts))
        return hosts if len(hosts) == 1 else sorted(hosts, key=lambda host: (self._penalty_until[host] > now, host))

    async def _replace(self, slot: HttpSlot, end: float) -> None:
        """Replace the slot's connection if it has ended: nothing has been sent."""
        try:
            async with asyncio.timeout_at(end):
                for _ in range(_MAX_REPLACEMENTS):
                    if slot.connection is None or await slot.connection.settle():
                        return
                    slot.connection.drop()
                    slot.release()
                    await self.take(slot, _FIRST)
                if slot.connection is None or slot.connection.is_ready():
                    return
        except TimeoutError:
            pass  # raised below, so that the cancellation inside the timeout does not become its context
        raise ConnectError(f"{self._hosts[0].authority} ended connections before anything was sent")

    async def warm_up(self, connections: int) -> int:
        """Open connections ahead of load; return how many are open, 0 if aiohttp's session opens its own.

        Raises:
            ConnectError: none of them could be opened.
        """
        self.open()
        if self._by_session or is_session_replaced():
            logger.info("warm_up opened nothing: with these settings aiohttp's session opens connections when it posts")
            return 0
        missing = min(connections - self.open_connections - len(self._opening), self._room())
        tasks = [self._start(self._open_idle()) for _ in range(missing)]
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
        if self._loop is not None and self._loop.is_closed():
            self._forget_loop()
        for *_, future in self._waiters:
            if not future.done():
                future.set_exception(UsageError("the client was closed while the call waited"))
        self._waiters.clear()
        if self._end_of_loop is not None:
            await self._end_of_loop.aclose()

    async def _close_connections(self) -> None:
        """Close all connections and forget the loop."""
        for task in tuple(self._opening):
            task.cancel()
        if self._opening:
            await asyncio.wait(tuple(self._opening))
        self._idle.clear()
        if self._connections and self._loop is not None:
            self._last_lost = self._loop.create_future()
            closed = self._last_lost
            for connection in tuple(self._connections):
                connection.close()
            await closed
        if self._sessions is not None:
            await self._sessions.close()
        if self._connector is not None:
            await self._connector.close()
        self._forget_loop()
