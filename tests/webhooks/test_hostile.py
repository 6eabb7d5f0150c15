"""Callers that are not the service: refused by their address, before a byte of the body is read."""

from __future__ import annotations

import asyncio
import gzip
import logging
import re
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, NoReturn

import pytest
from aiohttp import StreamReader, web
from aiohttp.test_utils import make_mocked_request

from tests.servers import serve_asgi
from tests.webhooks.receiver import AFTER, BEFORE, OK, Errors, make
from tests.webhooks.requests import body, query
from tim_async.errors import AnswerError, BodyTimeoutError, EventLostError, EventTooLargeError, WebhookError
from tim_async.webhooks import AfterSendMsg, BeforeSendMsg, WebhookRouter

FORGED = {
    "no Sign": ({"Sign": None}, 401),
    "forged": ({"Sign": "0" * 64}, 401),
    "stale": ({"at": 5}, 401),
    "no SdkAppid": ({"SdkAppid": None}, 403),
    "another app": ({"SdkAppid": "2"}, 403),
}


@asynccontextmanager
async def in_uvicorn(router: WebhookRouter) -> AsyncIterator[str]:
    async with serve_asgi(router) as url:
        yield url


@asynccontextmanager
async def in_aiohttp(router: WebhookRouter) -> AsyncIterator[str]:
    server = web.Application()
    router.add_to(server, "/")
    runner = web.AppRunner(server, lingering_time=0)  # or it waits for the rest of bodies that were not read
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


Serve = Callable[[WebhookRouter], AbstractAsyncContextManager[str]]


@pytest.fixture(params=[in_uvicorn, in_aiohttp])
def serve(request: pytest.FixtureRequest) -> Serve:
    served: Serve = request.param
    return served


class Caller:
    """A connection with a request that is started and may never end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._flood: asyncio.Task[None] | None = None

    def begin(self, headers: str, **changes: Any) -> None:
        self.writer.write(f"POST /?{query(AFTER, **changes)} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())

    def flood(self) -> None:
        """Send chunks without end."""

        async def send() -> None:
            with suppress(ConnectionError):
                while True:
                    self.writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
                    await self.writer.drain()

        self._flood = asyncio.create_task(send())

    async def status(self) -> int:
        async with asyncio.timeout(60):
            head = await self.reader.readuntil(b"\r\n\r\n")
        found = re.match(rb"HTTP/1.1 (\d+)", head)
        assert found is not None
        return int(found[1])

    async def close(self) -> None:
        if self._flood is not None:
            self._flood.cancel()
            await asyncio.wait((self._flood,))
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


@asynccontextmanager
async def call(url: str) -> AsyncIterator[Caller]:
    caller = Caller(*await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2])))
    try:
        yield caller
    finally:
        await caller.close()


def kinds(errors: Errors) -> list[type[Exception]]:
    return [type(error) for error, _ in errors]


@pytest.mark.parametrize(("changes", "status"), FORGED.values(), ids=FORGED)
async def test_forged_request_with_a_stalled_body_is_refused_at_once(
    serve: Serve, changes: dict[str, Any], status: int
) -> None:
    router, errors = make(before_timeout=60)
    async with serve(router) as url, call(url) as caller:
        caller.begin("Content-Length: 1000\r\n", **changes)
        assert await caller.status() == status
    (error,) = [error for error, _ in errors]
    assert isinstance(error, WebhookError)
    assert error.status == status


async def test_forged_request_with_an_endless_body_is_refused_at_once(serve: Serve) -> None:
    router, errors = make(before_timeout=60, max_body=2**60)
    async with serve(router) as url, call(url) as caller:
        caller.begin("Transfer-Encoding: chunked\r\n", Sign="x")
        caller.flood()
        assert await caller.status() == 401
    assert EventTooLargeError not in kinds(errors)


async def test_stalled_body_of_a_signed_request_is_waited_for_until_the_deadline(serve: Serve) -> None:
    router, errors = make(before_timeout=0.05)
    async with serve(router) as url, call(url) as caller:
        caller.begin("Content-Length: 1000\r\n")
        assert await caller.status() == 408
    assert kinds(errors) == [BodyTimeoutError]


async def test_endless_body_of_a_signed_request_is_read_to_the_limit(serve: Serve) -> None:
    router, errors = make(before_timeout=60)
    async with serve(router) as url, call(url) as caller:
        caller.begin("Transfer-Encoding: chunked\r\n")
        caller.flood()
        assert await caller.status() == 413
    assert kinds(errors) == [EventTooLargeError]


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """Return 900 KB that are 900 MB of zeros when unpacked: one megabyte, 900 times over."""
    block = gzip.compress(bytes(1024 * 1024))
    return block * (900_000 // len(block))


@pytest.mark.parametrize(("changes", "statuses"), [({"Sign": "x"}, {401}), ({}, {400, 413})], ids=["forged", "signed"])
async def test_gzip_bomb_costs_no_memory(
    serve: Serve, bomb: bytes, changes: dict[str, Any], statuses: set[int]
) -> None:
    """If nothing decompresses it, it is not JSON."""
    router, _ = make(before_timeout=60)
    async with serve(router) as url, call(url) as caller:
        tracemalloc.start()
        try:
            caller.begin(f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n", **changes)
            caller.writer.write(bomb)
            assert await caller.status() in statuses
            assert tracemalloc.get_traced_memory()[1] < 20_000_000
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize(("changes", "status"), FORGED.values(), ids=FORGED)
async def test_asgi_server_is_not_asked_for_the_body_of_a_forged_request(changes: dict[str, Any], status: int) -> None:
    router, _ = make()
    sent: list[Any] = []

    async def receive() -> NoReturn:
        raise AssertionError("nothing of the body is needed")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": [], "query_string": query(AFTER, **changes).encode()}
    await router(scope, receive, send)
    assert sent[0]["status"] == status


async def test_aiohttp_is_not_asked_for_the_body_of_a_forged_request() -> None:
    class Unread(StreamReader):
        def __init__(self) -> None:
            pass

        async def readany(self) -> NoReturn:
            raise AssertionError("nothing of the body is needed")

    router, _ = make()
    request = make_mocked_request("POST", f"/?{query(AFTER, Sign='x')}", payload=Unread())
    response = await router.aiohttp_handler(request)
    assert response.status == 401


async def test_what_the_head_says_is_checked_when_it_arrives() -> None:
    """A slow body does not make its request stale."""
    now = [1000.0]
    router, errors = make(clock=lambda: now[0], window_s=5)

    async def read() -> bytes | None:
        now[0] += 60
        return None if now[0] > 1100 else body(AFTER)

    response = await router.handle_stream(query(AFTER, at=1000), read, method="POST", length=None)
    assert (response.status, errors) == (200, [])


# Handlers that would end the server


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize("is_async", [True, False], ids=["async", "plain"])
async def test_handlers_that_want_to_exit_end_no_server(
    serve: Serve, kind: type[BaseException], is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[tuple[Exception, Any]] = []
    got: list[str] = []

    def on_error(error: Exception, event: Any) -> None:
        seen.append((error, event))
        raise kind("from on_error")

    router, _ = make(on_error=on_error)

    async def leave(event: Any) -> NoReturn:
        raise kind("from a handler")

    def leave_plainly(event: Any) -> NoReturn:
        raise kind("from a handler")

    leaving = leave if is_async else leave_plainly
    router.before(BeforeSendMsg)(leaving)
    router.on(AfterSendMsg)(leaving)
    router.on(AfterSendMsg)(lambda event: got.append(event.msg_key))
    async with serve(router) as url:
        for command in (BEFORE, AFTER, AFTER):
            async with call(url) as caller:
                data = body(command, MsgKey="k")
                head = f"POST /?{query(command)} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n"
                caller.writer.write(head.encode() + data)
                assert await caller.status() == 200
    assert got == ["k", "k"]
    assert [type(error) for error, _ in seen] == [AnswerError, EventLostError, EventLostError]
    assert all(isinstance(error.__cause__, kind) for error, _ in seen)
    assert f"the handler ended with {kind.__name__}" in caplog.text
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 6


async def test_before_handler_that_wants_to_exit_is_answered_for_by_default() -> None:
    router, errors = make()

    @router.before(BeforeSendMsg)
    async def leave(event: BeforeSendMsg) -> NoReturn:
        raise SystemExit(3)

    response = await router.handle(query(BEFORE), body(BEFORE))
    assert response.status == 200
    assert OK == {"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": ""}
    await router.close()
    assert kinds(errors) == [AnswerError]
