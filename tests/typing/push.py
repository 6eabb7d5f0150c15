"""Calls of both families of pushes as type checkers see them. Checked by pyright in strict mode, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import assert_type

from tim_async import OfflinePushInfo, TextElem, TimClient
from tim_async.emulator import Emulator, SentPush
from tim_async.families._chunks import Chunked
from tim_async.models.all_member_push import (
    AttrsOfUsers,
    Condition,
    PushTask,
    TagsOfUsers,
    UserAttrNames,
    UserAttrs,
    UserTags,
)
from tim_async.models.common import Empty
from tim_async.models.push import (
    AttrsOrFailures,
    PushBatchTask,
    PushFailure,
    PushOutcome,
    TagsOrFailures,
    TimPushCondition,
    TypedAttrNames,
    WebInfo,
)
from tim_async.models.push_schedule import PushContent, ScheduledPush, ScheduledPushId, utc_text
from tim_async.models.push_statistics import InstanceTrace, TaskFigures


async def older(client: TimClient) -> None:
    family = client.all_member_push
    assert_type(await family.send(msg_body=[TextElem("hi")], condition=Condition(tags_or=["a"])), PushTask)
    assert_type(await family.set_attr_names(attr_names={"0": "city"}), Empty)
    assert_type((await family.get_attr_names()).attr_names, dict[str, str])
    assert_type(await family.get_attrs(to_account=["bob"]), AttrsOfUsers)
    assert_type(await family.set_attrs(user_attrs=[UserAttrs(to_account="bob", attrs={"city": "x"})]), Empty)
    assert_type(await family.remove_attrs(user_attrs=[UserAttrNames(to_account="bob", attrs=["city"])]), Empty)
    assert_type(await family.get_tags(to_account=["bob"]), TagsOfUsers)
    assert_type(await family.add_tags(user_tags=[UserTags(to_account="bob", tags=["a"])]), Empty)
    assert_type(await family.get_tags_all(str(index) for index in range(1000)), Chunked[str, TagsOfUsers])


async def newer(client: TimClient, emulator: Emulator) -> None:
    family, info = client.push, OfflinePushInfo(desc="hi")
    condition = TimPushCondition(tags_not=["x"])
    assert_type(await family.send(from_account="a", offline_push_info=info, condition=condition), PushTask)
    batch = await family.send_batch(from_account="a", to_account=["bob"], offline_push_info=info)
    assert_type(batch, PushBatchTask)
    assert_type(batch.failed, list[PushFailure])
    assert_type(await family.revoke(task_id="x", offline_push_info=info), Empty)
    assert_type(await family.set_attr_names(attr_names={"0": "a"}, attr_types={"0": 1}), Empty)
    assert_type(await family.get_attr_names(), TypedAttrNames)
    assert_type(await family.get_attrs(to_account=["bob"]), AttrsOrFailures)
    assert_type(await family.get_tags(to_account=["bob"]), TagsOrFailures)
    assert_type(await family.clear_tags(to_account=["bob"]), PushOutcome)
    many = await family.send_batch_all(["bob"], from_account="a", offline_push_info=info)
    assert_type(many.results, list[PushBatchTask])
    assert_type(emulator.pushes[0], SentPush)


async def scheduled_and_counted(client: TimClient) -> None:
    family, now = client.push, datetime.now(UTC)
    content = PushContent(from_account="a", offline_push_info=OfflinePushInfo(desc="hi"))
    assert_type((await family.schedule(content, now)).task_id, int)
    assert_type(await family.add_scheduled(type="All", sched_at=utc_text(now), content=content), ScheduledPushId)
    assert_type((await family.get_scheduled(task_id=1)).task_info, ScheduledPush | None)
    assert_type(family.iter_scheduled(now, now), AsyncIterator[ScheduledPush])
    assert_type((await family.get_figures(start_time=1, end_time=2)).results, list[TaskFigures])
    assert_type((await family.get_message_trace(push_id="x")).instance_trace, list[InstanceTrace])
    assert_type(await family.send_web_batch(from_account="a", to_account=["b"], web_info=WebInfo()), PushBatchTask)


async def mistakes(client: TimClient) -> None:
    await client.push.send(from_account="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.push.send_batch(from_account="a", to_account=1, offline_push_info=OfflinePushInfo())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.push.set_attr_names(attr_names={"0": "a"}, attr_types={"0": 2})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    await client.all_member_push.send(msg_body=[], condition=TimPushCondition(tags=["x"]))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.all_member_push.add_tags(user_tags=[{"to_account": "bob"}])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
