"""Hostile content runs nothing, and other sites read and change nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from tests.browser.watched import Watched, launched
from tim_async import CustomElem, FileElem, LocationElem, OfflinePushInfo, RawElem, RelayElem, TextElem, TimClient
from tim_async.emulator import Emulator
from tim_async.models.elements import ImageElem, ImageInfo, RelayMsg

pytestmark = pytest.mark.browser

MARKUP: Final = (
    '"><img src=x onerror="alert(1)"><script>alert(2)</script><svg onload=alert(3)><style>*{display:none}</style>'
    "<iframe srcdoc='<script>parent.alert(4)</script>'></iframe>{{7*7}}${alert(5)}javascript:alert(6)"
)
LINKS: Final = ("javascript:alert(7)", "data:text/html,<script>alert(8)</script>", " javascript:alert(9)", "vbscript:x")


async def send_hostile_messages(client: TimClient) -> int:
    """Send markup wherever a text can be; return how many messages."""
    info = OfflinePushInfo(title=MARKUP[:40], desc=MARKUP, ext=json.dumps({MARKUP: MARKUP}))
    inner = RelayMsg(from_account=MARKUP, msg_body=[TextElem(MARKUP), CustomElem(desc=MARKUP, data=MARKUP)])
    bodies: list[Any] = [
        TextElem(MARKUP),
        CustomElem(desc=MARKUP, data=json.dumps({MARKUP: [MARKUP]}), ext=MARKUP),
        LocationElem(desc=MARKUP, latitude=1, longitude=1),
        RelayElem(title=MARKUP, msg_num=1, compatible_text=MARKUP, abstract_list=[MARKUP], msg_list=[inner]),
        RawElem(MARKUP[:60], {MARKUP: MARKUP}),
        RawElem("__proto__", {"constructor": MARKUP}),
        *(FileElem(url=each, uuid="f", file_size=1, file_name=MARKUP) for each in LINKS),
        *(
            ImageElem(uuid="p", image_info_array=[ImageInfo(type=1, size=1, width=1, height=1, url=each)])
            for each in LINKS
        ),
    ]
    for each in bodies:
        await client.c2c.send(
            from_account="<i>eve</i>",
            to_account="bob",
            msg_body=[each],
            offline_push_info=info,
            cloud_custom_data=MARKUP,
        )
    return len(bodies)


async def test_hostile_content_runs_nothing(
    console: Watched, page: Page, emulator: Emulator, client: TimClient
) -> None:
    emulator.add_accounts("<i>eve</i>", "<b>")
    await client.account.import_account(user_id="<i>eve</i>", nick=MARKUP, face_url=LINKS[0])
    count = await send_hostile_messages(client)
    group = await client.group.create(owner_account="<b>", type="Public", name=MARKUP[:90], member_list=[])
    await client.group_msg.send(group_id=group.group_id, from_account="<b>", msg_body=[TextElem(MARKUP)])
    await page.evaluate(
        "(hash) => { location.hash = hash; }", f"#/inbox/accounts/bob/c2c/{quote('<i>eve</i>', safe='')}"
    )
    bubbles = page.locator(".log .bubble")
    await expect(bubbles).to_have_count(count)
    await expect(bubbles.first).to_have_text(MARKUP)
    for each in await page.locator(".log details").all():
        await each.evaluate("(each) => { each.open = true; }")
    # Addresses that are not pages do not become links.
    assert await page.locator(".log a").count() == 0
    for number in (0, 1):
        await page.locator(".details-button").nth(number).click()
        await expect(page.locator(".notification-shown")).to_be_visible()
        await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await page.keyboard.type("<script>")
    await expect(page.locator(".inbox-found-row").first).to_be_visible()
    await page.evaluate(f"location.hash = '#/inbox/groups/{quote(group.group_id)}'")
    await expect(page.locator(".log .bubble")).to_have_text([MARKUP])
    # Markup in an address of the page itself.
    await page.evaluate(
        "(hash) => { location.hash = hash; }", f"#/inbox/accounts/{quote(MARKUP, safe='')}/c2c/{MARKUP}"
    )
    await expect(page.locator(".inbox-conversation")).to_contain_text("is not imported")
    made = "img, iframe, object, embed, style, main script, main svg[onload], [onerror], [onload]"
    assert await page.locator(made).count() == 0
    # The browser writes that the address was not found, as it should not be.
    console.problems = [each for each in console.problems if "404" not in each]


async def test_policy_stops_what_would_run(page: Page, console: Watched) -> None:
    """Should markup get into a page after all."""
    # In a timer: what the test itself evaluates may do what pages may not.
    script = """() => new Promise((done) => setTimeout(() => {
        const tried = [];
        const attempt = (name, run) => { try { run(); tried.push(name); } catch { } };
        attempt("markup", () => { document.querySelector("main").innerHTML = "<img src=x onerror=alert(1)>"; });
        attempt("eval", () => eval("1"));
        attempt("function", () => new Function("return 1")());
        const inline = document.createElement("script");
        attempt("inline", () => { inline.textContent = "window.wasRun = true"; document.body.append(inline); });
        const image = new Image();
        image.src = "http://pictures.example/a.png";
        document.body.append(image);
        done([tried, window.wasRun === true]);
    }))"""
    tried, was_run = await page.evaluate(script)
    assert tried in ([], ["inline"])
    assert not was_run
    assert console.problems
    assert not any(each.startswith("dialog") for each in console.problems)
    console.problems = []


ATTACK: Final = """<!doctype html><title>other</title><body><script>
const target = "TARGET";
const stolen = [];
const take = async (name, run) => { try { stolen.push([name, await run()]); } catch { } };
const body = JSON.stringify({ user_ids: ["mallory"] });
window.attack = async () => {
  const post = (headers, mode) => fetch(`${target}/_emulator/v1/accounts`, { method: "POST", mode, headers, body });
  await take("read", async () => (await fetch(`${target}/_emulator/v1/messages`)).text());
  await take("page", async () => (await fetch(target, { headers: { Accept: "text/html" } })).text());
  await take("asset", async () => (await fetch(`${target}/_assets/pages/dom.js`)).text());
  await take("json", async () => (await post({ "Content-Type": "application/json" }, "cors")).text());
  await take("plain", async () => (await post({ "Content-Type": "text/plain" }, "no-cors")).text());
  await take("none", async () => (await post({}, "no-cors")).text());
  const reset = () => fetch(`${target}/_emulator/v1/reset`, { method: "POST", mode: "no-cors" });
  await take("reset", async () => (await reset()).text());
  await take("put", async () => (await fetch(`${target}/_emulator/v1/clock`, { method: "PUT", body: "{}" })).text());
  await take("events", () => new Promise((done, fail) => {
    const source = new EventSource(`${target}/_emulator/v1/events`);
    source.onopen = () => done("open");
    source.onerror = fail;
  }));
  await take("script", () => new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = `${target}/_assets/pages/theme.js`;
    script.onload = () => done("loaded");
    script.onerror = fail;
    document.body.append(script);
  }));
  const frame = document.createElement("iframe");
  frame.src = target;
  const shown = new Promise((done) => { frame.onload = done; });
  document.body.append(frame);
  await shown;
  await take("frame", () => frame.contentWindow.document.body.textContent);
  const form = document.createElement("form");
  const name = "posted" + frames.length;
  const sink = document.createElement("iframe");
  sink.name = name;
  document.body.append(sink);
  Object.assign(form, { method: "post", action: `${target}/_emulator/v1/reset`, target: name, enctype: "text/plain" });
  document.body.append(form);
  const sent = new Promise((done) => { sink.onload = done; });
  form.submit();
  await sent;
  return stolen.filter(([, text]) => text !== "");
};
</script></body>"""


@asynccontextmanager
async def other_site(target: str) -> AsyncIterator[int]:
    """Another server of this machine, with a page that attacks; the port."""

    async def serve(request: web.BaseRequest) -> web.Response:
        return web.Response(text=ATTACK.replace("TARGET", target), content_type="text/html")

    runner = web.ServerRunner(web.Server(serve))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def test_other_sites_read_and_change_nothing(emulator: Emulator, client: TimClient) -> None:
    await client.c2c.send_text("bob", "secret")
    # evil.example is a name of theirs, which resolves to this machine: at their port, and at ours.
    async with launched("--host-resolver-rules=MAP *.example 127.0.0.1") as browser, other_site(emulator.url) as port:
        for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"evil.example:{port}"):
            page = await browser.new_page()
            await page.goto(f"http://{host}/")
            assert await page.evaluate("attack()") == [], host
            await page.close()
        page = await browser.new_page()
        ours = emulator.url.rpartition(":")[2]
        for path in ("/", "/_emulator/v1/messages", "/_assets/console/main.js"):
            response = await page.goto(f"http://evil.example:{ours}{path}")
            assert response is not None
            assert response.status == 403
            assert "secret" not in await page.content()
    assert "mallory" not in emulator.accounts
    assert len(emulator.history("bob", "administrator")) == 1
