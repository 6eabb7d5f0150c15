"""A page's server behind a token: who is answered what."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from tim_async import UsageError
from tim_async._pages.assets import Assets
from tim_async._pages.page import page
from tim_async._pages.server import PageServer

DATA = "/data"


async def data(request: web.BaseRequest) -> web.StreamResponse | None:
    return web.Response(text="secret data") if request.path == DATA else None


def server(port: int = 0, hosts: tuple[str, ...] = ()) -> PageServer:
    document = page("Page", script="pages/shell.js")
    return PageServer(document, Assets({"pages": "tim_async._pages"}), data, port=port, hosts=hosts)


@pytest.fixture
async def served() -> AsyncIterator[PageServer]:
    async with server(hosts=("console.example",)) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def test_address_opens_the_page_and_its_data(served: PageServer, browser: aiohttp.ClientSession) -> None:
    async with browser.get(served.address) as response:
        assert (response.status, response.url.query_string) == (200, "")
        assert "<title>Page</title>" in await response.text()
        assert served.address.rpartition("=")[2] not in await response.text()
    async with browser.get(served.url + DATA) as response:
        assert await response.text() == "secret data"
    async with browser.get(served.url + "/nothing") as response:
        assert response.status == 404


async def test_without_the_token_there_is_the_empty_page_and_no_data(
    served: PageServer, browser: aiohttp.ClientSession
) -> None:
    async with browser.get(served.url) as response:
        assert response.status == 200
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    async with browser.get(served.url + "/_assets/pages/shell.js") as response:
        assert response.status == 200
    for path in (DATA, "/nothing"):
        async with browser.get(served.url + path) as response:
            assert response.status == 401
            assert "URL that the command printed" in (await response.json())["message"]
    async with browser.post(served.url, json={}) as response:
        assert response.status == 401
    async with browser.get(served.url + "/?token=wrong") as response:
        assert response.status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "localhost.evil.example"},
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
    ids=lambda headers: " ".join(*headers.items()),
)
async def test_other_sites_are_refused_even_with_the_cookie(
    served: PageServer, browser: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    await (await browser.get(served.address)).read()
    for path in ("/", DATA, "/_assets/pages/shell.js", served.address.removeprefix(served.url)):
        async with browser.get(served.url + path, headers=headers, allow_redirects=False) as response:
            assert response.status == 403
            assert "Access-Control-Allow-Origin" not in response.headers
            assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("host", ["console.example", "localhost", "[::1]"])
async def test_names_that_are_allowed(served: PageServer, browser: aiohttp.ClientSession, host: str) -> None:
    headers = {"Host": f"{host}:8901", "Origin": f"http://{host}:8901"}
    async with browser.get(served.url, headers=headers) as response:
        assert response.status == 200


async def test_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port}") as raised:
            async with server(port):
                pass
    assert raised.value.field == "port"


async def test_end_does_not_wait_for_those_who_listen(browser: aiohttp.ClientSession) -> None:
    begun, is_ended = asyncio.Event(), False

    async def endless(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal is_ended
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            is_ended = True
        raise AssertionError

    document = page("Page", script="pages/shell.js")
    async with PageServer(document, Assets({}), endless) as served:
        await (await browser.get(served.address)).read()
        asking = asyncio.ensure_future(browser.get(served.url + DATA))
        await begun.wait()
    with pytest.raises(aiohttp.ClientError):
        await asking
    await asyncio.sleep(0)
    assert is_ended
