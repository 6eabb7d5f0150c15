"""What the page of `bulk watch` reads and does: behind its token, and for no page of another site."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.cli.helpers import Invoke
from tim_async import LedgerError, UsageError
from tim_async._pages.server import PageServer
from tim_async.bulk import Campaign
from tim_async.bulk.watching import CampaignView, watch_of
from tim_async.cli._watch.site import make_serve, watch_assets, watch_page
from tim_async.testing import FakePool

API = "/_watch/v1"


class Steered:
    """A campaign that records its calls."""

    def __init__(self, campaign: Campaign) -> None:
        self._watch = watch_of(campaign)
        self.done: list[object] = []
        self.error: Exception | None = None

    async def look(self) -> CampaignView:
        if self.error is not None:
            raise self.error
        return await self._watch.look()

    async def pause(self, reason: str) -> bool:
        self.done.append(reason)
        return True

    async def resume(self) -> bool:
        raise UsageError("it is one of workers")

    async def set_rate(self, rate: float | None) -> None:
        self.done.append(rate)


@pytest.fixture
async def steered(tmp_path: Path) -> Steered:
    campaign = Campaign("spring", ledger=tmp_path / "spring.db", recipients=["bob", "用户"], message="Hi")
    async with FakePool().client() as client:
        await campaign.plan(client=client)
    return Steered(Campaign("spring", ledger=tmp_path / "spring.db"))


@pytest.fixture
async def server(steered: Steered) -> AsyncIterator[PageServer]:
    async with PageServer(watch_page(), watch_assets(), make_serve(steered)) as server:
        yield server


@pytest.fixture
async def page(server: PageServer) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser that has opened the address."""
    async with aiohttp.ClientSession(base_url=server.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(server.address.removeprefix(server.url)) as response:
            assert response.status == 200
        yield session


async def ask(page: aiohttp.ClientSession, method: str, path: str, **options: Any) -> tuple[int, Any]:
    async with page.request(method, API + path, **options) as response:
        return response.status, await response.json()


async def test_campaign_is_read_and_steered(page: aiohttp.ClientSession, steered: Steered) -> None:
    status, view = await ask(page, "GET", "/campaign")
    assert (status, view["report"]["name"], view["report"]["total"]) == (200, "spring", 2)
    assert await ask(page, "POST", "/pause", json={"reason": " the price is wrong "}) == (200, {"is_changed": True})
    assert (await ask(page, "POST", "/pause", json={}))[0] == 200
    assert (await ask(page, "PUT", "/rate", json={"rate": 50}))[0] == 200
    assert (await ask(page, "PUT", "/rate", json={"rate": None}))[0] == 200
    assert steered.done == ["the price is wrong", "it was paused", 50.0, None]
    assert await ask(page, "POST", "/resume", json={}) == (400, {"message": "it is one of workers"})
    steered.error = LedgerError("the ledger is gone")
    assert await ask(page, "GET", "/campaign") == (400, {"message": "the ledger is gone"})


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"rate": "x"}', b"{}", b'{"rate": 1, "more": 2}', b"\xff", b"[" * 5000]
)
async def test_body_that_does_not_fit_changes_nothing(
    page: aiohttp.ClientSession, steered: Steered, body: bytes
) -> None:
    status, problem = await ask(page, "PUT", "/rate", data=body, headers={"Content-Type": "application/json"})
    assert (status, steered.done) == (400, [])
    assert "does not fit" in problem["message"]


async def test_others_read_and_change_nothing(
    server: PageServer, steered: Steered, page: aiohttp.ClientSession
) -> None:
    async with aiohttp.ClientSession(base_url=server.url) as other:
        for method, path in (("GET", "/campaign"), ("POST", "/pause"), ("PUT", "/rate")):
            status, _ = await ask(other, method, path, json={})
            assert status == 401
    assert (await ask(page, "POST", "/pause", json={}, headers={"Origin": "https://evil.example"}))[0] == 403
    assert (await ask(page, "GET", "/campaign", headers={"Host": "evil.example"}))[0] == 403
    assert (await ask(page, "POST", "/pause", data={"reason": "x"}))[0] == 403, "as a form does"
    assert (await ask(page, "DELETE", "/campaign"))[0] == 404
    assert (await ask(page, "GET", "/nothing"))[0] == 404
    assert steered.done == []


async def test_page_has_its_files(page: aiohttp.ClientSession) -> None:
    for name in ("main.js", "campaign.js", "tables.js", "rate_plot.js", "watch_texts.js", "watch.css"):
        async with page.get(f"/_assets/watch/{name}") as response:
            assert response.status == 200, name


def test_campaign_that_is_not_there_ends_the_command(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke(
        "bulk", "watch", "--name", "none", "--ledger", str(tmp_path / "none.db"), "--port", "0", "--no-open"
    )
    assert result.exit_code != 0
    assert "none.db" in result.stderr
    assert "Traceback" not in result.stderr


def test_texts_are_in_both_languages() -> None:
    import re
    from importlib.resources import files

    folder = files("tim_async.cli._watch").joinpath("static")
    for name in ("watch_texts.js", "main.js"):
        english, chinese = folder.joinpath(name).read_text("utf-8").split("  zh: {")
        keys = [set(re.findall(r'^ +"([\w.]+)":', part, re.MULTILINE)) for part in (english, chinese)]
        assert keys[0] == keys[1]
        assert keys[0]
