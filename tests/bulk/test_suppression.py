"""Who is left out: suppression lists of the ledger, and a maximum of messages per account."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bulk.conftest import Clock, accounts, each_got, until
from tests.bulk.engine.killing import kill, slow_answers
from tests.services import own_database
from tim_async import TimClient, UsageError
from tim_async.bulk import Campaign, CsvFile, Template
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._plan.suppressing import list_files
from tim_async.emulator import Emulator

DAY = 86_400
MakeCampaign = Callable[..., Campaign]


@pytest.fixture(params=["file", "server"])
async def location(request: pytest.FixtureRequest, ledger: Path) -> AsyncIterator[Path | str]:
    if request.param == "file":
        yield ledger
        return
    async with own_database() as url:
        yield url


@pytest.fixture
def days() -> Clock:
    """The clock of campaigns, without the emulator's: a UserSig would expire meanwhile."""
    return Clock()


@pytest.fixture
def make(location: Path | str, days: Clock) -> MakeCampaign:
    def make(name: str = "spring", **options: Any) -> Campaign:
        return Campaign(name, **{"ledger": location, "clock": days, "message": "Hi", **options})

    return make


def listed(folder: Path, *given: str, name: str = "unsubscribed.txt") -> Path:
    path = folder / name
    path.write_text("\n".join(given) + "\n", encoding="utf-8")
    return path


async def states(campaign: Campaign) -> Counter[tuple[str, str | None]]:
    return Counter([(each.state, each.info) async for each in campaign.outcomes()])


@pytest.mark.parametrize("message", ["Hi", Template("Hi $account")], ids=["batch", "single"])
async def test_accounts_on_a_list_are_counted_and_not_sent_to(
    make: MakeCampaign, client: TimClient, emulator: Emulator, tmp_path: Path, message: Any
) -> None:
    unsubscribed = listed(tmp_path, "u1", "u3", "someone else", *accounts(10, first=50))
    spring = make(recipients=accounts(60), message=message, batch_size=5, suppress=unsubscribed)
    plan = await spring.plan(client=client)
    assert (plan.recipients, plan.suppressed) == (60, 12)
    assert "12 suppressed: on a suppression list" in str(plan)
    assert {each.lanes: each.calls for each in plan.lanes}["single"] == 48
    report = await spring.run(client)
    assert (report.sent, report.suppressed, report.failed, report.left) == (48, 12, 0, 0)
    assert report.is_complete
    assert "12 suppressed" in str(report)
    assert each_got(emulator) == {1: 48}
    assert not {each.to_account for each in emulator.messages()} & {"u1", "u3", "u50", "u59"}
    assert await states(spring) == {("sent", None): 48, ("suppressed", "on the suppression list unsubscribed"): 12}
    again = await make(message=None).plan(client=client)
    assert again.suppressed == 12


async def test_lists_hold_for_all_campaigns_of_the_ledger(
    make: MakeCampaign, client: TimClient, emulator: Emulator, tmp_path: Path
) -> None:
    lists = [listed(tmp_path, "u1"), CsvFile(path=listed(tmp_path, "id", "u2", name="staff.csv"), account_column="id")]
    await make(recipients=["u0"], suppress=lists).run(client)
    summer = make("summer", recipients=accounts(3))
    assert (await summer.run(client)).suppressed == 2
    assert await states(summer) == {
        ("sent", None): 1,
        ("suppressed", "on the suppression list unsubscribed"): 1,
        ("suppressed", "on the suppression list staff"): 1,
    }


async def test_entry_added_while_it_runs_holds_for_what_was_not_written_ahead(
    make: MakeCampaign, client: TimClient, emulator: Emulator, days: Clock
) -> None:
    """No list was there when the run began."""
    await slow_answers(emulator)
    spring = make(recipients=accounts(400), message=Template("Hi $account"), batch_size=10, concurrency=2)
    running = asyncio.create_task(spring.run(client))
    await until(lambda: len(emulator.messages()) > 0)
    assert spring._run is not None
    lists = spring._run._ledger.suppression
    assert await lists.add("late", accounts(400), now=days()) == 400
    report = await running
    assert report.suppressed >= 300  # chunks written ahead are in flight
    assert report.sent + report.suppressed == 400
    assert each_got(emulator) == {1: report.sent}


async def test_killed_run_leaves_out_the_same(
    client: TimClient, emulator: Emulator, ledger: Path, campaign: MakeCampaign, tmp_path: Path
) -> None:
    unsubscribed = listed(tmp_path, *accounts(50, first=25))
    options = {"recipients": accounts(150), "message": Template("Hi $account"), "batch_size": 10}
    await kill(campaign(**options, suppress=unsubscribed), client, emulator, ledger, after=20)
    report = await campaign(**options).run(client)  # the ledger has it
    assert (report.sent, report.suppressed) == (100, 50)
    assert each_got(emulator) == {1: 100}


async def test_killed_batches_are_repeated_without_those_that_were_left_out(
    client: TimClient, emulator: Emulator, ledger: Path, campaign: MakeCampaign, tmp_path: Path
) -> None:
    """A batch of which some were left out went whole: it is repeated, not verified account by account."""
    unsubscribed = listed(tmp_path, *(f"u{index}" for index in range(0, 100, 3)))
    options = {"recipients": accounts(100), "message": "Hi", "batch_size": 20}
    await kill(campaign(**options, suppress=unsubscribed), client, emulator, ledger, after=5)
    report = await campaign(**options).run(client)
    assert (report.sent, report.suppressed, report.unknown) == (66, 34, 0)
    assert each_got(emulator) == {1: 66}
    assert emulator.count("openim/admin_getroammsg") == 0


async def test_file_is_read_again_only_when_it_has_changed(
    make: MakeCampaign, location: Path | str, client: TimClient, tmp_path: Path, days: Clock
) -> None:
    unsubscribed = listed(tmp_path, "u1", "u2")
    spring = make(recipients=accounts(4), suppress=unsubscribed)
    await spring.plan(client=client)
    async with Ledger(location, purpose="suppress") as ledger:
        assert await ledger.suppression.remove(["u2"], name=None, now=days()) == 1
    assert (await make(suppress=unsubscribed).plan(client=client)).suppressed == 1
    listed(tmp_path, "u0", "u1")
    assert (await make(suppress=unsubscribed).plan(client=client)).suppressed == 2


@pytest.mark.parametrize(
    ("options", "field", "problem"),
    [
        ({"suppress": "list.xlsx"}, "suppress", "suppress: list.xlsx is a workbook"),
        ({"suppress": ["missing.txt"]}, "suppress", "suppress: cannot read missing.txt: No such file"),
        ({"at_most": 3}, "at_most", r"at_most must be \(messages, days\)"),
        ({"at_most": (0, 7)}, "at_most", "at_most must be a whole number from 1"),
        ({"at_most": (1, 0)}, "at_most", "at_most must be a whole number from 1 to 3650"),
    ],
)
async def test_wrong_argument_is_refused_before_anything_is_sent(
    campaign: MakeCampaign, client: TimClient, emulator: Emulator, options: dict[str, Any], field: str, problem: str
) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        await campaign(recipients=["u1"], message="Hi", **options).run(client)
    assert caught.value.field == field
    assert emulator.count() == 0


# A maximum of messages per account


async def test_account_that_had_its_messages_is_left_out_until_the_days_are_over(
    make: MakeCampaign, client: TimClient, days: Clock
) -> None:
    await make("a", recipients=accounts(10)).run(client)
    days.ahead += 3 * DAY
    b = make("b", recipients=accounts(20, first=5), at_most=(1, 7))
    assert (await b.plan(client=client)).suppressed == 5
    report = await b.run(client)
    assert (report.sent, report.suppressed) == (15, 5)
    assert await states(b) == {("sent", None): 15, ("suppressed", "at most 1 message in 7 days"): 5}
    days.ahead += 5 * DAY  # those of a are 8 days old, those of b 5
    c = make("c", recipients=accounts(25), at_most=(1, 7))
    assert (await c.run(client)).sent == 10
    d = make("d", recipients=accounts(25), at_most=(2, 7))  # those of b had one of b; those of c one of c
    assert (await d.run(client)).sent == 25
    assert (await make("e", recipients=accounts(25), at_most=(2, 7)).run(client)).sent == 0
    days.ahead += 7 * DAY
    assert (await make("f", recipients=accounts(25), at_most=(2, 7)).run(client)).sent == 25


async def test_message_that_was_refused_does_not_count(
    make: MakeCampaign, client: TimClient, emulator: Emulator
) -> None:
    emulator.faults.answer(20003, times=4)
    first = await make("a", recipients=accounts(4), message=Template("Hi $account"), at_most=(1, 7)).run(client)
    assert first.failed == 4
    assert (await make("b", recipients=accounts(4), at_most=(1, 7)).run(client)).sent == 4


async def test_campaign_without_a_bound_counts_for_others_once_one_has_it(
    make: MakeCampaign, client: TimClient
) -> None:
    await make("a", recipients=["u0"], at_most=(1, 7)).run(client)
    await make("b", recipients=accounts(3)).run(client)
    assert (await make("c", recipients=accounts(4), at_most=(1, 7)).run(client)).sent == 1


async def test_bound_stands_in_the_ledger(make: MakeCampaign, client: TimClient) -> None:
    await make("a", recipients=accounts(3)).run(client)
    await make("b", recipients=accounts(6), at_most=(1, 7)).plan(client=client)
    assert (await make("b", message=None).run(client)).sent == 3


async def test_killed_run_keeps_its_reservations(
    client: TimClient, emulator: Emulator, ledger: Path, clock: Clock
) -> None:
    def make(name: str, **options: Any) -> Campaign:
        return Campaign(name, ledger=ledger, clock=clock, message=Template("Hi $account"), batch_size=10, **options)

    await kill(make("a", recipients=accounts(60), at_most=(1, 7)), client, emulator, ledger, after=15)
    sent_by_a = {each.to_account for each in emulator.messages()}
    b = await make("b", recipients=accounts(60), at_most=(1, 7)).run(client)
    assert not sent_by_a & {each.to_account for each in emulator.messages()[len(sent_by_a) :]}
    a = await make("a").run(client)
    assert (a.failed, a.unknown, a.left) == (0, 0, 0)
    assert a.sent + b.sent == 60
    assert each_got(emulator) == {1: 60}


async def test_campaigns_side_by_side_reserve_for_each_other(
    client: TimClient, emulator: Emulator, clock: Clock
) -> None:
    """Four at a time, with chunks whose accounts come in other orders: none is sent to twice."""
    names = ["a", "b", "c", "d"]
    async with own_database() as url:

        def make(name: str, **options: Any) -> Campaign:
            return Campaign(name, ledger=url, clock=clock, **options)

        for turn, name in enumerate(names):
            order = [f"u{(index * (2 * turn + 7)) % 200}" for index in range(200)]
            await make(
                name, recipients=order, message=Template(f"{name} $account"), batch_size=10, at_most=(1, 7)
            ).plan(client=client)
        reports = await asyncio.gather(*(make(name).run(client) for name in names))
    assert sum(report.sent for report in reports) == 200
    assert sum(report.suppressed for report in reports) == 600
    assert len([report for report in reports if report.sent]) > 1
    assert each_got(emulator) == {1: 200}


async def test_contacts_that_are_kept_from_the_middle_of_a_run_on_are_complete(
    client: TimClient, emulator: Emulator, clock: Clock
) -> None:
    """Earlier messages are read from the ledger, and write-aheads in progress are awaited."""
    await slow_answers(emulator)
    async with own_database() as url:
        first = Campaign(
            "first", ledger=url, clock=clock, recipients=accounts(300), message=Template("Hi $account"), batch_size=5
        )
        running = asyncio.create_task(first.run(client))
        await until(lambda: len(emulator.messages()) > 50)
        second = Campaign("second", ledger=url, clock=clock, recipients=accounts(300), message="Hi", at_most=(1, 7))
        await second.plan(client=client)
        assert len(emulator.messages()) < 300
        assert (await running).sent == 300
        assert (await second.run(client)).suppressed == 300
    assert each_got(emulator) == {1: 300}


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("unsub.csv", "unsub"),
        ("unsub.2026-10.csv", "unsub.2026-10"),
        ("unsub.2026-11.csv.gz", "unsub.2026-11"),
        ("退订.txt", "退订"),
    ],
)
def test_list_has_the_name_of_its_file(file: str, name: str) -> None:
    assert [each.name for each in list_files(file, "account")] == [name]
