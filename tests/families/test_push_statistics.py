"""What became of pushes: figures, losses and traces, made from what the emulator pushed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.families.conftest import Clock, client_of, sign
from tests.families.groups import code_of, make_group
from tim_async import OfflinePushInfo, Rate, TextElem, TimClient, UsageError
from tim_async.emulator import Emulator
from tim_async.models.push import WebInfo

NOW = 1_800_000_000
DAY = 86_400
INFO = OfflinePushInfo(desc="hi")
WORDS = ("all_member_push_statistics", "all_member_push_loss", "all_member_push_trace", "normal_push_statistics")
FAST: dict[str, int | Rate] = {
    **{f"timpush/{word}": 100_000 for word in (*WORDS, "normal_push_loss", "normal_push_trace", "push")},
    "timpush/webbatch": Rate(100_000, cost="to_account", max_cost=500),
}
RANGE: dict[str, Any] = {"start_time": NOW, "end_time": NOW + 60}


@pytest.fixture
async def timed(emulator_clock: Clock) -> AsyncIterator[tuple[TimClient, Emulator]]:
    """Alice is online in a browser and on a phone, bob and carol are reached by vendors, dave is away."""
    async with (
        Emulator(clock=emulator_clock, rate_limits={"*": 100_000}) as emulator,
        client_of(emulator, user_sig_provider=sign, rate_limits=FAST) as client,
    ):
        emulator.add_accounts("alice", "bob", "carol", "dave")
        for account, platform, status in (
            ("alice", "Web", "Online"),
            ("alice", "iPhone", "PushOnline"),
            ("bob", "iPhone", "PushOnline"),
            ("carol", "Android", "PushOnline"),
            ("carol", "Web", "PushOnline"),
        ):
            emulator.set_online(account, platform, status=status)  # type: ignore[arg-type]
        yield client, emulator


async def test_a_task_has_figures_losses_and_traces(timed: tuple[TimClient, Emulator], emulator_clock: Clock) -> None:
    client, _ = timed
    family = client.push
    task = (await family.send(from_account="a", offline_push_info=INFO)).task_id
    emulator_clock.now += 10
    quiet = (await family.send(from_account="a", offline_push_info=OfflinePushInfo(push_flag=1))).task_id
    figures, silent = (await family.get_figures(**RANGE)).results
    assert (figures.task_id, figures.total_count, figures.sent_count, figures.delivered_count) == (task, 6, 4, 1)
    assert [
        (each.event_type, each.push_platform, each.sent_count, each.delivered_count)
        for each in figures.platform_statistics
    ] == [(1, 0, 2, 0), (1, 1, 1, 0), (2, 0, 1, 1)]
    assert (silent.task_id, silent.total_count, silent.sent_count, silent.delivered_count) == (quiet, 3, 1, 1)
    assert [each.task_id for each in (await family.get_figures(**RANGE, task_id=[quiet])).results] == [quiet]
    assert (await family.get_figures(start_time=NOW + 11, end_time=NOW + 60)).results == []
    (losses,) = (await family.get_losses(**RANGE, task_id=[task])).results
    assert [(loss.err_code, loss.err_count) for loss in losses.ready_to_send_loss] == [("1", 2)]
    assert [(loss.err_code, loss.err_count) for loss in losses.post_send_delivered_loss] == [("2", 3)]
    assert [
        (loss.event_type, loss.push_platform, loss.err_count) for loss in losses.platform_post_send_delivered_loss
    ] == [(1, 0, 2), (1, 1, 1)]
    (trace,) = (await family.get_trace(task_id=task, user_id="bob")).instance_trace
    assert (trace.system, trace.push_platform, trace.event_type, trace.push_time) == (
        "APNS",
        1,
        1,
        "2027-01-15 16:00:00",
    )
    assert trace.im_commit_stat is not None
    assert trace.im_commit_stat.im_stat is not None
    assert trace.im_commit_stat.im_stat.error_info == "success"
    steps = trace.offline_push_stat
    assert steps is not None
    assert [step.push_status for step in (steps.offline_stat, steps.channel_stat, steps.click_stat) if step] == [
        1,
        1,
        0,
    ]
    (online,) = (await family.get_trace(task_id=task, user_id="alice")).instance_trace
    assert (online.system, online.event_type, online.offline_push_stat) == ("Web", 2, None)
    assert len((await family.get_trace(task_id=task, user_id="carol")).instance_trace) == 2
    assert (await family.get_trace(task_id=task, user_id="dave")).instance_trace == []
    assert (await family.get_trace(task_id="x", user_id="bob")).instance_trace == []
    emulator_clock.now += 7 * DAY
    assert (await family.get_trace(task_id=task, user_id="bob")).instance_trace == []


async def test_messages_have_figures_losses_and_traces(
    timed: tuple[TimClient, Emulator], emulator_clock: Clock
) -> None:
    client, emulator = timed
    family = client.push
    to_bob = await client.c2c.send_text("bob", "hi", from_account="alice")
    for account in ("alice", "dave"):  # one is online, the other has no device
        await client.c2c.send_text(account, "hi", from_account="carol")
    await client.c2c.send(to_account="bob", msg_body=[TextElem("hi")], offline_push_info=OfflinePushInfo(push_flag=1))
    figures = await family.get_message_figures(**RANGE)
    assert (figures.total_count, figures.sent_count, figures.delivered_count) == (2, 1, 0)
    assert [(each.event_type, each.push_platform) for each in figures.platform_statistics] == [(None, 1)]
    group = make_group(emulator)
    await client.group_msg.send_text(group, "hi", from_account="alice")
    assert (await family.get_message_figures(**RANGE)).sent_count == 4
    losses = await family.get_message_losses(**RANGE)
    assert [(loss.err_code, loss.err_count) for loss in losses.ready_to_send_loss] == [("1", 1)]
    assert [(loss.err_code, loss.err_count) for loss in losses.post_send_delivered_loss] == [("2", 4)]
    assert to_bob.msg_id is not None
    (trace,) = (await family.get_message_trace(push_id=to_bob.msg_id)).instance_trace
    assert (trace.system, trace.event_type) == ("APNS", None)
    assert (await family.get_message_trace(push_id="x")).instance_trace == []
    emulator_clock.now += 31 * DAY
    await client.c2c.send_text("bob", "hi", from_account="alice")
    assert (await family.get_message_figures(**RANGE)).sent_count == 0, "the old ones are forgotten"


async def test_ranges_that_are_too_long_are_refused(timed: tuple[TimClient, Emulator]) -> None:
    family = timed[0].push
    for days, calls in (
        (30, (family.get_figures, family.get_message_figures)),
        (7, (family.get_losses, family.get_message_losses)),
    ):
        for call in calls:
            await call(start_time=NOW, end_time=NOW + days * DAY)
            assert await code_of(call(start_time=NOW, end_time=NOW + days * DAY + 1)) == 90001


async def test_web_pushes_go_to_browsers(timed: tuple[TimClient, Emulator], emulator_clock: Clock) -> None:
    client, emulator = timed
    web = WebInfo(title="标题", url="https://example.com")
    sent = await client.push.send_web_batch(
        from_account="a", to_account=["alice", "bob", "carol", "nobody"], web_info=web, data_id="d", msg_random=1
    )
    assert [failure.to_account for failure in sent.failed] == ["nobody"]
    again = await client.push.send_web_batch(from_account="a", to_account=["alice"], web_info=web, msg_random=1)
    assert again.task_id == sent.task_id
    (push,) = emulator.pushes
    assert (push.to, push.web_info, push.data_id, push.message) == (["alice", "bob", "carol"], web, "d", None)
    (figures,) = (await client.push.get_figures(**RANGE, task_id=[sent.task_id])).results
    assert (figures.total_count, figures.sent_count, figures.delivered_count) == (3, 2, 1)
    emulator_clock.now += 1
    many = await client.push.send_web_batch_all(["bob"] * 501, from_account="a", message={"Text": "hi"}, task_name="x")
    assert len(many.results) == 2
    assert emulator.pushes[-1].message == {"Text": "hi"}
    emulator.reset(messages_only=True)
    assert (await client.push.get_figures(**RANGE)).results == []


WEB = {"from_account": "a", "to_account": ["bob"], "web_info": WebInfo()}
BAD = {
    "backwards": ("get_figures", {"start_time": 2, "end_time": 1}, "end_time"),
    "6 tasks": ("get_losses", {**RANGE, "task_id": ["x"] * 6}, "task_id"),
    "tasks as text": ("get_losses", {**RANGE, "task_id": "x"}, "task_id"),
    "no user": ("get_trace", {"task_id": "x", "user_id": ""}, "user_id"),
    "no message": ("get_message_trace", {"push_id": ""}, "push_id"),
    "web push of nothing": ("send_web_batch", {**WEB, "web_info": None}, "web_info"),
    "task name": ("send_web_batch", {**WEB, "task_name": "x" * 21}, "task_name"),
    "501 browsers": ("send_web_batch", {**WEB, "to_account": ["x"] * 501}, "to_account"),
}


@pytest.mark.parametrize(("method", "fields", "field"), BAD.values(), ids=BAD)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.push, method)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0
