"""Live groups (AVChatRoom): online members, marks, robots, admins. Source: I38521, I50293, I50294, I60524 to I60527.

Members join by `Emulator.join_group`, as from a client, and leave by `Emulator.leave_group`. A robot is an account with
the mark 500: it is listed as online for three days, whether it joined or not. The mark 600 keeps an account off the
list.

Where the documents are silent: lists begin with the latest member to join; too many marks and more than five admins are
refused with 10004, and nothing is changed; an account that is not imported is refused with 10004. The real service
updates its lists about every ten seconds, the emulator at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from ...families.live_group import LiveGroup as Family
from ...models.common import Empty
from ...models.group import GroupRequest
from ...models.live_group import (
    HIDDEN_MARK,
    MAX_ADMINS,
    MAX_MARKS,
    PAGE_SIZE,
    ROBOT_MARK,
    AddRobots,
    ChangedMarks,
    ListOnline,
    LiveAdmin,
    LiveAdmins,
    LiveMembers,
    MarkedMembers,
    MarkMembers,
    ModifyAdmins,
    OnlineMember,
    OnlineMembers,
    OnlineNum,
    PresentMembers,
)
from ..dispatch import Call, handles
from ..state.codes import GroupCode
from ..state.core import DAY_S
from ..state.group import ADMIN, MEMBER, OWNER, Group, Groups, Mark
from ..state.refusal import Refusal

MAX_LISTED: Final = 1_000
_MAX_MEMBERS_PER_MARK: Final = 1_000
_ROBOT_LIFE_S: Final = 3 * DAY_S


@handles(Family.get_online_num)
def get_online_num(call: Call) -> OnlineNum:
    """Return how many members are online, for groups of all types."""
    group = call.state.part(Groups).find(call.raw.get("GroupId"))
    call.read(GroupRequest, code=GroupCode.PARAMS_INVALID)
    return OnlineNum(online_member_num=sum(1 for _ in _online(group, call.now)))


@handles(Family.list_online)
def list_online(call: Call) -> OnlineMembers:
    """Return a page of the online members of a live group or a community, the latest first."""
    group = call.state.part(Groups).find(call.raw.get("GroupId"))
    if not group.rules.is_live and not group.rules.has_topics:
        raise Refusal(GroupCode.NO_PERMISSION, f"{group.kind} groups have no list of online members")
    request = call.read(ListOnline, code=GroupCode.PARAMS_INVALID)
    online = sorted(_online(group, call.now), reverse=True)[:MAX_LISTED]
    rest = [
        (number, account, since)
        for number, account, since in online
        if (not request.timestamp or number < request.timestamp) and _is_listed(group, account, request.mark)
    ]
    page = rest[:PAGE_SIZE]
    return OnlineMembers(
        member_list=[_online_member(call, group, account, since) for _, account, since in page],
        next_timestamp=page[-1][0] if len(page) < len(rest) else 0,
    )


def _online(group: Group, now: float) -> Iterator[tuple[int, str, int]]:
    """Yield number, account and the second of joining, of members who are online and of robots."""
    for member in group.members.values():
        if member.is_online:
            yield member.number, member.account, member.join_time
    for account, marks in group.marks.items():
        robot = marks.get(ROBOT_MARK)
        here = group.members.get(account)
        if robot is not None and now - robot.since < _ROBOT_LIFE_S and (here is None or not here.is_online):
            yield robot.number, account, int(robot.since)


def _is_listed(group: Group, account: str, mark: int | None) -> bool:
    marks = group.marks.get(account, {})
    return HIDDEN_MARK not in marks and (mark is None or mark in marks)


def _online_member(call: Call, group: Group, account: str, since: int) -> OnlineMember:
    known = call.state.accounts[account]
    return OnlineMember(
        member_account=account,
        join_time=since,
        nick_name=known.nick or "",
        avatar=known.face_url or "",
        marks=sorted(group.marks.get(account, {})) or None,
    )


@handles(Family.mark_members)
def mark_members(call: Call) -> MarkedMembers:
    """Set or remove marks of online members; others are left out of the answer."""
    group = _find(call)
    request = call.read(MarkMembers, code=GroupCode.PARAMS_INVALID)
    changes = {
        member.member_account: list(dict.fromkeys(member.marks))
        for member in request.member_list
        if member.member_account in group.members or ROBOT_MARK in member.marks
    }
    for account in changes:
        _check_imported(call, account)
    results: list[ChangedMarks] = []
    changed = {account: dict(marks) for account, marks in group.marks.items()}
    for account, marks in changes.items():
        # An account that is not present can only have the mark of a robot.
        allowed = marks if account in group.members else [ROBOT_MARK]
        for mark in allowed:
            if request.command_type == 1:
                changed.setdefault(account, {}).setdefault(mark, Mark(number=group.next_number(), since=call.now))
            else:
                changed.get(account, {}).pop(mark, None)
        results.append(ChangedMarks(member_account=account, marks=allowed))
    counts = Counter(mark for marks in changed.values() for mark in marks)
    if len(counts) > MAX_MARKS:
        raise Refusal(GroupCode.PARAMS_INVALID, f"a group can have at most {MAX_MARKS} different marks")
    if any(count > _MAX_MEMBERS_PER_MARK for count in counts.values()):
        raise Refusal(GroupCode.PARAMS_INVALID, f"at most {_MAX_MEMBERS_PER_MARK} members can have the same mark")
    group.marks = {account: marks for account, marks in changed.items() if marks}
    return MarkedMembers(command_type=request.command_type, member_list=results)


@handles(Family.add_robots)
def add_robots(call: Call) -> Empty:
    """Give accounts the mark of a robot."""
    group = _find(call)
    request = call.read(AddRobots, code=GroupCode.PARAMS_INVALID)
    accounts = request.member_account or ()
    for account in accounts:
        _check_imported(call, account)
    for account in accounts:
        mark = Mark(number=group.next_number(), since=call.now)
        group.marks.setdefault(account, {}).setdefault(ROBOT_MARK, mark)
    return Empty()


@handles(Family.delete_robots)
def delete_robots(call: Call) -> Empty:
    """Remove the mark of a robot from accounts that have it."""
    group = _find(call)
    request = call.read(LiveMembers, code=GroupCode.PARAMS_INVALID)
    for account in request.member_account:
        marks = group.marks.get(account, {})
        marks.pop(ROBOT_MARK, None)
        if not marks:
            group.marks.pop(account, None)
    return Empty()


@handles(Family.modify_admins)
def modify_admins(call: Call) -> Empty:
    """Add or remove admins of a live group, present or not."""
    group = _find(call)
    request = call.read(ModifyAdmins, code=GroupCode.PARAMS_INVALID)
    admins = dict.fromkeys(group.live_admins)
    for account in request.admin_account:
        _check_imported(call, account)
        if request.command_type == 1:
            admins[account] = None
        else:
            admins.pop(account, None)
    if len(admins) > MAX_ADMINS:
        raise Refusal(GroupCode.PARAMS_INVALID, f"a live group can have at most {MAX_ADMINS} admins")
    group.live_admins = list(admins)
    for member in group.members.values():
        if member.role != OWNER:
            member.role = ADMIN if member.account in admins else MEMBER
    return Empty()


@handles(Family.list_admins)
def list_admins(call: Call) -> LiveAdmins:
    """Return the admins."""
    group = _find(call)
    call.read(GroupRequest, code=GroupCode.PARAMS_INVALID)
    known = [call.state.accounts[account] for account in group.live_admins]
    return LiveAdmins(
        admin_list=[
            LiveAdmin(admin_account=account.user_id, nick_name=account.nick or "", avatar=account.face_url or "")
            for account in known
        ]
    )


@handles(Family.check_members)
def check_members(call: Call) -> PresentMembers:
    """Return which of the given accounts are in a live group."""
    group = _find(call)
    request = call.read(LiveMembers, code=GroupCode.PARAMS_INVALID)
    return PresentMembers(member_account=[name for name in request.member_account if name in group.members])


def _find(call: Call) -> Group:
    return call.state.part(Groups).find_for(call.raw.get("GroupId"), "is_live")


def _check_imported(call: Call, account: str) -> None:
    if not call.state.knows(account, call.now):
        raise Refusal(GroupCode.PARAMS_INVALID, f"{account!r} is not imported")
