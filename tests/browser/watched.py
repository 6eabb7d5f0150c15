"""A page in a real Chromium, of which everything that must not happen is written down."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, async_playwright, expect
from yarl import URL

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Findings that must be fixed; "moderate" and "minor" are advice.
_SERIOUS: Final = frozenset({"serious", "critical"})
WAIT_MS: Final = 30_000
# As long as everything else waits: a busy machine draws a page late.
expect.set_options(timeout=WAIT_MS)


def chromium() -> str:
    """Return Chromium's path; without it, skip the test, or fail where `TIM_TEST_BROWSER=require`."""
    for name in _NAMES:
        path = shutil.which(name)
        if path is not None:
            return path
    if os.environ.get("TIM_TEST_BROWSER") == "require":
        pytest.fail("TIM_TEST_BROWSER=require, but no Chromium is on PATH")
    pytest.skip("no Chromium is on PATH")


@asynccontextmanager
async def launched(*arguments: str) -> AsyncIterator[Browser]:
    """Run a Chromium, with further arguments. Without its sandbox, which containers do not allow."""
    path = chromium()
    async with async_playwright() as playwright:
        usual = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = await playwright.chromium.launch(executable_path=path, args=[*usual, *arguments])
        try:
            yield browser
        finally:
            await browser.close()


class Watched:
    """A page and its troubles.

    Args:
        context: the context of the page.
        page: the page.
        origin: the only address that it may ask.

    Attributes:
        page: the page.
        context: its context.
        problems: errors and warnings of its console, errors of its scripts, dialogs, and requests to other addresses.
    """

    def __init__(self, context: BrowserContext, page: Page, origin: str) -> None:
        self.context = context
        self.page = page
        self.problems: list[str] = []
        self._origin = URL(origin).origin()
        page.set_default_timeout(WAIT_MS)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("dialog", self._on_dialog)
        context.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"console: {message.text}")

    async def _on_dialog(self, dialog: Any) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    def _on_request(self, request: Request) -> None:
        url = URL(request.url)
        if url.scheme not in {"data", "blob"} and url.origin() != self._origin:
            self.problems.append(f"request: {url}")

    async def serious(self) -> list[str]:
        """Return the accessibility problems that axe finds in the current page."""
        found = await Axe().run(self.page)
        return [
            f"{each['id']}: {each['help']}: {[node['html'] for node in each['nodes']][:3]}"
            for each in found.response["violations"]
            if each["impact"] in _SERIOUS
        ]

    async def is_wider_than_window(self) -> bool:
        """Return whether the page can be scrolled sideways."""
        script = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
        return bool(await self.page.evaluate(script))


async def go(page: Page, place: str) -> None:
    """Show a view, such as `calls` or `calls/17`."""
    await page.evaluate("(place) => { location.hash = `#/${place}`; }", place)
    await page.locator(f".view-{place.partition('/')[0]} h1").wait_for()


Opener = Callable[..., Any]


@asynccontextmanager
async def watching(browser: Browser, url: str, *, origin: str | None = None, **options: Any) -> AsyncIterator[Watched]:
    """Open a page; at the end, nothing of `Watched.problems` may have happened.

    Args:
        browser: the browser.
        url: the page's address.
        origin: the only address that the page may ask; None is that of the page.
        options: of Playwright's `new_context`: `locale`, `viewport`, `color_scheme` ...
    """
    options = {"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, "timezone_id": "Asia/Shanghai", **options}
    context = await browser.new_context(**options)
    try:
        page = await context.new_page()
        watched = Watched(context, page, origin or url)
        await page.goto(url)
        yield watched
        assert watched.problems == []
    finally:
        await context.close()
