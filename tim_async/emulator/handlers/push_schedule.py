"""Scheduled pushes. Source: I78839 to I78843, C130277 to C130281.

A push is sent when the emulator's clock reaches its time, and is then among `Emulator.pushes` like any other. Only a
pending one can be changed or deleted: 90107. Invalid parameters are 90104 (I78841).

Where the documents are silent: an unknown TaskID, a Type other than the original one, an Sdkappid that is not the
URL's, and a time in the past are 90104. The content of a change replaces the fields that it has. After the push the
Status is `dispatched`. Scheduled pushes count neither for the limits of the other commands nor for their daily number,
and a repeated MsgRandom is not detected. Begin and end of a list refer to the time that it is ordered by.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from ..._api.wire import encode
from ..._randomness import random_u32
from ...families.push import Push
from ...models.push_schedule import (
    AddScheduledPush,
    DeleteScheduledPush,
    FoundScheduledPush,
    GetScheduledPush,
    ListScheduledPushes,
    ModifyScheduledPush,
    PushContent,
    ScheduledPush,
    ScheduledPushes,
    ScheduledPushId,
    utc_moment,
    utc_text,
)
from ...webhooks import Event
from ..clockwork import CLOCKED, Clocked
from ..dispatch import Call, handles
from ..events.push import pushed_to_all
from ..state.codes import PushCode
from ..state.core import State
from ..state.push import PushState, SentPush
from ..state.push_schedule import DISPATCHED, PENDING, Schedule, Schedules
from ..state.refusal import Refusal

# The command that would have sent a push of each type.
_COMMANDS = {"All": Push.send.command, "Tag": Push.send.command, "User": Push.send_batch.command}


@handles(Push.add_scheduled)
def add_scheduled(call: Call) -> ScheduledPushId:
    """Schedule a push."""
    _check_app(call)
    request = call.read(AddScheduledPush, code=PushCode.SCHEDULE_INVALID)
    due_at = _due_at(call, request.sched_at)
    made = call.state.part(Schedules).add(request.type, request.content, due_at, call.now)
    return ScheduledPushId(task_id=made.task_id)


@handles(Push.modify_scheduled)
def modify_scheduled(call: Call) -> ScheduledPushId:
    """Change a scheduled push."""
    _check_app(call)
    request = call.read(ModifyScheduledPush, code=PushCode.SCHEDULE_INVALID)
    schedule = _find_pending(call, request.task_id, request.type)
    due_at = schedule.due_at if request.sched_at is None else _due_at(call, request.sched_at)
    if request.content is not None:
        changes = {
            name: value
            for name in PushContent.__struct_fields__
            if (value := getattr(request.content, name)) is not None
        }
        schedule.content = msgspec.structs.replace(schedule.content, **changes)
    schedule.due_at = due_at
    return ScheduledPushId(task_id=schedule.task_id)


@handles(Push.delete_scheduled)
def delete_scheduled(call: Call) -> ScheduledPushId:
    """Delete a scheduled push."""
    _check_app(call)
    request = call.read(DeleteScheduledPush, code=PushCode.SCHEDULE_INVALID)
    schedule = _find_pending(call, request.task_id, request.type)
    call.state.part(Schedules).remove(schedule)
    return ScheduledPushId(task_id=schedule.task_id)


@handles(Push.get_scheduled)
def get_scheduled(call: Call) -> FoundScheduledPush:
    """Return a scheduled push, pending or sent."""
    _check_app(call)
    request = call.read(GetScheduledPush, code=PushCode.SCHEDULE_INVALID)
    return FoundScheduledPush(task_info=_info(_find(call, request.task_id), call.state.sdk_app_id))


@handles(Push.list_scheduled)
def list_scheduled(call: Call) -> ScheduledPushes:
    """Return a page of the scheduled pushes of a range of time."""
    _check_app(call)
    request = call.read(ListScheduledPushes, code=PushCode.SCHEDULE_INVALID)
    order = request.order_by.lower()
    if order not in ("schedat", "createat"):
        raise Refusal(PushCode.SCHEDULE_INVALID, "OrderBy must be schedAt or createAt")
    begin, end = _seconds(request.begin_time), _seconds(request.end_time)

    def time_of(schedule: Schedule) -> float:
        return schedule.due_at if order == "schedat" else schedule.made_at

    word = request.keyword or ""
    found = sorted(
        (
            schedule
            for schedule in call.state.part(Schedules).schedules.values()
            if begin <= time_of(schedule) < end + 1 and (word in schedule.title or word in schedule.desc)
        ),
        key=lambda schedule: (time_of(schedule), schedule.task_id),
        reverse=not request.asc,
    )
    page = found[request.offset : request.offset + request.want]
    return ScheduledPushes(total=len(found), tasks=[_info(schedule, call.state.sdk_app_id) for schedule in page])


def _check_app(call: Call) -> None:
    if call.raw.get("Sdkappid") != call.state.sdk_app_id:
        raise Refusal(PushCode.SCHEDULE_INVALID, "Sdkappid is not the sdkappid of the URL")


def _seconds(text: str) -> float:
    moment = utc_moment(text)
    assert moment is not None  # noqa: S101 - the request was checked
    return moment.timestamp()


def _due_at(call: Call, text: str) -> float:
    due_at = _seconds(text)
    if due_at < int(call.now):
        raise Refusal(PushCode.SCHEDULE_INVALID, f"SchedAt {text} is in the past")
    return due_at


def _find(call: Call, task_id: int) -> Schedule:
    schedule = call.state.part(Schedules).schedules.get(task_id)
    if schedule is None:
        raise Refusal(PushCode.SCHEDULE_INVALID, f"no scheduled push has the TaskID {task_id}")
    return schedule


def _find_pending(call: Call, task_id: int, kind: str) -> Schedule:
    schedule = _find(call, task_id)
    if schedule.kind != kind:
        raise Refusal(PushCode.SCHEDULE_INVALID, f"the Type of the scheduled push is {schedule.kind}")
    if not schedule.is_pending:
        raise Refusal(PushCode.SCHEDULE_DISPATCHED, "the scheduled push was sent")
    return schedule


def _info(schedule: Schedule, sdk_app_id: int) -> ScheduledPush:
    return ScheduledPush(
        task_id=schedule.task_id,
        sdkappid=sdk_app_id,
        create_at=_text(schedule.made_at),
        type=schedule.kind,
        sched_at=_text(schedule.due_at),
        content=msgspec.json.decode(encode(schedule.content), type=dict[str, object]),
        title=schedule.title,
        desc=schedule.desc,
        status=PENDING if schedule.is_pending else DISPATCHED,
        dispatch_success=0 if schedule.is_pending else 1,
        push_task_id=schedule.push_task_id,
    )


def _text(seconds: float) -> str:
    return utc_text(datetime.fromtimestamp(int(seconds), UTC))


def _run(state: State, now: float) -> Sequence[Event]:
    """Send the pushes that are due."""
    events: list[Event] = []
    for schedule in state.part(Schedules).due(now):
        pushes, content = state.part(PushState), schedule.content
        if schedule.kind == "User":
            to = [account for account in content.to_account or () if account in state.accounts]
        else:
            to = pushes.audience(content.condition)
        push = SentPush(
            task_id="",
            command=_COMMANDS[schedule.kind],
            at=schedule.due_at,
            to=to,
            from_account=content.from_account,
            msg_random=random_u32() if content.msg_random is None else content.msg_random,
            offline_push_info=content.offline_push_info,
        )
        schedule.push_task_id = pushes.take(push).task_id
        if schedule.kind != "User":
            events += pushed_to_all(state, push)
    return events


CLOCKED.append(Clocked(_run, lambda state: state.part(Schedules).next_due()))
