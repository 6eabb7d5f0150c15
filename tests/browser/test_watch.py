"""`tim-async bulk watch` in a browser: a campaign that another process runs, seen and steered."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opening
from tests.cli.helpers import command
from tests.families.conftest import client_of
from tim_async.bulk import Campaign
from tim_async.emulator import Emulator

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
        await expect(page.get_by_role("status").filter(has_text="running")).to_be_visible()
        before = await page.get_by_role("progressbar").get_attribute("aria-valuenow") or ""
        await expect(page.get_by_role("cell", name=HOSTILE, exact=True)).to_be_visible()
        await expect(page.get_by_role("row", name=re.compile("90012"))).not_to_have_count(0)
        await expect(page.get_by_text(re.compile(r"\d+ % of the limit"))).to_be_visible(timeout=20_000)
        # It goes on without reloading.
        await expect(page.get_by_role("progressbar")).not_to_have_attribute("aria-valuenow", before)

        await page.get_by_role("button", name="Pause").click()
        await page.get_by_role("button", name="OK").click()
        await expect(page.get_by_role("status").filter(has_text="paused")).to_be_visible(timeout=20_000)
        assert (await Campaign(NAME, ledger=ledger).status()).status == "paused"
        await page.get_by_role("button", name="Resume").click()
        await expect(page.get_by_role("status").filter(has_text="running")).to_be_visible(timeout=20_000)

        field = page.get_by_role("spinbutton", name="Recipients a second")
        await field.fill("25")
        await page.get_by_role("button", name="Set").click()
        await expect(page.get_by_text("of 25/s that the limits allow")).to_be_visible(timeout=20_000)
        assert (await Campaign(NAME, ledger=ledger).status()).timing.rate == 25
        await page.get_by_role("button", name="No limit of its own").click()
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
        await expect(page.get_by_role("status").filter(has_text="发送中")).to_be_visible()
        await expect(page.get_by_role("button", name="暂停")).to_be_visible()
        await expect(page.get_by_text("剩余时间")).to_be_visible()
        await expect(page.get_by_role("cell", name="missing", exact=True)).to_be_visible()
        assert await watched.serious() == []
        assert not await watched.is_wider_than_window()
