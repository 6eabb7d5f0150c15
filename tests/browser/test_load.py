"""Much in the emulator, and much going on: the page stays usable."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from playwright.async_api import Page, Request, expect

from tests.browser.watched import Watched
from tim_async import TextElem, TimClient
from tim_async.emulator import Emulator
from tim_async.emulator.state.recent_contact import RecentContacts
from tim_async.models.c2c import RoamMsg
from tim_async.models.recent_contact import C2C

pytestmark = pytest.mark.browser

MANY = 20_000
RATE = 500
SECONDS = 3


def store_many(emulator: Emulator) -> None:
    """Store what as many calls would have: a long conversation, and accounts with a message each."""
    state, now = emulator._state, emulator._clock()
    emulator.add_accounts(*(f"user{number}" for number in range(MANY)))
    for number in range(MANY):
        for recipient in ("bob", f"user{number}"):
            message = RoamMsg(
                from_account="alice",
                to_account=recipient,
                msg_seq=number,
                msg_random=number,
                msg_time_stamp=int(now),
                msg_key=f"{number}_{number}_{int(now)}",
                msg_body=[TextElem(f"message {number}")],
            )
            state.store(message, hidden_from=set(), now=now, is_unread=True)
            state.part(RecentContacts).note(recipient, (C2C, "alice"), int(now))


async def send_steadily(client: TimClient) -> None:
    """Send `RATE` messages a second."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with asyncio.TaskGroup() as group:
        for number in range(RATE * SECONDS):
            group.create_task(client.c2c.send_text("bob", f"load {number}", from_account="alice"))
            if number % 10 == 9:
                await asyncio.sleep(begun + number / RATE - loop.time())


async def test_page_stays_usable(console: Watched, page: Page, emulator: Emulator) -> None:
    store_many(emulator)
    asked: Counter[str] = Counter()

    def count(request: Request) -> None:
        asked[request.url.partition("?")[0].rpartition("/")[2]] += 1

    page.on("request", count)
    await page.reload()
    await page.evaluate("location.hash = '#/inbox/accounts/bob/c2c/alice'")
    last = page.locator(".log .bubble").last
    await expect(last).to_have_text(f"message {MANY - 1}")
    async with TimClient(
        emulator.sdk_app_id, emulator.secret_key, base_url=emulator.url, rate_limits={"openim/sendmsg": 10_000}
    ) as client:
        asked.clear()
        begun = asyncio.get_running_loop().time()
        sending = asyncio.create_task(send_steadily(client))
        await expect(last).to_contain_text("load")
        for account in ("user19876", "user5"):
            await page.get_by_role("searchbox").fill(account)
            await page.locator(".inbox-side .inbox-row-name").get_by_text(account, exact=True).click()
            await expect(last).to_have_text(f"message {account.removeprefix('user')}")
        await page.get_by_role("searchbox").fill("")
        await page.evaluate("location.hash = '#/inbox/accounts/bob/c2c/alice'")
        await sending
        took = asyncio.get_running_loop().time() - begun
    await expect(last).to_have_text(f"load {RATE * SECONDS - 1}")
    await expect(last).to_be_in_viewport()
    # The page shows a part of the data, and reads it a few times per second.
    assert await page.locator("*").count() < 6_000
    assert asked["inboxes"] < 4 * took + 10
    assert asked["conversation"] < 4 * took + 10
    log = page.get_by_role("log")
    before = await page.locator(".log .message").count()
    await log.evaluate("(each) => { each.scrollTop = 0; }")
    await expect(page.locator(".log .message").nth(before + 50)).to_be_attached()
    box = page.get_by_role("listbox", name="Accounts")
    for _ in range(3):
        await box.evaluate("(each) => { each.scrollTop = each.scrollHeight; }")
        await page.wait_for_timeout(100)
    assert await page.locator(".inbox-side .windowed-row").count() < 60
