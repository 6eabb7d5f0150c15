"""Members of groups: add, remove, read, change, mute, ban. Source: I34900 to I34969, I50295 to I50297, I64897.

Where the documents are silent:

- Adding by the app needs no consent: Result 3 is never returned. A banned account fails with Result 0.
- An account that is not a member can be banned, but not muted or changed: 10007. In a live group, which has no lasting
  members, every imported account can be muted.
- The owner's role can be changed only by change_group_owner: 10004.
- Without Limit, a page of a community has 200 members, and one of another group all members.
- OnlineStatus is left out, as for an app that has not enabled it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...families.group_member import GroupMember as Family
from ...models.common import Empty
from ...models.group import GroupRequest
from ...models.group_member import (
    FOREVER,
    MAX_ADD,
    MAX_BAN,
    MAX_BAN_PAGE,
    MAX_IMPORT,
    MAX_PAGE,
    AccountRole,
    AddedMember,
    AddedMembers,
    AddMembers,
    BanMembers,
    BannedAccount,
    BannedAccounts,
    DeleteMembers,
    GetMembers,
    GetRoles,
    ImportedMember,
    ImportMembers,
    ListBanned,
    ListMembers,
    ListMuted,
    MemberInfos,
    MemberPage,
    ModifyMember,
    MutedAccount,
    MutedAccounts,
    MuteMembers,
    Roles,
    ShuttedUin,
    ShuttedUins,
    UnbanMembers,
)
from ..dispatch import Call, handles
from ..events.group import ask_to_add, emit_member_changed, emit_members_added, emit_members_removed
from ..state.codes import GroupCode
from ..state.group import (
    ADMIN,
    MEMBER,
    OWNER,
    Group,
    Groups,
    Member,
)
from ..state.refusal import Refusal
from ._group_profiles import checked, member_info
from ._notices import note_members
from .group import MEMBER_FIELDS, check_own, refuse_more_than, set_own

_FAILED: Final = 0
_DONE: Final = 1
_WAS_MEMBER: Final = 2


@handles(Family.add)
def add(call: Call) -> AddedMembers:
    """Add members; each that cannot join fails alone, but none is added if they would overfill the group."""
    group = _find(call, "can_add")
    refuse_more_than(call, "MemberList", MAX_ADD)
    request = call.read(AddMembers, code=GroupCode.PARAMS_INVALID)
    accounts = [member.member_account for member in request.member_list]
    _check_accounts(call, accounts)
    _check_room(call, group, accounts)
    new = [account for account in dict.fromkeys(accounts) if _can_join(call, group, account)]
    refused = ask_to_add(call, group, new) if new else set()
    new = [account for account in new if account not in refused]
    results: list[AddedMember] = []
    for account in accounts:
        result = _WAS_MEMBER if account in group.members else _FAILED
        if account in new and result == _FAILED:
            call.state.part(Groups).join(group, account, call.now)
            result = _DONE
        results.append(AddedMember(member_account=account, result=result))
    if new and request.silence != 1:
        note_members(group, call.identifier, call.state, call.now)
    emit_members_added(call, group, new)
    return AddedMembers(member_list=results)


def _can_join(call: Call, group: Group, account: str) -> bool:
    known = call.state.knows(account, call.now)
    return known and account not in group.members and not group.is_banned(account, call.now)


@handles(Family.import_members)
def import_members(call: Call) -> AddedMembers:
    """Import members, with the time they joined and their unread counts."""
    group = _find(call, "can_add")
    refuse_more_than(call, "MemberList", MAX_IMPORT)
    request = call.read(ImportMembers, code=GroupCode.PARAMS_INVALID)
    accounts = [member.member_account for member in request.member_list]
    _check_accounts(call, accounts)
    _check_room(call, group, accounts)
    results = [
        AddedMember(member_account=member.member_account, result=_import(call, group, member))
        for member in request.member_list
    ]
    return AddedMembers(member_list=results)


def _import(call: Call, group: Group, given: ImportedMember) -> int:
    account, joined = given.member_account, given.join_time
    if account in group.members:
        return _WAS_MEMBER
    if not call.state.knows(account, call.now):
        return _FAILED
    # JoinTime must lie between the creation of the group and now (I34969).
    if joined is not None and not group.create_time <= joined <= call.now:
        return _FAILED
    if given.role == ADMIN and not group.rules.has_admins:
        return _FAILED
    role = ADMIN if given.role == ADMIN else MEMBER
    call.state.part(Groups).join(group, account, call.now, role=role, join_time=joined)
    if given.unread_msg_num is not None:
        group.thread.set_unread(account, min(given.unread_msg_num, group.thread.next_seq - 1))
    return _DONE


@handles(Family.delete)
def delete(call: Call) -> Empty:
    """Remove members; skip accounts that are not members."""
    group = _find(call, "can_remove", code=GroupCode.PARAMS_INVALID)
    request = call.read(DeleteMembers, code=GroupCode.PARAMS_INVALID)
    gone = [account for account in request.member_to_del_account if call.state.part(Groups).leave(group, account)]
    if gone and request.silence != 1:
        note_members(group, call.identifier, call.state, call.now)
    emit_members_removed(call, group, gone)
    return Empty()


@handles(Family.list_members)
def list_members(call: Call) -> MemberPage:
    """Return a page of members, in the order of joining: by offset, in a community by cursor."""
    group = _find(call, "has_profiles")
    request = call.read(ListMembers, code=GroupCode.PARAMS_INVALID)
    wanted = [member for member in group.members.values() if _has_role(member, request.member_role_filter)]
    following: str | None = None
    if group.rules.has_topics:
        if request.offset:
            raise Refusal(GroupCode.PARAMS_INVALID, "Offset is not supported for a community, use Next")
        rest = [member for member in wanted if member.number > _read_cursor(request.next)]
        page = rest[: request.limit or MAX_PAGE]
        following = str(page[-1].number) if len(page) < len(rest) else ""
    else:
        first = request.offset or 0
        page = wanted[first:] if request.limit is None else wanted[first : first + request.limit]
    infos = [
        member_info(group, member, call.now, request.member_info_filter, request.app_defined_data_filter_group_member)
        for member in page
    ]
    return checked(MemberPage(member_num=len(group.members), member_list=infos, next=following))


def _read_cursor(cursor: str | None) -> int:
    if not cursor:
        return 0
    if not cursor.isdecimal() or len(cursor) > 18:
        raise Refusal(GroupCode.PARAMS_INVALID, "Next is not a cursor from an answer")
    return int(cursor)


@handles(Family.get_info)
def get_info(call: Call) -> MemberInfos:
    """Return the profiles of those accounts that are members."""
    group = _find(call, "has_profiles")
    request = call.read(GetMembers, code=GroupCode.PARAMS_INVALID)
    members = [group.members[name] for name in dict.fromkeys(request.member_list_account) if name in group.members]
    infos = [
        member_info(group, member, call.now, request.member_info_filter, request.app_defined_data_filter_group_member)
        for member in members
        if _has_role(member, request.member_role_filter)
    ]
    return MemberInfos(group_id=group.group_id, member_list=infos)


@handles(Family.modify_info)
def modify_info(call: Call) -> Empty:
    """Change the given fields of a member."""
    group = _find(call, "has_profiles")
    request = call.read(ModifyMember, code=GroupCode.PARAMS_INVALID)
    member = group.require_member(request.member_account)
    check_own(member.custom, request.app_member_defined_data, MEMBER_FIELDS)
    if request.role is not None:
        _check_role(group, member, request.role)
    if request.mute_time is not None:
        group.require("can_mute")
        group.thread.mute(member.account, request.mute_time, call.now)
    if request.role is not None:
        member.role = request.role
    if request.msg_flag is not None:
        member.msg_flag = request.msg_flag
    if request.name_card is not None:
        member.name_card = request.name_card
    set_own(member.custom, request.app_member_defined_data)
    if request.role is not None or request.mute_time is not None:
        note_members(group, call.identifier, call.state, call.now)
    emit_member_changed(call, group, request)
    return Empty()


def _check_role(group: Group, member: Member, role: str) -> None:
    if role == OWNER or member.role == OWNER:
        raise Refusal(GroupCode.PARAMS_INVALID, "the owner can be changed only by change_group_owner")
    if role == ADMIN:
        group.require("has_admins")


@handles(Family.get_roles)
def get_roles(call: Call) -> Roles:
    """Return the roles of accounts; NotMember for those that are not members."""
    group = _find(call, "has_profiles")
    request = call.read(GetRoles, code=GroupCode.PARAMS_INVALID)
    return Roles(
        user_id_list=[AccountRole(member_account=name, role=group.role(name)) for name in request.user_account]
    )


@handles(Family.mute)
def mute(call: Call) -> Empty:
    """Mute or unmute members in the group or in a topic."""
    group = _find(call, "can_mute")
    request = call.read(MuteMembers, code=GroupCode.PARAMS_INVALID)
    thread = group.thread_of(request.topic_id)
    for account in request.members_account:
        if group.rules.is_live:
            _check_imported(call, account)
        else:
            group.require_member(account)
    for account in request.members_account:
        thread.mute(account, request.mute_time, call.now)
    if request.topic_id is None:
        note_members(group, call.identifier, call.state, call.now)
    return Empty()


@handles(Family.list_muted)
def list_muted(call: Call) -> MutedAccounts:
    """Return the muted accounts of the group, or of a topic."""
    group = _find(call)
    request = call.read(ListMuted, code=GroupCode.PARAMS_INVALID)
    muted = group.thread_of(request.topic_id).muted(call.now)
    accounts = [MutedAccount(member_account=account, muted_until=until) for account, until in muted.items()]
    return MutedAccounts(group_id=group.group_id, muted_account_list=accounts)


@handles(Family.list_shutted)
def list_shutted(call: Call) -> ShuttedUins:
    """Return the muted accounts of the group, with the older field names."""
    group = _find(call)
    call.read(GroupRequest, code=GroupCode.PARAMS_INVALID)
    muted = group.thread.muted(call.now)
    accounts = [ShuttedUin(member_account=account, shutted_until=until) for account, until in muted.items()]
    return ShuttedUins(group_id=group.group_id, shutted_uin_list=accounts)


@handles(Family.ban)
def ban(call: Call) -> Empty:
    """Ban accounts for a time, and remove those that are members."""
    group = _find(call)
    refuse_more_than(call, "Members_Account", MAX_BAN)
    request = call.read(BanMembers, code=GroupCode.PARAMS_INVALID)
    for account in request.members_account:
        _check_imported(call, account)
    gone = [account for account in request.members_account if call.state.part(Groups).leave(group, account)]
    for account in request.members_account:
        group.bans[account] = min(int(call.now) + request.duration, FOREVER)
    if gone:
        note_members(group, call.identifier, call.state, call.now)
    emit_members_removed(call, group, gone)
    return Empty()


@handles(Family.unban)
def unban(call: Call) -> Empty:
    """Lift bans; skip accounts that are not banned."""
    group = _find(call)
    refuse_more_than(call, "Members_Account", MAX_BAN)
    request = call.read(UnbanMembers, code=GroupCode.PARAMS_INVALID)
    for account in request.members_account:
        group.bans.pop(account, None)
    return Empty()


@handles(Family.list_banned)
def list_banned(call: Call) -> BannedAccounts:
    """Return a page of the banned accounts, by the end of their bans (C89989)."""
    group = _find(call)
    request = call.read(ListBanned, code=GroupCode.PARAMS_INVALID)
    lasting = ((account, until) for account, until in group.bans.items() if until > call.now)
    banned = sorted(lasting, key=lambda ban: ban[1])
    last = request.offset + (request.limit or MAX_BAN_PAGE)
    accounts = [
        BannedAccount(member_account=account, banned_until=until) for account, until in banned[request.offset : last]
    ]
    return BannedAccounts(banned_account_list=accounts, next_offset=last if last < len(banned) else 0)


def _find(call: Call, *allowed: str, code: int = GroupCode.NO_PERMISSION) -> Group:
    return call.state.part(Groups).find_for(call.raw.get("GroupId"), *allowed, code=code)


def _has_role(member: Member, roles: Sequence[str] | None) -> bool:
    return not roles or member.role in roles


def _check_accounts(call: Call, accounts: Sequence[str]) -> None:
    if not any(call.state.knows(account, call.now) for account in accounts):
        raise Refusal(GroupCode.ACCOUNT_NOT_FOUND, "none of the accounts is imported")


def _check_imported(call: Call, account: str) -> None:
    if not call.state.knows(account, call.now):
        raise Refusal(GroupCode.PARAMS_INVALID, f"{account!r} is not imported")


def _check_room(call: Call, group: Group, accounts: Sequence[str]) -> None:
    new = {name for name in accounts if name not in group.members and call.state.knows(name, call.now)}
    if not group.room_for(len(new)):
        full = f"the group has {len(group.members)} of {group.max_member_num} members, no room for {len(new)} more"
        raise Refusal(GroupCode.FULL, full)
