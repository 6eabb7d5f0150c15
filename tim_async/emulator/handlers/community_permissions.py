"""Communities: permission groups. Source: I61232 to I61242.

Permissions are stored and returned, but not enforced: every caller is an admin of the app. Deleting a member who is not
in the permission group is a success (I61241).

Where the documents are silent: an unknown permission group is 110006, for the whole call or for its entry in a list.
Adding permissions in a topic that has some replaces them; deleting them where there are none is a success. A deleted
member has the Result 1. Members are listed in the order in which they were added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...families.community import Community
from ...models.common import Empty
from ...models.community import (
    MAX_LISTED_MEMBERS,
    MAX_PERMISSION_GROUPS,
    AddedPermissionMember,
    AddPermissionGroupMembers,
    AddPermissionGroupMembersResult,
    AddTopicPermissions,
    CreatePermissionGroup,
    DeletedPermissionMember,
    DeletePermissionGroupMembers,
    DeletePermissionGroupMembersResult,
    DeleteTopicPermissions,
    DestroyPermissionGroups,
    DestroyPermissionGroupsResult,
    GetPermissionGroupMembers,
    GetPermissionGroups,
    GetTopicPermissions,
    ListedPermissionMember,
    ModifyPermissionGroup,
    PermissionGroupCreated,
    PermissionGroupInfo,
    PermissionGroupMembers,
    PermissionGroupOutcome,
    PermissionGroups,
    SetTopicPermissions,
    TopicOutcome,
    TopicOutcomes,
    TopicPermissionResult,
    TopicPermissions,
)
from ..dispatch import Call, handles
from ..state.codes import GroupCode
from ..state.community import PermissionGroup, free_id
from ..state.group import Group
from ..state.refusal import Refusal
from ._communities import find_community

_FAILED, _ADDED, _KNOWN = 0, 1, 2
_DELETED: Final = 1
_NO_TOPIC: Final = "the topic does not exist"
_MAX_PLACE_DIGITS: Final = 9


def _permission_group(group: Group, permission_group_id: str) -> PermissionGroup:
    found = group.permission_groups.get(permission_group_id)
    if found is None:
        raise Refusal(GroupCode.PERMISSION_GROUP_NOT_FOUND, f"permission group {permission_group_id!r} does not exist")
    return found


@handles(Community.create_permission_group)
def create_permission_group(call: Call) -> PermissionGroupCreated:
    """Create a permission group."""
    group = find_community(call)
    request = call.read(CreatePermissionGroup, code=GroupCode.PARAMS_INVALID)
    own_id = request.permission_group_id or free_id("@PMG#_@PMG#c", group.permission_groups)
    if own_id in group.permission_groups:
        raise Refusal(GroupCode.ID_TAKEN, f"permission group {own_id!r} already exists")
    group.permission_groups[own_id] = PermissionGroup(
        permission_group_id=own_id,
        name=request.permission_group_name,
        permission=request.permission,
        custom_string=request.custom_string or "",
    )
    return PermissionGroupCreated(permission_group_id=own_id)


@handles(Community.destroy_permission_groups)
def destroy_permission_groups(call: Call) -> DestroyPermissionGroupsResult:
    """Delete permission groups."""
    group = find_community(call)
    request = call.read(DestroyPermissionGroups, code=GroupCode.PARAMS_INVALID)
    outcomes = [
        PermissionGroupOutcome(permission_group_id=own_id)
        if group.permission_groups.pop(own_id, None) is not None
        else PermissionGroupOutcome(
            error_code=GroupCode.PERMISSION_GROUP_NOT_FOUND,
            error_info="the permission group does not exist",
            permission_group_id=own_id,
        )
        for own_id in request.permission_group_id_list
    ]
    return DestroyPermissionGroupsResult(permission_group_result_list=outcomes)


@handles(Community.get_permission_groups)
def get_permission_groups(call: Call) -> PermissionGroups:
    """Return the named permission groups, or a page of all; `Next` is the last id of the page."""
    group = find_community(call)
    request = call.read(GetPermissionGroups, code=GroupCode.PARAMS_INVALID)
    if request.permission_group_id_list is not None:
        wanted = list(request.permission_group_id_list)
        following = ""
    else:
        all_ids = sorted(group.permission_groups)
        rest = [own_id for own_id in all_ids if own_id > (request.next or "")]
        wanted = rest[: request.limit or MAX_PERMISSION_GROUPS]
        following = wanted[-1] if len(wanted) < len(rest) else ""
    return PermissionGroups(permission_group_info_list=[_info(group, own_id) for own_id in wanted], next=following)


def _info(group: Group, permission_group_id: str) -> PermissionGroupInfo:
    found = group.permission_groups.get(permission_group_id)
    if found is None:
        return PermissionGroupInfo(
            error_code=GroupCode.PERMISSION_GROUP_NOT_FOUND,
            error_info="the permission group does not exist",
            permission_group_id=permission_group_id,
        )
    return PermissionGroupInfo(
        permission_group_id=permission_group_id,
        permission_group_name=found.name,
        custom_string=found.custom_string,
        permission=found.permission,
        member_count=len(found.members),
    )


@handles(Community.modify_permission_group)
def modify_permission_group(call: Call) -> Empty:
    """Change a permission group."""
    group = find_community(call)
    request = call.read(ModifyPermissionGroup, code=GroupCode.PARAMS_INVALID)
    found = _permission_group(group, request.permission_group_id)
    if request.permission_group_name is not None:
        found.name = request.permission_group_name
    if request.permission is not None:
        found.permission = request.permission
    if request.custom_string is not None:
        found.custom_string = request.custom_string
    return Empty()


@handles(Community.add_permission_group_members)
def add_permission_group_members(call: Call) -> AddPermissionGroupMembersResult:
    """Add members of the community to a permission group; others fail."""
    group = find_community(call)
    request = call.read(AddPermissionGroupMembers, code=GroupCode.PARAMS_INVALID)
    found = _permission_group(group, request.permission_group_id)
    outcomes: list[AddedPermissionMember] = []
    for item in request.member_list:
        account = item.member_account
        if account not in group.members:
            result = _FAILED
        elif account in found.members:
            result = _KNOWN
        else:
            found.members.append(account)
            result = _ADDED
        outcomes.append(AddedPermissionMember(member_account=account, result=result))
    return AddPermissionGroupMembersResult(member_list=outcomes)


@handles(Community.delete_permission_group_members)
def delete_permission_group_members(call: Call) -> DeletePermissionGroupMembersResult:
    """Remove members from a permission group, if they are in it."""
    group = find_community(call)
    request = call.read(DeletePermissionGroupMembers, code=GroupCode.PARAMS_INVALID)
    found = _permission_group(group, request.permission_group_id)
    outcomes: list[DeletedPermissionMember] = []
    for item in request.member_list:
        if item.member_account in found.members:
            found.members.remove(item.member_account)
        outcomes.append(DeletedPermissionMember(member_account=item.member_account, result=_DELETED))
    return DeletePermissionGroupMembersResult(member_list=outcomes)


@handles(Community.get_permission_group_members)
def get_permission_group_members(call: Call) -> PermissionGroupMembers:
    """Return a page of the members; `Next` is how many were returned so far."""
    group = find_community(call)
    request = call.read(GetPermissionGroupMembers, code=GroupCode.PARAMS_INVALID)
    members = _permission_group(group, request.permission_group_id).members
    place = request.next or "0"
    if not (place.isascii() and place.isdecimal()) or len(place) > _MAX_PLACE_DIGITS:
        raise Refusal(GroupCode.PARAMS_INVALID, "Next is not from an answer")
    first = int(place)
    end = first + (request.limit or MAX_LISTED_MEMBERS)
    return PermissionGroupMembers(
        next=str(end) if end < len(members) else "",
        member_list=[ListedPermissionMember(member_account=account) for account in members[first:end]],
    )


@handles(Community.get_topic_permissions)
def get_topic_permissions(call: Call) -> TopicPermissions:
    """Return the permissions of a permission group in topics; 0 if none were set."""
    group = find_community(call)
    request = call.read(GetTopicPermissions, code=GroupCode.PARAMS_INVALID)
    found = _permission_group(group, request.permission_group_id)
    wanted = list(group.topics) if request.topic_id_list is None else request.topic_id_list
    return TopicPermissions(
        topic_permission_result_list=[
            TopicPermissionResult(topic_id=topic_id, permission=found.topics.get(topic_id, 0))
            if topic_id in group.topics
            else _no_topic(topic_id)
            for topic_id in wanted
        ]
    )


@handles(Community.set_topic_permissions)
def set_topic_permissions(call: Call) -> TopicPermissions:
    """Set the permissions of a permission group in topics."""
    group = find_community(call)
    request = call.read(SetTopicPermissions, code=GroupCode.PARAMS_INVALID)
    found = _permission_group(group, request.permission_group_id)
    outcomes: list[TopicPermissionResult] = []
    for item in request.topic_permission_list:
        if item.topic_id not in group.topics:
            outcomes.append(_no_topic(item.topic_id))
            continue
        found.topics[item.topic_id] = item.permission
        outcomes.append(TopicPermissionResult(topic_id=item.topic_id))
    return TopicPermissions(topic_permission_result_list=outcomes)


@handles(Community.add_topic_permissions)
def add_topic_permissions(call: Call) -> TopicOutcomes:
    """Add permissions of a permission group in topics."""
    group = find_community(call)
    request = call.read(AddTopicPermissions, code=GroupCode.PARAMS_INVALID)
    found = _permission_group(group, request.permission_group_id)
    for item in request.topic_permission_list:
        if item.topic_id in group.topics:
            found.topics[item.topic_id] = item.permission
    return _outcomes(group, [item.topic_id for item in request.topic_permission_list])


@handles(Community.delete_topic_permissions)
def delete_topic_permissions(call: Call) -> TopicOutcomes:
    """Delete the permissions of a permission group in topics."""
    group = find_community(call)
    request = call.read(DeleteTopicPermissions, code=GroupCode.PARAMS_INVALID)
    found = _permission_group(group, request.permission_group_id)
    for topic_id in request.topic_id_list:
        found.topics.pop(topic_id, None)
    return _outcomes(group, request.topic_id_list)


def _outcomes(group: Group, topic_ids: Sequence[str]) -> TopicOutcomes:
    """Return success for the topics that exist, and 110003 for the others."""
    return TopicOutcomes(
        topic_permission_result_list=[
            TopicOutcome(topic_id=topic_id)
            if topic_id in group.topics
            else TopicOutcome(error_code=GroupCode.TOPIC_DELETED, error_info=_NO_TOPIC, topic_id=topic_id)
            for topic_id in topic_ids
        ]
    )


def _no_topic(topic_id: str) -> TopicPermissionResult:
    return TopicPermissionResult(error_code=GroupCode.TOPIC_DELETED, error_info=_NO_TOPIC, topic_id=topic_id)
