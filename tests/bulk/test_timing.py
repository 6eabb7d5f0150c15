"""Campaigns that send at their own times and their own rate, on a time of day that the test puts forward."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.bulk.conftest import Clock, accounts, each_got, snapshot, until
from tests.clock import worst_window
from tests.families.conftest import client_of
from tim_async import TextElem, TimClient, UsageError
from tim_async.bulk import Campaign, Progress, Template, Timing
from tim_async.bulk._engine import held_up, runner, sending, steered
from tim_async.emulator import Emulator

SHANGHAI = "Asia/Shanghai"
BERLIN = "Europe/Berlin"
DAY = {"between": ("09:00", "21:00"), "time_zone": SHANGHAI}
ONE_BY_ONE: dict[str, Any] = {"message": Template("Hi $account")}

Make = Callable[..., Campaign]


@pytest.fixture(autouse=True)
def frequent_looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(runner, "LOOK_INTERVAL_S", 0.01)
    monkeypatch.setattr(steered, "LOOK_INTERVAL_S", 0.01)
    return iter([None])


def put_to(clock: Clock, text: str, zone: str = SHANGHAI, *, fold: int = 0) -> None:
    """Let the time of day be this."""
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    clock.ahead = moment.timestamp() - time.time()


async def seen(progress: list[Progress], is_so: Callable[[Progress], bool]) -> Progress:
    """Wait for a progress that is so."""
    await until(lambda: any(map(is_so, progress)))
    return next(each for each in progress if is_so(each))


def rests(progress: Progress) -> bool:
    return progress.rests_until is not None


class Run:
    """A run of a campaign beside the test."""

    def __init__(self, campaign: Campaign, client: TimClient) -> None:
        self.progress: list[Progress] = []
        self.task = asyncio.create_task(campaign.run(client, on_progress=self.progress.append, progress_every_s=0.01))
        self._campaign = campaign

    async def rests(self) -> Progress:
        """Wait until it rests after the reports so far."""
        self.progress.clear()
        return await seen(self.progress, rests)

    async def kill(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_begins_at_its_time(emulator: Emulator, client: TimClient, campaign: Make, clock: Clock) -> None:
    put_to(clock, "2026-06-01 22:00")
    made = campaign(recipients=accounts(40), not_before="09:00", time_zone=SHANGHAI, **ONE_BY_ONE)
    run = Run(made, client)
    progress = await run.rests()
    assert progress.rest_ends == "2026-06-02 09:00:00+08:00 (Asia/Shanghai)"
    assert progress.left_s == pytest.approx(11 * 3600, abs=5)
    status = await campaign().status()
    assert status.status == "running"
    assert "resting until 2026-06-02 09:00:00+08:00 (Asia/Shanghai)" in str(status)
    assert not emulator.messages()
    put_to(clock, "2026-06-02 09:00")
    assert (await run.task).is_complete
    assert each_got(emulator) == {1: 40}


@pytest.mark.parametrize(
    ("hours", "zone", "begin", "rest", "wake"),
    [
        (("09:00", "21:00"), SHANGHAI, "2026-06-01 20:59", "2026-06-01 21:00", "2026-06-02 09:00"),
        (("21:00", "02:00"), SHANGHAI, "2026-06-01 23:59", "2026-06-02 02:00", "2026-06-02 21:00"),
        (("23:00", "01:30"), BERLIN, "2026-03-29 01:29", "2026-03-29 01:30", "2026-03-29 23:00"),
        (("02:30", "05:00"), BERLIN, "2026-03-28 04:00", "2026-03-28 05:00", "2026-03-29 03:00"),
        (("02:00", "02:30"), BERLIN, "2026-10-25 02:00", "2026-10-25 02:30", "2026-10-25 02:00+01:00"),
    ],
    ids=["day", "over midnight", "day of 23 hours", "begins in the missing hour", "comes twice"],
)
async def test_rests_outside_of_its_hours_and_over_a_crash(
    emulator: Emulator, client: TimClient, campaign: Make, clock: Clock, ledger: Path, tmp_path: Path,
    hours: tuple[str, str], zone: str, begin: str, rest: str, wake: str,
) -> None:  # fmt: skip
    put_to(clock, begin, zone)
    emulator.faults.delay(0.02, after=True)
    run = Run(campaign(recipients=accounts(300), between=hours, time_zone=zone, concurrency=4, **ONE_BY_ONE), client)
    await until(lambda: len(emulator.messages()) >= 20)
    put_to(clock, rest, zone)
    await run.rests()
    async with asyncio.timeout(20):
        while (status := await campaign().status()).in_flight:  # noqa: ASYNC110 - in another connection
            await asyncio.sleep(0.01)
    sent = len(emulator.messages())
    assert status.sent == sent
    assert 20 <= sent < 300
    # It is killed while it rests, and the line that is run again rests as well, without its hours.
    killed = tmp_path / "killed.db"
    snapshot(ledger, killed)
    await run.kill()
    emulator.faults.clear()
    again = Run(campaign(ledger=killed), client)
    opens_at = (await again.rests()).rests_until
    moment = datetime.fromisoformat(wake)
    assert opens_at == (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).timestamp()
    assert len(emulator.messages()) == sent
    clock.ahead = opens_at - time.time()
    assert (await again.task).is_complete
    assert each_got(emulator) == {1: 300}


async def test_call_that_waits_for_its_turn_is_not_sent_after_its_hours(
    emulator: Emulator, campaign: Make, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock jumps over the end while a crowd waits at the limit, and no look sees it."""
    monkeypatch.setattr(runner, "LOOK_INTERVAL_S", 60.0)
    monkeypatch.setattr(sending, "_NO_TURN_PAUSE_S", 0.01)
    put_to(clock, "2026-06-01 20:59:59")
    async with client_of(emulator, rate_limits={"openim/sendmsg": 50}) as client:
        run = Run(campaign(recipients=accounts(100), **DAY, **ONE_BY_ONE), client)
        await until(lambda: bool(emulator.messages()))
        put_to(clock, "2026-06-01 21:00")
        at_its_end = len(emulator.messages())
        await until(lambda: client.stats()["openim/sendmsg"].errors.get("WaitTooLongError", 0) > 10)
        assert len(emulator.messages()) <= at_its_end + 1
        put_to(clock, "2026-06-01 12:00")  # the clock is put back: it continues
        assert (await run.task).is_complete
    assert each_got(emulator) == {1: 100}


async def test_nothing_is_sent_after_its_end(
    emulator: Emulator, client: TimClient, campaign: Make, clock: Clock
) -> None:
    put_to(clock, "2026-06-01 20:00")
    emulator.faults.delay(0.02, after=True)
    line = {"until": "21:00", "time_zone": SHANGHAI}
    run = Run(campaign(recipients=accounts(200), concurrency=4, **line, **ONE_BY_ONE), client)
    await until(lambda: len(emulator.messages()) >= 20)
    put_to(clock, "2026-06-01 21:00")
    report = await run.task
    assert report.status == "ended"
    assert report.reason == (
        "nothing is sent after 2026-06-01 21:00:00+08:00 (Asia/Shanghai); to continue, set a later end"
    )
    assert report.sent == len(emulator.messages()) < 200
    assert report.left == 200 - report.sent
    assert (await campaign().status()).status == "ended"
    # The same line again sends nothing; a later end does.
    again = await campaign(**line).run(client)
    assert (again.status, again.sent) == ("ended", report.sent)
    emulator.faults.clear()
    timing = await campaign().set_timing(until="2026-06-01 22:00")
    assert str(timing) == "until 2026-06-01 22:00:00+08:00 (Asia/Shanghai)"
    assert (await campaign(**line).run(client)).is_complete
    assert each_got(emulator) == {1: 200}


async def test_what_cannot_hold_is_refused_before_anything_is_read(client: TimClient, campaign: Make) -> None:
    def rows() -> Iterator[str]:
        raise AssertionError("it was read")
        yield ""

    wrong = {"not_before": "2030-01-02 09:00", "until": "2030-01-01 09:00", "time_zone": SHANGHAI}
    with pytest.raises(UsageError, match="nothing could be sent") as caught:
        await campaign(recipients=rows(), message="Hi", **wrong).run(client)
    assert caught.value.field == "until"
    with pytest.raises(UsageError, match="begins and ends at 09:00"):
        campaign(between=("09:00", "09:00"), time_zone=SHANGHAI)


async def test_plan_says_when_it_is_done(campaign: Make, clock: Clock) -> None:
    put_to(clock, "2026-06-01 20:00")
    line = {"recipients": accounts(7200), "rate": 1, **DAY, **ONE_BY_ONE}
    plan = await campaign(**line).plan()
    assert "between 09:00 and 21:00 (Asia/Shanghai), at most 1 recipients per second" in str(plan)
    assert plan.ends.startswith("2026-06-02 10:00:0")
    late = await campaign(until="2026-06-02 09:30", **line).plan()
    assert any("it will not finish in time" in each for each in late.lints)


# How fast


async def measured(emulator: Emulator, run: Awaitable[Any]) -> list[float]:
    """Return when messages arrived, by the real clock."""
    stamps: list[float] = []
    seen_before = len(emulator.messages())
    task = asyncio.ensure_future(run)
    while not task.done():
        await asyncio.sleep(0.001)
        now = len(emulator.messages())
        stamps += [time.monotonic()] * (now - seen_before)
        seen_before = now
    await task
    return stamps


@pytest.mark.parametrize(("pace", "most"), [({"rate": 60}, 60), ({"share": 0.3}, 60)], ids=["rate", "share of 200"])
async def test_own_rate_at_the_emulators_own_count(campaign: Make, pace: dict[str, float], most: int) -> None:
    async with (
        Emulator(auto_import=True, rate_limits={"openim/sendmsg": most}) as emulator,
        client_of(emulator) as client,
    ):
        stamps = await measured(emulator, campaign(recipients=accounts(90), **pace, **ONE_BY_ONE).run(client))
        assert each_got(emulator) == {1: 90}
        # The emulator's limit equals the rate: it would have refused any excess.
        assert client.stats()["openim/sendmsg"].errors == {}
        assert worst_window(stamps) <= most * 1.05
        assert 90 / (stamps[-1] - stamps[0]) > 0.85 * most


async def test_rate_is_changed_while_it_runs(emulator: Emulator, client: TimClient, campaign: Make) -> None:
    run = Run(campaign(recipients=accounts(400), rate=10, **ONE_BY_ONE), client)
    await until(lambda: len(emulator.messages()) >= 3)
    assert run.progress[-1].cap == 10
    began = time.monotonic()
    timing = await campaign().set_timing(rate=2000)
    assert timing == Timing(rate=2000)
    assert (await run.task).is_complete
    assert time.monotonic() - began < 10
    assert run.progress[-1].cap == 2000


async def test_same_line_again_keeps_the_rate_that_was_set(client: TimClient, campaign: Make) -> None:
    line = {"recipients": accounts(3), "rate": 1000, **ONE_BY_ONE}
    await campaign(**line).plan(client=client)
    await campaign().set_timing(rate=None, share=0.5)
    report = await campaign(**line).run(client)
    assert report.timing == Timing(share=0.5)
    assert "at most 50% of the limit" in str(report)
    assert (await campaign(**{**line, "rate": 900}).run(client)).timing == Timing(rate=900)


async def test_batches_keep_to_the_rate_on_average(emulator: Emulator, client: TimClient, campaign: Make) -> None:
    began = time.monotonic()
    report = await campaign(recipients=accounts(100), message="Hi", rate=50, batch_size=20).run(client)
    assert report.is_complete
    # The last of five batches comes when the four before it have flowed off.
    assert 1.5 < time.monotonic() - began < 4


async def test_no_more_is_written_ahead_than_is_sent_soon(
    emulator: Emulator, client: TimClient, campaign: Make
) -> None:
    run = Run(campaign(recipients=accounts(300), rate=10, batch_size=50, **ONE_BY_ONE), client)
    await until(lambda: len(emulator.messages()) >= 4)
    in_flight = (await campaign().status()).in_flight
    await run.kill()
    assert in_flight <= 100  # five seconds' worth, and the chunk that came last


def test_times_in_utc_without_a_zone() -> None:
    assert Timing().shown(datetime(2026, 6, 1, tzinfo=UTC).timestamp()) == "2026-06-01 00:00:00+00:00 (UTC)"


# Blocked background calls


async def test_interactive_calls_that_take_the_whole_limit_are_named(
    emulator: Emulator, campaign: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_up, "_PATIENCE_S", 0.05)
    monkeypatch.setattr(held_up, "_PATIENCE_CALLS", 1)
    monkeypatch.setattr(held_up, "_PATIENCE_OTHERS", 1000)
    async with client_of(emulator, rate_limits={"openim/sendmsg": 100}) as client:

        async def send() -> None:
            while not is_quiet.is_set():
                await client.c2c.send(to_account="chatty", msg_body=[TextElem(text="hi")])

        is_quiet = asyncio.Event()
        chats = [asyncio.create_task(send()) for _ in range(60)]
        await until(lambda: len(emulator.messages()) > 10)
        run = Run(campaign(recipients=accounts(20), **ONE_BY_ONE), client)
        progress = await seen(run.progress, lambda each: bool(each.held_up))
        assert progress.held_up == "blocked: interactive calls use the whole limit of openim/sendmsg"
        assert progress.sent == 0
        # With so little patience, one look more or less changes it.
        async with asyncio.timeout(20):
            while "running: blocked: interactive calls" not in str(await campaign().status()):  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        is_quiet.set()
        report = await run.task
        await asyncio.gather(*chats)
        assert report.is_complete
        assert report.reason is None
        assert report.held_up_s > 0
        assert run.progress[-1].held_up == ""


async def test_campaign_that_gets_turns_is_not_held_up(
    emulator: Emulator, campaign: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_up, "_PATIENCE_S", 0.05)
    async with client_of(emulator, rate_limits={"openim/sendmsg": 60}) as client:
        run = Run(campaign(recipients=accounts(60), **ONE_BY_ONE), client)
        report = await run.task
    assert not any(each.held_up for each in run.progress)
    assert report.held_up_s == 0
