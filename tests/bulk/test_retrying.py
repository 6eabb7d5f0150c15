"""Retried recipients: their identity, their selection, and never while the campaign is running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.bulk.conftest import Clock, accounts, each_got, until
from tests.bulk.engine.killing import kill, personal, slow_answers
from tests.bulk.test_steering import Held, held
from tests.families.conftest import client_of
from tim_async import TimClient, UsageError
from tim_async.bulk import Campaign
from tim_async.bulk._message.messages import Identities, Identity, PreparedMessage
from tim_async.emulator import Emulator
from tim_async.models.c2c import SendMsg

Make: TypeAlias = Callable[..., Campaign]
SINGLE, BATCH = "openim/sendmsg", "openim/batchsendmsg"


@pytest.fixture
def make(place: str, clock: Clock) -> Make:
    """Make the campaign `spring`, in a ledger of either kind."""
    return lambda **options: Campaign("spring", ledger=place, clock=clock, **options)


@pytest.fixture
async def strict(clock: Clock) -> AsyncIterator[Emulator]:
    """An emulator that knows 15 of 20."""
    async with Emulator(rate_limits={"*": 100_000}, clock=clock) as emulator:
        emulator.add_accounts(*accounts(15))
        yield emulator


@pytest.fixture
def identities(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Identity]]:
    """The identities with which requests to one recipient are made, by account."""
    found: dict[str, list[Identity]] = {}
    to_one = PreparedMessage.to_one

    def noted(prepared: PreparedMessage, account: str, identity: Identity) -> SendMsg:
        found.setdefault(account, []).append(identity)
        return to_one(prepared, account, identity)

    monkeypatch.setattr(PreparedMessage, "to_one", noted)
    return found


async def test_failed_ones_of_a_code_get_an_identity_of_their_own(
    make: Make, strict: Emulator, identities: dict[str, list[Identity]]
) -> None:
    """The service may remember what it refused: with the same identity it could drop the retry and answer OK."""
    async with client_of(strict) as client:
        report = await make(recipients=accounts(20), message="Hi", lanes="single").run(client)
        [code] = [each.code for each in report.codes]
        assert (report.sent, report.failed, (await make().status()).status) == (15, 5, "done")
        assert (await make().retry(codes=[code + 1])).total == 0
        assert (await make().status()).status == "done"
        found = await make().retry(codes=[code])
        assert (found.failed, found.unknown, found.given_up, found.total) == (5, 0, 0, 5)
        report = await make().status()
        assert (report.status, report.left) == ("interrupted", 5)
        assert report.reason == "5 recipients are to be tried again; run it again to continue"
        strict.add_accounts(*accounts(20))
        report = await make(lanes="single").run(client)
    assert (report.status, report.sent) == ("done", 20)
    assert each_got(strict) == {1: 20}
    for account, made in identities.items():
        assert len(made) == (2 if int(account[1:]) >= 15 else 1)
        assert len(set(made)) == len(made)


@pytest.mark.parametrize("command", [SINGLE, BATCH])
async def test_unknown_ones_keep_their_identity_while_a_repeat_is_recognised(
    make: Make, client: TimClient, emulator: Emulator, command: str
) -> None:
    emulator.faults.drop(after=True, times=1, command=command)  # the answer to the first attempt is lost
    emulator.faults.answer(80001, times=1, command=command)
    lanes: Any = "single" if command == SINGLE else "batch"
    report = await make(recipients=["bob"], message="Hi", lanes=lanes, on_unknown="skip").run(client)
    assert (report.unknown, each_got(emulator)) == (1, {1: 1})
    assert (await make().retry(["failed"])).total == 0
    assert (await make().retry(["failed", "unknown"])).unknown == 1
    report = await make(on_unknown="skip").run(client)
    assert (report.sent, report.unknown) == (1, 0)
    assert each_got(emulator) == {1: 1}  # the repeat was recognised


@pytest.mark.parametrize(("on_unknown", "got"), [("skip", {1}), ("verify", {1}), ("send", {1, 2})])
async def test_unknown_ones_that_come_too_late_are_left_to_the_run(
    campaign: Make, client: TimClient, emulator: Emulator, ledger: Path, clock: Clock, on_unknown: Any, got: set[int]
) -> None:
    await slow_answers(emulator)
    await kill(campaign(**personal(60)), client, emulator, ledger, after=20)
    clock.ahead = 300.0  # the emulator has forgotten the identities
    emulator.faults.clear()
    report = await campaign(**personal(60), on_unknown="skip").run(client)
    unknown = report.unknown
    assert unknown > 0
    assert (await campaign().retry(["unknown"])).unknown == unknown
    report = await campaign(**personal(60), on_unknown=on_unknown).run(client)
    assert report.unknown == (unknown if on_unknown == "skip" else 0)
    assert set(each_got(emulator)) == got


async def test_never_while_it_is_at_work_or_cancelled(make: Make, client: TimClient, emulator: Emulator) -> None:
    message = Held()
    running = asyncio.create_task(make(**held(20, message)).run(client))
    await until(lambda: len(emulator.messages()) >= 5)
    with pytest.raises(UsageError, match="is running: pause it, or wait until it is done"):
        await make().retry()
    assert await make().cancel()  # before it can end normally
    message.free.set()
    await running
    with pytest.raises(UsageError, match="is cancelled"):
        await make().retry()


async def test_campaign_that_waits_to_be_resumed_takes_them_up(
    make: Make, strict: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tim_async.bulk._engine.runner.LOOK_INTERVAL_S", 0.01)
    monkeypatch.setattr("tim_async.bulk._engine.steered.LOOK_INTERVAL_S", 0.01)
    async with client_of(strict) as client:
        await make(recipients=accounts(20), message="Hi").run(client)
        assert (await make().retry()).failed == 5
        assert await make().pause("import them first")
        running = asyncio.create_task(make().run(client))
        strict.add_accounts(*accounts(20))
        assert (await make().retry()).failed == 0
        async with asyncio.timeout(20):
            while not await make().resume():  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            await running
        if (await make().status()).status != "done":  # it was resumed before the process waited
            await make().run(client)
    assert each_got(strict) == {1: 20}


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"what": []}, "what"),
        ({"what": "failed"}, "what"),
        ({"what": ["sent"]}, "what"),
        ({"codes": []}, "codes"),
        ({"codes": ["20003"]}, "codes"),
        ({"codes": [True]}, "codes"),
        ({"what": ["unknown"], "codes": [20003]}, "codes"),
    ],
)
async def test_wrong_arguments(ledger: Path, arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(UsageError) as caught:
        await Campaign("spring", ledger=ledger).retry(**arguments)
    assert caught.value.field == field


def test_identity_of_a_round() -> None:
    own = Identities("salt", 1_800_000_000_000)
    rounds = [own.of_recipient(7, "bob", each) for each in range(4)]
    assert rounds[0] == own.of_recipient(7, "bob")
    assert len(set(rounds)) == 4
    assert len({each.msg_seq for each in rounds}) == 1
