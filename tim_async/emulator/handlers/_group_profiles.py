"""Groups and members as answers have them, with filters applied.

A filter names fields by their wire names, older ones included. None keeps everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from ..._api.wire import Result, encode
from ...models.group import GroupInfo, JoinedFilter, JoinedGroup, MemberInfo, OwnField, ResponseFilter, SelfInfo
from ..state.codes import GroupCode
from ..state.group import Group, Member
from ..state.refusal import Refusal
from . import _filters

_ANSWER_MAX_BYTES: Final = 1024 * 1024
_OLDER: Final = {"ShutUpAllMember": "MuteAllMember", "ShutUpUntil": "MuteUntil"}

S = TypeVar("S", bound=msgspec.Struct)
R = TypeVar("R", bound=Result)


def checked(result: R) -> R:
    """Return a result; refuse one of more than 1 MB (rest-overview, "Body limits")."""
    size = len(encode(result))
    if size > _ANSWER_MAX_BYTES:
        raise Refusal(GroupCode.ANSWER_TOO_LONG, f"the answer would have {size} bytes, request fewer fields or items")
    return result


def member_info(
    group: Group, member: Member, now: float, fields: Sequence[str] | None = None, own: Sequence[str] | None = None
) -> MemberInfo:
    """Return a member's profile.

    Args:
        group: the group.
        member: the member.
        now: unix seconds.
        fields: wire names of the requested fields.
        own: keys of the requested custom fields.
    """
    info = MemberInfo(
        member_account=member.account,
        role=member.role,
        join_time=member.join_time,
        msg_seq=group.thread.read.get(member.account, 0),
        msg_flag=member.msg_flag,
        last_send_msg_time=member.last_send_msg_time,
        mute_until=group.thread.muted_until(member.account, now),
        name_card=member.name_card,
        app_member_defined_data=_own(member.custom, own),
    )
    # Custom fields have their own filter.
    return keep(info, fields, always=("member_account", "app_member_defined_data"))


def group_info(group: Group, app_id: int, now: float, wanted: ResponseFilter | None) -> GroupInfo:
    """Return a group's profile, with its members if requested.

    Without a filter everything is returned. With one, members are returned when it names fields of members; members of
    a live group, and their number, never are (I34961).
    """
    wants_members = wanted is None or bool(wanted.member_info_filter)
    wanted = wanted or ResponseFilter()
    info = GroupInfo(
        group_id=group.group_id,
        error_info="",
        type=group.kind,
        name=group.name,
        appid=app_id,
        introduction=group.introduction,
        notification=group.notification,
        face_url=group.face_url,
        owner_account=group.owner or "",
        create_time=group.create_time,
        info_seq=group.info_seq,
        last_info_time=group.last_info_time,
        last_msg_time=group.thread.last_msg_time,
        next_msg_seq=group.thread.next_seq,
        member_num=None if group.rules.is_live else len(group.members),
        max_member_num=group.max_member_num,
        apply_join_option=group.apply_join_option,
        invite_join_option=group.invite_join_option,
        mute_all_member=_on_off(group.thread.mute_all),
        enable_permission=group.enable_permission if group.support_topic else None,
        default_permission=group.default_permission if group.support_topic else None,
        app_defined_data=_own(group.custom, wanted.app_defined_data_filter_group),
    )
    keep(
        info,
        wanted.group_base_info_filter,
        always=("group_id", "error_code", "error_info", "app_defined_data"),
    )
    if wants_members and not group.rules.is_live:
        fields, own = wanted.member_info_filter, wanted.app_defined_data_filter_group_member
        info.member_list = [member_info(group, member, now, fields, own) for member in group.members.values()]
    return info


def joined_group(group: Group, account: str, wanted: JoinedFilter | None, *, with_topics: bool = False) -> JoinedGroup:
    """Return a group in the list of one of its members: only the id, unless a filter requests more.

    Args:
        group: the group.
        account: the member.
        wanted: the filter.
        with_topics: whether communities with topics were requested; then there are MsgSeqs over all topics.
    """
    info = _joined_group(group, account, wanted)
    if with_topics:
        info.support_topic = int(group.support_topic)
        info.gross_topic_next_msg_seq = _gross_next(group)
        own = info.self_info or SelfInfo()
        own.gross_topic_read_seq = _gross_read(group, account)
        info.self_info = own
    return info


def _joined_group(group: Group, account: str, wanted: JoinedFilter | None) -> JoinedGroup:
    info = JoinedGroup(group_id=group.group_id)
    if wanted is None:
        return info
    if wanted.group_base_info_filter:
        info = JoinedGroup(
            group_id=group.group_id,
            type=group.kind,
            name=group.name,
            introduction=group.introduction,
            notification=group.notification,
            face_url=group.face_url,
            owner_account=group.owner or "",
            create_time=group.create_time,
            last_info_time=group.last_info_time,
            last_msg_time=group.thread.last_msg_time,
            next_msg_seq=group.thread.next_seq,
            member_num=len(group.members),
            max_member_num=group.max_member_num,
            apply_join_option=group.apply_join_option,
            mute_all_member=_on_off(group.thread.mute_all),
            support_topic=int(group.support_topic),
            gross_topic_next_msg_seq=_gross_next(group),
        )
        keep(info, wanted.group_base_info_filter, always=("group_id",))
    if wanted.self_info_filter:
        member = group.members[account]
        own = SelfInfo(
            join_time=member.join_time,
            role=member.role,
            msg_flag=member.msg_flag,
            msg_seq=group.thread.read.get(account, 0),
            gross_topic_read_seq=_gross_read(group, account),
        )
        info.self_info = keep(own, wanted.self_info_filter, always=())
    return info


def _gross_next(group: Group) -> int | None:
    if not group.support_topic:
        return None
    return 1 + sum(topic.thread.next_seq - 1 for topic in group.topics.values())


def _gross_read(group: Group, account: str) -> int | None:
    if not group.support_topic:
        return None
    return sum(topic.thread.read.get(account, 0) for topic in group.topics.values())


def _on_off(value: bool) -> str:
    return "On" if value else "Off"


def _own(custom: dict[str, str], keys: Sequence[str] | None) -> list[OwnField]:
    return [OwnField(key=key, value=value) for key, value in custom.items() if keys is None or key in keys]


def keep(struct: S, fields: Sequence[str] | None, *, always: tuple[str, ...]) -> S:
    """Remove the fields that a filter does not name from a struct; return the struct."""
    return _filters.keep(struct, None if fields is None else {_OLDER.get(name, name) for name in fields}, always=always)
