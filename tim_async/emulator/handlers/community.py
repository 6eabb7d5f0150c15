"""Communities: topics, and how many members are online. Source: I49468 to I49471, I53448, I66883.

Permission groups are in `community_permissions`.

Where the documents are silent: an existing TopicId is refused with 10025 by create and with 10021 by import, because
their lists have these codes; a From_Account that is not a member with 10007; an unknown topic to change with 10004. A
new topic is not muted and has no messages; a topic beyond the maximum is refused with 10004. Members are online if they
are logged in, or have entered the community and not left it; they are counted at every call, whereas the service counts
them every four minutes (I66883).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...families.community import Community
from ...models.common import Empty
from ...models.community import (
    CreateTopic,
    DestroyOutcome,
    DestroyTopics,
    DestroyTopicsResult,
    GetTopics,
    ImportTopic,
    ModifyTopic,
    TopicAndSelfInfo,
    TopicCreated,
    TopicInfo,
    Topics,
    TopicSelfInfo,
)
from ...models.live_group import OnlineNum
from ...webhooks import (
    GroupAfterCreateTopic,
    GroupAfterTopicDestroyed,
    GroupAfterTopicInfoChanged,
    GroupBeforeCreateTopic,
)
from ..dispatch import Call, handles
from ..state.codes import GroupCode
from ..state.community import Topic, free_id
from ..state.group import Group, Groups
from ..state.group_rules import TOPIC_MARK
from ..state.login import ONLINE, LoginState
from ..state.refusal import Refusal
from ..state.threads import Thread
from . import community_permissions  # noqa: F401 - it registers its handlers
from ._communities import find_community
from ._group_profiles import keep

MAX_TOPICS: Final = 200  # I34381


@handles(Community.create_topic)
def create_topic(call: Call) -> TopicCreated:
    """Create a topic."""
    group = find_community(call)
    request = call.read(CreateTopic, code=GroupCode.PARAMS_INVALID)
    operator = request.from_account or call.identifier
    topic = _new_topic(group, request, int(call.now), taken=GroupCode.ID_TAKEN_BY_OWNER)
    before = GroupBeforeCreateTopic(
        operator_account=operator,
        type=group.kind,
        name=topic.name,
        group_id=group.group_id,
        event_time=call.now_ms,
    )
    call.ask(before, refused=GroupCode.WEBHOOK_REJECTED)
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
    group = find_community(call)
    request = call.read(ImportTopic, code=GroupCode.PARAMS_INVALID)
    created = int(call.now) if request.create_time is None else request.create_time
    topic = _new_topic(group, request, created, taken=GroupCode.ID_TAKEN)
    group.topics[topic.topic_id] = topic
    return TopicCreated(topic_id=topic.topic_id)


def _new_topic(group: Group, request: CreateTopic | ImportTopic, create_time: int, *, taken: int) -> Topic:
    """Return a new topic, not yet in the community; refuse an invalid one, and one beyond the maximum."""
    if len(group.topics) >= MAX_TOPICS:
        raise Refusal(GroupCode.PARAMS_INVALID, f"the community already has {MAX_TOPICS} topics")
    if request.from_account is not None:
        group.require_member(request.from_account)
    topic_id = request.topic_id or free_id(f"{group.group_id}{TOPIC_MARK}{TOPIC_MARK[:-1]}c", group.topics)
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


@handles(Community.get_topics)
def get_topics(call: Call) -> Topics:
    """Return topics, and a member's own state in them."""
    group = find_community(call)
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
    group = find_community(call)
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
    group = find_community(call)
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


@handles(Community.get_online_num)
def get_online_num(call: Call) -> OnlineNum:
    """Return how many members of a community are online, with topics or without."""
    group = call.state.part(Groups).find_for(call.raw.get("GroupId"), "has_topics")
    logins = call.state.part(LoginState)
    return OnlineNum(
        online_member_num=sum(
            member.is_online or logins.status(account) == ONLINE for account, member in group.members.items()
        )
    )
