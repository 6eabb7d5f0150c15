"""The console's views other than inbox and calls, in a browser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from tests.browser.conftest import Opening
from tests.browser.watched import Watched, go
from tim_async import (
    AndroidInfo,
    CustomElem,
    OfflinePushInfo,
    RetryPolicy,
    TimClient,
    TimError,
    WebInfo,
)
from tim_async.emulator import Emulator

pytestmark = pytest.mark.browser

# What is visible when a view has read its data.
READY = {
    "calls": ".call-row",
    "limits": ".limit-card .pace-passed",
    "webhooks": ".call-row",
    "pushes": ".call-row",
    "accounts": ".account-row",
    "faults": ".fault-list li",
    "clock": ".clock-time",
    "reset": ".reset-grid",
}
HOSTILE = "<img src=x onerror='window.hacked=1'><script>window.hacked=2</script>\u202e\"'${1}</pre>"


@asynccontextmanager
async def receiver(answer: dict[str, Any]) -> AsyncIterator[str]:
    """Serve an app that answers every webhook alike."""

    async def receive(request: web.BaseRequest) -> web.Response:
        return web.json_response(answer)

    server = web.Server(receive)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/tim"
    finally:
        listener.close()
        await server.shutdown(0.1)


async def test_every_view_is_reached_by_its_key_from_every_other(page: Page) -> None:
    """A view may have its own keys: none of them belongs to another view."""
    await expect(page.locator(".live")).to_have_text("Live")
    links = await page.locator("[data-view]").evaluate_all(
        "(links) => links.map((each) => [each.dataset.view, each.querySelector('kbd').textContent])"
    )
    assert len({key for _, key in links}) == len(links)
    for view, key in (*links, *reversed(links)):
        await page.keyboard.press(key)
        await expect(page.locator(f".view-{view}")).to_be_visible()
        await page.get_by_role("main").focus()


async def test_limits_fill_and_can_be_set(page: Page, client: TimClient) -> None:
    await client.c2c.send_text("bob", "hi")
    await go(page, "limits")
    card = page.get_by_role("region", name="c2c.send")
    await card.get_by_role("button", name="Set a limit").click()
    dialog = page.get_by_role("dialog", name="Set a limit")
    await expect(dialog.get_by_label("Command")).to_have_value("openim/sendmsg")
    await dialog.get_by_label("Calls").fill("2")
    await dialog.get_by_label("Window, in seconds").fill("100")
    await dialog.get_by_role("button", name="Set the limit").click()
    await expect(card).to_contain_text("0 of 2")
    calling = client.with_options(retry=RetryPolicy.off())
    for number in range(4):
        with suppress(TimError):
            await calling.c2c.send_text("bob", f"hi {number}")
    await expect(card).to_contain_text("2 of 2")
    await expect(card).to_contain_text("2 refused")
    await expect(card.get_by_role("meter", name="2 calls in 100 s")).to_have_attribute("aria-valuenow", "2")
    plot = card.get_by_role("img")
    await expect(plot).to_have_attribute("aria-label", re.compile(r"3 passed, 2 refused"))
    assert await plot.locator(".pace-refused").get_attribute("d")
    await card.get_by_role("button", name="As documented").click()
    await expect(card.get_by_text("set for all")).to_be_visible()
    await expect(card).to_contain_text("0 of 10,000")
    await card.get_by_role("button", name="As documented").click()  # the limit that the fixture sets for all
    await expect(card).to_contain_text("0 of 200")
    await expect(card.get_by_role("button", name="As documented")).to_be_hidden()


async def test_webhooks_are_sent_answered_and_sent_again(page: Page, client: TimClient, emulator: Emulator) -> None:
    await go(page, "webhooks")
    async with receiver({"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": HOSTILE}) as url:
        await page.get_by_label("URL of the app").fill(url)
        await page.get_by_label("Token that signs the events").fill("secret-token")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("button", name="Remove the token")).to_be_visible()
        await client.c2c.send_text("bob", "hi")
        row = page.get_by_role("option", name="C2C.CallbackAfterSendMsg")
        await expect(row).to_contain_text("answered")
        await row.click()
        await expect(page.get_by_role("group", name="Answer")).to_contain_text("onerror")
        await page.get_by_role("button", name="Send again").click()
        await expect(page.get_by_text("Sent again: answered.")).to_be_visible()
        await expect(page.locator(".detail")).to_contain_text("sent 2 times")
        assert "secret-token" not in await page.content()
    await page.get_by_role("button", name="Send again").click()
    await expect(page.locator(".explained")).to_contain_text("no answer")
    await page.get_by_role("button", name="Trouble only").click()
    await expect(page.get_by_role("option")).to_have_count(1)
    await page.get_by_role("button", name="Send none").click()
    await expect(page.get_by_text("No webhooks are sent.")).to_be_visible()
    assert emulator.webhook_url is None


async def test_push_is_shown_as_each_vendor_shows_it(page: Page, client: TimClient) -> None:
    await go(page, "pushes")
    info = OfflinePushInfo(title="春" * 41, desc="half price", android_info=AndroidInfo(oppo_channel_id="sale"))
    await client.push.send_batch(from_account="alice", to_account=["bob"], offline_push_info=info)
    await page.get_by_role("option").click()
    vivo = page.get_by_role("region", name="vivo")
    await expect(vivo).to_contain_text("春" * 37 + "...")
    await expect(vivo).to_contain_text("cut to the vendor's length")
    oppo = page.get_by_role("region", name="OPPO")
    await oppo.get_by_text("What OPPO receives").click()
    await expect(oppo.locator(".json")).to_contain_text("OPPOChannelID")


async def test_accounts_are_imported_and_log_in_and_out(page: Page, emulator: Emulator) -> None:
    await go(page, "accounts")
    await page.get_by_role("button", name="Import accounts").click()
    await page.get_by_label("Account ids, one per line").fill("carol\n爱丽丝, dave")
    await page.get_by_role("dialog").get_by_role("button", name="Import accounts").click()
    await expect(page.get_by_text("6 accounts")).to_be_visible()
    await page.get_by_role("button", name="Log 爱丽丝 in").click()
    await page.get_by_label("Platform").select_option("iPhone")
    await page.get_by_role("dialog").get_by_role("button", name="Log in").click()
    out = page.get_by_role("button", name="Log 爱丽丝 out on iPhone")
    await expect(out).to_be_visible()
    await out.click()
    await expect(out).to_have_count(0)
    await page.get_by_role("searchbox").fill("CAR")
    await expect(page.get_by_role("listitem").filter(has_text="carol")).to_have_count(1)
    await expect(page.get_by_text("1 account", exact=True)).to_be_visible()
    assert {"carol", "dave", "爱丽丝"} <= set(emulator.accounts)


async def test_faults_of_every_kind_are_planned(console: Watched, emulator: Emulator) -> None:
    page = console.page
    await go(page, "faults")
    for name in ("Lost answer", "Slow for 3 s", "5 % trouble", "No answers"):
        await page.get_by_role("switch", name=name).click()
        await expect(page.get_by_role("switch", name=name)).to_have_attribute("aria-checked", "true")
    assert [each.kind for each in emulator.faults.active] == ["drop", "delay", "answer", "stall"]
    await page.get_by_role("switch", name="Slow for 3 s").click()
    await expect(page.locator(".fault")).to_have_count(3)
    await page.get_by_role("button", name="Remove all").click()
    await expect(page.get_by_text("No faults are planned")).to_be_visible()
    form = page.get_by_role("region", name="Plan another")
    for kind in ("answer", "delay", "drop", "status", "garbage", "truncate", "endless", "stall"):
        await form.get_by_label("Kind").select_option(kind)
        await form.get_by_label("Command").fill("openim/sendmsg")
        await form.get_by_label("Share of the calls, in percent").fill("5")
        await form.get_by_role("button", name="Plan", exact=True).click()
        await expect(page.locator(".fault").last).to_contain_text("c2c.send")
    await expect(page.locator(".fault")).to_have_count(8)
    assert {each.rate for each in emulator.faults.active} == {0.05}
    await form.get_by_label("Command").fill("openim/nothing")
    await form.get_by_role("button", name="Plan", exact=True).click()
    await expect(page.locator(".toast.error")).to_contain_text("unknown command")
    # The browser itself writes that something was refused.
    console.problems = [each for each in console.problems if "400 (Bad Request)" not in each]


async def test_clock_is_moved_and_stopped(page: Page, emulator: Emulator) -> None:
    await go(page, "clock")
    await expect(page.get_by_text("same as this machine's clock", exact=True)).to_be_visible()
    await page.get_by_role("button", name="+ 1 day").click()
    await expect(page.get_by_text("1 d ahead of this machine's clock")).to_be_visible()
    await page.get_by_role("button", name="Stop").click()
    await expect(page.get_by_text("stopped · ")).to_be_visible()
    await page.get_by_label("Time to set").fill("2030-01-01T08:00:00")
    await page.get_by_role("button", name="Set", exact=True).click()
    await expect(page.get_by_role("timer")).to_have_text("08:00:00")
    assert emulator._clock() == 1_893_456_000  # in Shanghai, where the browser is
    await page.get_by_role("button", name="Use this machine's time").click()
    await expect(page.get_by_text("same as this machine's clock", exact=True)).to_be_visible()


async def test_reset_asks_first(page: Page, client: TimClient, emulator: Emulator) -> None:
    await client.c2c.send_text("bob", "hi")
    await go(page, "reset")
    await page.get_by_role("button", name="Delete messages").click()
    await page.keyboard.press("Escape")
    assert len(emulator.messages()) == 1
    await page.get_by_role("button", name="Delete messages").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete messages").click()
    await expect(page.get_by_text("The emulator was reset.")).to_be_visible()
    assert not emulator.messages()
    assert "bob" in emulator.accounts
    await page.get_by_role("button", name="Reset everything").click()
    await page.get_by_role("dialog").get_by_role("button", name="Reset everything").click()
    await expect(page.get_by_text("The emulator was reset.")).to_have_count(2)
    assert set(emulator.accounts) == {"administrator"}


@asynccontextmanager
async def full(emulator: Emulator, client: TimClient) -> AsyncIterator[list[str]]:
    """Fill an emulator with hostile content in every field; yield the addresses of all views, and of what they show."""
    accounts = ["<b onclick=x>", "\"'><svg onload=hacked()", "alice"]
    emulator.add_accounts(*accounts)
    emulator.set_online(accounts[0], "<i>iPhone</i>")
    calling = client.with_options(retry=RetryPolicy.off())
    async with receiver({"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": HOSTILE, HOSTILE: [HOSTILE]}) as url:
        emulator.webhook_url = url
        emulator.faults.answer(20004, HOSTILE, times=1, command="openim/sendmsg")
        for number, account in enumerate((*accounts, "bob")):
            body = {
                "From_Account": account, "To_Account": "bob", "MsgRandom": number, HOSTILE: {HOSTILE: HOSTILE},
                "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": HOSTILE, HOSTILE: 1}}],
                "CloudCustomData": HOSTILE,
            }  # fmt: skip
            with suppress(TimError):
                await calling.request("openim/sendmsg", body)
        with suppress(TimError):
            await calling.c2c.send(to_account=HOSTILE[:20], msg_body=[CustomElem(data=HOSTILE, desc=HOSTILE)])
        info = OfflinePushInfo(title=HOSTILE, desc=HOSTILE, ext=HOSTILE, android_info=AndroidInfo(sound=HOSTILE))
        await client.push.send_batch(from_account=accounts[0], to_account=accounts, offline_push_info=info)
        await client.push.send_web_batch(
            from_account="alice", to_account=accounts, web_info=WebInfo(title=HOSTILE, url="javascript:hacked()")
        )
        await emulator.webhooks_settled()
        pushes = [f"pushes/{quote(each.task_id)}" for each in emulator.pushes]
        yield [*READY, "calls/1", "calls/2", "calls/5", f"webhooks/{emulator.webhooks[-1].number}", *pushes]


@pytest.mark.parametrize(
    "options",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark", "locale": "zh-CN", "viewport": {"width": 390, "height": 800}},
    ],
    ids=["wide and light", "narrow, dark and Chinese"],
)
async def test_hostile_content_does_nothing_and_nothing_keeps_people_out(
    open_page: Opening, emulator: Emulator, client: TimClient, options: dict[str, Any]
) -> None:
    async with full(emulator, client) as places, open_page(emulator.url, **options) as watched:
        await expect(watched.page.locator(".live.lost")).to_have_count(0)
        for place in places:
            await go(watched.page, place)
            view, _, chosen = place.partition("/")
            ready = ".detail :is(.bodies, .push-to)" if chosen else READY[view]
            await expect(watched.page.locator(f".view-{view} {ready}").first).to_be_visible()
            await check(watched, place, is_looked_at=place not in ("calls/2", "calls/5"))


async def check(watched: Watched, place: str, *, is_looked_at: bool) -> None:
    page = watched.page
    assert await page.evaluate("window.hacked") is None, place
    assert await page.locator("main :is(img, script, iframe, object, svg[onload], [onclick], [onerror])").count() == 0
    assert await page.locator('a[href^="javascript"]').count() == 0, place
    assert not await watched.is_wider_than_window(), place
    if is_looked_at:
        assert await watched.serious() == [], place
