"""`tim-async bulk watch` in a browser: a campaign that another process runs, seen and steered."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opening
from tests.cli.helpers import command
from tests.families.conftest import client_of
from tim_async import UsageError
from tim_async._pages.server import PageServer
from tim_async.bulk import Campaign, WorkerInfo
from tim_async.bulk.watching import CampaignView, watch_of
from tim_async.cli._watch.site import make_serve, watch_assets, watch_page
from tim_async.emulator import Emulator
from tim_async.testing import FakePool

pytestmark = pytest.mark.browser
NAME = "春季 <b>spring</b>"
HOSTILE = "<img src=x onerror=alert(1)>"


@asynccontextmanager
async def watching(ledger: Path) -> AsyncIterator[str]:
    """Run the command; yield the address that it prints."""
    process = await asyncio.create_subprocess_exec(
        *command("bulk", "watch", "--name", NAME, "--ledger", str(ledger), "--port", "0", "--no-open"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        found = None
        while found is None:
            line = (await process.stdout.readline()).decode()
            assert line
            found = re.search(r"http://\S+", line)
        yield found[0]
        process.terminate()
        async with asyncio.timeout(20):
            assert b"stopped" in await process.stdout.read()
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def sending(ledger: Path) -> AsyncIterator[None]:
    """Send a campaign, to a service that allows less than the limit; some recipients fail."""
    recipients = [HOSTILE, "missing", *(f"user{number}" for number in range(4_000))]
    async with Emulator(rate_limits={"openim/sendmsg": 60}, tolerance=0.0) as emulator:
        emulator.add_accounts(*recipients[2:])
        async with client_of(emulator) as client:
            campaign = Campaign(NAME, ledger=ledger, recipients=recipients, message="Hi", lanes="single")
            await campaign.plan(client=client)
            task = asyncio.create_task(campaign.run(client))
            try:
                yield
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


async def test_campaign_is_watched_paused_resumed_and_slowed(open_page: Opening, tmp_path: Path) -> None:
    ledger = tmp_path / "spring.db"
    async with sending(ledger), watching(ledger) as address, open_page(address) as watched:
        page = watched.page
        await expect(page.get_by_role("heading", name=NAME)).to_be_visible()
        await expect(page.locator(".badge").filter(has_text="running")).to_be_visible()
        before = await page.get_by_role("progressbar").get_attribute("aria-valuenow") or ""
        await expect(page.get_by_role("cell", name=HOSTILE, exact=True)).to_be_visible()
        await expect(page.get_by_role("row", name=re.compile("90012"))).not_to_have_count(0)
        await expect(page.get_by_text(re.compile(r"\d+ % of the limit"))).to_be_visible(timeout=20_000)
        # It continues without reloading.
        await expect(page.get_by_role("progressbar")).not_to_have_attribute("aria-valuenow", before)

        await page.get_by_role("button", name="Pause").click()
        await page.get_by_role("button", name="OK").click()
        await expect(page.locator(".badge").filter(has_text="paused")).to_be_visible(timeout=20_000)
        assert (await Campaign(NAME, ledger=ledger).status()).status == "paused"
        await page.get_by_role("button", name="Resume").click()
        await expect(page.locator(".badge").filter(has_text="running")).to_be_visible(timeout=20_000)

        field = page.get_by_role("spinbutton", name="Recipients per second")
        await field.fill("25")
        await page.get_by_role("button", name="Set").click()
        await expect(page.get_by_text("of 25/s that the limits allow")).to_be_visible(timeout=20_000)
        assert (await Campaign(NAME, ledger=ledger).status()).timing.rate == 25
        await page.get_by_role("button", name="No rate of its own").click()
        await expect(field).to_have_value("")
        assert await watched.serious() == []
        assert not await watched.is_wider_than_window()
        (cookie,) = await watched.context.cookies()
        assert cookie["value"] not in await page.content()


@pytest.mark.parametrize(
    "options",
    [{"locale": "zh-CN", "viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}],
    ids=["Chinese, narrow, dark"],
)
async def test_page_in_chinese_on_a_telephone(open_page: Opening, tmp_path: Path, options: dict[str, object]) -> None:
    ledger = tmp_path / "spring.db"
    async with sending(ledger), watching(ledger) as address, open_page(address, **options) as watched:
        page = watched.page
        await expect(page.locator(".badge").filter(has_text="发送中")).to_be_visible()
        await expect(page.get_by_role("button", name="暂停")).to_be_visible()
        await expect(page.get_by_text("剩余时间")).to_be_visible()
        await expect(page.get_by_role("cell", name="missing", exact=True)).to_be_visible()
        assert await watched.serious() == []
        assert not await watched.is_wider_than_window()


class Shown:
    """A campaign of workers that rests: what only a cluster has otherwise."""

    def __init__(self, view: CampaignView) -> None:
        self._view = view

    async def look(self) -> CampaignView:
        return self._view

    async def pause(self, reason: str) -> bool:
        return False

    async def resume(self) -> bool:
        raise UsageError("it is one of workers")

    async def set_rate(self, rate: float | None) -> None:
        raise UsageError(f"rate must be above 0, not {rate}")


async def test_rests_workers_and_refusals_are_shown(open_page: Opening, tmp_path: Path) -> None:
    campaign = Campaign(NAME, ledger=tmp_path / "spring.db", recipients=["bob"], message="Hi")
    async with FakePool().client() as client:
        await campaign.plan(client=client)
    view = await watch_of(campaign).look()
    replace = msgspec.structs.replace
    worker = WorkerInfo(
        id="1", app=1, host=HOSTILE, pid=17, version="1", started_at=1.0, seen_at=2.0, alive_until=3.0, is_alive=True,
        state="working", tasks=4, chunks=1234, at_work=[],
    )  # fmt: skip
    report = replace(view.report, status="paused", rests_until=1.9e9, held_up_s=75.0, is_with_workers=True)
    progress = replace(view.progress, rest_ends="tomorrow 09:00", held_up="blocked: interactive calls", left_s=3725.0)
    dead = replace(worker, id="2", host="left", is_alive=False)
    shown = Shown(replace(view, report=report, progress=progress, workers=[worker, dead]))
    async with (
        PageServer(watch_page(), watch_assets(), make_serve(shown)) as server,
        open_page(server.address) as watched,
    ):
        page = watched.page
        await expect(page.get_by_text("resting until tomorrow 09:00")).to_be_visible()
        await expect(page.get_by_text("blocked: interactive calls")).to_be_visible()
        await expect(page.get_by_text("blocked for 0:01:15")).to_be_visible()
        await expect(page.get_by_text("1:02:05")).to_be_visible()
        row = page.get_by_role("row").filter(has_text=f"{HOSTILE}, process 17")
        await expect(row).to_contain_text("1,234 chunks done")
        await expect(page.get_by_role("row").filter(has_text="left, process 17")).to_contain_text("dead, last seen")
        await page.get_by_role("button", name="Resume").click()
        await expect(page.get_by_text("it is one of workers")).to_be_visible()
        watched.problems.clear()  # the browser's console names the refusal, too
