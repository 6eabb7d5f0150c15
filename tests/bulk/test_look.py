"""A look first: a campaign sends to a sample and pauses, until it is resumed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.bulk.conftest import Clock, accounts, each_got, until
from tests.bulk.engine.killing import kill
from tim_async import LedgerError, TimClient, UsageError
from tim_async.bulk import Campaign, Report, Template
from tim_async.bulk._engine import runner, steered
from tim_async.bulk._ledger.looks import shuffled
from tim_async.emulator import Emulator

MakeCampaign = Callable[..., Campaign]


@pytest.fixture
def make(place: str, clock: Clock) -> MakeCampaign:
    def make(**options: Any) -> Campaign:
        return Campaign("spring", **{"ledger": place, "clock": clock, "batch_size": 10, **options})

    return make


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look into the ledger more often than in earnest."""
    monkeypatch.setattr(runner, "LOOK_INTERVAL_S", 0.01)
    monkeypatch.setattr(steered, "LOOK_INTERVAL_S", 0.01)


@asynccontextmanager
async def looked_at(campaign: Campaign, client: TimClient) -> AsyncIterator[Report]:
    """Run a campaign, and yield its report when it is paused; stop it at the end of the block, unless it is done."""
    running = asyncio.create_task(campaign.run(client))
    try:
        async with asyncio.timeout(30):
            while not running.done() and (report := await status(campaign)).status != "paused":  # noqa: ASYNC110
                await asyncio.sleep(0.002)
        if running.done():
            report = running.result()
        yield report
        if report.status == "paused" and not (await campaign.status()).needs_resume:
            await running  # it may not have noticed yet that it was resumed
    finally:
        while not campaign.stop() and not running.done():  # noqa: ASYNC110 - it has not begun
            await asyncio.sleep(0.002)
        await running


async def status(campaign: Campaign) -> Report:
    try:
        return await campaign.status()
    except LedgerError:  # it is not there yet
        return Report(name="", status="", reason=None, total=0, sent=0, failed=0, unknown=0, in_flight=0, codes=[],
                      duplicates=0, bad_rows=0, duration_s=0, rate=0)  # fmt: skip


def sent_to(emulator: Emulator) -> set[str]:
    return {each.to_account for each in emulator.messages()}


@pytest.mark.parametrize("message", ["Hi", Template("Hi $account")], ids=["batch", "single"])
async def test_first_ones_are_sent_to_and_the_rest_after_resume(
    make: MakeCampaign, client: TimClient, emulator: Emulator, message: Any
) -> None:
    options = {"recipients": accounts(60), "message": message, "first": 25}
    plan = await make(**options).plan(client=client)
    assert "the first 25 are sent to first, then the campaign pauses" in str(plan)
    async with looked_at(make(**options), client) as report:
        assert (report.status, report.sent, report.left) == ("paused", 25, 35)
        assert report.reason == "the first 25 were sent to, as asked: `resume` sends to the rest"
        assert sent_to(emulator) == set(accounts(25))
    # The same line again, as cron would: it waits, with or without the option.
    for again in (make(**options), make()):
        async with looked_at(again, client) as report:
            assert (report.status, len(sent_to(emulator))) == ("paused", 25)
    async with looked_at(make(**options), client):
        assert await make().resume()
        assert not await make().resume()
    assert (await make().status()).is_complete
    assert each_got(emulator) == {1: 60}


async def test_resumed_while_no_process_waits_the_next_run_goes_on(
    make: MakeCampaign, client: TimClient, emulator: Emulator
) -> None:
    async with looked_at(make(recipients=accounts(30), message="Hi", first=8), client):
        pass
    assert await make().resume()
    assert (await make(first=8).run(client)).is_complete
    assert each_got(emulator) == {1: 30}


async def test_paused_by_its_user_during_the_look_it_goes_on_with_the_look(
    make: MakeCampaign, client: TimClient, emulator: Emulator
) -> None:
    emulator.faults.delay(0.02)
    spring = make(recipients=accounts(60), message=Template("Hi $account"), batch_size=5, concurrency=2, first=30)
    running = asyncio.create_task(spring.run(client))
    await until(lambda: len(emulator.messages()) >= 3)
    assert await make().pause()
    async with asyncio.timeout(20):
        while (await make().status()).in_flight:  # noqa: ASYNC110
            await asyncio.sleep(0.002)
    assert len(emulator.messages()) < 30
    assert await make().resume()
    await until(lambda: len(emulator.messages()) == 30)
    async with asyncio.timeout(20):
        while (await make().status()).status != "paused":  # noqa: ASYNC110
            await asyncio.sleep(0.002)
    assert sent_to(emulator) == set(accounts(30))
    spring.stop()
    await running


async def test_sample_is_random_and_the_same_for_the_same_seed(
    make: MakeCampaign, client: TimClient, emulator: Emulator
) -> None:
    async with looked_at(make(recipients=accounts(300), message="Hi", sample=20, seed=7), client) as report:
        assert report.reason == "a sample of 20 (seed 7) were sent to, as asked: `resume` sends to the rest"
    numbers = sorted(int(account[1:]) for account in sent_to(emulator))
    assert numbers == sorted(list(shuffled(300, 7))[:20])
    assert numbers[-1] - numbers[0] > 150
    await make().resume()
    assert (await make(sample=20).run(client)).is_complete
    assert each_got(emulator) == {1: 300}


async def test_seed_that_was_drawn_is_said(make: MakeCampaign, client: TimClient) -> None:
    async with looked_at(make(recipients=accounts(30), message="Hi", sample=5), client) as report:
        pass
    assert report.reason is not None
    assert report.reason.startswith("a sample of 5 (seed ")
    assert report.sent == 5


async def test_sample_has_none_that_would_be_left_out(
    make: MakeCampaign, client: TimClient, emulator: Emulator, tmp_path: Path
) -> None:
    suppressed = tmp_path / "no.txt"
    suppressed.write_text("\n".join(accounts(20)), encoding="utf-8")
    options = {"recipients": accounts(40), "message": "Hi", "suppress": suppressed}
    async with looked_at(make(**options, first=12), client) as report:
        pass
    assert (report.sent, report.suppressed) == (12, 0)
    assert sent_to(emulator) == set(accounts(12, first=20))


async def test_sample_larger_than_what_is_left_takes_all(
    make: MakeCampaign, client: TimClient, emulator: Emulator, tmp_path: Path
) -> None:
    suppressed = tmp_path / "no.txt"
    suppressed.write_text("u3\n", encoding="utf-8")
    spring = make(recipients=accounts(12), message="Hi", suppress=suppressed, sample=50, seed=1)
    async with looked_at(spring, client) as report:
        assert (report.status, report.sent) == ("paused", 11)
        await make().resume()
    assert (await make().status()).is_complete


async def test_killed_during_the_look_it_pauses_after_the_look(
    client: TimClient, emulator: Emulator, ledger: Path, campaign: MakeCampaign
) -> None:
    options = {"message": Template("Hi $account"), "batch_size": 10}
    await kill(campaign(recipients=accounts(200), first=80, **options), client, emulator, ledger, after=20)
    async with looked_at(campaign(**options), client) as report:
        assert (report.status, report.sent) == ("paused", 80)
    assert sent_to(emulator) == set(accounts(80))
    assert each_got(emulator) == {1: 80}


async def test_what_goes_to_a_further_chunk_during_the_look_belongs_to_it(
    campaign: MakeCampaign, client: TimClient, emulator: Emulator
) -> None:
    emulator.faults.answer(20003, times=4)
    options = {"recipients": accounts(30), "message": Template("Hi $account"), "batch_size": 5}
    async with looked_at(campaign(**options, first=20, import_missing=True), client) as report:
        pass
    assert (report.sent, report.failed) == (20, 0)


async def test_recipients_are_not_added_before_the_look_is_over(make: MakeCampaign, client: TimClient) -> None:
    async with looked_at(make(recipients=accounts(20), message="Hi", first=5), client):
        pass
    more = {"recipients": accounts(25), "add_recipients": True}
    with pytest.raises(UsageError, match="is not done") as caught:
        await make(**more).run(client)
    assert caught.value.field == "add_recipients"
    await make().resume()
    assert (await make(**more).run(client)).sent == 25


@pytest.mark.parametrize(
    ("options", "field", "problem"),
    [
        ({"first": 0}, "first", "first must be a whole number from 1"),
        ({"first": 1, "sample": 1}, "first", "first and sample are both given"),
        ({"sample": 0}, "sample", "sample must be a whole number from 1"),
        ({"seed": 3}, "seed", "seed and sample go together"),
        ({"sample": 2, "seed": -1}, "seed", "seed must be a whole number from 0"),
    ],
)
def test_wrong_look_is_refused(campaign: MakeCampaign, options: dict[str, Any], field: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        campaign(recipients=["u1"], message="Hi", **options)
    assert caught.value.field == field


async def test_look_that_comes_too_late_is_refused(
    campaign: MakeCampaign, client: TimClient, emulator: Emulator
) -> None:
    async with looked_at(campaign(recipients=["u1"], message="Hi", first=1), client):
        pass
    with pytest.raises(
        UsageError, match="first requires a campaign that has not started; 'spring' was started with the first 1"
    ):
        await campaign(first=2).run(client)
    plain = Campaign("plain", ledger=campaign()._definition.ledger, recipients=["u1"], message="Hi")
    await plain.run(client)
    late = Campaign("plain", ledger=campaign()._definition.ledger, sample=2)
    with pytest.raises(UsageError, match="not started; 'plain' was started without a look first"):
        await late.run(client)


@pytest.mark.parametrize("total", [1, 2, 5, 64, 1000])
def test_shuffled_numbers_are_all_of_them(total: int) -> None:
    assert sorted(shuffled(total, 3)) == list(range(total))


def test_seeds_shuffle_otherwise_and_always_the_same() -> None:
    assert list(shuffled(100, 1))[:5] != list(shuffled(100, 2))[:5]
    assert [next(shuffled(10**7, seed)) for seed in (0, 1, 2**63 - 1)] == [1124697, 3551248, 2067646]
