"""`tim-async console` in a browser: its address, what it asks first, and what other sites can do: nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, expect

from tests.browser.conftest import Opening
from tests.cli.commands.test_console import Console, running
from tests.cli.helpers import APP, KEY
from tim_async.emulator import Emulator

pytestmark = pytest.mark.browser
MESSAGE = {"To_Account": "bob", "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}]}


@pytest_asyncio.fixture(loop_scope="session")
async def app() -> AsyncIterator[Emulator]:
    """The app that the console is for."""
    async with Emulator(int(APP), KEY) as emulator:
        emulator.add_accounts("alice", "bob")
        yield emulator


@pytest.fixture
def console_command(app: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    monkeypatch.setenv("TIM_SDK_APP_ID", APP)
    monkeypatch.setenv("TIM_SECRET_KEY", KEY)
    with running(app.url) as console:
        yield console


def address(console: Console, command: str, body: object) -> str:
    return f"{console.address}#/explorer/{command}?body={quote(json.dumps(body))}"


async def test_token_leaves_the_address_and_the_form_of_the_link_stays(
    open_page: Opening, console_command: Console, app: Emulator
) -> None:
    async with open_page(address(console_command, "openim/sendmsg", MESSAGE)) as watched:
        page = watched.page
        await expect(page.get_by_text("Ready to send")).to_be_visible()
        assert "token" not in page.url
        assert page.url.startswith(f"http://{console_command.netloc}/#/explorer/openim/sendmsg?body=")
        assert await page.evaluate("[document.cookie, document.referrer]") == ["", ""]
        (cookie,) = await watched.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        await expect(page.get_by_text(f"App {APP}")).to_be_visible()
        await expect(page.get_by_text(app.url)).to_be_visible()
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_role("region", name="Answer")).to_contain_text("MsgKey")
        assert len(app.messages()) == 1
        content = await page.content()
        assert KEY not in content
        assert cookie["value"] not in content
        assert await watched.serious() == []
        assert not await watched.is_wider_than_window()


async def test_what_cannot_be_taken_back_asks_first(
    open_page: Opening, console_command: Console, app: Emulator
) -> None:
    body = {"DeleteItem": [{"UserID": "bob"}]}
    async with open_page(address(console_command, "im_open_login_svc/account_delete", body)) as watched:
        page = watched.page
        await page.get_by_role("button", name="Send").click()
        dialog = page.get_by_role("dialog", name=f"Send im_open_login_svc/account_delete to app {APP}?")
        await expect(dialog).to_contain_text("cannot be undone")
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        assert "bob" in app.accounts
        assert app.count() == 0
        await page.keyboard.press("Control+Enter")
        await dialog.get_by_role("button", name="Send").click()
        await expect(page.get_by_role("region", name="Answer")).to_contain_text("OK")
        assert "bob" not in app.accounts


async def test_without_the_token_the_page_says_what_to_do(browser: Browser, console_command: Console) -> None:
    context = await browser.new_context(locale="zh-CN")
    page = await context.new_page()
    await page.goto(f"http://{console_command.netloc}/")
    await expect(page.get_by_role("alert")).to_contain_text("令牌")
    await context.close()


OTHER_SITE = """<!doctype html><title>other</title>
<form id="form" method="post" enctype="text/plain" target="frame" action="SERVER/_explorer/v1/send/openim/sendmsg">
<input name='{"text":"{\\\\"To_Account\\\\":\\\\"bob\\\\"}","x":"' value='"}'></form>
<iframe name="frame"></iframe><iframe id="page" src="SERVER/"></iframe>
<script src="SERVER/_explorer/v1/about"></script>
<script>
window.run = async () => {
  const results = {};
  const ask = async (name, path, options) => {
    try {
      const response = await fetch("SERVER" + path, { credentials: "include", ...options });
      results[name] = [response.type, response.status, (await response.text()).length];
    } catch (error) {
      results[name] = "refused";
    }
  };
  const body = JSON.stringify({ text: JSON.stringify(MESSAGE) });
  const json = { "Content-Type": "application/json" };
  await ask("read", "/_explorer/v1/about", {});
  await ask("read-blind", "/_explorer/v1/about", { mode: "no-cors" });
  await ask("post", "/_explorer/v1/send/openim/sendmsg", { method: "POST", headers: json, body });
  await ask("post-blind", "/_explorer/v1/send/openim/sendmsg", { method: "POST", mode: "no-cors", body });
  document.getElementById("form").submit();
  await new Promise((done) => setTimeout(done, 300));
  try {
    results.frame = document.getElementById("page").contentDocument?.title ?? "closed";
  } catch (error) {
    results.frame = "closed";
  }
  return results;
};
</script>"""


@asynccontextmanager
async def other_site(console: Console) -> AsyncIterator[int]:
    """Serve a page that tries everything; yield its port."""
    html = OTHER_SITE.replace("SERVER", f"http://{console.netloc}").replace("MESSAGE", json.dumps(MESSAGE))

    async def serve(request: web.BaseRequest) -> web.Response:
        return web.Response(text=html, content_type="text/html")

    server = web.Server(serve)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    yield listener.sockets[0].getsockname()[1]
    listener.close()
    await server.shutdown()
    await listener.wait_closed()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_page_of_another_site_reads_and_sends_nothing(
    browser: Browser, console_command: Console, app: Emulator, host: str
) -> None:
    """Also from another port of the same host, whose requests have the cookie."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(console_command.address)
    await expect(page.get_by_role("searchbox")).to_be_visible()
    async with other_site(console_command) as port:
        other = await context.new_page()
        await other.goto(f"http://{host}:{port}/")
        results: dict[str, Any] = await other.evaluate("window.run()")
        await context.close()
    assert results.pop("read-blind") in ("refused", ["opaque", 0, 0])
    assert results.pop("post-blind") in ("refused", ["opaque", 0, 0])
    assert results == {"read": "refused", "post": "refused", "frame": "closed"}
    assert app.messages() == []
    assert app.count() == 0
