"""A browser, an emulator, and its console open in the browser.

One browser serves all tests of a process, in one loop; each test has its own emulator and a fresh profile. So an
asynchronous fixture here is `@pytest_asyncio.fixture(loop_scope="session")`: another loop would be blocked.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

if os.environ.get("TIM_TEST_BROWSER") != "require":
    pytest.importorskip("playwright", reason="the dependency group `browser` is not installed")

from playwright.async_api import Browser, Page

from tests.browser.watched import Watched, launched, watching
from tim_async import TimClient
from tim_async.emulator import Emulator

Opening = Callable[..., AbstractAsyncContextManager[Watched]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of this folder in the loop that the browser is driven from."""
    for item in items:
        if Path(__file__).parent in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture
def no_tasks_left() -> None:
    """The browser's own tasks go on from test to test."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(rate_limits={"*": 10_000}) as emulator:
        emulator.add_accounts("alice", "bob")
        yield emulator


@pytest_asyncio.fixture(loop_scope="session")
async def client(emulator: Emulator) -> AsyncIterator[TimClient]:
    async with TimClient(emulator.sdk_app_id, emulator.secret_key, base_url=emulator.url) as client:
        yield client


@pytest.fixture
def open_page(browser: Browser) -> Opening:
    """Open a page: `async with open_page(url, locale="zh-CN") as watched`."""
    return partial(watching, browser)


@pytest_asyncio.fixture(loop_scope="session")
async def console(open_page: Opening, emulator: Emulator, request: pytest.FixtureRequest) -> AsyncIterator[Watched]:
    """The console of `emulator` in a window; `parametrize("console", [{...}], indirect=True)` has options of it."""
    options: dict[str, Any] = getattr(request, "param", {})
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(open_page(emulator.url, **options))


@pytest.fixture
def page(console: Watched) -> Page:
    """The page of `console`."""
    return console.page
