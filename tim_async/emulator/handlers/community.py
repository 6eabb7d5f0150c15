"""Communities: topics and permission groups. Source: I49468 to I49471, I53448, I61232 to I61240.

Permissions are stored and returned, but not enforced: every caller is an admin of the app.

Where the documents are silent: an existing TopicId is refused with 10025 by create and with 10021 by import, since
their lists have these codes; a From_Account that is not a member with 10007; an unknown topic to change with 10004. An
unknown permission group is 110006, for the whole call or for its entry in a list. A new topic is not muted and has no
messages.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from ...families.community import Community
from ...models.common import Empty
from ...models.community import (
    MAX_PERMISSION_GROUPS,
    AddedPermissionMember,
    AddPermissionGroupMembers,
    AddPermissionGroupMembersResult,
    CreatePermissionGroup,
    CreateTopic,
    DestroyOutcome,
    DestroyPermissionGroups,
    DestroyPermissionGroupsResult,
    DestroyTopics,
    DestroyTopicsResult,
    GetPermissionGroups,
    GetTopicPermissions,
    GetTopics,
    ImportTopic,
    ModifyPermissionGroup,
    ModifyTopic,
    PermissionGroupCreated,
    PermissionGroupInfo,
    PermissionGroupOutcome,
    PermissionGroups,
    SetTopicPermissions,
    TopicAndSelfInfo,
    TopicCreated,
    TopicInfo,
    TopicPermissionResult,
    TopicPermissions,
    Topics,
    TopicSelfInfo,
)
from ...webhooks import (
    GroupAfterCreateTopic,
    GroupAfterTopicDestroyed,
    GroupAfterTopicInfoChanged,
    GroupBeforeCreateTopic,
)
from ..dispatch import Call, handles
from ..state.codes import GroupCode
from ..state.group import Group, Groups
from ..state.group_rules import TOPIC_MARK
from ..state.refusal import Refusal
from ..state.threads import PermissionGroup, Thread, Topic
from ._group_profiles import keep

_FAILED, _ADDED, _KNOWN = 0, 1, 2


def _community(call: Call) -> Group:
    """Return the community of a call; it must have been created with topics."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "has_topics")
    if not group.support_topic:
        raise Refusal(GroupCode.NO_PERMISSION, "the community was created without topics")
    return group


# Topics


@handles(Community.create_topic)
def create_topic(call: Call) -> TopicCreated:
    """Create a topic."""
    group = _community(call)
    request = call.read(CreateTopic, code=GroupCode.PARAMS_INVALID)
    operator = request.from_account or call.identifier
    topic = _new_topic(group, request, int(call.now), taken=GroupCode.ID_TAKEN_BY_OWNER)
    asked = GroupBeforeCreateTopic(
        operator_account=operator,
        type=group.kind,
        name=topic.name,
        group_id=group.group_id,
        event_time=call.now_ms,
    )
    call.ask(asked, refused=GroupCode.WEBHOOK_REJECTED)
    group.topics[topic.topic_id] = topic
    call.emit(
        GroupAfterCreateTopic(
            group_id=group.group_id,
            topic_id=topic.topic_id,
            operator_account=operator,
            owner_account=group.owner or "",
            type=group.kind,
            name=topic.name,
            event_time=call.now_ms,
        )
    )
    return TopicCreated(topic_id=topic.topic_id)


@handles(Community.import_topic)
def import_topic(call: Call) -> TopicCreated:
    """Import a topic, without webhooks."""
    group = _community(call)
    request = call.read(ImportTopic, code=GroupCode.PARAMS_INVALID)
    created = int(call.now) if request.create_time is None else request.create_time
    topic = _new_topic(group, request, created, taken=GroupCode.ID_TAKEN)
    group.topics[topic.topic_id] = topic
    return TopicCreated(topic_id=topic.topic_id)


def _new_topic(group: Group, request: CreateTopic | ImportTopic, create_time: int, *, taken: int) -> Topic:
    """Return a new topic, not yet in the community; refuse an invalid one."""
    if request.from_account is not None:
        group.require_member(request.from_account)
    topic_id = request.topic_id or _free(f"{group.group_id}{TOPIC_MARK}{TOPIC_MARK[:-1]}c", group.topics)
    if topic_id in group.topics:
        raise Refusal(taken, f"topic {topic_id!r} already exists")
    return Topic(
        topic_id=topic_id,
        name=request.topic_name,
        create_time=create_time,
        thread=Thread(),
        face_url=request.face_url or "",
        introduction=request.introduction or "",
        notification=request.notification or "",
        custom_string=request.custom_string or "",
    )


def _free(head: str, taken: dict[str, Topic] | dict[str, PermissionGroup]) -> str:
    """Return an unused id that begins with `head`."""
    return next(made for number in itertools.count(1) if (made := f"{head}{number:08X}") not in taken)


@handles(Community.get_topics)
def get_topics(call: Call) -> Topics:
    """Return topics, and a member's own state in them."""
    group = _community(call)
    request = call.read(GetTopics, code=GroupCode.PARAMS_INVALID)
    group.require_member(request.from_account)
    wanted = group.topics if request.topic_id_list is None else request.topic_id_list
    infos: list[TopicAndSelfInfo] = []
    for topic_id in wanted:
        topic = group.topics.get(topic_id)
        if topic is None:
            gone = TopicInfo(topic_id=topic_id)
            infos.append(
                TopicAndSelfInfo(
                    error_code=GroupCode.TOPIC_DELETED, error_info="the topic does not exist", topic_info=gone
                )
            )
            continue
        self_info = TopicSelfInfo(
            shut_up_time=topic.thread.muted_until(request.from_account, call.now),
            msg_seq=topic.thread.read.get(request.from_account, 0),
            msg_flag=topic.msg_flags.get(request.from_account, "AcceptAndNotify"),
        )
        infos.append(
            TopicAndSelfInfo(self_info=self_info, topic_info=_topic_info(group, topic, request.response_filter))
        )
    return Topics(topic_and_self_info=infos)


def _topic_info(group: Group, topic: Topic, wanted: Sequence[str] | None) -> TopicInfo:
    info = TopicInfo(
        topic_id=topic.topic_id,
        group_id=group.group_id,
        topic_name=topic.name,
        face_url=topic.face_url,
        notification=topic.notification,
        introduction=topic.introduction,
        next_msg_seq=topic.thread.next_seq,
        create_time=topic.create_time,
        last_msg_time=topic.thread.last_msg_time,
        mute_all_member="On" if topic.thread.mute_all else "Off",
        custom_string=topic.custom_string,
    )
    return keep(info, wanted, always=("topic_id",))


@handles(Community.modify_topic)
def modify_topic(call: Call) -> Empty:
    """Change a topic."""
    group = _community(call)
    request = call.read(ModifyTopic, code=GroupCode.PARAMS_INVALID)
    topic = group.topic(request.topic_id)
    if request.from_account is not None:
        group.require_member(request.from_account)
    if request.topic_name is not None:
        topic.name = request.topic_name
    for field in ("face_url", "notification", "introduction", "custom_string"):
        value = getattr(request, field)
        if value is not None:
            setattr(topic, field, value)
    if request.mute_all_member is not None:
        topic.thread.mute_all = request.mute_all_member == "On"
    call.emit(
        GroupAfterTopicInfoChanged(
            group_id=group.group_id,
            type=group.kind,
            operator_account=request.from_account or call.identifier,
            topic_id=topic.topic_id,
            name=request.topic_name,
            introduction=request.introduction,
            notification=request.notification,
            face_url=request.face_url,
            event_time=call.now_ms,
        )
    )
    return Empty()


@handles(Community.destroy_topics)
def destroy_topics(call: Call) -> DestroyTopicsResult:
    """Delete topics with all their messages."""
    group = _community(call)
    request = call.read(DestroyTopics, code=GroupCode.PARAMS_INVALID)
    outcomes: list[DestroyOutcome] = []
    for topic_id in request.topic_id_list:
        if group.topics.pop(topic_id, None) is None:
            outcomes.append(
                DestroyOutcome(
                    error_code=GroupCode.TOPIC_DELETED, error_info="the topic does not exist", topic_id=topic_id
                )
            )
            continue
        for permission_group in group.permission_groups.values():
            permission_group.topics.pop(topic_id, None)
        outcomes.append(DestroyOutcome(topic_id=topic_id))
    destroyed = [outcome.topic_id for outcome in outcomes if outcome.error_code == 0]
    if destroyed:
        call.emit(
            GroupAfterTopicDestroyed(
                group_id=group.group_id, type=group.kind, topic_id_list=destroyed, event_time=call.now_ms
            )
        )
    return DestroyTopicsResult(destroy_result_item=outcomes)


# Permission groups


def _permission_group(group: Group, permission_group_id: str) -> PermissionGroup:
    found = group.permission_groups.get(permission_group_id)
    if found is None:
        raise Refusal(GroupCode.PERMISSION_GROUP_NOT_FOUND, f"permission group {permission_group_id!r} does not exist")
    return found


@handles(Community.create_permission_group)
def create_permission_group(call: Call) -> PermissionGroupCreated:
    """Create a permission group."""
    group = _community(call)
    request = call.read(CreatePermissionGroup, code=GroupCode.PARAMS_INVALID)
    own_id = request.permission_group_id or _free("@PMG#_@PMG#c", group.permission_groups)
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
    group = _community(call)
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
    group = _community(call)
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
    group = _community(call)
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
    group = _community(call)
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


@handles(Community.get_topic_permissions)
def get_topic_permissions(call: Call) -> TopicPermissions:
    """Return the permissions of a permission group in topics; 0 where none were set."""
    group = _community(call)
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
    group = _community(call)
    request = call.read(SetTopicPermissions, code=GroupCode.PARAMS_INVALID)
    found = _permission_group(group, request.permission_group_id)
    outcomes: list[TopicPermissionResult] = []
    for item in request.topic_permission_list:
        if item.topic_id not in group.topics:
            outcomes.append(_no_topic(item.topic_id))
            continue
        found.topics[item.topic_id] = item.permission
        outcomes.append(TopicPermissionResult(topic_id=item.topic_id, permission=item.permission))
    return TopicPermissions(topic_permission_result_list=outcomes)


def _no_topic(topic_id: str) -> TopicPermissionResult:
    return TopicPermissionResult(
        error_code=GroupCode.TOPIC_DELETED, error_info="the topic does not exist", topic_id=topic_id
    )
