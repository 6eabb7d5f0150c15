"""Events of groups, their members, topics and messages.

EventTime is unix milliseconds, which the service writes as text in some events and as a number in others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from ..._api.wire import WireStruct, always
from ...models.elements import Element
from .._event import BeforeEvent, Event
from .._message import ExtensionItem, MemberRef, UserDefinedData


class GroupBeforeCreateGroup(BeforeEvent, kw_only=True):
    """A group is about to be made. Source: I34368. Answers: allow, refuse.

    Attributes:
        operator_account: who asks for it.
        owner_account: the owner-to-be, "" without one.
        type: the group's type.
        name: its name.
        create_group_num: how many groups of this type the owner has.
        member_list: the first members.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackBeforeCreateGroup"
    _older: ClassVar[Mapping[str, str]] = {"CreatedNum": "CreateGroupNum"}
    operator_account: str = always("")
    owner_account: str = always("")
    type: str = always("")
    name: str = always("")
    create_group_num: int | None = None
    member_list: list[MemberRef] = msgspec.field(default_factory=list)
    event_time: int | None = None


class GroupAfterCreateGroup(Event, kw_only=True):
    """A group was made. Source: I34369.

    Attributes:
        group_id: the group.
        operator_account: who made it.
        owner_account: its owner, "" without one.
        type: its type.
        name: its name.
        member_list: its first members.
        user_defined_data_list: its custom fields.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterCreateGroup"
    group_id: str = always("")
    operator_account: str = always("")
    owner_account: str = always("")
    type: str = always("")
    name: str = always("")
    member_list: list[MemberRef] = msgspec.field(default_factory=list)
    user_defined_data_list: list[UserDefinedData] = msgspec.field(default_factory=list)
    event_time: int | None = None


class GroupBeforeApplyJoinGroup(BeforeEvent, kw_only=True):
    """Someone asks to join a group. Source: I34370. Answers: allow, refuse.

    Attributes:
        group_id: the group.
        type: its type.
        requestor_account: who asks.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackBeforeApplyJoinGroup"
    group_id: str = always("")
    type: str = always("")
    requestor_account: str = always("")
    event_time: int | None = None


class GroupBeforeInviteJoinGroup(BeforeEvent, kw_only=True):
    """Accounts are about to be put into a group. Source: I34371. Answers: allow, refuse, refuse some.

    Attributes:
        group_id: the group.
        type: its type.
        operator_account: who invites.
        destination_members: who is invited.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackBeforeInviteJoinGroup"
    group_id: str = always("")
    type: str = always("")
    operator_account: str = always("")
    destination_members: list[MemberRef] = msgspec.field(default_factory=list)
    event_time: int | None = None


class GroupAfterNewMemberJoin(Event, kw_only=True):
    """A group has new members. Source: I34372.

    Attributes:
        group_id: the group.
        type: its type.
        join_type: Apply or Invited.
        operator_account: who invited them, or the one who joined.
        new_member_list: the new members.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterNewMemberJoin"
    group_id: str = always("")
    type: str = always("")
    join_type: str = always("")
    operator_account: str = always("")
    new_member_list: list[MemberRef] = msgspec.field(default_factory=list)
    event_time: int | None = None


class GroupAfterMemberExit(Event, kw_only=True):
    """Members left a group. Source: I34373.

    Attributes:
        group_id: the group.
        type: its type.
        exit_type: Kicked or Quit.
        operator_account: who removed them, or the one who left.
        exit_member_list: who left.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterMemberExit"
    group_id: str = always("")
    type: str = always("")
    exit_type: str = always("")
    operator_account: str = always("")
    exit_member_list: list[MemberRef] = msgspec.field(default_factory=list)
    event_time: int | None = None


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
        error_info: why.
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


class GroupAfterGroupFull(Event, kw_only=True):
    """A group has as many members as it may have. Source: I34376.

    Attributes:
        group_id: the group.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterGroupFull"
    group_id: str = always("")
    event_time: int | None = None


class GroupAfterGroupDestroyed(Event, kw_only=True):
    """A group was disbanded. Source: I34377.

    Attributes:
        group_id: the group.
        type: its type.
        owner_account: its owner.
        name: its name.
        member_list: its members.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterGroupDestroyed"
    group_id: str = always("")
    type: str = always("")
    owner_account: str = always("")
    name: str = always("")
    member_list: list[MemberRef] = msgspec.field(default_factory=list)
    event_time: int | None = None


class GroupAfterGroupInfoChanged(Event, kw_only=True):
    """A group's profile changed. Source: I34378. Only what changed is there.

    Attributes:
        group_id: the group.
        type: its type.
        operator_account: who changed it.
        name: its name now.
        introduction: its introduction now.
        notification: its announcement now.
        face_url: its avatar's address now.
        user_defined_data_list: custom fields that changed; known from older pages.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterGroupInfoChanged"
    group_id: str = always("")
    type: str = always("")
    operator_account: str = always("")
    name: str | None = None
    introduction: str | None = None
    notification: str | None = None
    face_url: str | None = None
    user_defined_data_list: list[UserDefinedData] = msgspec.field(default_factory=list)
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


class GroupOnMemberStateChange(Event, kw_only=True):
    """Members of an AVChatRoom came or went. Source: I48734.

    Attributes:
        group_id: the group.
        event_type: Online or Offline.
        member_list: the members.
        event_time: unix milliseconds; known from newer pages.
    """

    callback_command: ClassVar[str] = "Group.CallbackOnMemberStateChange"
    group_id: str = always("")
    event_type: str = always("")
    member_list: list[MemberRef] = msgspec.field(default_factory=list)
    event_time: int | None = None


class GroupBeforeCreateTopic(BeforeEvent, kw_only=True):
    """A topic is about to be made. Source: I49463. Answers: allow, refuse.

    Attributes:
        operator_account: who asks for it.
        type: the group's type, Community.
        name: the topic's name.
        group_id: the community; not on every page.
        event_time: unix milliseconds; not on every page.
    """

    callback_command: ClassVar[str] = "Group.CallbackBeforeCreateTopic"
    operator_account: str = always("")
    type: str = always("")
    name: str = always("")
    group_id: str | None = None
    event_time: int | None = None


class GroupAfterCreateTopic(Event, kw_only=True):
    """A topic was made. Source: I49464.

    Attributes:
        group_id: the community.
        topic_id: the topic.
        operator_account: who made it.
        owner_account: the community's owner.
        type: the group's type, Community.
        name: the topic's name.
        user_defined_data_list: its custom fields.
        event_time: unix milliseconds; not on every page.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterCreateTopic"
    group_id: str = always("")
    topic_id: str = always("")
    operator_account: str = always("")
    owner_account: str = always("")
    type: str = always("")
    name: str = always("")
    user_defined_data_list: list[UserDefinedData] = msgspec.field(default_factory=list)
    event_time: int | None = None


class GroupAfterTopicDestroyed(Event, kw_only=True):
    """Topics were removed. Source: I49465.

    Attributes:
        group_id: the community.
        type: the group's type, Community.
        topic_id_list: the topics.
        event_time: unix milliseconds; not on every page.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterTopicDestroyed"
    group_id: str = always("")
    type: str = always("")
    topic_id_list: list[str] = msgspec.field(default_factory=list)
    event_time: int | None = None


class GroupAfterTopicInfoChanged(Event, kw_only=True):
    """A topic's profile changed. Source: I49466. Only what changed is there.

    Attributes:
        group_id: the community.
        type: the group's type, Community.
        operator_account: who changed it.
        topic_id: the topic; not on every page.
        name: its name now.
        introduction: its introduction now.
        notification: its announcement now.
        face_url: its avatar's address now.
        event_time: unix milliseconds; not on every page.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterTopicInfoChanged"
    group_id: str = always("")
    type: str = always("")
    operator_account: str = always("")
    topic_id: str | None = None
    name: str | None = None
    introduction: str | None = None
    notification: str | None = None
    face_url: str | None = None
    event_time: int | None = None


class GroupAfterMemberFieldChanged(Event, kw_only=True):
    """A member's profile in a group changed. Source: I60393. Only what changed is there.

    Attributes:
        group_id: the group.
        type: its type.
        operator_account: who changed it.
        member_account: the member.
        role: Admin or Member.
        name_card: the member's name in the group.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterMemberFieldChanged"
    group_id: str = always("")
    type: str = always("")
    operator_account: str = always("")
    member_account: str = always("")
    role: str | None = None
    name_card: str | None = None
    event_time: int | None = None


class GroupAttr(WireStruct, kw_only=True):
    """A group attribute; its wire names are in lower case.

    Attributes:
        key: its name.
        value: its value.
    """

    key: str = msgspec.field(default_factory=str, name="key")
    value: str = msgspec.field(default_factory=str, name="value")


class GroupAfterGroupAttrChanged(Event, kw_only=True):
    """A group's attributes changed. Source: I60394.

    Attributes:
        group_id: the group.
        type: its type.
        operator_account: who changed them.
        option_type: set, modify, clear or delete.
        group_attr: the attributes that were set or deleted.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterGroupAttrChanged"
    group_id: str = always("")
    type: str = always("")
    operator_account: str = always("")
    option_type: str = always("")
    group_attr: list[GroupAttr] = msgspec.field(default_factory=list)
    event_time: int | None = None


class ReadReceipt(WireStruct, kw_only=True):
    """How far a group message was read.

    Attributes:
        msg_seq: its number in the group.
        read_num: members who read it.
        unread_num: members who did not.
        read_receipt_members: who read it just now.
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


class GroupAfterChangeGroupOwner(Event, kw_only=True):
    """A group has another owner. Source: I60396.

    Attributes:
        group_id: the group.
        type: its type.
        operator_account: who changed it.
        old_owner_account: the owner before.
        new_owner_account: the owner now.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterChangeGroupOwner"
    group_id: str = always("")
    type: str = always("")
    operator_account: str = always("")
    old_owner_account: str = always("")
    new_owner_account: str = always("")
    event_time: int | None = None


class GroupOnDailyGroupQuotaAlarm(Event, kw_only=True):
    """The groups made today, less those disbanded, are more than 70 % of what is allowed. Source: I57455.

    Attributes:
        quota_used: groups made today.
        quota: how many may be made in a day.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackOnDailyGroupQuotaAlarm"
    quota_used: int = always(0)
    quota: int = always(0)
    event_time: int | None = None


class GroupAfterGroupMsgExtension(Event, kw_only=True):
    """A group message's extensions changed.

    Attributes:
        group_id: the group.
        msg_seq: the message's number in the group.
        operate_type: 1 set, 2 delete, 3 clear.
        extension_list: what was set or deleted.
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
    """A stored group message was edited. Source: C129193; fields as far as its siblings have them.

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
