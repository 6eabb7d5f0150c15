"""Events of groups' members: joining, leaving, profiles in the group, presence.

EventTime is unix milliseconds, which the service writes as text in some events and as a number in others.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ..._api.wire import always
from .._event import BeforeEvent, Event
from .._message import MemberRef


class GroupBeforeApplyJoinGroup(BeforeEvent, kw_only=True):
    """Someone asks to join a group. Source: I34370. Answers: allow, refuse.

    Attributes:
        group_id: the group.
        type: its type.
        requestor_account: who asks to join.
        event_time: unix milliseconds.
    """

    callback_command: ClassVar[str] = "Group.CallbackBeforeApplyJoinGroup"
    group_id: str = always("")
    type: str = always("")
    requestor_account: str = always("")
    event_time: int | None = None


class GroupBeforeInviteJoinGroup(BeforeEvent, kw_only=True):
    """Accounts are about to be added to a group. Source: I34371. Answers: allow, refuse, refuse some.

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


class GroupAfterMemberFieldChanged(Event, kw_only=True):
    """A member's profile in a group changed. Source: I60393. Only changed fields are given.

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
