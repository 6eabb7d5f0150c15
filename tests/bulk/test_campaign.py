"""A campaign through the real client against the emulator: what it does when all goes well, and what it refuses."""

from __future__ import annotations

import asyncio
import csv
import json

import pytest

from tests.bulk.conftest import FAST, accounts, each_got, until
from tests.families.conftest import client_of
from tim_async import BodyTooLargeError, CustomElem, LedgerError, TextElem, TimClient, UsageError
from tim_async.bulk import Campaign, Message, Template
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._plan.binding import bind
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator


def people(count):
    return [{"account": f"u{index}", "name": f"Name {index}"} for index in range(count)]


async def test_personal_texts_go_one_by_one(emulator, client, campaign):
    report = await campaign(recipients=people(120), message=Template("Hi $name 👋")).run(client)
    assert (report.status, report.sent, report.total, report.is_complete) == ("done", 120, 120, True)
    assert each_got(emulator) == {1: 120}
    [message] = emulator.history("u7", "administrator")
    assert message.msg_body == [TextElem(text="Hi Name 7 👋")]
    assert emulator.count("openim/batchsendmsg") == 0


async def test_same_text_goes_in_batches(emulator, client, campaign):
    report = await campaign(recipients=accounts(120), message="Hi", batch_size=50).run(client)
    assert report.is_complete
    assert each_got(emulator) == {1: 120}
    assert emulator.count("openim/batchsendmsg") == 3
    assert emulator.count("openim/sendmsg") == 0


async def test_both_lanes_side_by_side(emulator, client, campaign):
    report = await campaign(recipients=accounts(600), message="Hi", lanes="both", batch_size=10).run(client)
    assert report.is_complete
    assert each_got(emulator) == {1: 600}
    assert emulator.count("openim/batchsendmsg") > 0
    assert emulator.count("openim/sendmsg") > 0


async def test_function_makes_messages_and_its_failures_are_those_of_one(emulator, client, campaign):
    async def make(recipient):
        number = int(recipient.account[1:])
        if number == 3:
            raise KeyError("no such order")
        return Message(msg_body=[CustomElem(data=f'{{"order":{number}}}')], from_account="shop")

    report = await campaign(recipients=accounts(10), message=make).run(client)
    assert (report.sent, report.failed, report.status, report.is_complete) == (9, 1, "done", False)
    assert each_got(emulator) == {1: 9}
    [failed] = [each async for each in campaign().outcomes() if each.state == "failed"]
    assert (failed.account, failed.code) == ("u3", 0)
    assert failed.info == "the function raised KeyError: 'no such order'"


async def test_message_over_the_limit_fails_before_sending(emulator, client, campaign):
    given = [{"account": "short", "name": "x"}, {"account": "long", "name": "x" * 9000}, {"account": "none"}]
    report = await campaign(recipients=given, message=Template("$name")).run(client)
    assert (report.sent, report.failed) == (1, 2)
    assert [each.code for each in report.codes] == [0]
    assert emulator.count("openim/sendmsg") == 1
    found = {each.account: each.info async for each in campaign().outcomes()}
    assert "over the limit of 8192" in found["long"]
    assert "needs the column 'name'" in found["none"]


async def test_same_text_over_the_limit_is_refused_as_a_whole(client, campaign, ledger):
    with pytest.raises(BodyTooLargeError):
        await campaign(recipients=accounts(3), message="x" * 9000).run(client)


async def test_duplicates_and_bad_rows(emulator, client, campaign, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("account,name\nalice,A\nbob,B\nalice,again\n,nameless\n", encoding="utf-8")
    report = await campaign(recipients=path, message=Template("Hi $name")).run(client)
    assert (report.sent, report.duplicates, report.bad_rows, report.is_complete) == (2, 1, 1, False)
    assert [m.msg_body[0].text for m in emulator.messages(to="alice")] == ["Hi A"]
    assert "1 duplicate row, 1 bad row" in str(report)


@pytest.mark.parametrize("lanes", ["single", "batch", "both"])
async def test_run_again_sends_nothing_twice(emulator, client, campaign, lanes):
    for _ in range(3):
        report = await campaign(recipients=iter(accounts(70)), message="Hi", lanes=lanes).run(client)
        assert report.is_complete
    assert each_got(emulator) == {1: 70}


async def test_carries_on_from_the_ledger_alone(emulator, client, campaign):
    await campaign(recipients=people(30), message=Template("Hi $name")).plan()
    report = await campaign().run(client)
    assert report.is_complete
    assert emulator.messages(to="u9")[0].msg_body == [TextElem(text="Hi Name 9")]


@pytest.mark.parametrize("lanes", ["single", "batch"])
@pytest.mark.parametrize("import_missing", [True, False])
async def test_recipients_that_are_not_imported(clock, campaign, lanes, import_missing):
    async with (
        Emulator(rate_limits={"*": 100_000}, clock=clock) as emulator,
        client_of(emulator, rate_limits=FAST) as client,
    ):
        emulator.add_accounts(*accounts(55))
        options = {"lanes": lanes, "batch_size": 20, "import_missing": import_missing}
        report = await campaign(recipients=accounts(100), message="Hi", **options).run(client)
        if import_missing:
            assert report.is_complete
            assert each_got(emulator) == {1: 100}
        else:
            assert (report.sent, report.failed, report.unknown) == (55, 45, 0)
            assert {each.code for each in report.codes} <= {70107, 90012}
            assert report.codes[0].meaning
            # Imported by hand: those who failed can be tried again.
            emulator.add_accounts(*accounts(100))
            again = await campaign(retry_failed=True).run(client)
            assert again.is_complete
            assert each_got(emulator) == {1: 100}


async def test_plan_says_what_it_will_be_and_sends_nothing(emulator, client, campaign, tmp_path):
    path = tmp_path / "people.csv"
    rows = [f"u{index},{'x' * (index % 50)}" for index in range(2000)]
    rows += ["u1,again", ",nameless", "big," + "y" * 9000, "noname"]
    path.write_text("account,name\n" + "\n".join(rows) + "\n", encoding="utf-8")
    plan = await campaign(recipients=path, message=Template("Hi $name")).plan()
    assert (plan.recipients, plan.duplicates, plan.bad_rows) == (2002, 1, 1)
    assert [(each.line, each.reason) for each in plan.problems] == [(2003, "account is empty")]
    assert (plan.largest_account, plan.too_large, plan.not_made) == ("big", 1, 1)
    assert 9000 < plan.largest < 9200
    [single] = plan.lanes
    assert (single.lanes, single.calls, single.is_chosen) == ("single", 2002, True)
    assert 10 < single.seconds < 10.3
    assert emulator.count() == 0
    assert "too large: 1 message, which will fail" in str(plan)


async def test_plan_of_the_same_text_compares_the_lanes(campaign):
    plan = await campaign(recipients=accounts(12_000), message=Message(msg_body=[CustomElem(data="{}")])).plan()
    by_lane = {each.lanes: each for each in plan.lanes}
    assert [by_lane[name].calls for name in ("single", "batch")] == [12_000, 240]
    assert by_lane["batch"].is_chosen
    assert by_lane["both"].seconds < 0.53 * by_lane["single"].seconds
    assert any("get no push" in line for line in plan.lints)
    faster = await campaign(recipients=accounts(12_000), message="Hi").plan(rate_limits={"openim/sendmsg": 400})
    assert faster.lanes[0].seconds < 0.51 * by_lane["single"].seconds


async def test_plan_of_a_function_looks_at_a_sample(campaign):
    made = []
    plan = await campaign(recipients=accounts(1000), message=lambda one: made.append(one) or "Hi").plan()
    assert plan.is_sample
    assert len(made) == 200


async def test_until_the_first_run_the_plan_follows_what_is_given(client, campaign, emulator):
    await campaign(recipients=accounts(50), message="first").plan()
    plan = await campaign(recipients=accounts(5), message="second").plan()
    assert plan.recipients == 5
    report = await campaign(message="third").run(client)
    assert report.total == 5
    assert emulator.messages()[0].msg_body == [TextElem(text="third")]


async def test_another_message_is_refused_unless_it_is_meant(client, campaign, emulator):
    first = campaign(recipients=accounts(40), message="first", concurrency=1, lanes="single")
    await run_until(first, client, lambda progress: progress.sent >= 5)
    with pytest.raises(UsageError, match="create another campaign for another message") as caught:
        await campaign(message="second").run(client)
    assert caught.value.field == "message"
    report = await campaign(message="second", change_message=True).run(client)
    assert report.is_complete
    texts = [message.msg_body[0].text for message in emulator.messages()]
    assert set(texts) == {"first", "second"}
    assert each_got(emulator) == {1: 40}


async def test_another_file_is_refused_unless_it_is_meant(client, campaign, emulator, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("account\nalice\n", encoding="utf-8")
    assert (await campaign(recipients=path, message="Hi").run(client)).is_complete
    path.write_text("account\nalice\nbob\n", encoding="utf-8")
    with pytest.raises(UsageError, match="use add_recipients=True to add new ones") as caught:
        await campaign(recipients=path, message="Hi").run(client)
    assert caught.value.field == "recipients"
    report = await campaign(recipients=path, message="Hi", add_recipients=True).run(client)
    assert (report.total, report.sent) == (2, 2)
    assert each_got(emulator) == {1: 2}


async def test_other_app_admin_or_emulator_is_refused(emulator, client, campaign):
    await campaign(recipients=accounts(3), message="Hi").run(client)
    real = TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY)
    app = TimClient(emulator.sdk_app_id + 1, DEFAULT_SECRET_KEY, base_url=emulator.url)
    admin = TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, "root", base_url=emulator.url)
    for other, field in ((real, "ledger"), (app, "sdk_app_id"), (admin, "identifier")):
        async with other:
            with pytest.raises(UsageError) as caught:
                await campaign().run(other)
            assert caught.value.field == field


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"lanes": "fast"}, "lanes"),
        ({"lanes": "batch", "message": Template("Hi $name")}, "lanes"),
        ({"lanes": "both", "message": Message(msg_body=[TextElem(text="x")], support_message_extension=1)}, "lanes"),
        ({"on_unknown": "hope"}, "on_unknown"),
        ({"batch_size": 501}, "batch_size"),
        ({"concurrency": 0}, "concurrency"),
        ({"patience_s": -1}, "patience_s"),
        ({"recipients": "people.xlsx"}, "recipients"),
        ({"message": 7}, "message"),
    ],
)
def test_argument_that_does_not_fit(campaign, options, field):
    with pytest.raises(UsageError) as caught:
        campaign(**options)
    assert caught.value.field == field


async def test_what_is_missing_is_named(client, campaign, ledger):
    with pytest.raises(UsageError, match="give recipients"):
        await campaign(message="Hi").run(client)
    with pytest.raises(UsageError, match="give message"):
        await campaign(recipients=accounts(3)).run(client)
    with pytest.raises(LedgerError, match="does not exist"):
        await campaign().status()
    await campaign(recipients=accounts(3), message=lambda _: "Hi").plan()
    with pytest.raises(LedgerError, match="has no campaign 'autumn'; it has spring"):
        await Campaign("autumn", ledger=ledger).status()
    with pytest.raises(UsageError, match="the ledger does not store message functions: give message"):
        await campaign().run(client)
    for name in ("", "  ", 7):
        with pytest.raises(UsageError):
            Campaign(name, ledger=ledger)


async def test_campaigns_of_one_ledger_do_not_mix(emulator, client, ledger):
    for name in ("spring", "autumn"):
        report = await Campaign(name, ledger=ledger, recipients=accounts(30), message="Hi").run(client)
        assert report.is_complete
    assert each_got(emulator) == {2: 30}  # the same text, and yet two messages


async def test_planned_again_elsewhere_it_is_another_campaign(emulator, client, campaign, tmp_path):
    for file in ("one.db", "two.db"):
        await campaign(ledger=tmp_path / file, recipients=accounts(30), message="Hi", lanes="single").run(client)
    assert each_got(emulator) == {2: 30}


async def test_status_outcomes_and_export(client, campaign, tmp_path, emulator):
    source = tmp_path / "people.csv"
    source.write_text("account,name\nalice,A\nbob,\ncarol\n,x\n", encoding="utf-8")
    await campaign(recipients=source, message=Template("Hi $name")).plan()
    status = await campaign().status()
    assert (status.status, status.total, status.sent, status.left) == ("planned", 3, 0, 3)
    await campaign().run(client)
    status = await campaign().status()
    assert (status.status, status.sent, status.failed, status.bad_rows) == ("done", 2, 1, 1)
    assert await campaign().export(tmp_path / "out.csv") == 4
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["account"], row["state"], row["line"]) for row in rows] == [
        ("alice", "sent", "2"), ("bob", "sent", "3"), ("carol", "failed", "4"), ("", "bad_row", "5"),
    ]  # fmt: skip
    assert rows[0]["msg_key"] == emulator.messages(to="alice")[0].msg_key
    assert int(rows[0]["msg_time"]) == emulator.messages(to="alice")[0].msg_time_stamp
    await campaign().export(tmp_path / "out.jsonl")
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [each["state"] for each in found] == ["sent", "sent", "failed", "bad_row"]
    assert sorted(path.name for path in tmp_path.glob("*.part")) == []
    with pytest.raises(UsageError, match="cannot write"):
        await campaign().export(tmp_path / "no" / "folder.csv")
    with pytest.raises(UsageError, match="csv or jsonl"):
        await campaign().export(tmp_path / "out.txt")


async def test_progress_is_reported_from_the_beginning_to_the_end(client, campaign):
    found = []

    async def note(progress):
        found.append(progress)

    await campaign(recipients=accounts(400), message="Hi").run(client, on_progress=note, progress_every_s=0.01)
    assert (found[0].total, found[0].name) == (400, "spring")
    assert found[-1].sent == found[-1].settled == 400
    assert [each.sent for each in found] == sorted(each.sent for each in found)
    assert found[-1].cap > 1000


async def test_progress_that_raises_ends_the_run_in_order(client, campaign, emulator):
    def burst(progress):
        if progress.sent:
            raise RuntimeError("display is gone")

    task = campaign(recipients=accounts(600), message="Hi", lanes="single").run(
        client, on_progress=burst, progress_every_s=0.01
    )
    with pytest.raises(RuntimeError, match="display is gone"):
        await task
    status = await campaign().status()
    assert status.status == "stopped"
    assert status.in_flight == 0
    assert (await campaign().run(client)).is_complete
    assert each_got(emulator) == {1: 600}


async def run_until(campaign, client, is_enough):
    """Run a campaign and stop it in order when it is far enough."""

    def watch(progress):
        if is_enough(progress):
            campaign.stop("enough")

    report = await campaign.run(client, on_progress=watch, progress_every_s=0.005)
    assert report.status == "interrupted"
    return report


async def test_stop_finishes_what_is_in_flight_and_leaves_nothing_hanging(client, campaign, emulator):
    emulator.faults.delay(0.05, after=True)
    first = campaign(recipients=accounts(600), message="Hi", lanes="single")
    report = await run_until(first, client, lambda progress: progress.sent >= 50)
    assert report.reason == "enough"
    assert report.in_flight == 0
    assert 50 <= report.sent < 600
    assert len(emulator.messages()) == report.sent  # every sent message is recorded
    assert first.stop() is False
    emulator.faults.clear()
    assert (await campaign().run(client)).is_complete
    assert each_got(emulator) == {1: 600}


async def test_stop_before_the_first_is_sent(client, campaign, emulator):
    first = campaign(recipients=accounts(30), message="Hi")
    report = await run_until(first, client, lambda progress: True)
    assert report.left >= 0
    assert (await campaign().run(client)).is_complete
    assert each_got(emulator) == {1: 30}


async def test_cancelled_it_writes_what_it_knows(client, campaign, emulator):
    emulator.faults.delay(0.03, after=True)
    task = asyncio.create_task(campaign(recipients=accounts(600), message="Hi", lanes="single").run(client))
    await until(lambda: len(emulator.messages()) >= 100)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    status = await campaign().status()
    assert status.status == "interrupted"
    assert status.sent + status.in_flight >= len(emulator.messages())
    emulator.faults.clear()
    assert (await campaign().run(client)).is_complete
    assert each_got(emulator) == {1: 600}


async def test_one_runner_at_a_time(client, campaign, emulator):
    emulator.faults.delay(0.05)
    first = campaign(recipients=accounts(200), message="Hi", lanes="single", concurrency=5)
    task = asyncio.create_task(first.run(client))
    await until(lambda: emulator.count() > 0)
    with pytest.raises(LedgerError, match=r"in use by process .* \(run of spring\)"):
        await campaign().run(client)
    assert (await campaign().status()).status == "running"  # looking is allowed
    first.stop()
    await task


@pytest.mark.parametrize(
    ("begun_at", "other"),
    [
        pytest.param("http://emulator:8900", {}, id="emulator on another machine, then a region"),
        pytest.param("http://127.0.0.1:8900", {"base_url": "http://emulator:8900"}, id="this machine, then another"),
        pytest.param(None, {"base_url": "https://proxy.example.com"}, id="a region, then an address of one's own"),
    ],
)
async def test_rehearsal_is_not_carried_on_at_the_service(ledger, begun_at, other):
    await Campaign("spring", ledger=ledger, recipients=["a"], message="hi").plan()
    async with Ledger(ledger, purpose="test") as opened:
        row = await opened.campaigns.find("spring")
        async with TimClient(1, "k", base_url=begun_at) as first, TimClient(1, "k", **other) as second:
            row = await bind(opened, row, first)
            assert (await bind(opened, row, first)).service == first.base_url
            with pytest.raises(UsageError, match="emulator") as caught:
                await bind(opened, row, second)
    assert caught.value.field == "ledger"
