"""What the emulator answers at `/`, and to whom."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tim_async.emulator import Emulator

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_browsers_get_the_page_and_its_files(emulator: Emulator, session: aiohttp.ClientSession) -> None:
    async with session.get(emulator.url, headers=HTML) as response:
        document = await response.text()
        assert (response.status, response.content_type) == (200, "text/html")
        policy = response.headers["Content-Security-Policy"]
    for each in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'none'"):
        assert each in policy
    assert "unsafe" not in policy
    files = re.findall(r'(?:href|src)="(/_assets/[^"]+)"', document)
    assert "/_assets/console/main.js" in files
    for each in files:
        async with session.get(emulator.url + each) as response:
            assert response.status == 200, each


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("headers", [{}, {"Accept": "*/*"}, {"Accept": "application/json"}])
async def test_others_get_an_empty_200(
    emulator: Emulator, session: aiohttp.ClientSession, method: str, headers: dict[str, str]
) -> None:
    async with session.request(method, emulator.url, headers=headers) as response:
        assert (response.status, await response.read()) == (200, b"")
        assert "Content-Security-Policy" not in response.headers


async def test_page_does_not_stand_in_the_log_of_calls(emulator: Emulator, session: aiohttp.ClientSession) -> None:
    async with session.get(emulator.url, headers=HTML), session.get(f"{emulator.url}/_assets/pages/dom.js"):
        pass
    assert emulator.count() == 0


@pytest.mark.parametrize("path", ["/", "/_assets/pages/dom.js"])
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Host": "evil.example"}, id="name-that-resolves-to-loopback"),
        pytest.param({"Host": "127.0.0.1.evil.example:80"}, id="name-that-begins-like-ours"),
        pytest.param({"Origin": "http://evil.example"}, id="page-of-another-site"),
        pytest.param({"Origin": "null"}, id="page-in-a-sandbox"),
    ],
)
async def test_other_sites_are_refused(
    emulator: Emulator, session: aiohttp.ClientSession, path: str, headers: dict[str, str]
) -> None:
    async with session.get(emulator.url + path, headers={**HTML, **headers}) as response:
        assert response.status == 403
        assert "tim" not in await response.text()


async def test_remote_emulator_is_reached_by_any_name(session: aiohttp.ClientSession) -> None:
    async with (
        Emulator(allow_remote=True) as emulator,
        session.get(emulator.url, headers={**HTML, "Host": "emulator:8900"}) as response,
    ):
        assert response.status == 200
