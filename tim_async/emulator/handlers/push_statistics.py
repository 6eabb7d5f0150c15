"""Results of pushes: figures, losses, traces. Source: I71893 to I71898.

All of it is computed from the pushes that the emulator accepted, and the devices that `Emulator.set_online` had named
then (see `state.push_record`). Figures reach back 30 days, losses and traces 7; a longer range is refused.

If the documents are silent, or there is nothing to emulate:

- A longer range is 90001. Older pushes are not found, and an unknown task or message has an empty answer.
- "Could be sent" are the devices, and one for each account without a device. "Sent" are the devices. "Delivered" are
  those that were online; no vendor reports to the emulator, and nothing is clicked.
- An account without a device is a loss before sending with the ErrCode 1, a push that no vendor reported on is a loss
  after sending with the ErrCode 2: the numbers of the service were not readable.
- For group messages, members who are not logged in anywhere are not counted. Messages to many (batchsendmsg), streams
  and official accounts are not counted at all.
- The PushID of a group message is made like the MsgId of a one-to-one message.
- Times are in China's time zone, because the samples on the pages name none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from ...families.push import Push
from ...models.push_statistics import (
    CommitTrace,
    GetMessagePushFigures,
    GetMessagePushLosses,
    GetMessagePushTrace,
    GetPushFigures,
    GetPushLosses,
    GetPushTrace,
    InstanceTrace,
    MessagePushFigures,
    MessagePushLosses,
    OfflineTrace,
    PlatformFigures,
    PlatformLoss,
    PushFigures,
    PushLoss,
    PushLosses,
    PushTrace,
    TaskFigures,
    TaskLosses,
    TraceStep,
)
from ..dispatch import Call, handles
from ..state.codes import MessageCode
from ..state.core import CHINA, DAY_S
from ..state.push_record import UNKNOWN_CHANNEL, Device, PushRecord, PushRecords
from ..state.refusal import Refusal

_FIGURES_S: Final = 30 * DAY_S
_DETAILS_S: Final = 7 * DAY_S
_OFFLINE, _ONLINE = 1, 2
_NO_DEVICE: Final = ("1", "the user has no device that can be pushed to")
_NO_REPORT: Final = ("2", "no vendor reports to the emulator")
_DONE, _OPEN = 1, 0


@handles(Push.get_figures)
def get_figures(call: Call) -> PushFigures:
    """Return the figures of tasks."""
    request = call.read(GetPushFigures, code=MessageCode.JSON_INVALID)
    _check_range(request.start_time, request.end_time, _FIGURES_S)
    found = call.state.part(PushRecords).tasks_between(request.start_time, request.end_time, request.task_id)
    return PushFigures(
        results=[
            TaskFigures(
                task_id=task_id,
                total_count=len(record.devices) + record.lost,
                sent_count=len(record.devices),
                delivered_count=_delivered(record.devices),
                platform_statistics=_platforms(record, with_type=True),
            )
            for task_id, record in found
        ]
    )


@handles(Push.get_message_figures)
def get_message_figures(call: Call) -> MessagePushFigures:
    """Return the figures of the pushes of chat messages."""
    request = call.read(GetMessagePushFigures, code=MessageCode.JSON_INVALID)
    _check_range(request.start_time, request.end_time, _FIGURES_S)
    record = call.state.part(PushRecords).messages_between(request.start_time, request.end_time)
    return MessagePushFigures(
        total_count=len(record.devices) + record.lost,
        sent_count=len(record.devices),
        platform_statistics=_platforms(record, with_type=False),
    )


@handles(Push.get_losses)
def get_losses(call: Call) -> PushLosses:
    """Return the losses of tasks."""
    request = call.read(GetPushLosses, code=MessageCode.JSON_INVALID)
    _check_range(request.start_time, request.end_time, _DETAILS_S)
    found = call.state.part(PushRecords).tasks_between(request.start_time, request.end_time, request.task_id)
    return PushLosses(
        results=[
            TaskLosses(
                task_id=task_id,
                ready_to_send_loss=_before(record),
                post_send_delivered_loss=_after(record),
                platform_post_send_delivered_loss=_after_by_platform(record, with_type=True),
            )
            for task_id, record in found
        ]
    )


@handles(Push.get_message_losses)
def get_message_losses(call: Call) -> MessagePushLosses:
    """Return the losses of the pushes of chat messages."""
    request = call.read(GetMessagePushLosses, code=MessageCode.JSON_INVALID)
    _check_range(request.start_time, request.end_time, _DETAILS_S)
    record = call.state.part(PushRecords).messages_between(request.start_time, request.end_time)
    return MessagePushLosses(
        ready_to_send_loss=_before(record),
        post_send_delivered_loss=_after(record),
        platform_post_send_delivered_loss=_after_by_platform(record, with_type=False),
    )


@handles(Push.get_trace)
def get_trace(call: Call) -> PushTrace:
    """Return the path of a task's push to the devices of one user."""
    request = call.read(GetPushTrace, code=MessageCode.JSON_INVALID)
    record = call.state.part(PushRecords).tasks.get(request.task_id)
    return PushTrace(instance_trace=_traces(record, call.now, request.user_id, with_type=True))


@handles(Push.get_message_trace)
def get_message_trace(call: Call) -> PushTrace:
    """Return the path of a chat message's push to its devices."""
    request = call.read(GetMessagePushTrace, code=MessageCode.JSON_INVALID)
    record = call.state.part(PushRecords).messages.get(request.push_id)
    return PushTrace(instance_trace=_traces(record, call.now, None, with_type=False))


def _check_range(start: int, end: int, longest: int) -> None:
    if end - start > longest:
        raise Refusal(MessageCode.JSON_INVALID, f"the range is longer than {longest // DAY_S} days")


def _delivered(devices: Iterable[Device]) -> int:
    return sum(device.is_online for device in devices)


def _type(device: Device) -> int:
    return _ONLINE if device.is_online else _OFFLINE


def _platforms(record: PushRecord, *, with_type: bool) -> list[PlatformFigures]:
    counts = Counter((_type(device), device.channel) for device in record.devices)
    return [
        PlatformFigures(
            event_type=kind if with_type else None,
            push_platform=channel,
            total_count=count,
            sent_count=count,
            delivered_count=count if kind == _ONLINE else 0,
        )
        for (kind, channel), count in sorted(counts.items())
    ]


def _before(record: PushRecord) -> list[PushLoss]:
    return [_loss(_NO_DEVICE, record.lost)] if record.lost else []


def _after(record: PushRecord) -> list[PushLoss]:
    count = len(record.devices) - _delivered(record.devices)
    return [_loss(_NO_REPORT, count)] if count else []


def _loss(reason: tuple[str, str], count: int) -> PushLoss:
    return PushLoss(err_code=reason[0], err_count=count, err_info=reason[1])


def _after_by_platform(record: PushRecord, *, with_type: bool) -> list[PlatformLoss]:
    counts = Counter(device.channel for device in record.devices if not device.is_online)
    return [
        PlatformLoss(
            event_type=_OFFLINE if with_type else None,
            push_platform=channel,
            err_code=_NO_REPORT[0],
            err_count=count,
            err_info=_NO_REPORT[1],
        )
        for channel, count in sorted(counts.items())
    ]


def _traces(record: PushRecord | None, now: float, account: str | None, *, with_type: bool) -> list[InstanceTrace]:
    if record is None or now - record.at > _DETAILS_S:
        return []
    wanted = [device for device in record.devices if account in (None, device.to_account)]
    return [_trace(device, number, record.at, with_type=with_type) for number, device in enumerate(wanted, 1)]


def _trace(device: Device, number: int, at: float, *, with_type: bool) -> InstanceTrace:
    time = datetime.fromtimestamp(int(at), CHINA).strftime("%Y-%m-%d %H:%M:%S")
    done = TraceStep(push_status=_DONE, error_info="success", event_time=time)
    still_open = TraceStep(push_status=_OPEN)
    offline = OfflineTrace(offline_stat=done, channel_stat=done, device_stat=still_open, click_stat=still_open)
    is_apple = device.channel != UNKNOWN_CHANNEL
    return InstanceTrace(
        instance_id=str(number),
        push_time=time,
        system="APNS" if is_apple else device.platform,
        event_type=_type(device) if with_type else None,
        push_platform=device.channel,
        cert_id="0",
        notification_status=1,
        last_active_terminal=int(number == 1),
        im_commit_stat=CommitTrace(im_stat=done),
        offline_push_stat=None if device.is_online else offline,
        online_push_stat={} if device.is_online else None,
    )
