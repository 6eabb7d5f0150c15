"""The documentation in a browser: its search, its language link, and narrow windows."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from tests.browser.conftest import Opening

pytestmark = [pytest.mark.browser]
ROOT = Path(__file__).parents[2]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of the site: that of `TIM_TEST_SITE` if it was built before, otherwise built here."""
    pytest.importorskip("sphinx", reason="the dependency group `docs` is not installed")
    folder = Path(os.environ.get("TIM_TEST_SITE") or tmp_path_factory.mktemp("site"))
    if not (folder / "en" / "index.html").exists():
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "docs.site", str(folder), cwd=ROOT)
        assert await process.wait() == 0
    app = web.Application()
    app.router.add_static("/", folder)
    runner = web.AppRunner(app)
    await runner.setup()
    listener = web.TCPSite(runner, "127.0.0.1", 0)
    await listener.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("language", "words", "page"),
    [
        ("zh", "单发单聊消息", "reference/made/c2c.html"),
        ("zh", "60007", "reference/made/error-codes.html"),
        ("zh", "撤回单聊消息", "reference/made/c2c.html"),
        ("en", "60007", "reference/made/error-codes.html"),
        ("en", "sendmsg", "reference/made/c2c.html"),
    ],
)
async def test_search_finds_the_page(open_page: Opening, site: str, language: str, words: str, page: str) -> None:
    async with open_page(f"{site}/{language}/search.html?q={words}") as watched:
        await watched.page.locator(f'#search-results a[href*="{page}"]').first.wait_for()


async def test_each_page_leads_to_the_other_language(open_page: Opening, site: str) -> None:
    async with open_page(f"{site}/en/explanation/limits.html") as watched:
        await watched.page.get_by_role("link", name="中文", exact=True).click()
        await watched.page.wait_for_url("**/zh/explanation/limits.html")
        assert await watched.page.get_by_role("heading", level=1).inner_text() == "每秒 200 次，为什么漏桶不够"


@pytest.mark.parametrize("page", ["index", "reference/made/c2c", "how-to/campaigns"])
async def test_pages_fit_a_phone(open_page: Opening, site: str, page: str) -> None:
    async with open_page(f"{site}/zh/{page}.html", viewport={"width": 390, "height": 844}) as watched:
        width = await watched.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390


async def test_picked_tab_is_shown_by_every_example(open_page: Opening, site: str) -> None:
    async with open_page(f"{site}/en/reference/made/c2c.html") as watched:
        page = watched.page
        programs = page.locator(".tabs .tab").filter(has_text="async with TimClient")
        lines = page.locator(".tabs .tab").filter(has_text="tim-async call")
        assert await programs.first.is_visible()
        assert not await lines.first.is_visible()
        await page.get_by_text("Command line", exact=True).and_(page.locator(".tabs > label")).first.click()
        for at in range(await lines.count()):
            assert await lines.nth(at).is_visible()
            assert not await programs.nth(at).is_visible()
        await page.goto(f"{site}/zh/reference/made/group.html")
        assert await page.locator(".tabs .tab").filter(has_text="tim-async call").first.is_visible()
