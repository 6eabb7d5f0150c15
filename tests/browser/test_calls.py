"""The console's calls in a browser: joined, found, explained, copied, and as many as there may be."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import suppress
from functools import partial

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Opening
from tests.browser.watched import Watched, go
from tim_async import RetryPolicy, TimClient, TimError
from tim_async.emulator import Arrival, Emulator
from tim_async.emulator.control.calls import view_of

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 800}}


async def test_retry_of_a_planned_fault_is_joined(page: Page, client: TimClient) -> None:
    """Switched on in the page, met by the SDK, and shown as one message."""
    await go(page, "faults")
    switch = page.get_by_role("switch", name="One 20004")
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "true")
    await client.with_options(retry=RetryPolicy(base=0)).c2c.send_text("bob", "second time lucky")
    await expect(switch).to_have_attribute("aria-checked", "false")
    await go(page, "calls")
    row = page.get_by_role("option")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text("2 attempts, 1 message")
    await row.click()
    attempts = page.get_by_role("region", name="Attempts of one message")
    await expect(attempts.get_by_role("listitem")).to_have_count(2)
    await attempts.get_by_role("button", name="Attempt 1").click()
    await expect(page).to_have_url(re.compile("#/calls/1$"))
    await expect(page.locator(".explained")).to_contain_text("20004")
    await expect(page.locator(".explained")).to_contain_text("What to do")
    await client.c2c.send_text("bob", "live")
    await expect(page.locator('[aria-posinset="1"]')).to_contain_text("live")


async def test_calls_are_found_and_the_address_says_how(page: Page, client: TimClient) -> None:
    calling = client.with_options(retry=RetryPolicy.off())
    for account in ("bob", "alice", "nowhere"):
        with suppress(TimError):
            await calling.c2c.send_text(account, f"Grüße an {account} 爱")
    await go(page, "calls")
    rows = page.get_by_role("option")
    await expect(rows).to_have_count(3)
    await page.keyboard.press("/")
    await page.keyboard.type("an ALICE")
    await expect(rows).to_have_count(1)
    await page.reload()
    await expect(page.get_by_role("searchbox")).to_have_value("an ALICE")
    await expect(rows).to_have_count(1)
    await calling.c2c.send_text("bob", "something an alice may see")
    await expect(rows).to_have_count(2)
    await page.get_by_role("button", name="Clear filters").click()
    await expect(rows).to_have_count(4)
    await page.get_by_role("button", name="Trouble only").click()
    await expect(rows).to_have_count(1)
    await page.get_by_label("Code").fill("0")
    await expect(page.get_by_text("No call matches these filters.")).to_be_visible()


async def test_call_is_explained_and_can_be_copied(page: Page, client: TimClient, emulator: Emulator) -> None:
    body = {"To_Account": "bob", "Colour": 1, "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "你好"}}]}
    await client.request("openim/sendmsg", body)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await go(page, "calls/1")
    marked = page.locator(".json-marked")
    await expect(marked).to_have_text('"Colour"')
    await expect(page.get_by_text("1 unknown field", exact=True)).to_be_visible()
    link = page.get_by_role("link", name="Official page")
    await expect(link).to_have_attribute("href", re.compile(r"^https://"))
    for name, start in (
        ("Python", "import asyncio"),
        ("curl", "curl -X POST"),
        ("tim-async call", "tim-async call c2c.send"),
    ):
        await page.get_by_role("button", name=name, exact=True).click()
        await page.locator(".copies").get_by_role("button", name="Copy", exact=True).click()
        await page.wait_for_function(
            "(start) => navigator.clipboard.readText().then((text) => text.startsWith(start))", arg=start
        )
        assert emulator.secret_key not in await page.evaluate("navigator.clipboard.readText()")


async def test_call_waits_for_its_answer_while_that_is_held_back(page: Page, client: TimClient) -> None:
    await go(page, "faults")
    switch = page.get_by_role("switch", name="No answers")
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "true")
    sending = asyncio.create_task(client.c2c.send_text("bob", "hi"))
    await go(page, "calls")
    row = page.get_by_role("option")
    await expect(row).to_contain_text("waiting")
    await row.click()
    await expect(page.get_by_text("The answer is held back")).to_be_visible()
    await go(page, "faults")
    await switch.click()
    await sending
    await go(page, "calls/1")
    await expect(row).to_contain_text("OK")
    await page.get_by_role("link", name="Open in the explorer").click()
    await expect(page).to_have_url(re.compile("#/explorer/openim/sendmsg\\?body="))


async def test_20_000_calls_are_few_rows_in_the_page(page: Page, emulator: Emulator) -> None:
    """As calls arrive, the visible part stays in place, and the page responds."""
    await go(page, "calls")
    await expect(page.get_by_text("No calls yet.")).to_be_visible()
    body = json.dumps({"To_Account": "bob", "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}]})
    count = page.get_by_role("main").get_by_role("status")
    for start in range(0, 20_000, 2_500):
        for number in range(start + 1, start + 2_501):
            arrival = Arrival(time=1e9, monotonic=0, command="openim/sendmsg", number=number, body=body.encode())
            emulator._events.publish("call", partial(view_of, arrival))
        await expect(count).to_have_text(f"{start + 2_500:,} kept calls")
    rows = page.get_by_role("option")
    assert await rows.count() < 60
    await expect(rows.first).to_have_attribute("aria-setsize", "20000")
    box = page.get_by_role("listbox", name="Calls")
    await box.focus()
    await page.keyboard.press("End")
    last = page.locator('[aria-posinset="20000"]')
    await expect(last).to_be_in_viewport()
    assert await rows.count() < 60


@pytest.mark.parametrize("console", [PHONE], indirect=True, ids=["phone"])
async def test_narrow_window_shows_the_list_or_the_call(console: Watched, client: TimClient) -> None:
    page = console.page
    await client.c2c.send_text("bob", "hi")
    await go(page, "calls")
    box = page.get_by_role("listbox", name="Calls")
    await page.get_by_role("option").click()
    await expect(page.get_by_role("heading", name="c2c.send")).to_be_visible()
    await expect(box).to_be_hidden()
    await page.get_by_role("button", name="Back to the list").click()
    await expect(box).to_be_visible()
    assert not await console.is_wider_than_window()


async def test_calls_in_chinese(open_page: Opening, emulator: Emulator, client: TimClient) -> None:
    with suppress(TimError):
        await client.c2c.send_text("nowhere", "hi")
    async with open_page(f"{emulator.url}/#/calls/1", locale="zh-CN") as watched:
        page = watched.page
        await expect(page.get_by_role("heading", name="单发单聊消息")).to_be_visible()
        await expect(page.locator(".explained")).to_contain_text("怎么办")
        await expect(page.locator(".explained")).to_contain_text("先导入账号")
