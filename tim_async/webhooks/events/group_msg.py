"""Events of group messages: sending, recalls, edits, read receipts, extensions.

EventTime is unix milliseconds, which the service writes as text in some events and as a number in others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from ..._api.wire import WireStruct, always
from ...models.elements import Element
from ...models.group_msg import GroupAt
from .._event import BeforeEvent, Event
from .._message import ExtensionItem, MemberRef


class GroupBeforeSendMsg(BeforeEvent, kw_only=True):
    """A group message is about to be sent. Source: I34374.

    Answers: allow, refuse (10016 for the sender, or a code of 10100 to 10200), drop, replace.

    Attributes:
        group_id: the group.
        type: its type.
        from_account: the sender.
        operator_account: who made the request.
        random: u32.
        msg_id: the message's id on clients; known from newer pages.
        online_only_flag: 1 for a message to online members only.
        msg_body: its elements; unknown kinds are `RawElem`.
        cloud_custom_data: the app's own data.
        topic_id: the topic, in communities with topics.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackBeforeSendMsg"
    group_id: str = always("")
    type: str = always("")
    from_account: str = always("")
    operator_account: str = always("")
    random: int = always(0)
    msg_id: str | None = None
    online_only_flag: int = always(0)
    msg_body: Sequence[Element] = ()
    cloud_custom_data: str | None = None
    topic_id: str | None = None
    event_time: int | None = None


class GroupAfterSendMsg(Event, kw_only=True):
    """A group message was sent. Source: I34375.

    Attributes:
        group_id: the group.
        type: its type.
        from_account: the sender.
        operator_account: who made the request.
        random: u32.
        msg_seq: the message's number in the group.
        msg_time: unix seconds.
        msg_id: the message's id on clients; known from newer pages.
        online_only_flag: 1 for a message to online members only.
        msg_body: its elements; unknown kinds are `RawElem`.
        cloud_custom_data: the app's own data.
        group_at_info: who is mentioned; known from newer pages.
        topic_id: the topic, in communities with topics.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterSendMsg"
    _marks: ClassVar[tuple[str, ...]] = ("group_id", "topic_id", "msg_seq", "random")
    group_id: str = always("")
    type: str = always("")
    from_account: str = always("")
    operator_account: str = always("")
    random: int = always(0)
    msg_seq: int = always(0)
    msg_time: int = always(0)
    msg_id: str | None = None
    online_only_flag: int = always(0)
    msg_body: Sequence[Element] = ()
    cloud_custom_data: str | None = None
    group_at_info: Sequence[GroupAt] | None = None
    topic_id: str | None = None
    event_time: int | None = None


class GroupSendMsgException(Event, kw_only=True):
    """A group message could not be sent. Source: I49462.

    Attributes:
        group_id: the group.
        type: its type.
        from_account: the sender.
        operator_account: who made the request.
        random: u32.
        online_only_flag: 1 for a message to online members only.
        msg_body: its elements; unknown kinds are `RawElem`.
        cloud_custom_data: the app's own data.
        error_code: the code it failed with.
        error_info: the reason.
        topic_id: the topic, in communities with topics.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackSendMsgException"
    group_id: str = always("")
    type: str = always("")
    from_account: str = always("")
    operator_account: str = always("")
    random: int = always(0)
    online_only_flag: int = always(0)
    msg_body: Sequence[Element] = ()
    cloud_custom_data: str | None = None
    error_code: int = always(0)
    error_info: str = always("")
    topic_id: str | None = None
    event_time: int | None = None


class RecalledMsg(WireStruct, kw_only=True):
    """A recalled group message.

    Attributes:
        msg_seq: its number in the group.
        msg_id: its id on clients; known from newer pages.
    """

    msg_seq: int = always(0)
    msg_id: str | None = None


class GroupAfterRecallMsg(Event, kw_only=True):
    """Group messages were recalled.

    Attributes:
        operator_account: who recalled them.
        type: the group's type.
        group_id: the group.
        msg_seq_list: the messages.
        topic_id: the topic, in communities with topics.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterRecallMsg"
    operator_account: str = always("")
    type: str = always("")
    group_id: str = always("")
    msg_seq_list: list[RecalledMsg] = msgspec.field(default_factory=list)
    topic_id: str | None = None
    event_time: int | None = None


class ReadReceipt(WireStruct, kw_only=True):
    """How many members have read a group message.

    Attributes:
        msg_seq: its number in the group.
        read_num: members who read it.
        unread_num: members who did not.
        read_receipt_members: who has just read it.
    """

    msg_seq: int = always(0)
    read_num: int = always(0)
    unread_num: int = always(0)
    read_receipt_members: list[MemberRef] = msgspec.field(default_factory=list)


class GroupAfterReadReceipt(Event, kw_only=True):
    """Read receipts of group messages were sent. Source: I60395.

    Attributes:
        group_id: the group.
        type: its type.
        group_msg_receipt_list: the messages.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterReadReceipt"
    group_id: str = always("")
    type: str = always("")
    group_msg_receipt_list: list[ReadReceipt] = msgspec.field(default_factory=list)
    event_time: int | None = None


class GroupAfterGroupMsgExtension(Event, kw_only=True):
    """A group message's extensions changed.

    Attributes:
        group_id: the group.
        msg_seq: the message's number in the group.
        operate_type: 1 set, 2 delete, 3 clear.
        extension_list: the items set or deleted.
        seq: newest version of the message's extensions.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterGroupMsgExtension"
    group_id: str = always("")
    msg_seq: int = always(0)
    operate_type: int = always(0)
    extension_list: list[ExtensionItem] = msgspec.field(default_factory=list)
    seq: int = always(0)
    event_time: int | None = None


class GroupAfterModifyMsg(Event, kw_only=True):
    """A stored group message was edited. Source: C129193; fields as in the events of the same kind.

    Attributes:
        operator_account: who edited.
        group_id: the group.
        type: its type.
        topic_id: the topic, in communities with topics.
        from_account: the message's sender.
        msg_seq: the message's number in the group.
        msg_time: unix seconds.
        msg_body: its elements now.
        cloud_custom_data: the app's own data now.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterModifyMsg"
    operator_account: str = always("")
    group_id: str = always("")
    type: str = always("")
    topic_id: str | None = None
    from_account: str = always("")
    msg_seq: int = always(0)
    msg_time: int | None = None
    msg_body: Sequence[Element] = ()
    cloud_custom_data: str | None = None
    event_time: int | None = None
