"""The receiver inside servers: bare ASGI, FastAPI, Starlette, Litestar, uvicorn and aiohttp.web."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import tracemalloc
from collections.abc import AsyncIterator

import aiohttp
import httpx
import litestar
import msgspec
import pytest
from aiohttp import web
from fastapi import FastAPI
from litestar.handlers import asgi
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.servers import serve_asgi
from tests.webhooks.requests import APP, TOKEN, body, query
from tim_async.errors import EventDecodeError, EventTooLargeError
from tim_async.webhooks import AfterSendMsg, BeforeSendMsg, Refuse, WebhookRouter

BEFORE, AFTER = "C2C.CallbackBeforeSendMsg", "C2C.CallbackAfterSendMsg"


class App:
    """A router whose handlers note what they get."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        self.got: list[str] = []
        self.router = router = WebhookRouter(
            APP, TOKEN, max_body=2_000, on_error=lambda error, event: self.errors.append(error)
        )

        @router.before(BeforeSendMsg)
        async def decide(event: BeforeSendMsg) -> Refuse | None:
            return Refuse(code=120_001) if event.from_account == "eve" else None

        @router.on(AfterSendMsg)
        async def note(event: AfterSendMsg) -> None:
            await asyncio.sleep(0.01)
            self.got.append(event.msg_key)


@pytest.fixture
def app() -> App:
    return App()


@contextlib.asynccontextmanager
async def in_fastapi(router: WebhookRouter) -> AsyncIterator[str]:
    server = FastAPI(lifespan=router.lifespan)
    server.mount("/tim", router)
    async with serve_asgi(server) as url:
        yield f"{url}/tim/"


@contextlib.asynccontextmanager
async def in_starlette(router: WebhookRouter) -> AsyncIterator[str]:
    async with serve_asgi(Starlette(routes=[Mount("/hooks", router)], lifespan=router.lifespan)) as url:
        yield f"{url}/hooks/any/path"


@contextlib.asynccontextmanager
async def in_litestar(router: WebhookRouter) -> AsyncIterator[str]:
    mounted = asgi("/tim", is_mount=True, copy_scope=True)(router)
    async with serve_asgi(
        litestar.Litestar([mounted], lifespan=[router.lifespan], openapi_config=None, logging_config=None)
    ) as url:
        yield f"{url}/tim"


@contextlib.asynccontextmanager
async def alone(router: WebhookRouter) -> AsyncIterator[str]:
    async with serve_asgi(router) as url:
        yield url


@contextlib.asynccontextmanager
async def in_aiohttp(router: WebhookRouter) -> AsyncIterator[str]:
    server = web.Application()
    router.add_to(server, "/tim")
    runner = web.AppRunner(server)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/tim"
    finally:
        await runner.cleanup()


SERVERS = [alone, in_fastapi, in_starlette, in_litestar, in_aiohttp]


@pytest.mark.parametrize("serve", SERVERS)
async def test_server_end_to_end(app, serve):
    async with serve(app.router) as url, aiohttp.ClientSession() as session:

        async def post(command, **fields):
            async with session.post(f"{url}?{query(command)}", data=body(command, **fields)) as response:
                assert response.content_type == "application/json"
                return response.status, msgspec.json.decode(await response.read())

        assert await post(BEFORE, From_Account="bob") == (200, {"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": ""})
        assert (await post(BEFORE, From_Account="eve"))[1]["ErrorCode"] == 120_001
        for key in "123":
            assert (await post(AFTER, MsgKey=key))[0] == 200
    assert app.got == ["1", "2", "3"], "stopping the server waited for them"
    assert app.errors == []


BAD = {
    "forged": ("POST", {"Sign": "x"}, None, 401),
    "stale": ("POST", {"at": 5}, None, 401),
    "wrong app": ("POST", {"SdkAppid": "2"}, None, 403),
    "bad JSON": ("POST", {}, b"{", 400),
    "oversized": ("POST", {}, b"x" * 2_001, 413),
    "much too large": ("POST", {}, b"x" * 500_000, 413),
    "chunked and too large": ("POST", {}, "chunked", 413),
    "GET": ("GET", {}, b"", 405),
    "DELETE": ("DELETE", {}, None, 405),
}


async def chunks():
    for _ in range(50):
        yield b"x" * 1_000


@pytest.mark.parametrize("serve", SERVERS)
async def test_bad_requests_are_answered_and_reach_no_handler(app, serve, caplog):
    async with serve(app.router) as url, aiohttp.ClientSession() as session:
        for name, (method, changes, data, status) in BAD.items():
            content = chunks() if data == "chunked" else body(AFTER) if data is None else data
            try:
                async with session.request(method, f"{url}?{query(AFTER, **changes)}", data=content) as response:
                    assert response.status == status, name
                    if status == 405:
                        assert response.headers["Allow"]
            except aiohttp.ClientConnectionError:
                # A server may close while we are still sending what it refused to read.
                assert status == 413, name
        async with session.post(f"{url}?{query('New.Command')}", data=body("New.Command")) as response:
            assert response.status == 200
    assert app.got == []
    assert len([error for error in app.errors if isinstance(error, EventTooLargeError)]) == 3
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("serve", SERVERS)
async def test_client_that_goes_in_the_middle_harms_nothing(app, serve, caplog):
    async with serve(app.router) as url, aiohttp.ClientSession() as session:
        port = int(url.split(":")[2].partition("/")[0])
        path = url.partition(str(port))[2] or "/"
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST {path}?{query(AFTER)} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + "{"
        writer.write(head.encode())
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.close()
        await writer.wait_closed()
        async with session.post(f"{url}?{query(AFTER)}", data=body(AFTER, MsgKey="k")) as response:
            assert response.status == 200
    assert app.got == ["k"]
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]


ENCODED = {
    "no gzip": ("gzip", b"x" * 20),
    "half of a gzip": ("gzip", gzip.compress(b"{}" * 50)[:15]),
    "no deflate": ("deflate", b"\xff" * 20),
}


@pytest.mark.parametrize(("encoding", "data"), ENCODED.values(), ids=ENCODED)
@pytest.mark.parametrize("serve", [alone, in_aiohttp])
async def test_body_that_is_not_what_its_headers_say_is_answered_and_reported(app, serve, encoding, data, caplog):
    async with serve(app.router) as url, aiohttp.ClientSession() as session:
        headers = {"Content-Encoding": encoding}
        async with session.post(f"{url}?{query(AFTER)}", data=data, headers=headers) as response:
            assert response.status == 400
            answer = msgspec.json.decode(await response.read())
    assert (answer["ActionStatus"], answer["ErrorCode"]) == ("FAIL", 400)
    assert [type(error) for error in app.errors] == [EventDecodeError]
    assert "refused with status 400" in caplog.text
    assert app.got == []


@pytest.mark.parametrize("serve", [pytest.param(alone, marks=pytest.mark.soak), in_aiohttp])
def test_burst_behind_slow_handlers_loses_nothing_and_little_memory(serve):
    """2,000 events with the default bounds, and time for a busy machine; without asyncio's debug mode, for speed."""
    got, errors = set(), []
    router = WebhookRouter(APP, TOKEN, before_timeout=60, on_error=lambda error, event: errors.append(error))

    @router.on(AfterSendMsg)
    async def slow(event):
        await asyncio.sleep(0.01)
        got.add(event.msg_key)

    async def main():
        async with serve(router) as url, aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=50)) as session:

            async def post(number):
                data = body(AFTER, MsgKey=str(number), CloudCustomData="x" * 1_000)
                async with session.post(f"{url}?{query(AFTER)}", data=data) as response:
                    return response.status

            await post(-1)
            tracemalloc.start()
            try:
                statuses = await asyncio.gather(*map(post, range(2_000)))
                return statuses, tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    statuses, peak = asyncio.run(main(), debug=False)
    assert set(statuses) == {200}
    assert got == set(map(str, range(-1, 2_000)))
    assert errors == []
    assert peak < 40_000_000, "2,000 bodies of 1 KB, and the requests of the test itself"


async def test_other_scopes():
    router = WebhookRouter(APP, TOKEN)
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    await router({"type": "websocket"}, receive, send)
    await router({"type": "something new"}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1003}]


async def test_answer_to_a_client_that_went_is_let_go():
    router = WebhookRouter(APP, TOKEN)

    async def receive():
        return {"type": "http.request", "body": body(AFTER)}

    async def gone(message):
        raise OSError("the client went")

    scope = {"type": "http", "method": "POST", "headers": [], "query_string": query(AFTER).encode()}
    await router(scope, receive, gone)


async def test_mounted_without_lifespan_it_still_answers(app):
    """Without the lifespan only the waiting at shutdown is lost."""
    server = FastAPI()
    server.mount("/tim", app.router)
    transport = httpx.ASGITransport(server)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        assert (await client.post(f"/tim/?{query(AFTER)}", content=body(AFTER, MsgKey="k"))).status_code == 200
    await app.router.close()
    assert app.got == ["k"]
