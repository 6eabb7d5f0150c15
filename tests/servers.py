"""Bare servers on loopback that answer, or fail to, as a test needs; and a signed place for them in a client."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import uvicorn

from tests.scripted import OK
from tim_async import TimClient
from tim_async._core.http_pool import HttpPool

Handler = Callable[["Exchange"], Awaitable[None]]


def http(body: bytes, *, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    """Return an HTTP answer; `length` is what it claims to be long."""
    size = len(body) if length is None else length
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n{headers}\r\n".encode()
        + body
    )


class Exchange:
    """One request, and the way to answer it."""

    def __init__(self, head: bytes, body: bytes, writer: asyncio.StreamWriter, server: Server) -> None:
        self.head = head
        self.body = body
        self.writer = writer
        self.server = server
        self.at = asyncio.get_running_loop().time()

    async def answer(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def drop(self) -> None:
        self.writer.transport.abort()


class Server:
    """Counts connections and requests, and hands every request to a handler."""

    def __init__(self, handler: Handler | None = None) -> None:
        self.handler = handler
        self.exchanges: list[Exchange] = []
        self.connections = 0
        self.url = ""
        self._arrival = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length")
                )
                exchange = Exchange(head, await reader.readexactly(length), writer, self)
                self.exchanges.append(exchange)
                self._arrival.set()
                await (self.handler(exchange) if self.handler else exchange.answer(http(OK)))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except asyncio.CancelledError:
            pass  # the test is over; asyncio would report a handler that ends as cancelled
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def seen(self, count: int) -> None:
        """Wait until this many requests have arrived."""
        async with asyncio.timeout(60):
            while len(self.exchanges) < count:
                self._arrival.clear()
                await self._arrival.wait()

    @property
    def open_connections(self) -> int:
        return len(self._writers)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Server]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for writer in tuple(self._writers):
                writer.transport.abort()
            for task in tuple(self._tasks):
                task.cancel()
            if self._tasks:
                await asyncio.wait(tuple(self._tasks))
            await server.wait_closed()


@asynccontextmanager
async def serve_asgi(app: object) -> AsyncIterator[str]:
    """Run an ASGI app under uvicorn on a free port of this machine; yield its address."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
        timeout_keep_alive=600,  # on a busy machine a client may well use a connection again after the default of 5 s
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


def use_session(client: TimClient) -> None:
    """Let a client take the way of aiohttp's session, as through a proxy, although it has no reason to."""
    assert isinstance(client.pool, HttpPool)
    client.pool._by_session = True
