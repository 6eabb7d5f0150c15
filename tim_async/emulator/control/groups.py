"""Groups and their members."""

from __future__ import annotations

from typing import Final

import msgspec

from ..state.group import Group
from .context import Control
from .conversations import newest_of_group, unread_of
from .routes import Asked, NotFoundError, route
from .seen import Preview
from .views import Done, Page


class MemberView(msgspec.Struct, kw_only=True):
    """A member.

    Attributes:
        account: the account.
        role: Owner, Admin or Member.
        join_time: unix seconds.
        is_online: whether it joined from a client and is present.
        unread: the number of its unread messages, 100 is 100 or more; None in groups of many members.
    """

    account: str
    role: str
    join_time: int
    is_online: bool
    unread: int | None


class GroupView(msgspec.Struct, kw_only=True):
    """A group.

    Attributes:
        group_id: its id.
        type: such as Public or AVChatRoom.
        name: its name.
        owner: its owner, None without one.
        create_time: unix seconds.
        members: the number of members.
        messages: MsgSeq of the newest message, 0 without one.
        newest: the newest message; None without one, and in groups that store none.
    """

    group_id: str
    type: str
    name: str
    owner: str | None
    create_time: int
    members: int
    messages: int
    newest: Preview | None


class WholeGroup(GroupView, kw_only=True):
    """A group with its first thousand members.

    Attributes:
        member_list: the members in the order in which they joined.
    """

    member_list: list[MemberView]


class GroupList(msgspec.Struct, kw_only=True):
    """Groups.

    Attributes:
        total: the number of all groups.
        groups: those of this page, the newest first.
    """

    total: int
    groups: list[GroupView]


class Accounts(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The accounts that join or leave.

    Attributes:
        accounts: the accounts.
        is_approved: whether owner or admins approve, if the group requires it; ignored for leaving.
    """

    accounts: list[str]
    is_approved: bool = False


_LISTED_MEMBERS: Final = 1000
# Unread messages are counted one by one.
_COUNTED_MEMBERS: Final = 200


def _view(control: Control, group: Group) -> GroupView:
    return GroupView(
        group_id=group.group_id,
        type=group.rules.kind,
        name=group.name,
        owner=group.owner,
        create_time=group.create_time,
        members=len(group.members),
        messages=group.thread.next_seq - 1,
        newest=newest_of_group(control, group.owner or "", group.thread),
    )


def _group(control: Control, group_id: str) -> Group:
    group = control.emulator.groups.get(group_id)
    if group is None:
        raise NotFoundError(f"group {group_id!r} does not exist", field="group_id")
    return group


@route("GET", "/groups", query=Page, answer=GroupList, summary="The groups, the newest first.")
def groups(control: Control, asked: Asked[Page, None]) -> GroupList:
    """Return a page of the groups."""
    kept = list(control.emulator.groups.values())[::-1]
    page = kept[asked.query.offset : asked.query.offset + asked.query.limit]
    return GroupList(total=len(kept), groups=[_view(control, each) for each in page])


@route("GET", "/groups/{group_id}", answer=WholeGroup, summary="One group with its members.")
def group(control: Control, asked: Asked[None, None]) -> WholeGroup:
    """Return a group."""
    found = _group(control, asked.path["group_id"])
    members = list(found.members.values())[:_LISTED_MEMBERS]
    return WholeGroup(
        **msgspec.structs.asdict(_view(control, found)),
        member_list=[
            MemberView(
                account=each.account,
                role=each.role,
                join_time=each.join_time,
                is_online=each.is_online,
                unread=unread_of(found.thread, each.account) if len(members) <= _COUNTED_MEMBERS else None,
            )
            for each in members
        ],
    )


@route("POST", "/groups/{group_id}/join", body=Accounts, answer=Done, summary="Make accounts join, as from a client.")
def join(control: Control, asked: Asked[None, Accounts]) -> Done:
    """Make accounts join a group, as from a client."""
    found = _group(control, asked.path["group_id"])
    control.emulator.join_group(found.group_id, *asked.body.accounts, approved=asked.body.is_approved)
    return Done(count=len(asked.body.accounts))


@route("POST", "/groups/{group_id}/leave", body=Accounts, answer=Done, summary="Make members leave, as from a client.")
def leave(control: Control, asked: Asked[None, Accounts]) -> Done:
    """Make members leave a group, as from a client."""
    found = _group(control, asked.path["group_id"])
    control.emulator.leave_group(found.group_id, *asked.body.accounts)
    return Done(count=len(asked.body.accounts))
