"""Plans: read to the end or not at all, read again, and made from the latest arguments."""

from __future__ import annotations

import asyncio
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from tests.bulk.conftest import accounts, each_got
from tim_async import CustomElem, LedgerError, OfflinePushInfo, TextElem, UsageError
from tim_async.bulk import AccountListFile, CsvFile, JsonLinesFile, Message, Template
from tim_async.bulk._ledger.staging import Staging


def write(tmp_path, *lines):
    path = tmp_path / "people.csv"
    path.write_text("\n".join(["account", *lines]) + "\n", encoding="utf-8")
    return path


# Iterators


async def breaking(count, at):
    for index in range(count):
        if index == at:
            raise ConnectionError("the database is gone")
        yield f"u{index}"


def only_once(count):
    return (f"u{index}" for index in range(count))


async def test_iterator_that_broke_is_not_read_on(emulator, client, campaign):
    first = campaign(recipients=breaking(3000, at=2500), message="Hi")
    with pytest.raises(ConnectionError):
        await first.run(client)
    for _ in range(2):
        with pytest.raises(UsageError, match="is an iterator that has been read in part: give a new one") as caught:
            await first.run(client)
        assert caught.value.field == "recipients"
    assert emulator.count() == 0
    report = await campaign(recipients=breaking(3000, at=None), message="Hi").run(client)
    assert (report.is_complete, report.total) == (True, 3000)


async def test_iterator_of_a_plan_that_was_cancelled_is_not_read_on(campaign, monkeypatch):
    add, begun = Staging.add, asyncio.Event()

    async def slowly(self, *args, **options):
        begun.set()
        await asyncio.sleep(0.02)
        return await add(self, *args, **options)

    monkeypatch.setattr(Staging, "add", slowly)
    first = campaign(recipients=only_once(5000), message="Hi")
    planning = asyncio.create_task(first.plan())
    await begun.wait()
    planning.cancel()
    await asyncio.wait([planning])
    with pytest.raises(UsageError, match="has been read in part"):
        await first.plan()


async def test_list_is_read_again_after_a_plan_that_failed(campaign, monkeypatch):
    add = Staging.add

    async def fail(self, *args, **options):
        raise ConnectionError("no disk")

    first = campaign(recipients=accounts(30), message="Hi")
    monkeypatch.setattr(Staging, "add", fail)
    with pytest.raises(ConnectionError):
        await first.plan()
    monkeypatch.setattr(Staging, "add", add)
    assert (await first.plan()).recipients == 30


async def test_iterator_is_read_once_for_plan_and_run(client, campaign):
    first = campaign(recipients=only_once(30), message="Hi")
    assert (await first.plan()).recipients == 30
    assert (await first.run(client)).total == 30
    assert (await first.run(client)).total == 30


# Findings in accounts


async def test_plan_warns_of_accounts_and_the_first_run_logs_it(client, campaign, tmp_path, caplog):
    path = write(tmp_path, "alice", "1.23457E+11", "user 1")
    lints = (await campaign(recipients=path, message="Hi").plan()).lints
    assert lints == [
        (
            "1 account looks like a number that a spreadsheet shortened, such as '1.23457E+11': format the column as "
            "text and save it again"
        ),
        "1 account contains white space, such as 'user 1'",
    ]
    for _ in range(2):
        await campaign().run(client)
        assert [record.message for record in caplog.records] == [f"campaign spring: {line}" for line in lints]
    # Those of the newest reading count.
    again = campaign(recipients=write(tmp_path, "bob"), message="Hi", add_recipients=True)
    assert (await again.plan()).lints == []


async def test_accounts_of_a_plan_that_was_cut_off_are_counted_once(campaign, tmp_path, monkeypatch):
    path = write(tmp_path, "=A1", *accounts(25_000), "=A2")
    add = Staging.add

    async def fail_later(self, rows, **options):
        if self.open_reading().rows:
            raise ConnectionError("no disk")
        await add(self, rows, **options)

    monkeypatch.setattr(Staging, "add", fail_later)
    with pytest.raises(ConnectionError):
        await campaign(recipients=path, message="Hi").plan()
    monkeypatch.setattr(Staging, "add", add)
    plan = await campaign(recipients=path, message="Hi").plan()
    assert plan.recipients == 25_002
    assert plan.lints == ["2 accounts look like formulas, such as '=A1': put only the account into the cell"]


# Another message


async def test_refusal_of_another_message_names_all_that_sends_it(emulator, client, campaign):
    rows = [{"account": "alice", "name": "A"}, {"account": "bob", "name": "x" * 9000}, {"account": "carol"}]
    assert (await campaign(recipients=rows, message=Template("Hi $name")).run(client)).failed == 2
    for attempt in (campaign(message="Hello").plan(), campaign(message="Hello").run(client)):
        with pytest.raises(UsageError) as caught:
            await attempt
        assert caught.value.message == (
            "the message of 'spring' is not the one that it was started with: create another campaign for another "
            "message; change_message=True sends it to the remaining recipients, with retry_failed=True also to the 2 "
            "that failed"
        )
    # As promised: nothing is sent twice, and all have it.
    report = await campaign(message="Hello", change_message=True, retry_failed=True).run(client)
    assert (report.is_complete, report.sent) == (True, 3)
    assert each_got(emulator) == {1: 3}
    with pytest.raises(UsageError, match=r"sends it to the remaining recipients$"):
        await campaign(message="Once more").run(client)


# Read again, to add


async def test_recipients_that_are_read_again_bring_their_own_problems(emulator, client, campaign, tmp_path):
    async def run(*lines):
        path = write(tmp_path, *lines)
        report = await campaign(recipients=path, message="Hi", add_recipients=True).run(client)
        return report.total, report.bad_rows, report.duplicates, report.is_complete

    long = "y" * 40
    assert await run("alice", "alice", long) == (1, 1, 1, False)
    assert await run("alice", "bob", "bob", "alice") == (2, 0, 1, True)
    for _ in range(3):  # the same line again
        assert await run("alice", "bob", "bob", "alice") == (2, 0, 1, True)
    assert await run("alice", "carol", long) == (3, 1, 0, False)
    [bad] = [each async for each in campaign().outcomes() if each.state == "bad_row"]
    assert (bad.account, bad.line) == (long, 4)
    assert each_got(emulator) == {1: 3}


async def test_duplicates_of_an_earlier_reading_are_none_however_far_apart(client, campaign):
    everyone = accounts(1500)
    await campaign(recipients=everyone, message="Hi").run(client)
    again = [*everyone, "new", *everyone[:3], "new"]
    report = await campaign(recipients=again, message="Hi", add_recipients=True).run(client)
    assert (report.total, report.duplicates) == (1501, 1)


async def test_reading_again_that_broke_is_not_taken_for_done(client, campaign, tmp_path, monkeypatch):
    path = write(tmp_path, "alice")
    await campaign(recipients=path, message="Hi").run(client)
    add = Staging.add

    async def fail(self, *args, **options):
        raise ConnectionError("no disk")

    monkeypatch.setattr(Staging, "add", fail)
    write(tmp_path, "alice", "bob")
    with pytest.raises(ConnectionError):
        await campaign(recipients=path, message="Hi", add_recipients=True).run(client)
    monkeypatch.setattr(Staging, "add", add)
    for lines in (["alice"], ["alice", "bob"]):
        write(tmp_path, *lines)
        with pytest.raises(UsageError, match="add_recipients"):
            await campaign(recipients=path, message="Hi").run(client)
    assert (await campaign(recipients=path, message="Hi", add_recipients=True).run(client)).sent == 2


@pytest.mark.parametrize("step", ["add", "move"])
async def test_run_without_a_source_does_not_pass_over_recipients_that_were_being_added(
    client, campaign, monkeypatch, step
):
    await campaign(recipients=["alice"], message="Hi").run(client)

    async def fail(self, *args, **options):
        raise ConnectionError("no disk")

    with monkeypatch.context() as patch:
        patch.setattr(Staging, step, fail)
        with pytest.raises(ConnectionError):
            await campaign(recipients=["bob", "carol"], message="Hi", add_recipients=True).run(client)
    if step == "add":  # unread rows are known only from their source
        with pytest.raises(UsageError, match=r"^the plan of 'spring' was not finished: give recipients$"):
            await campaign().run(client)
        await campaign(recipients=["bob", "carol"], add_recipients=True).plan()
    assert (await campaign().run(client)).sent == 3


# Chunks of another size


@pytest.mark.parametrize("source", ["file", "none"])
async def test_batch_size_counts_until_the_first_run(emulator, client, campaign, tmp_path, source):
    path = write(tmp_path, *accounts(430))
    await campaign(recipients=path, message="Hi", batch_size=7).plan()
    given = path if source == "file" else None
    plan = await campaign(recipients=given, message="Hi", batch_size=400).plan()
    assert {each.lanes: each.calls for each in plan.lanes}["batch"] == 2
    report = await campaign(recipients=given, message="Hi", batch_size=100).run(client)
    assert report.is_complete
    assert emulator.count("openim/batchsendmsg") == 5
    assert each_got(emulator) == {1: 430}
    assert (await campaign(recipients=given, batch_size=3).run(client)).is_complete  # too late, and no harm


async def test_limits_count_until_the_first_run(emulator, client, campaign, tmp_path):
    path = write(tmp_path, *accounts(120))
    fast = {"openim/batchsendmsg": 1}
    slow_calls = await campaign(recipients=path, message="Hi").plan(rate_limits=fast)
    usual = await campaign(recipients=path, message="Hi").plan()
    assert [plan.lanes[1].calls for plan in (slow_calls, usual)] == [1, 3]


# What will fail


@pytest.mark.parametrize(
    ("message", "bad"),
    [
        (Message(msg_body=[TextElem(text="x")], from_account="$name"), "y" * 33),
        (Message(msg_body=[TextElem(text="x")], from_account="$name"), ""),
    ],
    ids=["sender too long", "no sender"],
)
async def test_plan_counts_what_is_refused_for_more_than_its_size(client, campaign, emulator, message, bad):
    rows = [{"account": "u0", "name": "x" * 32}]
    rows += [{"account": f"q{index}", "name": bad} for index in range(10)]
    plan = await campaign(recipients=rows, message=Template(message)).plan()
    assert (plan.not_made, plan.is_sample) == (10, False)
    report = await campaign().run(client)
    assert (report.sent, report.failed) == (1, 10)


async def test_plan_weighs_the_column_that_is_called_account(campaign, tmp_path):
    path = tmp_path / "people.csv"
    rows = [("u0", "x" * 200), ("u" * 32, "x"), ("u2", "x" * 9000)]
    path.write_text("uid,account\n" + "".join(f"{uid},{found}\n" for uid, found in rows), encoding="utf-8")
    source = CsvFile(path=path, account_column="uid")
    plan = await campaign(recipients=source, message=Template("Hi $account")).plan()
    assert (plan.largest_account, plan.too_large) == ("u2", 1)


def test_which_placeholders_are_checked():
    free = Message(
        msg_body=[CustomElem(data='{"a":"$a"}', desc="$b"), TextElem(text="$c")],
        cloud_custom_data="$d",
        offline_push_info=OfflinePushInfo(title="$e", desc="$f", ext="{}"),
    )
    template = Template(free)
    assert (sorted(template.uses), template.is_checked) == (list("abcdef"), False)
    assert Template(Message(msg_body=[TextElem(text="x")], send_msg_control=["$a"])).is_checked


# Files


@pytest.mark.parametrize("kind", [CsvFile, JsonLinesFile, AccountListFile])
async def test_file_in_another_encoding_leaves_nothing_in_the_ledger(campaign, tmp_path, kind):
    path = tmp_path / "people"
    path.write_bytes("".join(f"{account}\n" for account in ["account", *accounts(5000), "爱丽丝"]).encode("gbk"))
    with pytest.raises(
        UsageError, match=r"people is not UTF-8: invalid byte 0x\w\w in line 5002; encoding='gb18030' reads it"
    ) as caught:
        await campaign(recipients=kind(path=path), message="Hi").plan()
    assert caught.value.field == "recipients"
    with pytest.raises(LedgerError, match="does not exist"):
        await campaign().status()


async def test_standard_input_is_the_same_again(emulator, client, campaign, monkeypatch):
    """A second process gets the same lines once more, and adds nothing; others are refused."""

    def given(*lines):
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO("\n".join(lines).encode())))
        return AccountListFile(path=Path("-"))

    for _ in range(2):
        report = await campaign(recipients=given("alice", "bob"), message="Hi").run(client)
        assert (report.total, report.is_complete) == (2, True)
    with pytest.raises(UsageError, match="add_recipients"):
        await campaign(recipients=given("alice", "bob", "carol"), message="Hi").run(client)
    assert each_got(emulator) == {1: 2}


# No recipients


@pytest.mark.parametrize(
    ("lines", "problem"),
    [([], "has no recipients: the source is empty"), (["y" * 40], "has no recipients: all 1 rows are bad")],
    ids=["header only", "all bad"],
)
async def test_no_recipients(client, campaign, tmp_path, lines, problem):
    path = write(tmp_path, *lines)
    plan = await campaign(recipients=path, message="Hi").plan()
    assert "there are no recipients: nothing will be sent" in plan.lints
    with pytest.raises(UsageError, match=problem) as caught:
        await campaign(recipients=path, message="Hi").run(client)
    assert caught.value.field == "recipients"
    # It has not started: the right file is not another one.
    write(tmp_path, "alice")
    assert (await campaign(recipients=path, message="Hi").run(client)).is_complete
