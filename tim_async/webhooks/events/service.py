"""Events of the service itself: limits, pushes, moderation."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ..._api.wire import WireStruct, always
from .._event import Event


class RequestOverLimit(Event, kw_only=True):
    """The calls of a command reached 80 % of its limit or more. Source: I60256, C105418.

    Attributes:
        service_name: the command's part before the slash, such as `openim`.
        command: its part after the slash, such as `sendmsg`.
        request: calls counted per second.
        limit: calls allowed per second.
    """

    callback_command: ClassVar[str] = "Alert.RequestOverLimit"
    service_name: str = always("")
    command: str = always("")
    request: int = always(0)
    limit: int = always(0)


class PushResult(WireStruct, kw_only=True):
    """The result of one offline push.

    Attributes:
        callback_command: `Push.OfflinePush`.
        event_type: 1 for a one-to-one message, 2 for a group message.
        event_time: unix seconds.
        from_account: the message's sender.
        to_account: the recipient.
        push_platform: 0 unknown, 1 APNs, 2 Xiaomi, 3 Huawei, 4 FCM, 5 Meizu, 6 OPPO, 7 vivo, 8 Honor.
        push_stage: 1 sent, 2 reached, 3 clicked.
        msg_key: the key of a one-to-one message.
        group_id: the group of a group message.
        msg_seq: the message's MsgSeq.
        msg_random: its MsgRandom.
        msg_time: unix seconds.
        push_id: the id of the push.
        err_code: the vendor's code, 0 for success.
        err_info: the vendor's text.
    """

    callback_command: str = always("")
    event_type: int = always(0)
    event_time: int = always(0)
    from_account: str = always("")
    to_account: str = always("")
    push_platform: int = always(0)
    push_stage: int = always(0)
    msg_key: str | None = None
    group_id: str | None = msgspec.field(default=None, name="GroupID")
    msg_seq: int | None = None
    msg_random: int | None = None
    msg_time: int | None = None
    push_id: str | None = msgspec.field(default=None, name="PushID")
    err_code: int = always(0)
    err_info: str | None = None


class OfflinePush(Event, kw_only=True):
    """The results of offline pushes. Source: I67552.

    Attributes:
        events: 1 to 100 pushes.
    """

    callback_command: ClassVar[str] = "Push.OfflinePush"
    _has_events: ClassVar[bool] = True
    events: list[PushResult] = msgspec.field(default_factory=list)


class TaskPushResult(WireStruct, kw_only=True):
    """The result of one push of a task.

    Attributes:
        callback_command: `Push.AllMemberPush`, or a sibling of it.
        event_type: 1 offline push, 2 online push, 3 click.
        task_id: the task id from the answer to the call that started it.
        task_time: unix seconds at which the task started.
        event_time: unix seconds.
        to_account: the recipient.
        push_platform: as in `PushResult`.
        push_stage: 1 sent, 2 reached, 3 clicked.
        err_code: the vendor's code, 0 for success.
        err_info: the vendor's text.
    """

    callback_command: str = always("")
    event_type: int = always(0)
    task_id: str = always("")
    task_time: int = always(0)
    event_time: int = always(0)
    to_account: str = always("")
    push_platform: int | None = None
    push_stage: int | None = None
    err_code: int = always(0)
    err_info: str | None = None


class AllMemberPush(Event, kw_only=True):
    """The results of pushes to all users. Known from a third-party SDK and a mirrored page.

    Attributes:
        events: 1 to 100 pushes.
    """

    callback_command: ClassVar[str] = "Push.AllMemberPush"
    _has_events: ClassVar[bool] = True
    events: list[TaskPushResult] = msgspec.field(default_factory=list)


class ContentResultNotify(Event, kw_only=True):
    """The result of a content check by moderation. Its fields are not in the documents available to us: see `body`."""

    callback_command: ClassVar[str] = "ContentCallback.ResultNotify"
