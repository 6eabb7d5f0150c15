"""Suppression lists as users keep them: added to, looked at, removed, also beside a run."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.bulk.conftest import Clock, accounts, each_got, until
from tests.bulk.engine.killing import slow_answers
from tim_async import LedgerError, TimClient, UsageError
from tim_async.bulk import Campaign, SuppressionLists, Template
from tim_async.bulk._engine import runner
from tim_async.bulk._ledger import suppression
from tim_async.bulk._plan import suppressing
from tim_async.emulator import Emulator

NOW = 1_800_000_000.0


@pytest.fixture
def lists(place: str) -> SuppressionLists:
    return SuppressionLists(place, clock=lambda: NOW)


async def listed(lists: SuppressionLists, name: str) -> list[str]:
    return sorted([account async for account in lists.accounts(name)])


async def test_added_listed_and_removed(lists: SuppressionLists, tmp_path: Path) -> None:
    file = tmp_path / "unsubscribed.csv"
    file.write_text("account\nu1\nu2\n\nu2\n" + "x" * 40 + "\n", encoding="utf-8")
    change = await lists.add(file)
    assert (change.list_name, change.accounts, change.added, change.bad_rows) == ("unsubscribed", 3, 2, 1)
    assert change.first_problem is not None
    assert change.first_problem.line == 6
    assert (await lists.add(["u2", "u9"])).list_name == "suppressed"
    assert (await lists.add(["u2", "u5"], list_name="unsubscribed")).added == 1
    found = await lists.all()
    assert [(each.name, each.entries, each.changed_at) for each in found] == [
        ("unsubscribed", 3, NOW), ("suppressed", 2, NOW),
    ]  # fmt: skip
    assert await listed(lists, "unsubscribed") == ["u1", "u2", "u5"]
    assert await lists.remove(["u2", "u7"], list_name="suppressed") == 1
    assert await listed(lists, "suppressed") == ["u9"]
    await lists.add(["u1"])
    assert await lists.remove(["u1"]) == 2
    assert await lists.remove_list("unsubscribed") == 2
    assert [each.name for each in await lists.all()] == ["suppressed"]


async def test_long_list_is_entered_and_read_in_parts(lists: SuppressionLists, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppressing, "ACCOUNTS_PER_COMMIT", 1000)
    monkeypatch.setattr(suppression, "_PAGE", 700)
    change = await lists.add(accounts(3500)[::-1])
    assert (change.accounts, change.added) == (3500, 3500)
    assert await listed(lists, "suppressed") == sorted(accounts(3500))


async def test_list_that_is_not_there(lists: SuppressionLists) -> None:
    await lists.add(["u1"])
    for use in (lists.remove(["u1"], list_name="no"), lists.remove_list("no"), listed(lists, "no")):
        with pytest.raises(LedgerError, match="has no suppression list 'no'; it has suppressed"):
            await use


async def test_entry_reaches_a_file_that_another_process_works_on(
    ledger: Path, client: TimClient, emulator: Emulator, clock: Clock
) -> None:
    await slow_answers(emulator)
    spring = Campaign(
        "spring", ledger=ledger, clock=clock, recipients=accounts(400), message=Template("Hi $account"), batch_size=10,
        concurrency=2,
    )  # fmt: skip
    running = asyncio.create_task(spring.run(client))
    await until(lambda: len(emulator.messages()) > 0)
    assert (await SuppressionLists(ledger).add(accounts(400))).added == 400
    report = await running
    assert report.suppressed >= 300
    assert report.sent + report.suppressed == 400
    assert each_got(emulator) == {1: report.sent}


@pytest.mark.parametrize("message", ["Hi", Template("Hi $account")], ids=["batch", "single"])
async def test_entry_holds_for_what_was_written_ahead_and_waits_for_its_turn(
    ledger: Path, client: TimClient, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, message: str | Template
) -> None:
    """Written ahead are all of them: one chunk one by one, and batches of which each waits for its turn."""
    monkeypatch.setattr(runner, "LOOK_INTERVAL_S", 0.01)
    is_batch = isinstance(message, str)
    spring = Campaign(
        "spring", ledger=ledger, recipients=accounts(40), message=message, batch_size=10 if is_batch else 40,
        rate=20.0, at_most=(1, 7),
    )  # fmt: skip
    running = asyncio.create_task(spring.run(client))
    await until(lambda: len(emulator.messages()) > 0)
    await SuppressionLists(ledger).add(accounts(40))
    await until(lambda: running.done() or len(emulator.messages()) > 30)
    report = await running
    assert report.sent + report.suppressed == 40
    assert report.suppressed >= 15
    assert each_got(emulator) == {1: report.sent}
    after = Campaign("after", ledger=ledger, recipients=accounts(40), message="Hi", at_most=(1, 7))
    await SuppressionLists(ledger).remove_list("suppressed")
    assert (await after.run(client)).sent == report.suppressed  # they were not sent to, so they do not count


async def test_file_that_is_not_there_is_made_to_add_to_it_only(ledger: Path) -> None:
    for use in (SuppressionLists(ledger).remove(["u1"]), SuppressionLists(ledger).all()):
        with pytest.raises(LedgerError, match="does not exist"):
            await use
    assert (await SuppressionLists(ledger).add(["u1"])).added == 1


async def test_which_ledger_is_meant_has_to_be_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TIM_LEDGER", raising=False)
    with pytest.raises(UsageError, match="give ledger, or the campaign whose default ledger to use"):
        SuppressionLists()
    monkeypatch.setenv("TIM_LEDGER", str(tmp_path / "all.db"))
    assert (await SuppressionLists().add(["u1"])).added == 1
    assert (tmp_path / "all.db").exists()
    with pytest.raises(UsageError, match="list_name"):
        await SuppressionLists().add(["u1"], list_name=" ")
