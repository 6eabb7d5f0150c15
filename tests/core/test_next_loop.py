"""A client, or a limiter, that outlives its event loop: one `asyncio.run` after the other, and forked processes."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import uvloop

from tests.closed_loops import by_hand
from tests.scripted import OK, SECRET_KEY, scripted
from tim_async import LocalRateLimiter, Rate, TextElem, TimClient, UsageError
from tim_async._core.http_pool import HttpPool
from tim_async.usersig import generate_user_sig

HI = [TextElem(text="hi")]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.count(1)

    def finish(self) -> None:
        super().finish()
        self.server.count(-1)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(self.client_address[1])
        self.server.answers.wait(10)
        self.send_response(200)
        self.send_header("Content-Length", str(len(OK)))
        self.end_headers()
        self.wfile.write(OK)

    def log_message(self, *_: object) -> None: ...


class Server(ThreadingHTTPServer):
    """Answers with OK, in threads that do not depend on the event loops of the test; counts its connections."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requests: list[int] = []  # the ports they came from
        self.answers = threading.Event()
        self.answers.set()
        self.open = self.most_open = 0
        self._lock = threading.Lock()

    def count(self, change: int) -> None:
        with self._lock:
            self.open += change
            self.most_open = max(self.most_open, self.open)

    def handle_error(self, *_: object) -> None:
        """Ignore clients that have disconnected."""

    def settled(self, open_connections: int) -> bool:
        end = time.monotonic() + 60
        while self.open != open_connections and time.monotonic() < end:
            time.sleep(0.001)
        return self.open == open_connections


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.answers.set()
        server.shutdown()
        thread.join()


def client_of(server: Server, **options: Any) -> TimClient:
    return TimClient(1400000000, SECRET_KEY, base_url=server.url, pool_size=5, **options)


async def send(client: TimClient, times: int = 1) -> None:
    await asyncio.gather(*(client.c2c.send(to_account="bob", msg_body=HI) for _ in range(times)))


def pool_of(client: TimClient) -> HttpPool:
    assert isinstance(client.pool, HttpPool)
    return client.pool


@pytest.mark.parametrize("options", [{}, {"trust_env": True}], ids=["connection", "session"])
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_client_serves_one_run_after_the_other_and_leaves_nothing_open(
    run: Callable[..., object], options: dict[str, Any], server: Server
) -> None:
    client = client_of(server, **options)
    for _ in range(3):
        run(send(client, 20))
        gc.collect()  # open connections would warn, and warnings are errors
        assert server.settled(0)
    assert len(server.requests) == 60
    assert server.most_open <= 5
    assert client.stats()["openim/sendmsg"].succeeded == 60


@by_hand
@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_loop_that_is_closed_with_calls_in_it_does_not_count_in_the_next(
    new_loop: Callable[[], asyncio.AbstractEventLoop], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(server, rate_limits={"openim/sendmsg": Rate(7, 0.2)})
    loop = new_loop()
    loop.run_until_complete(send(client, 5))
    server.answers.clear()
    left = [loop.create_task(send(client)) for _ in range(20)]  # five are sent, others wait for a slot or for a turn
    loop.run_until_complete(asyncio.sleep(0.3))
    assert pool_of(client).demand == len(client._state.calls) == 20
    loop.close()
    ignored: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)

    async def begin_again() -> None:
        client.open()
        assert not client._state.calls
        server.answers.set()
        assert await asyncio.to_thread(server.settled, 0)  # the server sees the end of the old connections
        await send(client, 10)
        left.clear()
        gc.collect()
        pool, limiter = pool_of(client), client.limiter
        assert (pool.demand, pool._busy, pool.open_connections) == (0, 0, 5)
        assert isinstance(limiter, LocalRateLimiter)
        (bucket,) = limiter._buckets.values()
        assert (bucket.claims, bucket.queued, bucket.passed, bucket.seekers) == (0, [0, 0], [0, 0], [None, None])
        await send(client, 10)

    asyncio.run(begin_again())
    assert server.settled(0)
    assert server.most_open == 5
    assert not [each for each in ignored if isinstance(each.exc_value, RuntimeError)]


def test_loop_that_is_not_closed_is_refused(server: Server) -> None:
    client = client_of(server)

    async def main() -> None:
        await send(client)
        with pytest.raises(UsageError, match="another event loop"):
            await asyncio.to_thread(asyncio.run, send(client))
        await send(client)

    asyncio.run(main())
    assert len(server.requests) == 2


def test_closed_client_stays_closed_in_the_next_loop(server: Server) -> None:
    client = client_of(server)

    async def use() -> None:
        async with client:
            await send(client)

    asyncio.run(use())
    for _ in range(2):
        with pytest.raises(UsageError, match="the client is closed"):
            asyncio.run(send(client))
        asyncio.run(client.close())
    assert len(server.requests) == 1


@by_hand
@pytest.mark.parametrize("is_cut_off", [False, True])
def test_client_can_be_closed_in_a_later_loop(is_cut_off: bool, server: Server) -> None:
    client = client_of(server)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(send(client))
    left = [loop.create_task(send(client, 10))] if is_cut_off else []
    loop.run_until_complete(asyncio.sleep(0) if is_cut_off else loop.shutdown_asyncgens())
    loop.close()
    asyncio.run(client.close())
    assert pool_of(client).is_closed
    del left, loop
    gc.collect()  # connections that were being opened
    assert server.settled(0)


@by_hand
def test_closing_that_its_loop_cut_off_is_done_in_the_next(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(server)
    close = client._state.auth.close
    monkeypatch.setattr(client._state.auth, "close", asyncio.Event().wait)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(send(client))
    closing = loop.create_task(client.close())
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()
    assert not closing.done()
    monkeypatch.setattr(client._state.auth, "close", close)
    asyncio.run(client.close())
    assert pool_of(client).is_closed
    assert server.settled(0)


@by_hand
def test_user_sig_that_a_closed_loop_asked_for_is_asked_for_again() -> None:
    asked: list[str] = []

    async def provider(identifier: str) -> str:
        asked.append(identifier)
        if len(asked) == 1:
            await asyncio.Event().wait()
        return generate_user_sig(1400000000, SECRET_KEY, identifier)

    client, pool = scripted(user_sig_provider=provider)
    client._state.credentials = type(client._state.credentials)(1400000000, None, "administrator")
    loop = asyncio.new_event_loop()
    waiting = loop.create_task(send(client))
    loop.run_until_complete(asyncio.sleep(0))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    asyncio.run(asyncio.wait_for(send(client), 60))
    assert len(asked) == 2
    assert len(pool.sent) == 1
    assert not waiting.done()


FORKS = """
import asyncio, gc, os, weakref
from tim_async import TimClient

client = TimClient(1400000000, "{key}", base_url="{url}")
inherited = []

async def send():
    return await client.c2c.send_text("bob", "hi")

def child():
    code = 1
    try:
        gc.collect()
        assert all(each() is not None for each in inherited), "something of the parent's was finalized"
        asyncio.run(send())
        asyncio.run(send())
        code = 0
    finally:
        os._exit(code)

async def main():
    await send()
    waiting = asyncio.create_task(send())
    await asyncio.sleep(0)
    inherited[:] = map(weakref.ref, [client.pool._connector, client.pool._places])
    if not os.fork():
        child()
    assert os.wait()[1] == 0
    await waiting
    await send()

for _ in range(2):
    asyncio.run(main())
inherited.clear()
if not os.fork():
    child()
assert os.wait()[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_forked_process_opens_its_own_connections_and_the_parent_keeps_its_own(server: Server) -> None:
    script = FORKS.format(key=SECRET_KEY, url=server.url)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    ports = server.requests
    assert len(ports) == 12
    first, second = ports[0], ports[5]
    # In each run of the parent: its three calls on one connection, and two of the child's on one each.
    assert [ports[:5].count(port) for port in sorted(set(ports[:5]), key=ports.index)] in ([3, 1, 1], [2, 1, 1, 1])
    assert first not in ports[5:]
    assert second not in ports[10:]
