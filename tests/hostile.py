"""A server that misbehaves in every way HTTP allows and some it does not, and that keeps its own accounts.

It speaks raw asyncio, over TCP or TLS, and counts for itself: which connections are open, which messages it accepted.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ssl import SSLContext
from typing import Final, cast

Behaviour = Callable[["HostileRequest"], Awaitable[None] | None]

_ESTABLISHED: Final = 1  # of the states in include/net/tcp_states.h


def answer(
    body: bytes, *, status: str = "200 OK", headers: str = "", length: int | None = None, version: str = "HTTP/1.1"
) -> bytes:
    """Return an HTTP answer; `length` is what it claims to be long."""
    size = len(body) if length is None else length
    head = f"{version} {status}\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n{headers}\r\n"
    return head.encode() + body


def chunked(*parts: bytes, end: bool = True) -> bytes:
    """Return an HTTP answer in chunks."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + (b"0\r\n\r\n" if end else b"")


class HostileRequest:
    """One request, read to its end, and what can be done about it."""

    def __init__(self, connection: HostileConnection, head: bytes, body: bytes, index: int) -> None:
        self.connection = connection
        self.server = connection.server
        self.head = head
        self.index = index  # of all requests of the server, from 0
        self.fields = json.loads(body)
        self.account: str = self.fields.get("To_Account", "")

    def accepted(self) -> bytes:
        """Note the message as accepted; return the service's answer, with a MsgKey that names the account."""
        self.server.accept(self)
        return envelope(self.account)

    def write(self, data: bytes) -> None:
        self.connection.write(data)

    def close(self) -> None:
        self.connection.transport.close()

    def reset(self) -> None:
        self.connection.reset()


class HostileConnection(asyncio.Protocol):
    """One connection; parses requests and hands them to the server's behaviour."""

    transport: asyncio.Transport

    def __init__(self, server: HostileServer) -> None:
        self.server = server
        self.requests = 0
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are none by their class
        self.server.connected(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.lost(self)

    def data_received(self, data: bytes) -> None:
        self._data += data
        if self.server.reads_slowly:
            self.transport.pause_reading()
            asyncio.get_running_loop().call_soon(self.transport.resume_reading)
        while True:
            head, found, rest = self._data.partition(b"\r\n\r\n")
            if not found or self.server.resets_on_first_byte:
                if self.server.resets_on_first_byte:
                    self.reset()
                return
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            if len(rest) < length:
                return
            self._data = rest[length:]
            self.requests += 1
            self.server.received(self, head, rest[:length])

    def is_established(self) -> bool:
        """Return whether neither side has closed the connection, as the system knows it."""
        if self.transport.is_closing() or sys.platform != "linux":
            return not self.transport.is_closing()
        state: int = self.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        return state == _ESTABLISHED

    def write(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)

    def reset(self) -> None:
        """End the connection with a reset, whatever is in progress."""
        self.transport.abort()


class HostileServer:
    """Answers every request by a behaviour.

    Attributes:
        behaviour: handles a request; it may be replaced at any time. None accepts and answers.
        accepted: messages that took effect, by account.
        open: connections that are open now.
        most_open: the most that were open at any moment.
        connections: connections in all.
        requests: requests in all.
        greeting: sent to every new connection before its first request.
        resets_on_first_byte: whether connections are reset as soon as a request begins.
        closes_at_once: whether connections are closed as soon as they are made.
        reads_slowly: whether requests are read in small pieces.
    """

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.behaviour = behaviour
        self.accepted: Counter[str] = Counter()
        self.open: set[HostileConnection] = set()
        self.most_open = 0
        self.connections = 0
        self.requests: list[HostileRequest] = []
        self.greeting = b""
        self.resets_on_first_byte = False
        self.closes_at_once = False
        self.reads_slowly = False
        self.url = ""
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def connected(self, connection: HostileConnection) -> None:
        self.connections += 1
        self.open.add(connection)
        # The client may have closed a connection of which this loop has not read the end yet: the system knows.
        self.most_open = max(self.most_open, sum(each.is_established() for each in self.open))
        if self.greeting:
            connection.write(self.greeting)
        if self.closes_at_once:
            connection.transport.close()

    def lost(self, connection: HostileConnection) -> None:
        self.open.discard(connection)
        self._changed.set()

    def received(self, connection: HostileConnection, head: bytes, body: bytes) -> None:
        request = HostileRequest(connection, head, body, len(self.requests))
        self.requests.append(request)
        self._changed.set()
        behaviour = self.behaviour or accept
        doing = behaviour(request)
        if doing is not None:
            task = asyncio.ensure_future(self._finish(doing))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def accept(self, request: HostileRequest) -> None:
        """Count a message that takes effect."""
        self.accepted[request.account] += 1

    async def _finish(self, doing: Awaitable[None]) -> None:
        await doing

    async def seen(self, count: int) -> None:
        """Wait until this many requests have arrived."""
        await self._until(lambda: len(self.requests) >= count)

    async def empty(self) -> None:
        """Wait until no connection is open."""
        await self._until(lambda: not self.open)

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    @asynccontextmanager
    async def running(self, tls: SSLContext | None = None) -> AsyncIterator[HostileServer]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: HostileConnection(self), "127.0.0.1", 0, ssl=tls)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for task in tuple(self._tasks):
                task.cancel()
            if self._tasks:
                await asyncio.wait(tuple(self._tasks))
            for connection in tuple(self.open):
                connection.transport.abort()
            await self.empty()
            await server.wait_closed()


def envelope(account: str, *, code: int = 0) -> bytes:
    """Return the service's answer, with a MsgKey that names the account."""
    status = "FAIL" if code else "OK"
    fields = {"ActionStatus": status, "ErrorInfo": "", "ErrorCode": code, "MsgTime": 1, "MsgKey": f"key of {account}"}
    return json.dumps(fields).encode()


def accept(request: HostileRequest) -> None:
    """Accept the message and answer."""
    request.write(answer(request.accepted()))
