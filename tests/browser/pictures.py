"""Pictures for the documentation, of the console and of a campaign: `python -m tests.browser.pictures [FOLDER]`.

What they show is made here, by the SDK, the console's at a fixed time; a browser of another version draws it a little
differently.
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import quote

import msgspec
from playwright.async_api import Browser, ViewportSize, expect

from tests.browser.watched import launched
from tests.browser.world import fill
from tim_async import RetryPolicy, TimClient, TimError
from tim_async._pages.server import PageServer
from tim_async.bulk import Campaign
from tim_async.bulk.watching import CampaignView, CampaignWatch, watch_of
from tim_async.cli._watch.site import make_serve, watch_assets, watch_page
from tim_async.emulator import Emulator
from tim_async.emulator.dispatch import ENDPOINTS

FOLDER: Final = Path(__file__).parents[2] / "docs" / "static" / "console"
# 09:41 in Shanghai, where the browser is.
NOW: Final = 1_780_105_260
SIZE: Final[ViewportSize] = {"width": 1080, "height": 660}
CAMPAIGN_SIZE: Final[ViewportSize] = {"width": 1080, "height": 880}
LOCALES: Final = {"en": "en-GB", "zh": "zh-CN"}


async def write_pictures(browser: Browser, folder: Path, languages: Collection[str] = tuple(LOCALES)) -> list[Path]:
    """Write the pictures in some languages; return their paths."""
    written = []
    for language in languages:
        async with Emulator(clock=lambda: NOW, window_clock=lambda: NOW) as emulator:
            places = await _happen(emulator)
            page = await browser.new_page(locale=LOCALES[language], viewport=SIZE, timezone_id="Asia/Shanghai")
            await page.clock.set_fixed_time(datetime.fromtimestamp(NOW, UTC))
            for name, (place, ready) in places.items():
                await page.goto(f"{emulator.url}/#/{place}")
                await page.reload()
                await expect(page.locator(ready).first).to_be_visible()
                path = folder / f"{name}.{language}.png"
                await page.screenshot(path=path)
                written.append(path)
            await page.close()
    return written


class _Shown:
    """A campaign that is only looked at; its ledger is where it is on other machines."""

    def __init__(self, watch: CampaignWatch) -> None:
        self._watch = watch

    async def look(self) -> CampaignView:
        view = await self._watch.look()
        ledger = "~/.local/state/tim-async/campaigns/1400000000/spring.db"
        return msgspec.structs.replace(view, report=msgspec.structs.replace(view.report, ledger=ledger))

    async def pause(self, reason: str) -> bool:
        return False

    async def resume(self) -> bool:
        return False

    async def set_rate(self, rate: float | None) -> None:
        return None


async def write_picture_of_a_campaign(browser: Browser, folder: Path, language: str, seconds: float) -> Path:
    """Write the picture of a campaign after so many seconds: the tutorial's, in which one in a hundred is missing."""
    accounts = [f"user-{number:05}" for number in range(10_000)]
    with TemporaryDirectory() as place:
        async with Emulator() as emulator:
            emulator.add_accounts(*(account for number, account in enumerate(accounts) if number % 100))
            async with TimClient(emulator.sdk_app_id, emulator.secret_key, base_url=emulator.url) as client:
                campaign = Campaign(
                    "spring", ledger=Path(place) / "spring.db", recipients=accounts, message="Hi", lanes="single"
                )
                await campaign.plan(client=client)
                running = asyncio.create_task(campaign.run(client))
                async with PageServer(watch_page(), watch_assets(), make_serve(_Shown(watch_of(campaign)))) as server:
                    page = await browser.new_page(
                        locale=LOCALES[language], viewport=CAMPAIGN_SIZE, timezone_id="Asia/Shanghai"
                    )
                    await page.goto(server.address)
                    await expect(page.get_by_role("cell", name="user-00100", exact=True)).to_be_visible()
                    await asyncio.sleep(seconds)
                    path = folder / f"campaign.{language}.png"
                    await page.screenshot(path=path)
                    await page.close()
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
    return path


async def _happen(emulator: Emulator) -> Mapping[str, tuple[str, str]]:
    """Set up the scenes; return the address of each picture, and the element that must be visible first."""
    async with TimClient(emulator.sdk_app_id, emulator.secret_key, base_url=emulator.url) as client:
        _be_busy(emulator)
        await fill(emulator, client)
        calling = client.with_options(retry=RetryPolicy(base=0, transport="any"))
        for number in range(20):
            await client.c2c.send_text("carol", f"Parcel {1000 + number} is on its way", from_account="alice")
        emulator.faults.answer(20004, times=1)
        emulator.faults.drop(after=True, times=1)
        await calling.c2c.send_text("bob", "Your table for two is booked", from_account="alice")
        with suppress(TimError):
            await client.c2c.send_text("nobody", "Anyone there?")
        retried = emulator.count() - 1
    message = {
        "GroupId": next(iter(emulator.groups)),
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}],
    }
    return {
        "inbox": ("inbox/accounts/bob/c2c/alice", ".bubble, .message"),
        "calls": (f"calls/{retried}", ".attempt"),
        "limits": ("limits", ".pace-passed"),
        "explorer": (
            f"explorer/group_open_http_svc/send_group_msg?body={quote(json.dumps(message))}",
            ".view-explorer textarea",
        ),
    }


def _be_busy(emulator: Emulator) -> None:
    """Count a minute's calls, without sending them: a campaign that becomes too fast, and is refused."""
    for command, most in (
        ("openim/sendmsg", 224),
        ("openim/batchsendmsg", 40),
        ("group_open_http_svc/send_group_msg", 90),
    ):
        for second in range(55):
            calls = int(most * min(second / 35, 1) * (0.9 + 0.13 * math.sin(second)))
            for number in range(calls):
                raw = {"To_Account": ["bob"] * 5, "GroupId": f"group{number}"}
                emulator._limits.admit(ENDPOINTS[command], raw, NOW - 56 + second + number / 1000)


async def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    async with launched() as browser:
        campaigns = [await write_picture_of_a_campaign(browser, folder, language, 25.0) for language in LOCALES]
        for path in [*await write_pictures(browser, folder), *campaigns]:
            print(f"{path}: {path.stat().st_size:,} bytes")  # noqa: T201 - it is a command


if __name__ == "__main__":
    asyncio.run(main())
