"""Groups: create, read, change, destroy. Source: I34895 to I34967.

The state of groups is in `state.group`, what their types allow in `state.group_rules`. Where the documents are silent:

- A first member that is not imported is refused with 10019, more first members than the group may have with 10038.
- An account that is not imported has no groups: get_joined_group_list refuses it with 10004.
- A work group is active once it has a message.
- The maximum of a group may be set below its number of members; no account can join until enough have left.
- Custom fields over their limits (I34381) are refused with 10004. They need not be named in a console before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from ...families.group import Group as Family
from ...models.common import Empty
from ...models.group import (
    MAX_FIRST_MEMBERS,
    MAX_GROUPS_OF_APP,
    ChangeOwner,
    CreatedGroup,
    CreateGroup,
    DefinedData,
    FirstMember,
    GetGroups,
    GroupInfo,
    GroupInfos,
    GroupRequest,
    ImportedGroup,
    ImportGroup,
    JoinedGroups,
    ListedGroup,
    ListedGroups,
    ListGroups,
    ListJoined,
    ModifyGroup,
)
from ..dispatch import Call, handles
from ..events.group import ask_to_create, emit_created, emit_destroyed, emit_info_changed, emit_owner_changed
from ..state.codes import GroupCode
from ..state.group import (
    ADMIN,
    MEMBER,
    OWNER,
    Group,
    Groups,
)
from ..state.group_rules import WORK, Rules, rules_of
from ..state.refusal import Refusal
from ._group_profiles import checked, group_info, joined_group
from ._notices import note_profile

OWN_KEY_MAX_BYTES: Final = 16
_OWN_KEY: Final = re.compile(rf"[A-Za-z0-9_]{{1,{OWN_KEY_MAX_BYTES}}}")


class OwnLimits(NamedTuple):
    """The limits of custom fields.

    Attributes:
        fields: how many there can be.
        value_bytes: the longest value.
    """

    fields: int
    value_bytes: int


GROUP_FIELDS: Final = OwnLimits(10, 512)
MEMBER_FIELDS: Final = OwnLimits(5, 64)


@handles(Family.create)
def create(call: Call) -> CreatedGroup:
    """Create a group with its owner and first members; a live group starts empty."""
    refuse_more_than(call, "MemberList", MAX_FIRST_MEMBERS)
    request = call.read(CreateGroup, code=GroupCode.PARAMS_INVALID)
    groups = call.state.part(Groups)
    rules = _rules(request.type)
    first = {member.member_account: member for member in request.member_list or ()}
    if first and not rules.can_add:
        raise Refusal(GroupCode.NO_PERMISSION, f"members cannot be added to {rules.kind} groups")
    for account, member in first.items():
        if not call.state.knows(account, call.now):
            raise Refusal(GroupCode.ACCOUNT_NOT_FOUND, f"Member_Account {account!r} is not imported")
        if member.role == ADMIN and not rules.has_admins:
            raise Refusal(GroupCode.NO_PERMISSION, f"{rules.kind} groups have no admins")
        if member.role == OWNER and account != request.owner_account:
            raise Refusal(GroupCode.PARAMS_INVALID, "the owner must be given by Owner_Account")
    accounts = [*([request.owner_account] if request.owner_account else []), *first]
    cap = groups.cap(rules, request.max_member_count)
    if cap is not None and len(set(accounts)) > cap:
        raise Refusal(
            GroupCode.MEMBER_LIMIT, f"the group would have {len(set(accounts))} members, at most {cap} are allowed"
        )
    _check_community(rules, request.support_topic, request.enable_permission)
    check_own({}, request.app_defined_data, GROUP_FIELDS)
    for member in first.values():
        check_own({}, member.app_member_defined_data, MEMBER_FIELDS)
    groups.check_new(rules, call.now, group_id=request.group_id, owner=request.owner_account)
    ask_to_create(call, rules, request.name, request.owner_account, first)
    group = _make(call, groups, rules, request)
    group.enable_permission = request.enable_permission or 0
    group.default_permission = request.default_permission or 0
    if rules.can_add:
        for account in dict.fromkeys(accounts):
            given = first.get(account) or FirstMember(member_account=account)
            joined = groups.join(group, account, call.now, role=given.role or MEMBER)
            set_own(joined.custom, given.app_member_defined_data)
    emit_created(call, group)
    return CreatedGroup(group_id=group.group_id, type=group.kind)


@handles(Family.import_group)
def import_group(call: Call) -> ImportedGroup:
    """Import a group; live groups cannot be imported."""
    request = call.read(ImportGroup, code=GroupCode.PARAMS_INVALID)
    groups = call.state.part(Groups)
    rules = _rules(request.type)
    if rules.is_live:
        raise Refusal(GroupCode.NO_PERMISSION, f"{rules.kind} groups cannot be imported")
    if request.create_time is not None and request.create_time > call.now:
        raise Refusal(GroupCode.PARAMS_INVALID, "CreateTime is in the future")
    _check_community(rules, request.support_topic, None)
    check_own({}, request.app_defined_data, GROUP_FIELDS)
    if request.max_member_count is None and rules.default_max_members != rules.max_members:
        request.max_member_count = 2_000
    group = _make(call, groups, rules, request)
    if request.create_time is not None:
        group.create_time = request.create_time
    if group.owner is not None:
        groups.join(group, group.owner, call.now, join_time=group.create_time)
    return ImportedGroup(group_id=group.group_id)


def _make(call: Call, groups: Groups, rules: Rules, request: CreateGroup | ImportGroup) -> Group:
    group = groups.create(
        rules,
        request.name,
        call.now,
        group_id=request.group_id,
        owner=request.owner_account,
        max_members=request.max_member_count,
    )
    group.introduction = request.introduction or ""
    group.notification = request.notification or ""
    group.face_url = request.face_url or ""
    group.apply_join_option = request.apply_join_option or group.apply_join_option
    group.invite_join_option = request.invite_join_option or group.invite_join_option
    group.support_topic = request.support_topic == 1
    set_own(group.custom, request.app_defined_data)
    return group


def _rules(name: str) -> Rules:
    rules = rules_of(name)
    if rules is None:
        raise Refusal(GroupCode.PARAMS_INVALID, f"unknown group type {name!r}")
    return rules


def _check_community(rules: Rules, support_topic: int | None, enable_permission: int | None) -> None:
    if support_topic == 1 and not rules.has_topics:
        raise Refusal(GroupCode.PARAMS_INVALID, f"{rules.kind} groups have no topics")
    if enable_permission == 1 and support_topic != 1:
        raise Refusal(GroupCode.PARAMS_INVALID, "EnablePermission requires a community with topics")


@handles(Family.get_info)
def get_info(call: Call) -> GroupInfos:
    """Return the profiles of 1 to 50 groups; an unknown group fails alone."""
    request = call.read(GetGroups, code=GroupCode.PARAMS_INVALID)
    groups = call.state.part(Groups)
    infos: list[GroupInfo] = []
    for group_id in request.group_id_list:
        try:
            group = groups.find(group_id)
        except Refusal as refusal:
            infos.append(GroupInfo(group_id=group_id, error_code=refusal.code, error_info=refusal.info))
        else:
            infos.append(group_info(group, call.state.sdk_app_id, call.now, request.response_filter))
    return checked(GroupInfos(group_info=infos))


@handles(Family.modify_info)
def modify_info(call: Call) -> Empty:
    """Change the given fields of a group's profile."""
    group = call.state.part(Groups).find(call.raw.get("GroupId"))
    request = call.read(ModifyGroup, code=GroupCode.PARAMS_INVALID)
    if request.mute_all_member == "On":
        group.require("can_mute")
    if request.enable_permission == 1 and not group.support_topic:
        raise Refusal(GroupCode.PARAMS_INVALID, "EnablePermission requires a community with topics")
    check_own(group.custom, request.app_defined_data, GROUP_FIELDS)
    if request.max_member_num is not None:
        group.max_member_num = call.state.part(Groups).cap(group.rules, request.max_member_num)
    for field in (
        "name",
        "introduction",
        "notification",
        "face_url",
        "apply_join_option",
        "invite_join_option",
        "enable_permission",
        "default_permission",
    ):
        value = getattr(request, field)
        if value is not None:
            setattr(group, field, value)
    if request.mute_all_member is not None:
        group.thread.mute_all = request.mute_all_member == "On"
    if request.history_msg_before_join is not None:
        group.history_before_join = request.history_msg_before_join == "On"
    set_own(group.custom, request.app_defined_data)
    group.touch(call.now)
    if any(text is not None for text in (request.name, request.introduction, request.notification, request.face_url)):
        note_profile(group, call.identifier, call.state, call.now)
    emit_info_changed(call, group, request)
    return Empty()


@handles(Family.destroy)
def destroy(call: Call) -> Empty:
    """Destroy a group."""
    groups = call.state.part(Groups)
    group = groups.find(call.raw.get("GroupId"))
    call.read(GroupRequest, code=GroupCode.PARAMS_INVALID)
    emit_destroyed(call, group)
    groups.destroy(group)
    return Empty()


@handles(Family.change_owner)
def change_owner(call: Call) -> Empty:
    """Transfer a group to another member; the old owner becomes a plain member."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "can_transfer")
    request = call.read(ChangeOwner, code=GroupCode.PARAMS_INVALID)
    new = group.require_member(request.new_owner_account, code=GroupCode.PARAMS_INVALID)
    before = group.owner
    old = group.members.get(before) if before is not None else None
    if old is not None:
        old.role = MEMBER
    new.role = OWNER
    group.owner = new.account
    group.touch(call.now)
    note_profile(group, call.identifier, call.state, call.now)
    emit_owner_changed(call, group, before, request.from_account)
    return Empty()


@handles(Family.list_all)
def list_all(call: Call) -> ListedGroups:
    """Return a page of all groups, in the order of creation."""
    request = call.read(ListGroups, code=GroupCode.PARAMS_INVALID)
    groups = [group for group in call.state.part(Groups).groups.values() if _is_of(group, request.group_type)]
    rest = [group for group in groups if group.number > (request.next or 0)]
    page = rest[: request.limit or MAX_GROUPS_OF_APP]
    return ListedGroups(
        total_count=len(groups),
        group_id_list=[ListedGroup(group_id=group.group_id) for group in page],
        next=page[-1].number if len(page) < len(rest) else 0,
    )


@handles(Family.list_joined)
def list_joined(call: Call) -> JoinedGroups:
    """Return the groups of an account, in the order it joined them."""
    request = call.read(ListJoined, code=GroupCode.PARAMS_INVALID)
    account = request.member_account
    if not call.state.knows(account, call.now):
        raise Refusal(GroupCode.PARAMS_INVALID, f"Member_Account {account!r} is not imported")
    groups = [group for group in call.state.part(Groups).joined(account) if _is_listed(group, request)]
    first = request.offset or 0
    page: Iterable[Group] = islice(groups, first, None if request.limit is None else first + request.limit)
    with_topics = request.support_topic == 1
    infos = [joined_group(group, account, request.response_filter, with_topics=with_topics) for group in page]
    return checked(JoinedGroups(total_count=len(groups), group_id_list=infos))


def _is_listed(group: Group, request: ListJoined) -> bool:
    if group.rules.is_live and request.with_huge_groups != 1:
        return False
    if group.kind == WORK and not group.thread.is_active and request.with_no_active_groups != 1:
        return False
    if request.support_topic == 1 and not group.support_topic:
        return False
    return _is_of(group, request.group_type)


def _is_of(group: Group, kind: str | None) -> bool:
    return kind is None or rules_of(kind) is group.rules


def refuse_more_than(call: Call, field: str, high: int) -> None:
    """Refuse a list with too many accounts, with its own code (10005)."""
    items = call.raw.get(field)
    if isinstance(items, list) and len(items) > high:
        raise Refusal(GroupCode.TOO_MANY_ACCOUNTS, f"{field} has {len(items)} entries, at most {high} are allowed")


def check_own(custom: Mapping[str, str], data: Sequence[DefinedData] | None, limits: OwnLimits) -> None:
    """Refuse custom fields that a group or a member cannot have in addition to its own (I34381)."""
    for field in data or ():
        if _OWN_KEY.fullmatch(field.key) is None:
            raise Refusal(
                GroupCode.PARAMS_INVALID,
                f"the Key of a custom field must be 1 to {OWN_KEY_MAX_BYTES} letters, digits and underscores",
            )
        size = len((field.value or "").encode())
        if size > limits.value_bytes:
            raise Refusal(
                GroupCode.PARAMS_INVALID,
                f"custom field {field.key!r} has {size} bytes, at most {limits.value_bytes} are allowed",
            )
    count = len({*custom, *(field.key for field in data or ())})
    if count > limits.fields:
        raise Refusal(GroupCode.PARAMS_INVALID, f"{count} custom fields, at most {limits.fields} are allowed")


def set_own(custom: dict[str, str], data: Sequence[DefinedData] | None) -> None:
    """Set the custom fields of a request, and keep the others."""
    for field in data or ():
        custom[field.key] = field.value or ""
