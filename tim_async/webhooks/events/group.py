"""Events of groups themselves: profiles, attributes, owners and quotas.

EventTime is unix milliseconds, which the service writes as text in some events and as a number in others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from ..._api.wire import WireStruct, always
from .._event import BeforeEvent, Event
from .._message import MemberRef, UserDefinedData


class GroupBeforeCreateGroup(BeforeEvent, kw_only=True):
    """A group is about to be created. Source: I34368. Answers: allow, refuse.

    Attributes:
        operator_account: who requests it.
        owner_account: the future owner, "" without one.
        type: the group's type.
        name: its name.
        create_group_num: number of groups of this type that the owner has.
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
    """A group was created. Source: I34369.

    Attributes:
        group_id: the group.
        operator_account: who created it.
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


class GroupAfterGroupInfoChanged(Event, kw_only=True):
    """A group's profile changed. Source: I34378. Only changed fields are given.

    Attributes:
        group_id: the group.
        type: its type.
        operator_account: who changed it.
        name: its name now.
        introduction: its introduction now.
        notification: its announcement now.
        face_url: its avatar's URL now.
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


class GroupAfterChangeGroupOwner(Event, kw_only=True):
    """A group has another owner. Source: I60396.

    Attributes:
        group_id: the group.
        type: its type.
        operator_account: who changed it.
        old_owner_account: the previous owner.
        new_owner_account: the new owner.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackAfterChangeGroupOwner"
    group_id: str = always("")
    type: str = always("")
    operator_account: str = always("")
    old_owner_account: str = always("")
    new_owner_account: str = always("")
    event_time: int | None = None


class GroupAfterGroupFull(Event, kw_only=True):
    """A group has reached its maximum number of members. Source: I34376.

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


class GroupOnDailyGroupQuotaAlarm(Event, kw_only=True):
    """More than 70 % of the daily quota for new groups is used; disbanded groups are not counted. Source: I57455.

    Attributes:
        quota_used: groups created today.
        quota: groups that may be created per day.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackOnDailyGroupQuotaAlarm"
    quota_used: int = always(0)
    quota: int = always(0)
    event_time: int | None = None
