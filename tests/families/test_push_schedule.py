"""Scheduled pushes, end to end: they are sent at their time by the emulator's clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests import clock
from tests.families.conftest import Clock, client_of, refused, sign
from tests.families.groups import code_of
from tests.in_process import inside
from tim_async import InvalidRequestError, OfflinePushInfo, TimClient, UsageError
from tim_async.emulator import Emulator
from tim_async.emulator.state.push import PushState
from tim_async.errors import ApiError
from tim_async.families.push import Push
from tim_async.models.all_member_push import UserTags
from tim_async.models.push import TimPushCondition
from tim_async.models.push_schedule import AddScheduledPush, PushContent, ScheduledPush, utc_text
from tim_async.webhooks import AllMemberPush

START = datetime.fromtimestamp(1_800_000_000, UTC)
HOUR = timedelta(hours=1)
INFO = OfflinePushInfo(title="标题", desc="内容 🎉")
FAST = {f"timpush/{word}_sched_task": 100_000 for word in ("add", "modify", "delete", "get", "list")}


@pytest.fixture
async def timed(emulator_clock: Clock) -> AsyncIterator[tuple[TimClient, Emulator]]:
    """An emulator with a stopped clock."""
    async with (
        Emulator(clock=emulator_clock, rate_limits={"*": 100_000}) as emulator,
        client_of(emulator, user_sig_provider=sign, rate_limits=FAST) as client,
    ):
        emulator.add_accounts("alice", "bob")
        yield client, emulator


def content(**fields: Any) -> PushContent:
    return PushContent(**{"from_account": "administrator", "offline_push_info": INFO, **fields})


async def read(client: TimClient, task_id: int) -> ScheduledPush:
    found = (await client.push.get_scheduled(task_id=task_id)).task_info
    assert found is not None
    return found


async def test_pushes_are_sent_when_their_time_has_come(
    timed: tuple[TimClient, Emulator], emulator_clock: Clock
) -> None:
    client, emulator = timed
    emulator.set_online("bob")
    await client.push.add_tags(user_tags=[UserTags(to_account="alice", tags=["vip"])])
    later = (await client.push.schedule(content(to_account=["bob", "nobody"]), START + 2 * HOUR)).task_id
    first = (await client.push.schedule(content(), START + HOUR)).task_id
    tag = (await client.push.schedule(content(condition=TimPushCondition(tags_or=["vip"])), START + HOUR)).task_id
    assert len({first, later, tag}) == 3
    pending = await read(client, first)
    assert (pending.type, pending.status, pending.is_pending, pending.push_task_id) == ("All", "pending", True, "")
    assert (pending.title, pending.desc, pending.sdkappid) == ("标题", "内容 🎉", emulator.sdk_app_id)
    assert (pending.scheduled_for, pending.create_at) == (START + HOUR, "2027-01-15 08:00:00")
    assert pending.content is not None
    assert pending.content["From_Account"] == "administrator"
    emulator_clock.now += 3599
    assert not emulator.pushes
    emulator_clock.now += 1
    everyone, audience = emulator.pushes
    assert (everyone.command, everyone.to, everyone.at) == (
        "timpush/push",
        ["administrator", "alice", "bob"],
        emulator_clock.now,
    )
    assert (audience.to, audience.from_account, audience.offline_push_info) == (["alice"], "administrator", INFO)
    (event,) = emulator.events(AllMemberPush)
    assert [(push.task_id, push.to_account) for push in event.events] == [(everyone.task_id, "bob")]
    sent = await read(client, first)
    assert (sent.status, sent.is_pending, sent.dispatch_success) == ("dispatched", False, 1)
    assert sent.push_task_id == everyone.task_id
    emulator_clock.now += 86_400
    await client.account.query_state(to_account=["bob"])  # any request lets the clock be looked at
    *_, users = emulator._state.part(PushState).pushes
    assert (users.command, users.to, users.at) == ("timpush/batch", ["bob"], (START + 2 * HOUR).timestamp())
    await client.push.revoke(task_id=users.task_id, offline_push_info=INFO)


async def test_pending_pushes_are_changed_and_deleted(timed: tuple[TimClient, Emulator], emulator_clock: Clock) -> None:
    client, emulator = timed
    family = client.push
    moved, gone, sent = [
        (await family.schedule(content(msg_random=number), START + HOUR)).task_id for number in range(3)
    ]
    changed = PushContent(offline_push_info=OfflinePushInfo(title="new"))
    done = await family.modify_scheduled(task_id=moved, type="All", sched_at=utc_text(START + 3 * HOUR))
    assert done.task_id == moved
    await family.modify_scheduled(task_id=moved, type="All", content=changed)
    now = await read(client, moved)
    assert (now.title, now.desc, now.scheduled_for) == ("new", "", START + 3 * HOUR)
    assert now.content is not None
    assert (now.content["From_Account"], now.content["MsgRandom"]) == ("administrator", 0)
    assert (await family.delete_scheduled(task_id=gone, type="All")).task_id == gone
    assert await code_of(family.get_scheduled(task_id=gone)) == 90104
    assert await code_of(family.delete_scheduled(task_id=moved, type="User")) == 90104
    assert await code_of(family.modify_scheduled(task_id=moved, type="All", sched_at=utc_text(START - HOUR))) == 90104
    emulator_clock.now += 3600
    await refused(family.delete_scheduled(task_id=sent, type="All"), ApiError, 90107)
    assert await code_of(family.modify_scheduled(task_id=sent, type="All", content=changed)) == 90107
    assert len(emulator.pushes) == 1
    emulator_clock.now += 7200
    assert [push.msg_random for push in emulator.pushes] == [2, 0]


async def test_pushes_are_listed_page_by_page(timed: tuple[TimClient, Emulator], emulator_clock: Clock) -> None:
    client, emulator = timed
    ids = []
    for number in range(5):
        info = OfflinePushInfo(title=f"push {number}", desc="odd" if number % 2 else "even")
        ids.append((await client.push.schedule(content(offline_push_info=info), START + (9 - number) * HOUR)).task_id)
        emulator_clock.now += 1

    async def listed(**options: Any) -> list[int]:
        begin, end = options.pop("begin", START), options.pop("end", START + 24 * HOUR)
        return [task.task_id async for task in client.push.iter_scheduled(begin, end, page_size=2, **options)]

    assert await listed() == ids[::-1]
    assert emulator.count("timpush/list_sched_task") == 3
    assert await listed(asc=False) == ids
    assert await listed(keyword="odd") == [ids[3], ids[1]]
    assert await listed(order_by="createat", end=START + timedelta(seconds=2)) == ids[:3]
    assert await listed(begin=START + 8 * HOUR, end=START + 9 * HOUR) == [ids[1], ids[0]]
    raw = {"BeginTime": "2027-01-01 00:00:00", "EndTime": "2027-01-02 00:00:00", "OrderBy": "x"}
    assert await code_of(client.request("timpush/list_sched_task", raw)) == 90104


async def test_the_app_is_filled_in_and_must_be_the_one_of_the_url(timed: tuple[TimClient, Emulator]) -> None:
    client, emulator = timed
    request = AddScheduledPush(type="All", sched_at=utc_text(START + HOUR), content=content())
    await client.call(Push.add_scheduled, request)
    assert request.sdkappid is None
    await client.request(
        "timpush/add_sched_task", {"Type": "All", "SchedAt": utc_text(START + HOUR), "Content": {"From_Account": "a"}}
    )
    assert [arrival.code for arrival in emulator.arrivals] == [0, 0]
    own = client.push.add_scheduled(sdkappid=1, type="All", sched_at=utc_text(START + HOUR), content=content())
    await refused(own, InvalidRequestError, 90104)


def test_a_timer_sends_what_is_due_without_a_request() -> None:
    async def main() -> None:
        async with inside("alice") as (client, emulator):
            emulator._clockwork.open()  # as `start` does, which needs a port
            await client.push.schedule(content(), datetime.fromtimestamp(emulator._clock() + 3600, UTC))
            await asyncio.sleep(3602)
            (push,) = emulator._state.part(PushState).pushes  # `emulator.pushes` would look at the clock
            assert push.to == ["administrator", "alice"]
            emulator._clockwork.close()
            await client.push.schedule(content(), datetime.fromtimestamp(emulator._clock() + 60, UTC))
            await asyncio.sleep(62)
            assert len(emulator._state.part(PushState).pushes) == 1

    clock.run(main())


def test_moments_are_written_in_utc() -> None:
    china = timezone(timedelta(hours=8))
    assert utc_text(datetime(2025, 6, 1, 18, 0, tzinfo=china)) == "2025-06-01 10:00:00"
    for wrong in (datetime(2025, 6, 1), "2025-06-01 10:00:00"):  # noqa: DTZ001 - it has no zone
        with pytest.raises(UsageError) as caught:
            utc_text(wrong)  # type: ignore[arg-type]
        assert caught.value.field == "when"
    assert ScheduledPush(sched_at="soon").scheduled_for is None


ADD = {"type": "All", "sched_at": "2025-06-01 10:00:00", "content": PushContent()}
LIST = {"begin_time": "2025-06-01 10:00:00", "end_time": "2025-06-02 10:00:00"}
BAD = {
    "type": ("add_scheduled", {**ADD, "type": "Everyone"}, "type"),
    "time": ("add_scheduled", {**ADD, "sched_at": "2025-13-01 10:00:00"}, "sched_at"),
    "app": ("add_scheduled", {**ADD, "sdkappid": 0}, "sdkappid"),
    "users without targets": ("add_scheduled", {**ADD, "type": "User"}, "content.to_account"),
    "audience without condition": ("add_scheduled", {**ADD, "type": "Tag"}, "content.condition"),
    "501 targets": ("add_scheduled", {**ADD, "content": PushContent(to_account=["x"] * 501)}, "content.to_account"),
    "empty sender": ("add_scheduled", {**ADD, "content": PushContent(from_account="")}, "content.from_account"),
    "empty condition": (
        "add_scheduled",
        {**ADD, "content": PushContent(condition=TimPushCondition())},
        "content.condition",
    ),
    "badge": (
        "modify_scheduled",
        {"task_id": 1, "type": "All", "content": PushContent(offline_push_info=OfflinePushInfo(badge_add_num=100))},
        "content.offline_push_info.badge_add_num",
    ),
    "task": ("delete_scheduled", {"task_id": -1, "type": "All"}, "task_id"),
    "want nothing": ("list_scheduled", {**LIST, "want": 0}, "want"),
    "backwards": ("list_scheduled", {**LIST, "end_time": "2025-05-01 10:00:00"}, "end_time"),
    "no order": ("list_scheduled", {**LIST, "order_by": ""}, "order_by"),
}


@pytest.mark.parametrize(("method", "fields", "field"), BAD.values(), ids=BAD)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.push, method)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0
