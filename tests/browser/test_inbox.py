"""The inbox in a browser: messages of the SDK appear, and typed messages go through the app's webhook."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Opening
from tests.browser.watched import Watched
from tests.browser.world import ELEMENTS, fill
from tests.emulator.receiver import receiving
from tim_async import TextElem, TimClient
from tim_async.emulator import Emulator

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 800}}


async def go(page: Page, *parts: str) -> None:
    """Go to a part of the inbox."""
    await page.evaluate(
        "(hash) => { location.hash = hash; }", "#/inbox/" + "/".join(quote(each, safe="") for each in parts)
    )


async def test_what_the_sdk_sends_appears_by_itself(page: Page, client: TimClient) -> None:
    accounts = page.get_by_role("listbox", name="Accounts")
    await expect(accounts.get_by_role("option", name="bob")).to_be_visible()
    await client.c2c.send_text("bob", "hello from the SDK")
    row = accounts.get_by_role("option", name="bob")
    await expect(row).to_contain_text("hello from the SDK")
    await expect(row).to_contain_text("1 unread")
    await row.click()
    # The only conversation is opened at once.
    log = page.get_by_role("log")
    await expect(log.locator(".other .bubble")).to_have_text(["hello from the SDK"])
    for number in range(3):
        await client.c2c.send_text("bob", f"message {number}")
    await expect(log.locator(".bubble").last).to_have_text("message 2")
    await expect(log.locator(".bubble").last).to_be_in_viewport()
    await expect(row).to_contain_text("4 unread")


async def test_apps_webhook_replaces_what_bob_types(page: Page, emulator: Emulator) -> None:
    async with receiving() as receiver:
        emulator.webhook_url = receiver.url
        receiver.answers["C2C.CallbackBeforeSendMsg"] = {
            "ActionStatus": "OK",
            "ErrorCode": 0,
            "ErrorInfo": "",
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "I like ****"}}],
        }
        await go(page, "accounts", "bob", "c2c", "alice")
        field = page.get_by_role("textbox", name="Write as bob")
        await field.fill("I like beer")
        await field.press("Enter")
        await expect(page.locator(".own .bubble")).to_have_text(["I like ****"])
        await expect(field).to_have_value("")
        assert receiver.got[0][1]["MsgBody"][0]["MsgContent"]["Text"] == "I like beer"
        # What the app refuses stays in the field, and its code is shown.
        receiver.answers["C2C.CallbackBeforeSendMsg"] = {
            "ActionStatus": "OK",
            "ErrorCode": 120_001,
            "ErrorInfo": "rude",
        }
        await field.fill("and more")
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_role("status")).to_contain_text(["120001: rude"])
        await expect(field).to_have_value("and more")
        await expect(page.locator(".own .bubble")).to_have_count(1)
    emulator.webhook_url = None


async def test_every_kind_of_element_is_shown(page: Page, emulator: Emulator, client: TimClient) -> None:
    await fill(emulator, client)
    await go(page, "accounts", "bob", "c2c", "alice")
    bubbles = page.locator(".log .bubble")
    await expect(bubbles).to_have_count(len(ELEMENTS) + 2)
    (
        text,
        face,
        place,
        picture,
        sound,
        file,
        video,
        relay,
        custom,
        unknown,
        edited,
        own,
    ) = await bubbles.all_inner_texts()
    assert text == "Good morning! 早上好 ☀️"
    assert "Face 3" in face
    assert "Tencent Binhai Towers" in place
    assert "22.523, 113.934" in place
    assert "1920 × 1080" in picture
    assert "12 s" in sound
    assert "plan.pdf" in file
    assert "31 s · mp4" in video
    assert "Chat of alice and carol" in relay
    assert "Order 17 is paid" in custom
    assert "TIMNewElem" in unknown
    assert (edited, own) == ("See you at 4", "Fine, thank you")
    await expect(page.locator(".message", has_text="See you at 4")).to_contain_text("edited")
    await expect(page.locator(".aside")).to_contain_text("alice recalled a message")
    await expect(page.locator(".log")).not_to_contain_text("a mistake")
    relayed = page.locator(".relay")
    await relayed.get_by_text("Show 2 messages").click()
    await expect(relayed.locator(".relayed")).to_have_count(2)
    await expect(relayed).to_contain_text("lunch?")
    # A new message does not fold it again.
    await client.c2c.send_text("bob", "more", from_account="alice")
    await expect(bubbles.last).to_have_text("more")
    await expect(relayed.get_by_text("lunch?", exact=True)).to_be_visible()
    # Links can be followed; nothing was loaded from them.
    assert await page.locator(".log a").first.get_attribute("rel") == "noopener noreferrer"


async def test_stream_grows_while_it_is_looked_at(page: Page, client: TimClient) -> None:
    await go(page, "accounts", "bob", "c2c", "administrator")
    await expect(page.get_by_role("textbox", name="Write as bob")).to_be_visible()
    async with client.c2c.stream("bob", compatible_text="an answer") as stream:
        await stream.write("Once upon ")
        bubble = page.locator(".log .bubble")
        await expect(bubble).to_contain_text("Once upon")
        await expect(bubble).to_contain_text("still growing")
        await stream.write("a time")
        await expect(bubble).to_contain_text("Once upon a time")
    await expect(bubble).not_to_contain_text("still growing")
    await expect(bubble).to_have_count(1)


async def test_what_is_read_is_marked_on_both_phones(page: Page, client: TimClient, emulator: Emulator) -> None:
    group = await fill(emulator, client)
    await go(page, "accounts", "alice", "c2c", "bob")
    await expect(page.locator(".log .message").last).to_be_visible()
    await expect(page.locator(".read-mark")).to_have_count(0)
    await go(page, "accounts", "bob", "c2c", "alice")
    await page.get_by_role("button", name="Mark as read").click()
    await expect(page.get_by_role("button", name="Mark as read")).to_have_count(0)
    await expect(page.locator(".unread-dot")).to_have_count(0)
    await go(page, "accounts", "alice", "c2c", "bob")
    await expect(page.locator(".own").first).to_contain_text("Read")
    await go(page, "groups", group)
    members = page.get_by_role("listbox", name="As seen by")
    await members.get_by_role("option", name="bob").click()
    message = page.locator(".mentioned")
    await expect(message).to_contain_text("Mentions bob")
    await expect(message).to_contain_text("Read by 0 of 2")
    await page.get_by_role("button", name="Mark as read").click()
    await expect(message).to_contain_text("Read by 1 of 2")


async def test_members_are_mentioned_by_their_names(page: Page, client: TimClient, emulator: Emulator) -> None:
    group = await fill(emulator, client)
    await go(page, "accounts", "bob", "group", group)
    await page.get_by_role("textbox", name="Write as bob").fill("@alice and @nobody, look\nhere")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".own")).to_contain_text("Mentions: @alice")
    await expect(page.locator(".own")).not_to_contain_text("Mentions: @alice @nobody")


async def test_message_as_a_notification(page: Page, client: TimClient, emulator: Emulator) -> None:
    await fill(emulator, client)
    await go(page, "accounts", "carol", "c2c", "administrator")
    await page.get_by_role("button", name="Details of the message").click()
    dialog = page.get_by_role("dialog", name="Details of the message")
    await expect(dialog.locator(".notification-shown")).to_contain_text("Everything at half price until Sunday")
    await expect(dialog).to_contain_text("carol is reached through a vendor")
    await dialog.get_by_role("combobox", name="Vendor").select_option("oppo")
    await expect(dialog).to_contain_text('"OPPOChannelID": "sale"')
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await page.get_by_role("combobox", name="Status of carol").select_option("Offline")
    await expect(page.get_by_role("option", name="carol").locator(".presence.Offline")).to_be_visible()


async def test_search_opens_the_message(page: Page, client: TimClient) -> None:
    for number in range(200):
        await client.c2c.send_text("bob", f"needle {number}" if number == 20 else f"hay {number}", from_account="alice")
    await page.keyboard.press("/")
    await page.keyboard.type("needle")
    await page.get_by_role("button", name=re.compile("needle 20")).click()
    found = page.locator(".sought")
    await expect(found).to_contain_text("needle 20")
    await expect(found).to_be_in_viewport()
    await page.get_by_role("searchbox").fill("no such thing")
    await expect(page.get_by_text("Nothing contains “no such thing”")).to_be_visible()
    await page.get_by_role("searchbox").fill("ALI")
    await expect(page.get_by_role("option", name="alice")).to_be_visible()
    await expect(page.get_by_role("option", name="bob")).to_have_count(0)


async def test_older_messages_are_read_on_the_way_up(page: Page, client: TimClient) -> None:
    for number in range(180):
        await client.c2c.send_text("bob", f"number {number}", from_account="alice")
    await go(page, "accounts", "bob", "c2c", "alice")
    log = page.get_by_role("log")
    await expect(log.get_by_text("number 179", exact=True)).to_be_in_viewport()
    for _ in range(3):
        await log.evaluate("(each) => { each.scrollTop = 0; }")
        await page.wait_for_timeout(50)
    await expect(log.get_by_text("number 0", exact=True)).to_be_visible()
    # New messages do not remove the visible ones.
    await client.c2c.send_text("bob", "fresh", from_account="alice")
    await page.get_by_role("button", name="New messages").click()
    await expect(log.get_by_text("fresh", exact=True)).to_be_in_viewport()


async def test_reset_and_deleted_messages_leave_the_page(
    console: Watched, page: Page, client: TimClient, emulator: Emulator
) -> None:
    sent = [await client.c2c.send_text("bob", text, from_account="alice") for text in ("one", "two", "three")]
    await go(page, "accounts", "bob", "c2c", "alice")
    await expect(page.locator(".log .bubble")).to_have_count(3)
    await client.c2c.delete(operator_account="bob", peer_account="alice", msg_key_list=[sent[1].msg_key])
    await expect(page.locator(".log .bubble")).to_have_text(["one", "three"])
    await page.evaluate(
        "import('/_assets/pages/api.js').then(({ api }) => api.post('/_emulator/v1/reset', { what: 'messages' }))"
    )
    await expect(page.locator(".log .bubble")).to_have_count(0)
    # A deleted account is reported once, whatever happens next.
    await client.c2c.send_text("bob", "four", from_account="alice")
    await expect(page.locator(".log .bubble")).to_have_text(["four"])
    await client.request("im_open_login_svc/account_delete", {"DeleteItem": [{"UserID": "bob"}]})
    await expect(page.locator(".log .bubble")).to_have_count(0)
    emulator.add_accounts("carol")
    for number in range(3):
        await client.c2c.send_text("carol", f"number {number}")
        await expect(page.get_by_role("option", name=re.compile("^carol"))).to_contain_text(f"number {number}")
    await expect(page.locator(".toast")).to_have_count(1)
    console.problems = [each for each in console.problems if "404" not in each]


async def test_page_in_the_background_reads_when_it_is_looked_at_again(page: Page, client: TimClient) -> None:
    row = page.get_by_role("option", name="bob")
    await expect(row).to_be_visible()
    hide = "(is) => { Object.defineProperty(document, 'hidden', { get: () => is, configurable: true }); }"
    await page.evaluate(hide, True)
    await client.c2c.send_text("bob", "one")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for number in range(5):
        await client.c2c.send_text("bob", f"number {number}")
        await page.wait_for_timeout(100)
    assert asked == []
    await page.evaluate(hide, False)
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(row).to_contain_text("number 4")


async def test_inbox_by_keyboard(page: Page, client: TimClient) -> None:
    await client.c2c.send_text("bob", "hi", from_account="alice")
    await expect(page.get_by_role("option", name="bob")).to_contain_text("hi")
    await page.keyboard.press("j")
    await expect(page.get_by_role("textbox", name=re.compile("Write as"))).to_be_visible()
    await page.keyboard.press("w")
    await page.keyboard.type("typed ? j k")
    await page.keyboard.press("Enter")
    await expect(page.locator(".own .bubble").last).to_have_text("typed ? j k")


@pytest.mark.parametrize("console", [{"locale": "zh-CN"}], indirect=True, ids=["zh"])
async def test_inbox_in_chinese(console: Watched, client: TimClient, emulator: Emulator) -> None:
    page = console.page
    await fill(emulator, client)
    await go(page, "accounts", "bob", "c2c", "alice")
    await expect(page.get_by_role("textbox", name="以 bob 的身份发送")).to_be_visible()
    await expect(page.locator(".log")).to_contain_text("alice 撤回了一条消息")
    await page.locator(".details-button").first.click()
    await expect(page.get_by_role("dialog", name="消息详情")).to_contain_text("通知")


@pytest.mark.parametrize("console", [PHONE], indirect=True, ids=["phone"])
async def test_inbox_in_a_narrow_window(console: Watched, client: TimClient, emulator: Emulator) -> None:
    page = console.page
    await fill(emulator, client)
    await page.get_by_role("option", name="bob").click()
    await expect(page.get_by_role("listbox", name="Conversations of bob")).to_be_visible()
    await expect(page.get_by_role("listbox", name="Accounts")).to_be_hidden()
    await page.get_by_role("option", name="alice").click()
    await expect(page.locator(".log .bubble").last).to_be_in_viewport()
    assert not await console.is_wider_than_window()
    assert await console.serious() == []
    for name in ("Conversations of bob", "Accounts"):
        await page.get_by_role("link", name="Back").locator("visible=true").click()
        await expect(page.get_by_role("listbox", name=name)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_keeps_people_from_using_it(
    open_page: Opening, emulator: Emulator, client: TimClient, scheme: str
) -> None:
    group = await fill(emulator, client)
    async with open_page(emulator.url, color_scheme=scheme) as watched:
        for parts in (["accounts", "bob", "c2c", "alice"], ["groups", group, "bob"]):
            await go(watched.page, *parts)
            await expect(watched.page.locator(".log .bubble").last).to_be_visible()
            assert await watched.serious() == []
        await watched.page.locator(".details-button").last.click()
        await expect(watched.page.locator(".notification-shown")).to_be_visible()
        assert await watched.serious() == []


async def test_account_with_any_name_is_opened(page: Page, client: TimClient, emulator: Emulator) -> None:
    names = ["a/b?c#d%41", "小明 😀", "__proto__"]
    emulator.add_accounts(*names)
    for name in names:
        await client.c2c.send(to_account=name, from_account="alice", msg_body=[TextElem(f"for {name}")])
        await page.locator(".inbox-side .inbox-row-name").get_by_text(name, exact=True).click()
        await expect(page.locator(".other .bubble")).to_have_text([f"for {name}"])
