"""Lists of campaigns, one recipient with its message, archiving and deletion."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from sqlalchemy import Engine, event

from tests.bulk.conftest import Clock, accounts, each_got, until
from tests.bulk.engine.killing import kill, slow_answers
from tests.bulk.test_steering import Held, held
from tests.services import own_database
from tim_async import LedgerError, TimClient, UsageError
from tim_async.bulk import Campaign, Recipient, Template, list_campaigns
from tim_async.bulk._ledger import removing
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.queries import Queries
from tim_async.emulator import Emulator

Make: TypeAlias = Callable[..., Campaign]
PEOPLE = [{"account": f"u{index}", "name": f"N{index}"} for index in range(5)]


@pytest.fixture
def make(place: str, clock: Clock) -> Make:
    def make(name: str = "spring", **options: Any) -> Campaign:
        return Campaign(name, **{"ledger": place, "clock": clock, **options})

    return make


def text(message: Any) -> str:
    return str(message["MsgBody"][0]["MsgContent"]["Text"])


# The list


async def test_list_has_states_counts_and_dates(
    make: Make, place: str, client: TimClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make("planned", recipients=[*accounts(3), "u1", "", ""], message="Hi").plan()
    await make("done", recipients=accounts(4), message="Hi").run(client)
    await make("cancelled", recipients=accounts(2), message="Hi").plan()
    await make("cancelled").cancel("the wrong list")
    planned, done, cancelled = await list_campaigns(place, clock=clock)
    assert [each.name for each in (planned, done, cancelled)] == ["planned", "done", "cancelled"]
    assert [each.status for each in (planned, done, cancelled)] == ["planned", "done", "cancelled"]
    assert (planned.total, planned.left, planned.duplicates, planned.bad_rows, planned.begun_at) == (3, 3, 1, 2, None)
    assert (done.total, done.sent, done.failed, done.unknown, done.left) == (4, 4, 0, 0, 0)
    assert (done.app, planned.app, cancelled.reason) == (client.sdk_app_id, None, "the wrong list")
    assert done.created_at is not None
    assert done.begun_at is not None
    assert done.ended_at is not None
    assert done.created_at <= done.begun_at <= done.ended_at
    assert [each.name for each in await list_campaigns(place, sdk_app_id=client.sdk_app_id)] == [
        "planned", "done", "cancelled",
    ]  # fmt: skip
    assert [each.name for each in await list_campaigns(place, sdk_app_id=7)] == ["planned", "cancelled"]
    # What became of a campaign that has ended was kept.
    counted: list[int] = []
    counts = Queries.counts

    async def noted(queries: Queries, campaign_id: int) -> Any:
        counted.append(campaign_id)
        return await counts(queries, campaign_id)

    monkeypatch.setattr(Queries, "counts", noted)
    again = await list_campaigns(place, clock=clock)
    assert (again[1].sent, len(counted)) == (4, 2)
    await make("done").retry()
    await list_campaigns(place, clock=clock)
    assert len(counted) == 4


async def test_list_of_a_user_has_all_ledgers_and_those_that_cannot_be_read(
    client: TimClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TIM_LEDGER", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert await list_campaigns() == []
    for name in ("spring", "autumn"):
        await Campaign(name, recipients=accounts(2), message="Hi").run(client)
    folder = tmp_path / "tim-async" / "campaigns" / str(client.sdk_app_id)
    (folder / "broken.db").write_text("nonsense", encoding="utf-8")
    autumn, broken, spring = await list_campaigns()
    assert [(each.name, each.status) for each in (autumn, broken, spring)] == [
        ("autumn", "done"), ("broken", "unreadable"), ("spring", "done"),
    ]  # fmt: skip
    assert broken.reason is not None
    assert "not a ledger" in broken.reason
    assert spring.ledger == str(folder / "spring.db")
    assert len(await list_campaigns(sdk_app_id=client.sdk_app_id)) == 3
    assert await list_campaigns(sdk_app_id=7) == []
    monkeypatch.setenv("TIM_LEDGER", str(folder / "spring.db"))
    assert [each.name for each in await list_campaigns()] == ["spring"]


async def test_list_shows_a_campaign_whose_process_died(
    campaign: Make, client: TimClient, emulator: Emulator, ledger: Path
) -> None:
    await slow_answers(emulator)
    await kill(campaign(recipients=accounts(40), message="Hi", lanes="single"), client, emulator, ledger, after=10)
    [found] = await list_campaigns(ledger)
    assert (found.status, found.ended_at) == ("interrupted", None)
    assert 0 < found.left <= 40


async def test_run_on_a_server_that_gives_no_sign_has_died(client: TimClient) -> None:
    pytest.importorskip("asyncpg")
    async with own_database() as url:
        own = Campaign("spring", ledger=url, recipients=accounts(2), message="Hi")
        await own.run(client)
        async with Ledger(url, purpose="test") as ledger:
            row = await ledger.campaigns.find("spring")
            assert row is not None
            assert await ledger.steering.begin(row.id, alive_s=60.0)
            assert (await own.status()).status == "running"
            assert await ledger.steering.begin(row.id, alive_s=-1.0)
            assert (await own.status()).status == "interrupted"


# One recipient


async def test_recipient_that_was_sent_to(make: Make, client: TimClient, emulator: Emulator) -> None:
    await make(recipients=PEOPLE, message=Template("Hi $name")).run(client)
    found = await make().show("u3")
    [message] = [each for each in emulator.messages() if each.to_account == "u3"]
    assert (found.state, found.msg_key, found.line, found.columns) == ("sent", message.msg_key, 4, {"name": "N3"})
    assert (found.msg_seq, found.msg_random) == (message.msg_seq, message.msg_random)
    assert (found.message_is, text(found.message), found.lane) == ("sent", "Hi N3", "single")
    assert found.since is not None


async def test_message_that_was_changed_is_shown_as_each_got_it(
    make: Make, client: TimClient, emulator: Emulator, clock: Clock
) -> None:
    emulator.faults.answer(70107, times=1, command="openim/sendmsg")
    options: dict[str, Any] = {"lanes": "single", "concurrency": 1}
    await make(recipients=PEOPLE, message=Template("Hi $name"), **options).run(client)
    [failed] = [each.account async for each in make().outcomes() if each.state == "failed"]
    clock.ahead += 10.0
    changed = make(message=Template("Hello $name"), change_message=True, retry_failed=True, **options)
    await make().show(failed)
    assert (await changed.run(client)).is_complete
    got = {each.to_account: each.msg_body[0].text for each in emulator.messages()}  # type: ignore[attr-defined]
    for account in accounts(5):
        found = await make().show(account)
        assert text(found.message) == got[account]
        assert found.round == (account == failed)
    assert sorted(value.split()[0] for value in got.values()) == ["Hello", "Hi", "Hi", "Hi", "Hi"]


async def test_recipient_that_is_still_to_be_sent_to(make: Make) -> None:
    rows = [row if row["account"] == "u3" else {**row, "other": "x"} for row in PEOPLE]
    await make(recipients=rows, message=Template("Hi $name $other")).plan()
    found = await make().show("u3")
    assert (found.state, found.message_is, found.message, found.lane, found.since) == (
        "planned", "unknown", None, None, None,
    )  # fmt: skip
    assert found.message_problem is not None
    assert "needs the column 'other'" in found.message_problem
    await make(message=Template("Hi $name"), recipients=PEOPLE).plan()
    found = await make().show("u3")
    assert (found.message_is, text(found.message), found.msg_random) == ("to_be_sent", "Hi N3", None)
    with pytest.raises(UsageError, match="has no recipient 'nobody'") as caught:
        await make().show("nobody")
    assert caught.value.field == "account"
    with pytest.raises(LedgerError, match="has no campaign 'autumn'"):
        await make("autumn").show("u3")


async def test_row_that_made_no_recipient(make: Make) -> None:
    await make(recipients=["bob", "x" * 40], message="Hi").plan()
    with pytest.raises(UsageError, match="line 2 was refused"):
        await make().show("x" * 40)


async def test_message_on_its_way_is_the_one_that_was_written_ahead(
    campaign: Make, client: TimClient, emulator: Emulator, ledger: Path
) -> None:
    def make_message(recipient: Recipient) -> str:
        return f"Hi {recipient.account}"

    await slow_answers(emulator)
    options: dict[str, Any] = {"message": make_message, "message_version": "1"}
    await kill(campaign(recipients=accounts(2000), **options), client, emulator, ledger, after=20)
    outcomes = [each async for each in campaign().outcomes()]
    by_state = {each.state: each.account for each in outcomes}
    found = await campaign().show(by_state["in_flight"])
    assert (found.message_is, text(found.message)) == ("written_ahead", f"Hi {found.account}")
    found = await campaign().show(by_state["planned"])
    assert (found.message_is, found.message_problem) == (
        "unknown", "a function makes it, which the ledger does not store: give message",
    )  # fmt: skip
    assert text((await campaign(**options).show(by_state["planned"])).message) == f"Hi {found.account}"


async def test_message_that_a_function_made_is_kept_until_its_outcome_is_known(
    campaign: Make, client: TimClient
) -> None:
    options: dict[str, Any] = {"message": lambda recipient: f"Hi {recipient.account}", "message_version": "1"}
    await campaign(recipients=accounts(2), **options).run(client)
    found = await campaign(**options).show("u1")
    assert (found.state, found.message_is, found.message) == ("sent", "unknown", None)
    assert found.message_problem == "a function made it, and it is kept only until its outcome is known"


# The archive


async def test_archived_it_is_not_listed_and_not_run(make: Make, place: str, client: TimClient) -> None:
    await make(recipients=accounts(3), message="Hi").plan()
    assert await make().archive()
    assert not await make().archive()
    assert await list_campaigns(place) == []
    assert [each.name for each in await list_campaigns(place, archived=True)] == ["spring"]
    [found] = await list_campaigns(place, archived=None)
    assert found.archived_at is not None
    for act in (make().run(client), make(recipients=accounts(4), message="Hi").plan()):
        with pytest.raises(UsageError, match="is archived"):
            await act
    assert await make().unarchive()
    assert not await make().unarchive()
    assert (await make().run(client)).is_complete


# Deletion


async def test_deleted_it_is_gone_and_others_are_left(
    make: Make, place: str, client: TimClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removing, "_ROWS_PER_COMMIT", 7)
    for name in ("spring", "autumn"):
        await make(name, recipients=[*accounts(20), "u1", ""], message="Hi", batch_size=2).run(client)
    await make("spring").delete()
    assert [each.name for each in await list_campaigns(place)] == ["autumn"]
    with pytest.raises(LedgerError, match="has no campaign 'spring'; it has autumn"):
        await make("spring").status()
    assert (await make("autumn").status()).sent == 20
    assert (await make("autumn").show("u3")).state == "sent"
    if "://" not in place:
        with closing(sqlite3.connect(place)) as file:
            for table in ("recipients", "chunks", "problems", "accounts"):
                assert file.execute(f"SELECT count(*) FROM tim_bulk_{table} WHERE campaign_id = 1").fetchall() == [(0,)]


async def test_last_one_takes_its_file_along(campaign: Make, client: TimClient, ledger: Path) -> None:
    await campaign(recipients=accounts(3), message="Hi").run(client)
    await campaign().delete()
    assert list(ledger.parent.glob("spring.db*")) == []
    assert (await campaign(recipients=accounts(3), message="Hi").run(client)).sent == 3


async def test_what_was_half_deleted_is_not_run_and_can_be_deleted_again(
    make: Make, place: str, client: TimClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removing, "_ROWS_PER_COMMIT", 5)
    await make(recipients=accounts(20), message="Hi").run(client)
    pieces = removing.Removing._delete_piece
    count = 0

    async def killed(*arguments: Any) -> bool:
        nonlocal count
        count += 1
        if count == 3:
            raise LedgerError("killed")
        return await pieces(*arguments)

    monkeypatch.setattr(removing.Removing, "_delete_piece", killed)
    with pytest.raises(LedgerError, match="killed"):
        await make().delete()
    [found] = await list_campaigns(place)
    assert found.status == "deleting"
    for act in (make().run(client), make().retry()):
        with pytest.raises(UsageError, match="half deleted: delete it again"):
            await act
    await make().delete()
    with pytest.raises(LedgerError):
        await make().status()


@pytest.mark.parametrize("state", ["at work", "waiting"])
async def test_never_while_it_runs_or_waits(
    make: Make, client: TimClient, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr("tim_async.bulk._engine.runner.LOOK_INTERVAL_S", 0.01)
    monkeypatch.setattr("tim_async.bulk._engine.steered.LOOK_INTERVAL_S", 0.01)
    message = Held()
    own = make(**held(20, message))
    running = asyncio.create_task(own.run(client))
    await until(lambda: len(emulator.messages()) >= 5)
    if state == "waiting":
        assert await make().pause()
        async with asyncio.timeout(20):
            while (await make().status()).in_flight:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
    for act in (make().delete, make().archive):
        with pytest.raises(UsageError, match="a process waits to continue" if state == "waiting" else "is running"):
            await act()
    message.free.set()
    own.stop()
    await running
    assert set(each_got(emulator)) == {1}
    assert await make().archive()
    await make().delete()


# The queries


async def test_every_query_finds_its_rows_by_an_index(campaign: Make, client: TimClient, ledger: Path) -> None:
    await campaign(recipients=[*accounts(50), ""], message="Hi", batch_size=5).run(client)
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        await campaign().show("u7")
        with pytest.raises(UsageError):
            await campaign().show("nobody")
        await list_campaigns(ledger)
        await campaign().retry(["failed", "unknown"], codes=None)
        await campaign().archive()
        await campaign().unarchive()
        with closing(sqlite3.connect(ledger)) as file:
            await Campaign("other", ledger=ledger, recipients=accounts(2), message="Hi").plan()
            await campaign().delete()
            plans = {
                statement: [row[3] for row in file.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
                for statement, parameters in seen
                if statement.startswith(("SELECT", "UPDATE", "DELETE"))
                and not statement.startswith("SELECT 1 FROM")
                and isinstance(parameters, tuple)
                and any(table in statement for table in ("_recipients", "_chunks", "_accounts", "_problems"))
                and "_staged" not in statement
            }
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(plans) > 10
    for statement, steps in plans.items():
        assert not [step for step in steps if step.startswith("SCAN tim_")], (statement, steps)
