"""What all pages share, in a browser: navigation, language, theme, shortcuts, dialogs, events, lists."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import Opening
from tests.browser.watched import Watched
from tim_async import TimClient
from tim_async.emulator import Emulator

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 800}}


async def test_language_is_the_browsers_and_what_was_chosen_since(open_page: Opening, emulator: Emulator) -> None:
    async with open_page(emulator.url, locale="zh-CN") as watched:
        page = watched.page
        await expect(page.get_by_role("heading", name="收件箱")).to_be_visible()
        assert await page.evaluate("document.documentElement.lang") == "zh-CN"
        await page.get_by_text("English", exact=True).click()
        await expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
        await page.reload()
        await expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
        assert await page.title() == "Inbox · TIM emulator"


async def test_every_text_is_there_in_both_languages(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    missing = await page.evaluate("import('/_assets/pages/texts.js').then((texts) => texts.missingTexts())")
    assert missing == {"en": [], "zh": []}


async def test_theme_is_the_systems_and_what_was_chosen_since(open_page: Opening, emulator: Emulator) -> None:
    async with open_page(emulator.url, color_scheme="dark") as watched:
        page = watched.page
        background = "getComputedStyle(document.body).backgroundColor"
        dark = await page.evaluate(background)
        await page.get_by_role("button", name="Theme: as the system").click()
        await page.reload()
        await expect(page.get_by_role("button", name="Theme: light")).to_be_visible()
        light = await page.evaluate(background)
        assert max(map(int, re.findall(r"\d+", dark))) < 64 < 192 < min(map(int, re.findall(r"\d+", light)))


async def test_keyboard_goes_everywhere(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    await page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(dialog).to_contain_text("Go to Inbox")
    await page.keyboard.press("i")  # not while a dialog is open
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize("console", [PHONE], indirect=True, ids=["phone"])
async def test_navigation_of_a_narrow_window_is_a_menu(console: Watched) -> None:
    page = console.page
    link = page.get_by_role("link", name="Inbox")
    await expect(link).to_be_hidden()
    await page.get_by_role("button", name="Menu").click()
    await link.click()
    await expect(page).to_have_url(re.compile("#/inbox$"))
    assert not await console.is_wider_than_window()


async def test_unknown_address_leads_home(page: Page) -> None:
    await page.evaluate("location.hash = '#/nothing/%ff?x=1'")
    await expect(page).to_have_url(re.compile("#/inbox$"))


async def test_page_goes_on_after_the_emulator_was_away(open_page: Opening, emulator: Emulator) -> None:
    async with open_page(emulator.url) as watched:
        await expect(watched.page.locator(".live")).to_have_text("Live")
        await emulator.stop()
        await expect(watched.page.locator(".live")).to_have_text("Connecting…")
        await emulator.start()
        await expect(watched.page.locator(".live")).to_have_text("Live")
        # The browser itself writes that a connection was lost.
        watched.problems = [each for each in watched.problems if "net::ERR" not in each]


async def evaluate(page: Page, script: str) -> Any:
    return await page.evaluate(f"async () => {{ {script} }}")


async def test_what_happens_before_the_events_come_is_shown(
    open_page: Opening, emulator: Emulator, client: TimClient
) -> None:
    """The page reads the state; then an event occurs, and then the stream of events begins."""
    async with open_page("about:blank", origin=emulator.url) as watched:
        begun = asyncio.Event()

        async def hold_back(route: Route) -> None:
            await begun.wait()
            await route.continue_()

        await watched.page.route("**/_emulator/v1/events", hold_back)
        await watched.page.goto(emulator.url)
        row = watched.page.get_by_role("option", name="bob")
        await expect(row).to_be_visible()
        await client.c2c.send_text("bob", "in between")
        await expect(row).not_to_contain_text("in between")
        begun.set()
        await expect(row).to_contain_text("in between")


async def test_events_are_gathered_and_loss_is_known(page: Page, emulator: Emulator) -> None:
    script = """
        const { Events } = await import("/_assets/pages/events.js");
        const { api } = await import("/_assets/pages/api.js");
        const events = new Events("/_emulator/v1/events");
        await new Promise((done) => events.onState((isConnected) => isConnected && done()));
        const calls = [];
        const all = new Promise((done) => events.on("clock", (items) => {
            calls.push(items.length);
            if (calls.reduce((a, b) => a + b) === 200) done();
        }));
        for (let i = 0; i < 10; i++) {
            const forward = () => api.post("/_emulator/v1/clock/forward", { seconds: 0 });
            await Promise.all(Array.from({ length: 20 }, forward));
        }
        await all;
        events.close();
        return calls;
    """
    calls = await evaluate(page, script)
    assert len(calls) < 100
    assert sum(calls) == 200


async def test_list_of_many_has_few_rows_in_the_page(page: Page) -> None:
    script = """
        const { WindowedList } = await import("/_assets/pages/windowed_list.js");
        const { h, replace } = await import("/_assets/pages/dom.js");
        window.chosen = [];
        const list = new WindowedList({
            rowHeight: 30, label: "Numbers", key: (item) => item.id,
            render: (item) => h("span", {}, `number ${item.id}`), onSelect: (item) => window.chosen.push(item.id),
        });
        window.list = list;
        replace(document.querySelector("main"), list.element);
        list.element.style.setProperty("height", "300px");
        list.set(Array.from({ length: 20000 }, (_, id) => ({ id })));
    """
    await evaluate(page, script)
    rows = page.locator(".windowed-row")
    await expect(rows.first).to_have_text("number 0")
    assert await rows.count() < 40
    box = page.get_by_role("listbox", name="Numbers")
    await box.focus()
    for key in ("ArrowDown", "End", "ArrowUp", "Enter"):
        await page.keyboard.press(key)
    assert await page.evaluate("window.chosen") == [19998]
    selected = page.get_by_role("option", name="number 19998")
    await expect(selected).to_have_attribute("aria-selected", "true")
    await expect(selected).to_be_in_viewport()
    assert await rows.count() < 40
    # The visible part stays in place when items are added before it.
    await page.evaluate("window.list.prepend([{id: -2}, {id: -1}], 20002)")
    await expect(selected).to_be_in_viewport()
    await expect(selected).to_have_attribute("aria-setsize", "20002")


async def test_text_is_never_markup_and_an_address_never_a_script(page: Page) -> None:
    script = """
        const { h, replace } = await import("/_assets/pages/dom.js");
        const hostile = "<img src=x onerror=alert(1)><script>alert(2)</" + "script>";
        const link = h("a", { href: "javascript:alert(3)", title: hostile }, hostile);
        replace(document.querySelector("main"), link, h("a", { href: " javascript:alert(4)" }, "x"));
        link.click();
        return [link.textContent === hostile, link.children.length, document.querySelectorAll("main [href]").length];
    """
    assert await evaluate(page, script) == [True, 0, 0]


async def test_what_is_dangerous_is_asked_first(page: Page) -> None:
    script = """
        const { confirmDialog } = await import("/_assets/pages/dialog.js");
        window.answers = [];
        window.ask = async () => window.answers.push(await confirmDialog("Delete <b>all</b>?", { danger: true }));
        window.ask();
    """
    await evaluate(page, script)
    dialog = page.get_by_role("dialog", name="Delete <b>all</b>?")
    await expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    await dialog.get_by_role("button", name="OK").click()
    await page.evaluate("void window.ask()")
    await page.keyboard.press("Escape")
    await page.wait_for_function("window.answers.length === 2")
    assert await page.evaluate("window.answers") == [True, False]
    await expect(dialog).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_keeps_people_from_using_it(open_page: Opening, emulator: Emulator, scheme: str) -> None:
    async with open_page(emulator.url, color_scheme=scheme) as watched:
        await expect(watched.page.locator(".live")).to_have_text("Live")
        assert await watched.serious() == []
        await watched.page.keyboard.press("?")
        assert await watched.serious() == []
