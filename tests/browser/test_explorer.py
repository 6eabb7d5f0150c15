"""The explorer in a browser: find an endpoint, fill in its form, check, send, and share the link."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Opening
from tests.browser.watched import Watched
from tests.emulator.golden import GOLDEN
from tim_async import TextElem, TimClient, endpoints
from tim_async.emulator import Emulator
from tim_async.models.profile import ProfileItem

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 800}}
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'`{{7*7}}</textarea>"
TEXT = {"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}


def address(command: str, body: object = None) -> str:
    return f"#/explorer/{command}" + ("" if body is None else f"?body={quote(json.dumps(body))}")


async def go(page: Page, hash_: str) -> None:
    await page.evaluate("(hash) => { location.hash = hash; }", hash_)
    await expect(page.locator(".x-pane, .x-finder").first).to_be_visible()


def field(page: Page, name: str) -> Locator:
    """Return the control of a field; of several with that name, the first."""
    return page.locator(f'[data-field="{name}"] [data-input]').first


async def body_of(page: Page) -> Any:
    return json.loads(await page.get_by_role("textbox", name="Request as JSON").input_value())


async def test_group_message_is_sent_and_its_link_opens_the_same_form(
    open_page: Opening, console: Watched, emulator: Emulator, client: TimClient
) -> None:
    await client.group.create(type="Public", name="g", group_id="G1", owner_account="alice")
    page = console.page
    await page.get_by_role("link", name="Explorer").click()
    await expect(page.get_by_role("searchbox")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.locator("main").focus()
    await page.keyboard.press("/")
    await page.keyboard.type("send a group message")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Send a group message")).to_be_visible()
    await field(page, "GroupId").fill("G1")
    await field(page, "Text").fill("大家好\n👋")
    await page.get_by_text("Optional fields").first.click()
    await field(page, "From_Account").fill("alice")
    await expect(page.get_by_text("Ready to send")).to_be_visible()
    await page.keyboard.press("Control+Enter")
    answer = page.get_by_role("region", name="Answer")
    await expect(answer).to_contain_text("OK")
    await expect(answer).to_contain_text("MsgSeq")
    (sent,) = emulator.group_history("G1")
    assert sent.from_account == "alice"
    assert sent.msg_body == [TextElem(text="大家好\n👋")]
    given = {"GroupId": "G1", "From_Account": "alice", "MsgBody": [TEXT | {"MsgContent": {"Text": "大家好\n👋"}}]}
    assert await body_of(page) == given
    link = page.url
    assert emulator.secret_key not in link
    async with open_page(link) as other:
        await expect(field(other.page, "GroupId")).to_have_value("G1")
        await expect(field(other.page, "From_Account")).to_have_value("alice")
        assert await body_of(other.page) == given
        assert other.page.url == link
    assert len(emulator.group_history("G1")) == 1


@pytest.mark.parametrize("console", [{"locale": "zh-CN"}], indirect=True, ids=["zh"])
async def test_chinese_name_finds_it_in_a_chinese_page(page: Page) -> None:
    await go(page, "#/explorer")
    await page.get_by_role("searchbox", name="查找接口").fill("单发单聊消息")
    first = page.locator(".x-line").first
    await expect(first).to_contain_text("openim/sendmsg")
    assert "search=" in page.url
    await first.click()
    await expect(page.get_by_role("heading", name="单发单聊消息")).to_be_visible()
    await expect(page.get_by_text("必填").first).to_be_attached()


async def test_json_and_form_follow_each_other(page: Page) -> None:
    await go(page, address("openim/sendmsg"))
    text = page.get_by_role("textbox", name="Request as JSON")
    await text.fill('{"To_Account":"bob","MsgSeq":12345678901234567890,"Extra":1,"MsgBody":[' + json.dumps(TEXT) + "]}")
    await expect(field(page, "To_Account")).to_have_value("bob")
    await expect(field(page, "MsgSeq")).to_have_value("12345678901234567890")
    await expect(field(page, "Extra")).to_have_value("1")
    await field(page, "To_Account").fill("alice")
    assert '"MsgSeq": 12345678901234567890' in await text.input_value()
    # An element is added, moved and removed.
    await page.get_by_label("Kind of the new element").select_option("TIMCustomElem")
    await page.get_by_role("button", name="Add MsgBody").click()
    await page.get_by_role("button", name="Move MsgBody[1] up").click()
    await field(page, "Desc").fill("order")
    custom = {"MsgType": "TIMCustomElem", "MsgContent": {"Desc": "order"}}
    assert (await body_of(page))["MsgBody"] == [custom, TEXT]
    await page.get_by_role("button", name="Remove MsgBody[1]").click()
    assert (await body_of(page))["MsgBody"] == [custom]
    # A choice, an object, and back to nothing.
    await field(page, "SyncOtherMachine").select_option("2")
    await page.get_by_role("button", name="Add OfflinePushInfo").click()
    await field(page, "Title").fill("t")
    body = await body_of(page)
    assert (body["SyncOtherMachine"], body["OfflinePushInfo"]) == (2, {"Title": "t"})
    await page.get_by_role("button", name="Remove OfflinePushInfo").click()
    await field(page, "SyncOtherMachine").select_option("none")
    assert (await body_of(page)).keys() == {"To_Account", "MsgSeq", "MsgBody", "Extra"}
    # Invalid JSON changes nothing, and is reported.
    await text.fill('{"To_Account": }')
    await expect(page.get_by_role("alert")).to_contain_text("This is not JSON")
    await expect(page.get_by_role("button", name="Send")).to_be_disabled()
    await text.fill("[]")
    await expect(page.get_by_role("alert")).to_contain_text("a JSON object")


async def test_wrong_field_is_marked_and_can_be_sent_anyway(page: Page, emulator: Emulator) -> None:
    await go(page, address("openim/sendmsg", {"To_Account": "bob", "MsgBody": [TEXT], "MsgLifeTime": -1}))
    wrong = field(page, "MsgLifeTime")
    await expect(wrong).to_have_attribute("aria-invalid", "true")
    await page.get_by_role("button", name="MsgLifeTime must be a whole number").click()
    await expect(wrong).to_be_focused()
    await page.get_by_role("button", name="Send anyway").click()
    answer = page.get_by_role("region", name="Answer")
    await expect(answer).to_contain_text("Refused: ")
    await expect(answer).to_contain_text("What to do")
    assert emulator.messages() == []
    await answer.get_by_role("link", name="About this code").click()
    await expect(page.locator(".x-code").first).to_be_visible()


async def test_new_form_is_not_full_of_errors_and_is_not_sent_empty(page: Page, emulator: Emulator) -> None:
    await go(page, address("openim/sendmsg"))
    await expect(page.get_by_text("1 problem")).to_be_visible()
    await expect(page.locator("[aria-invalid]")).to_have_count(0)
    await page.get_by_role("button", name="Send").click()
    await expect(field(page, "To_Account")).to_have_attribute("aria-invalid", "true")
    assert emulator.count() == 0


async def test_change_of_language_keeps_form_and_answer(page: Page) -> None:
    await go(page, address("openim/sendmsg", {"To_Account": "bob", "MsgBody": [TEXT]}))
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("region", name="Answer")).to_contain_text("MsgKey")
    await field(page, "To_Account").fill("alice")
    await page.get_by_text("中文", exact=True).click()
    await expect(page.get_by_role("region", name="应答")).to_contain_text("MsgKey")
    await expect(field(page, "To_Account")).to_have_value("alice")


ALL_FORMS = """async (samples) => {
    const { explorerLink } = await import("/_assets/explorer/links.js");
    const isPlain = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
    const sort = (name, value) => (isPlain(value) ? Object.fromEntries(Object.entries(value).sort()) : value);
    const sorted = (text) => JSON.stringify(JSON.parse(text), sort);
    const wrong = [];
    for (const { command, body } of samples) {
        const expected = sorted(body);
        const isShown = () => {
            const [code, text] = [document.querySelector(".x-facts code"), document.querySelector(".x-body")];
            return code?.textContent === command && text !== null && sorted(text.value) === expected;
        };
        location.hash = explorerLink(command, body);
        const begun = performance.now();
        while (!isShown() && performance.now() - begun < 5000) await new Promise((done) => setTimeout(done, 1));
        const hasForm = document.querySelector(".x-row, .x-box, .x-form .soft") !== null;
        if (!isShown() || !hasForm) wrong.push(`${command}: ${document.querySelector("main").textContent}`);
    }
    return wrong;
}"""


async def test_form_of_every_endpoint_opens_with_a_full_sample(page: Page) -> None:
    """And its JSON is the sample's. The minimal ones are looked at without a browser."""
    samples = {each["command"]: json.dumps(each["request"]) for each in GOLDEN.values()}
    assert samples.keys() == endpoints().keys()
    await go(page, "#/explorer?search=x")
    given = [{"command": command, "body": body} for command, body in samples.items()]
    assert await page.evaluate(ALL_FORMS, given) == []


async def test_markup_stays_text_in_forms_answers_and_errors(page: Page, client: TimClient) -> None:
    body = {
        "To_Account": HOSTILE,
        "MsgBody": [TEXT | {"MsgContent": {"Text": HOSTILE}}, {"MsgType": HOSTILE, "MsgContent": {HOSTILE: HOSTILE}}],
        HOSTILE: HOSTILE,
        "__proto__": {"polluted": 1},
    }
    await go(page, address("openim/sendmsg", body))
    await expect(page.get_by_text("problem")).to_be_visible()
    await page.get_by_role("button", name="Send anyway").click()
    await expect(page.get_by_role("region", name="Answer")).to_contain_text("Refused")
    assert await page.evaluate("({}).polluted === undefined && document.querySelectorAll('main img').length === 0")
    await client.profile.set(from_account="bob", profile_item=[ProfileItem(tag="Tag_Profile_IM_Nick", value=HOSTILE)])
    await go(page, address("profile/portrait_get", {"To_Account": ["bob"], "TagList": ["Tag_Profile_IM_Nick"]}))
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("region", name="Answer")).to_contain_text("onerror")
    assert await page.evaluate("document.querySelectorAll('main img, main script').length") == 0
    await go(page, f"#/explorer?search={quote(HOSTILE)}")
    await expect(page.get_by_text("No endpoint has")).to_be_visible()
    await page.evaluate("(hash) => { location.hash = hash; }", f"#/error-codes?code={quote(HOSTILE)}")
    await expect(page.get_by_text("No code has")).to_be_visible()


async def test_codes_are_found_by_number_and_words_and_limits_by_name(page: Page) -> None:
    await page.evaluate("location.hash = '#/error-codes?code=20004'")
    await expect(page.locator(".x-code")).to_have_count(1)
    await expect(page.locator(".x-code")).to_contain_text("ServiceBusyError")
    await page.get_by_role("searchbox", name="Find a code").fill("群组不存在")
    await expect(page.locator(".x-code").filter(has_text="10010")).to_be_visible()
    await page.evaluate("location.hash = '#/service-limits'")
    await page.get_by_role("searchbox", name="Find an endpoint").fill("batchsendmsg")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody tr")).to_contain_text("500 × To_Account")
    await page.get_by_role("searchbox", name="Find an endpoint").fill("")
    await page.get_by_label("Only limits other than").check()
    assert 10 < await page.locator("tbody tr").count() < 190
    await page.get_by_role("link", name="Push to all users or an audience").first.click()
    await expect(page).to_have_url(re.compile("#/explorer/"))


FORM = address("openim/sendmsg", {"To_Account": "", "MsgBody": [TEXT], "SyncOtherMachine": 1})


@pytest.mark.parametrize(
    ("console", "views"),
    [
        pytest.param({"color_scheme": "dark", "locale": "zh-CN"}, ["#/explorer?search=group", FORM], id="dark-zh"),
        pytest.param(PHONE, [FORM, "#/error-codes?code=2000", "#/service-limits"], id="phone"),
    ],
    indirect=["console"],
)
async def test_nothing_keeps_people_from_using_it(console: Watched, views: list[str]) -> None:
    page = console.page
    for each in views:
        await page.evaluate("(hash) => { location.hash = hash; }", each)
        await expect(page.locator("h1")).to_be_visible()
        if each == FORM:
            await page.locator(".x-bar .button").first.click()
            await expect(page.locator(".x-answer")).to_be_visible()
        if "limits" in each:
            await page.get_by_role("searchbox").fill("send")
        assert await console.serious() == []
        assert not await console.is_wider_than_window()


async def test_call_is_opened_as_a_form(page: Page, client: TimClient) -> None:
    await client.c2c.send(to_account="bob", msg_body=[TextElem(text=HOSTILE)], msg_life_time=60)
    await page.evaluate("location.hash = '#/calls/1'")
    await page.get_by_role("link", name="Open in the explorer").click()
    await expect(field(page, "MsgLifeTime")).to_have_value("60")
    await expect(field(page, "Text")).to_have_value(HOSTILE)


async def test_request_is_copied_as_code(page: Page, emulator: Emulator) -> None:
    await go(page, address("openim/sendmsg", {"To_Account": "bob", "MsgBody": [TEXT]}))
    await page.get_by_text("Copy as code").click()
    code = page.locator(".x-code-text")
    await expect(code).to_contain_text('to_account="bob"')
    await field(page, "To_Account").fill("alice")
    await expect(code).to_contain_text('to_account="alice"')
    await page.get_by_role("button", name="curl").click()
    await expect(code).to_contain_text("curl -X POST")
    assert emulator.secret_key not in await code.inner_text()
    assert emulator.count() == 0


async def test_form_of_a_long_list_has_few_rows(page: Page) -> None:
    members = [{"Member_Account": f"user{number}"} for number in range(500)]
    await go(page, address("group_open_http_svc/create_group"))
    body = {"Type": "Public", "Name": "g", "MemberList": members}
    await page.get_by_role("textbox", name="Request as JSON").fill(json.dumps(body))
    await expect(page.get_by_role("button", name="MemberList has 500 items")).to_be_visible()
    items = page.locator(".x-item")
    await expect(items).to_have_count(50)
    await page.get_by_role("button", name="Show 50 more").click()
    await expect(items).to_have_count(100)
    await page.get_by_role("button", name="Remove MemberList[0]", exact=True).click()
    await expect(field(page, "Member_Account")).to_have_value("user1")
    assert (await body_of(page))["MemberList"] == members[1:]
