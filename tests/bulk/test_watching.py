"""A campaign as others see it while it runs: read from the ledger alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.families.conftest import client_of
from tim_async import LedgerError, TimClient
from tim_async.bulk import Campaign
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk.watching import CampaignView, watch_of
from tim_async.emulator import Emulator

Make = Callable[..., Campaign]


async def until(watching: Campaign, holds: Callable[[CampaignView], bool]) -> CampaignView:
    """Look at a campaign, as another process, until something is so."""
    watch = watch_of(watching)
    async with asyncio.timeout(30):
        while not holds(view := await watch.look()):
            watch.forget()
            await asyncio.sleep(0.05)
    return view


async def test_campaign_that_runs_is_seen_from_its_ledger(
    emulator: Emulator, client: TimClient, campaign: Make
) -> None:
    emulator.add_accounts("user1")
    emulator._state.auto_import = False
    await campaign(recipients=["user1", "用户2", "user3"], message="Hi").run(client)
    view = await watch_of(campaign()).look()
    assert (view.report.status, view.report.sent, view.report.failed) == ("done", 1, 2)
    assert [(each.code, each.count) for each in view.codes] == [(90012, 2)] or view.codes[0].count == 2
    assert view.codes[0].meaning
    assert view.codes[0].meaning_zh
    assert [each.account for each in view.failures] == ["user3", "用户2"]
    assert view.failures[0].code == view.codes[0].code
    assert view.workers is None
    assert view.progress.in_force is None, "no process sends it"
    assert view.progress.cap > 0


async def test_what_the_service_allows_is_seen_while_it_refuses(ledger: Path) -> None:
    limits = {"openim/sendmsg": 40}
    async with Emulator(auto_import=True, rate_limits=limits, tolerance=0.0) as slow, client_of(slow) as client:
        recipients = [f"user{number}" for number in range(2_000)]
        sending = Campaign("spring", ledger=ledger, recipients=recipients, message="Hi", lanes="single")
        await sending.plan(client=client)
        task = asyncio.create_task(sending.run(client))
        try:
            watching = Campaign("spring", ledger=ledger)
            limited = await until(watching, lambda view: view.progress.is_limited)
            assert limited.report.status == "running"
            assert 0 < (limited.progress.in_force or 0) < limited.progress.cap
            assert (await until(watching, lambda view: view.progress.rate > 0)).progress.left_s is not None
            await watching.pause("looked at")
            paused = await until(watching, lambda view: view.report.status == "paused")
            assert (paused.report.reason, paused.progress.in_force) == ("looked at", None)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_note_of_what_the_service_allows_is_good_for_a_while(
    client: TimClient, campaign: Make, ledger: Path
) -> None:
    await campaign(recipients=["user1"], message="Hi").run(client)
    await Campaign("other", ledger=ledger, recipients=["user1"], message="Hi").plan(client=client)
    async with Ledger(ledger, purpose="a note") as opened:
        await opened.paces.note(1, 50.0, now=1000.0)
        await opened.paces.note(1, 60.0, now=1001.0)
        assert await opened.paces.of(1, now=1010.0) == 60.0
        assert await opened.paces.of(1, now=1040.0) is None
        assert await opened.paces.of(2, now=1010.0) is None
        await opened.paces.note(1, None, now=1010.0)
        assert await opened.paces.of(1, now=1010.0) is None
        await opened.paces.note(1, 50.0, now=1000.0)
    await campaign().delete()
    async with Ledger(ledger) as opened:
        assert await opened.paces.of(1, now=1000.0) is None


async def test_looks_of_many_are_one(client: TimClient, campaign: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    await campaign(recipients=["user1"], message="Hi").run(client)
    watch = watch_of(campaign())
    found = await asyncio.gather(*(watch.look() for _ in range(20)))
    assert len({id(each) for each in found}) == 1
    watch.forget()
    assert await watch.look() is not found[0]


async def test_campaign_that_is_not_there_is_an_error(client: TimClient, campaign: Make, ledger: Path) -> None:
    with pytest.raises(LedgerError):
        await watch_of(campaign()).look()
    await campaign(recipients=["user1"], message="Hi").run(client)
    with pytest.raises(LedgerError, match="other"):
        await watch_of(Campaign("other", ledger=ledger)).look()


async def test_ledger_of_either_kind_shows_workers_and_notes(client: TimClient, place: str) -> None:
    campaign = Campaign("spring", ledger=place, recipients=["user1", "user2"], message="Hi")
    await campaign.plan(client=client)
    view = await watch_of(Campaign("spring", ledger=place)).look()
    assert (view.report.status, view.report.total) == ("planned", 2)
    assert view.workers == ([] if "//" in place else None)
    async with Ledger(place, purpose="a note") as opened:
        for in_force in (50.0, 60.0):
            await opened.paces.note(1, in_force, now=1000.0)
        assert await opened.paces.of(1, now=1000.0) == 60.0
