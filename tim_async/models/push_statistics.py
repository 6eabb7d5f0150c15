"""Statistics of pushes: counts, losses, and the trace of one push. Source: I71893 to I71898.

Each comes in two forms: for pushes to all users or to an audience, which are tasks, and for the pushes of chat
messages. The meaning of the numbers of channels and reasons was not readable on any of the pages; `PushResult` lists
the channel numbers that webhooks use.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from .._api.checks import check_account, check_given, check_items, check_list, check_range
from .._api.wire import Request, Result, WireStruct, always
from ..errors import UsageError

MAX_TASKS: Final = 5


class _TimeRange(Request, kw_only=True):
    start_time: int
    end_time: int

    def check(self) -> None:
        """Check that the range does not end before it begins."""
        check_range("start_time", self.start_time, 0, 2**53)
        check_range("end_time", self.end_time, 0, 2**53)
        if self.end_time < self.start_time:
            raise UsageError("end_time is before start_time", field="end_time")


class _TasksOfRange(_TimeRange, kw_only=True):
    task_id: Sequence[str] = msgspec.field(name="TaskID", default_factory=lambda: ())

    def check(self) -> None:
        """Check the range and the tasks."""
        super().check()
        check_list("task_id", self.task_id)
        check_items("task_id", self.task_id, 0, MAX_TASKS)
        for index, task_id in enumerate(self.task_id):
            check_given(f"task_id[{index}]", task_id)


# Pushes to all users or to an audience


class GetPushFigures(_TasksOfRange, kw_only=True):
    """Read how many pushes of tasks were sent, delivered and clicked. Source: I71894.

    Attributes:
        start_time: unix seconds, start of the range.
        end_time: unix seconds, end of the range, which may span at most 30 days.
        task_id: up to 5 tasks; none for the whole range.
    """


class PlatformFigures(WireStruct, kw_only=True):
    """Counts of one channel.

    Attributes:
        event_type: 1 offline pushes, 2 online pushes; only for pushes of tasks.
        push_platform: the number of the channel.
        total_count: number that could be sent.
        sent_count: number sent.
        delivered_count: number delivered.
        click_count: number clicked.
    """

    event_type: int | None = None
    push_platform: int = always(0)
    total_count: int = always(0)
    sent_count: int = always(0)
    delivered_count: int = always(0)
    click_count: int = always(0)


class TaskFigures(WireStruct, kw_only=True):
    """Counts of one task.

    Attributes:
        task_id: the task.
        total_count: number that could be sent.
        sent_count: number sent.
        delivered_count: number delivered.
        click_count: number clicked.
        platform_statistics: the same for each channel.
    """

    task_id: str = msgspec.field(name="TaskID", default_factory=str)
    total_count: int = always(0)
    sent_count: int = always(0)
    delivered_count: int = always(0)
    click_count: int = always(0)
    platform_statistics: list[PlatformFigures] = msgspec.field(default_factory=list)


class PushFigures(Result, kw_only=True):
    """Counts task by task. Source: I71894.

    Attributes:
        results: one entry per task.
    """

    results: list[TaskFigures] = msgspec.field(default_factory=list)


class GetPushLosses(_TasksOfRange, kw_only=True):
    """Read why pushes of tasks failed. Source: I71895.

    Attributes:
        start_time: unix seconds, start of the range.
        end_time: unix seconds, end of the range, which may span at most 7 days.
        task_id: up to 5 tasks; none for the whole range.
    """


class PushLoss(WireStruct, kw_only=True):
    """A reason for losses.

    Attributes:
        err_code: the number of the reason, as text.
        err_count: number of occurrences.
        err_info: the reason as text.
    """

    err_code: str = always("")
    err_count: int = always(0)
    err_info: str = always("")


class PlatformLoss(WireStruct, kw_only=True):
    """A reason for losses of one channel.

    Attributes:
        event_type: 1 offline pushes, 2 online pushes; only for pushes of tasks.
        push_platform: the number of the channel.
        err_code: the number of the reason, as text.
        err_count: number of occurrences.
        err_info: the reason as text.
    """

    event_type: int | None = None
    push_platform: int = always(0)
    err_code: str = always("")
    err_count: int = always(0)
    err_info: str = always("")


class TaskLosses(WireStruct, kw_only=True):
    """Losses of one task.

    Attributes:
        task_id: the task.
        ready_to_send_loss: losses before sending.
        post_send_delivered_loss: losses after sending.
        platform_ready_to_send_loss: losses before sending, per channel.
        platform_post_send_delivered_loss: losses after sending, per channel.
    """

    task_id: str = msgspec.field(name="TaskID", default_factory=str)
    ready_to_send_loss: list[PushLoss] = msgspec.field(default_factory=list)
    post_send_delivered_loss: list[PushLoss] = msgspec.field(default_factory=list)
    platform_ready_to_send_loss: list[PlatformLoss] = msgspec.field(default_factory=list)
    platform_post_send_delivered_loss: list[PlatformLoss] = msgspec.field(default_factory=list)


class PushLosses(Result, kw_only=True):
    """Losses task by task. Source: I71895.

    Attributes:
        results: one entry per task.
    """

    results: list[TaskLosses] = msgspec.field(default_factory=list)


class GetPushTrace(Request, kw_only=True):
    """Trace a task's push to the devices of one user, within the last 7 days. Source: I71893.

    Attributes:
        task_id: the task.
        user_id: the user, 1 to 32 bytes.
    """

    task_id: str = msgspec.field(name="TaskID")
    user_id: str

    def check(self) -> None:
        """Check task and user."""
        check_given("task_id", self.task_id)
        check_account("user_id", self.user_id)


# Pushes of chat messages


class GetMessagePushFigures(_TimeRange, kw_only=True):
    """Read how many pushes of chat messages were sent, delivered and clicked. Source: I71897.

    Attributes:
        start_time: unix seconds, start of the range.
        end_time: unix seconds, end of the range, which may span at most 30 days.
    """


class MessagePushFigures(Result, kw_only=True):
    """Counts of the pushes of chat messages. Source: I71897.

    Attributes:
        total_count: number that could be sent.
        sent_count: number sent.
        delivered_count: number delivered.
        click_count: number clicked.
        platform_statistics: the same for each channel.
    """

    total_count: int = always(0)
    sent_count: int = always(0)
    delivered_count: int = always(0)
    click_count: int = always(0)
    platform_statistics: list[PlatformFigures] = msgspec.field(default_factory=list)


class GetMessagePushLosses(_TimeRange, kw_only=True):
    """Read why pushes of chat messages failed. Source: I71898.

    Attributes:
        start_time: unix seconds, start of the range.
        end_time: unix seconds, end of the range, which may span at most 7 days.
    """


class MessagePushLosses(Result, kw_only=True):
    """Losses of the pushes of chat messages. Source: I71898, whose sample is not JSON; this follows its table.

    Attributes:
        ready_to_send_loss: losses before sending.
        post_send_delivered_loss: losses after sending.
        platform_ready_to_send_loss: losses before sending, per channel.
        platform_post_send_delivered_loss: losses after sending, per channel.
    """

    ready_to_send_loss: list[PushLoss] = msgspec.field(default_factory=list)
    post_send_delivered_loss: list[PushLoss] = msgspec.field(default_factory=list)
    platform_ready_to_send_loss: list[PlatformLoss] = msgspec.field(default_factory=list)
    platform_post_send_delivered_loss: list[PlatformLoss] = msgspec.field(default_factory=list)


class GetMessagePushTrace(Request, kw_only=True):
    """Trace the push of a chat message to the devices it went to, within the last 7 days. Source: I71896.

    Attributes:
        push_id: the message's MsgId (`SendMsgResult.msg_id`).
    """

    push_id: str = msgspec.field(name="PushID")

    def check(self) -> None:
        """Check the id."""
        check_given("push_id", self.push_id)


# The trace of a push


class TraceStep(WireStruct, kw_only=True):
    """One step of a push.

    Attributes:
        push_status: the state of the step; the meaning of its numbers was not readable.
        error_code: 0 is success.
        error_info: the reason of a failure.
        event_time: the time of the step, such as "2025-03-07 10:04:47".
    """

    push_status: int = always(0)
    error_code: int = always(0)
    error_info: str = always("")
    event_time: str = always("")


class CommitTrace(WireStruct, kw_only=True):
    """The submission of a push.

    Attributes:
        im_stat: the push service accepted it.
    """

    im_stat: TraceStep | None = msgspec.field(name="IMStat", default=None)


class OfflineTrace(WireStruct, kw_only=True):
    """The steps of an offline push.

    Attributes:
        offline_stat: the push service sent it.
        channel_stat: the vendor's channel accepted it.
        device_stat: it reached the device.
        click_stat: it was clicked.
    """

    offline_stat: TraceStep | None = None
    channel_stat: TraceStep | None = None
    device_stat: TraceStep | None = None
    click_stat: TraceStep | None = None


class InstanceTrace(WireStruct, kw_only=True):
    """The trace of a push to one device.

    Attributes:
        instance_id: the device.
        push_time: when it was pushed, such as "2025-03-07 10:04:47".
        device_model: its model.
        system: such as `Android` or `APNS`.
        system_version: the version of the system.
        event_type: 1 offline push, 2 online push; only for pushes of tasks.
        push_platform: the number of the channel.
        token: the device's token.
        cert_id: the id of the certificate.
        sdk_version: the version of the chat SDK.
        push_version: the version of the push plugin.
        notification_status: whether the device shows notifications.
        last_active_terminal: 1 for the most recently used device.
        im_commit_stat: its submission.
        offline_push_stat: the steps of an offline push.
        online_push_stat: the steps of an online push as received; their fields were not readable.
    """

    instance_id: str = always("")
    push_time: str = always("")
    device_model: str = always("")
    system: str = always("")
    system_version: str = always("")
    event_type: int | None = None
    push_platform: int = always(0)
    token: str = always("")
    cert_id: str = always("")
    sdk_version: str = always("")
    push_version: str = always("")
    notification_status: int = always(0)
    last_active_terminal: int = msgspec.field(name="last_active_terminal", default_factory=int)
    im_commit_stat: CommitTrace | None = msgspec.field(name="IMCommitStat", default=None)
    offline_push_stat: OfflineTrace | None = None
    online_push_stat: dict[str, object] | None = None


class PushTrace(Result, kw_only=True):
    """The trace of a push, device by device. Source: I71893, I71896.

    Attributes:
        instance_trace: one entry per device.
    """

    instance_trace: list[InstanceTrace] = msgspec.field(default_factory=list)
