"""Calls through a proxy, plain and by CONNECT: what it sees, what it may answer, and that pool_size holds there too."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import trustme

from tests.hostile import HostileServer, answer
from tests.scripted import SECRET_KEY
from tim_async import ConnectError, RateLimitedError, ReplyDecodeError, RetryPolicy, TimClient, TimError


class Proxy:
    """A proxy that accepts only CONNECT; `status` is its answer."""

    def __init__(self, status: str = "200 Connection established") -> None:
        self.status = status
        self.heads: list[bytes] = []
        self.open = self.most_open = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        writers = [writer]
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                writer.write(f"HTTP/1.1 {self.status}\r\nContent-Length: 0\r\n\r\n".encode())
                if not self.status.startswith("200"):
                    await reader.read()
                    return
                host, _, port = head.split(b" ")[1].decode().rpartition(":")
                there, back = await asyncio.open_connection(host, int(port))
                writers.append(back)
                await asyncio.gather(_pipe(reader, back), _pipe(there, writer))
        finally:
            self.open -= 1
            self._tasks.discard(task)
            for each in writers:
                each.transport.abort()
                with suppress(ConnectionError):
                    await each.wait_closed()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Proxy]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for task in tuple(self._tasks):
                task.cancel()
            if self._tasks:
                await asyncio.wait(tuple(self._tasks))
            await server.wait_closed()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.transport.abort()


def client_of(proxy: str, base_url: str = "http://127.0.0.1:9", **options: Any) -> TimClient:
    limits = {"openim/sendmsg": 1_000_000}
    return TimClient(1400000000, SECRET_KEY, base_url=base_url, proxy=proxy, rate_limits=limits, **options)


async def test_calls_by_connect_are_encrypted_and_reuse_the_connection() -> None:
    authority = trustme.CA()
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server_tls)
    client_tls = ssl.create_default_context()
    authority.configure_trust(client_tls)
    async with HostileServer().running(server_tls) as server, Proxy().running() as proxy:
        async with client_of(proxy.url, server.url, ssl=client_tls, pool_size=3) as client:
            assert await client.warm_up(3) == 0
            sent = [await client.c2c.send_text(f"user{number}", "hi") for number in range(3)]
            assert [each.msg_key for each in sent] == [f"key of user{number}" for number in range(3)]
            assert len(proxy.heads) == 1
            await asyncio.gather(*(client.c2c.send_text("bob", "hi") for _ in range(20)))
            assert proxy.most_open <= 3
        assert all(b"usersig=" in request.head for request in server.requests)
        assert all(head.startswith(b"CONNECT ") and b"usersig" not in head for head in proxy.heads)


async def test_proxy_that_refuses_to_connect_has_sent_nothing() -> None:
    async with Proxy("407 Proxy Authentication Required").running() as proxy:
        async with client_of(proxy.url, "https://127.0.0.1:9") as client:
            with pytest.raises(ConnectError, match="the proxy answered 407") as caught:
                await client.c2c.send_text("bob", "hi")
        assert not caught.value.maybe_delivered
        assert proxy.most_open == 1


@pytest.mark.parametrize(
    ("status", "cls"),
    [("407 Proxy Authentication Required", ReplyDecodeError), ("429 Too Many Requests", RateLimitedError)],
)
async def test_plain_proxy_that_answers_itself_has_delivered_nothing(status: str, cls: type[TimError]) -> None:
    page = answer(b"", status=status)
    async with HostileServer(lambda request: request.write(page)).running() as proxy:
        async with client_of(proxy.url, retry=RetryPolicy.off(), pool_size=2) as client:
            for _ in range(5):
                with pytest.raises(cls) as caught:
                    await client.c2c.send_text("bob", "hi")
                assert isinstance(caught.value, ReplyDecodeError | RateLimitedError)
                assert (caught.value.status, caught.value.maybe_delivered) == (int(status[:3]), False)
        assert proxy.connections == 1
        assert proxy.requests[0].head.startswith(b"POST http://127.0.0.1:9/v4/openim/sendmsg?sdkappid=")
