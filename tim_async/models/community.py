"""Communities: topics and permission groups. Source: I49468 to I49471, I53448, I61232 to I61242, I66883.

The pages about topics allow 30, 100, 300 and 240 bytes for name, avatar, announcement and introduction. Older pages
about groups do too, and newer ones allow more: topics are checked against these larger limits, so that nothing is
refused here that the service might accept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, Literal

import msgspec

from .._api.checks import (
    U32_MAX,
    check_account,
    check_choice,
    check_group_id,
    check_items,
    check_list,
    check_range,
    check_text,
)
from .._api.wire import PartialResult, Request, Result, WireStruct, always
from ..errors import UsageError
from .group import check_profile

TOPIC_MARK: Final = "@TOPIC#_"
CUSTOM_MAX_BYTES: Final = 3000
MAX_PERMISSION_GROUPS: Final = 20
MAX_PERMISSION_MEMBERS: Final = 100
MAX_LISTED_MEMBERS: Final = 50
MAX_PERMISSION_TOPICS: Final = 50
PERMISSION_NAME_MAX_BYTES: Final = 150
_U64_MAX: Final = 2**64 - 1


def check_topic_id(group_id: str, topic_id: str | None) -> None:
    """Raise `UsageError` unless a custom topic id is None or begins with its community's id and `@TOPIC#_`."""
    head = f"{group_id}{TOPIC_MARK}"
    if topic_id is not None and (not topic_id.startswith(head) or topic_id == head):
        raise UsageError("topic_id must be the group_id, followed by @TOPIC#_ and a name", field="topic_id")


def _check_texts(request: CreateTopic | ModifyTopic | ImportTopic) -> None:
    check_profile(
        request.topic_name, request.introduction, request.notification, request.face_url, name_field="topic_name"
    )
    check_text("custom_string", request.custom_string, CUSTOM_MAX_BYTES)
    if request.from_account is not None:
        check_account("from_account", request.from_account)


class CreateTopic(Request, kw_only=True):
    """Create a topic in a community. Source: I49471.

    Attributes:
        group_id: the community; it must have been created with topics.
        topic_id: a custom id: the group_id, `@TOPIC#_` and a name; absent lets the service generate one.
        topic_name: 1 to 100 bytes.
        from_account: the member shown as the creator.
        custom_string: the app's own data, up to 3000 bytes.
        face_url: avatar URL, up to 500 bytes.
        notification: announcement, up to 400 bytes.
        introduction: up to 400 bytes.
    """

    group_id: str
    topic_id: str | None = None
    topic_name: str
    from_account: str | None = None
    custom_string: str | None = None
    face_url: str | None = None
    notification: str | None = None
    introduction: str | None = None

    def check(self) -> None:
        """Check ids and lengths."""
        check_group_id("group_id", self.group_id)
        check_topic_id(self.group_id, self.topic_id)
        _check_texts(self)


class TopicCreated(Result, kw_only=True):
    """The topic that was created. Source: I49471, I53448.

    Attributes:
        topic_id: its id.
    """

    topic_id: str = always("")


class GetTopics(Request, kw_only=True):
    """Read topics of a community. Source: I49469.

    Attributes:
        group_id: the community.
        from_account: the member whose own state is returned as well.
        topic_id_list: the topics; absent is all.
        response_filter: the topic fields to return; absent is all.
    """

    group_id: str
    from_account: str
    topic_id_list: Sequence[str] | None = None
    response_filter: Sequence[str] | None = None

    def check(self) -> None:
        """Check ids and account."""
        check_group_id("group_id", self.group_id)
        check_account("from_account", self.from_account)
        for index, topic_id in enumerate(self.topic_id_list or ()):
            check_group_id(f"topic_id_list[{index}]", topic_id)


class TopicSelfInfo(WireStruct, kw_only=True):
    """A member's own state in a topic.

    Attributes:
        shut_up_time: the member's mute; `MuteTime`, its newer name elsewhere, is accepted too.
        msg_seq: the last message that the member has read.
        msg_flag: AcceptAndNotify, AcceptNotNotify or Discard.
    """

    _older: ClassVar = {"MuteTime": "ShutUpTime"}
    shut_up_time: int | None = None
    msg_seq: int | None = None
    msg_flag: str | None = None


class TopicInfo(WireStruct, kw_only=True):
    """A topic. A field that was not requested is None.

    Attributes:
        topic_id: its id.
        group_id: the community (`GroupID` on the wire, unlike everywhere else).
        topic_name: its name.
        face_url: avatar URL.
        notification: announcement.
        introduction: introduction.
        next_msg_seq: the number of the next message.
        create_time: unix seconds.
        last_msg_time: unix seconds of the last message.
        mute_all_member: On or Off.
        custom_string: the app's own data.
    """

    _older: ClassVar = {"GroupId": "GroupID", "ShutUpAllMember": "MuteAllMember"}
    topic_id: str = always("")
    group_id: str | None = msgspec.field(name="GroupID", default=None)
    topic_name: str | None = None
    face_url: str | None = None
    notification: str | None = None
    introduction: str | None = None
    next_msg_seq: int | None = None
    create_time: int | None = None
    last_msg_time: int | None = None
    mute_all_member: str | None = None
    custom_string: str | None = None


class TopicAndSelfInfo(WireStruct, kw_only=True):
    """One topic, and the member's own state in it.

    Attributes:
        error_code: 0 is success; 110003 no such topic.
        error_info: the reason of a failure.
        self_info: the member's own state.
        topic_info: the topic.
    """

    error_code: int = always(0)
    error_info: str = always("")
    self_info: TopicSelfInfo | None = None
    topic_info: TopicInfo | None = None


class Topics(PartialResult, kw_only=True):
    """Topics, each with its own code. Source: I49469.

    Attributes:
        topic_and_self_info: one entry per topic.
    """

    topic_and_self_info: list[TopicAndSelfInfo] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[TopicAndSelfInfo]:
        """The entries that failed."""
        return [entry for entry in self.topic_and_self_info if entry.error_code != 0]


class ModifyTopic(Request, kw_only=True):
    """Change a topic; fields that are not given stay unchanged. Source: I49468.

    Attributes:
        group_id: the community.
        topic_id: the topic.
        topic_name: 1 to 100 bytes.
        from_account: the member shown as the operator.
        custom_string: the app's own data, up to 3000 bytes.
        face_url: avatar URL, up to 500 bytes.
        notification: announcement, up to 400 bytes.
        introduction: up to 400 bytes.
        mute_all_member: On mutes everyone except the owner and admins, Off unmutes.
    """

    _older: ClassVar = {"ShutUpAllMember": "MuteAllMember", "muteAllMember": "MuteAllMember"}
    group_id: str
    topic_id: str
    from_account: str | None = None
    topic_name: str | None = None
    face_url: str | None = None
    notification: str | None = None
    introduction: str | None = None
    custom_string: str | None = None
    mute_all_member: Literal["On", "Off"] | None = None

    def check(self) -> None:
        """Check ids and lengths."""
        check_group_id("group_id", self.group_id)
        check_group_id("topic_id", self.topic_id)
        _check_texts(self)
        check_choice("mute_all_member", self.mute_all_member, ("On", "Off"))


class DestroyTopics(Request, kw_only=True):
    """Delete topics with all their messages; this cannot be undone. Source: I49470.

    Attributes:
        group_id: the community.
        topic_id_list: the topics, at least 1.
    """

    group_id: str
    topic_id_list: Sequence[str]

    def check(self) -> None:
        """Check ids."""
        check_group_id("group_id", self.group_id)
        check_items("topic_id_list", self.topic_id_list, 1, U32_MAX)
        for index, topic_id in enumerate(self.topic_id_list):
            check_group_id(f"topic_id_list[{index}]", topic_id)


class DestroyOutcome(WireStruct, kw_only=True):
    """Outcome for one topic.

    Attributes:
        error_code: 0 is success; 110003 no such topic.
        error_info: the reason of a failure.
        topic_id: the topic.
    """

    error_code: int = always(0)
    error_info: str = always("")
    topic_id: str = always("")


class DestroyTopicsResult(PartialResult, kw_only=True):
    """Outcome topic by topic. Source: I49470.

    Attributes:
        destroy_result_item: one entry per topic.
    """

    destroy_result_item: list[DestroyOutcome] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[DestroyOutcome]:
        """The entries that failed."""
        return [outcome for outcome in self.destroy_result_item if outcome.error_code != 0]


class ImportTopic(Request, kw_only=True):
    """Import an existing topic; no webhook fires. Source: I53448.

    Attributes:
        type: Community, the only type.
        group_id: the community.
        topic_id: a custom id: the group_id, `@TOPIC#_` and a name; absent lets the service generate one.
        topic_name: 1 to 100 bytes.
        from_account: the member shown as the creator.
        custom_string: the app's own data, up to 3000 bytes.
        face_url: avatar URL, up to 500 bytes.
        notification: announcement, up to 400 bytes.
        introduction: up to 400 bytes.
        create_time: unix seconds; absent is now.
    """

    type: Literal["Community"] | None = None
    group_id: str
    topic_id: str | None = None
    topic_name: str
    from_account: str | None = None
    custom_string: str | None = None
    face_url: str | None = None
    notification: str | None = None
    introduction: str | None = None
    create_time: int | None = None

    def check(self) -> None:
        """Check ids, lengths and time."""
        check_choice("type", self.type, ("Community",))
        check_group_id("group_id", self.group_id)
        check_topic_id(self.group_id, self.topic_id)
        _check_texts(self)
        check_range("create_time", self.create_time, 0, 2**53)


# Permission groups


class CreatePermissionGroup(Request, kw_only=True):
    """Create a permission group in a community. Source: I61232.

    Attributes:
        group_id: the community.
        permission_group_id: a custom id; absent lets the service generate one.
        permission_group_name: 1 to 150 bytes.
        permission: the permissions of its members, as a bit mask.
        custom_string: the app's own data, up to 3000 bytes.
    """

    group_id: str
    permission_group_id: str | None = None
    permission_group_name: str
    permission: int
    custom_string: str | None = None

    def check(self) -> None:
        """Check ids, lengths and mask."""
        check_group_id("group_id", self.group_id)
        if self.permission_group_id is not None:
            check_group_id("permission_group_id", self.permission_group_id)
        check_text("permission_group_name", self.permission_group_name, PERMISSION_NAME_MAX_BYTES, low=1)
        check_range("permission", self.permission, 0, _U64_MAX)
        check_text("custom_string", self.custom_string, CUSTOM_MAX_BYTES)


class PermissionGroupCreated(Result, kw_only=True):
    """The permission group that was created. Source: I61232.

    Attributes:
        permission_group_id: its id.
    """

    permission_group_id: str = always("")


class DestroyPermissionGroups(Request, kw_only=True):
    """Delete 1 to 20 permission groups. Source: I61233.

    Attributes:
        group_id: the community.
        permission_group_id_list: the permission groups.
    """

    group_id: str
    permission_group_id_list: Sequence[str]

    def check(self) -> None:
        """Check ids and their number."""
        check_group_id("group_id", self.group_id)
        _check_permission_groups(self.permission_group_id_list, low=1)


def _check_permission_groups(items: Sequence[str], low: int) -> None:
    check_items("permission_group_id_list", items, low, MAX_PERMISSION_GROUPS)
    for index, item in enumerate(items):
        check_group_id(f"permission_group_id_list[{index}]", item)


class PermissionGroupOutcome(WireStruct, kw_only=True):
    """Outcome for one permission group.

    Attributes:
        error_code: 0 is success.
        error_info: the reason of a failure.
        permission_group_id: the permission group.
    """

    error_code: int = always(0)
    error_info: str = always("")
    permission_group_id: str = always("")


class DestroyPermissionGroupsResult(PartialResult, kw_only=True):
    """Outcome permission group by permission group. Source: I61233.

    Attributes:
        permission_group_result_list: one entry per permission group.
    """

    permission_group_result_list: list[PermissionGroupOutcome] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[PermissionGroupOutcome]:
        """The entries that failed."""
        return [outcome for outcome in self.permission_group_result_list if outcome.error_code != 0]


class GetPermissionGroups(Request, kw_only=True):
    """Read permission groups of a community. Source: I61235.

    Attributes:
        group_id: the community.
        permission_group_id_list: the permission groups, up to 20; absent is all, page by page.
        limit: permission groups per page, 1 to 20.
        next: "" for the first page, then the `next` of the previous page.
    """

    group_id: str
    permission_group_id_list: Sequence[str] | None = None
    limit: int | None = None
    next: str | None = None

    def check(self) -> None:
        """Check ids, their number and the page's size."""
        check_group_id("group_id", self.group_id)
        if self.permission_group_id_list is not None:
            _check_permission_groups(self.permission_group_id_list, low=0)
        check_range("limit", self.limit, 1, MAX_PERMISSION_GROUPS)


class PermissionGroupInfo(WireStruct, kw_only=True):
    """A permission group.

    Attributes:
        error_code: 0 is success.
        error_info: the reason of a failure.
        permission_group_id: its id.
        permission_group_name: its name.
        custom_string: the app's own data.
        permission: the permissions of its members, as a bit mask.
        member_count: number of members.
    """

    error_code: int = always(0)
    error_info: str = always("")
    permission_group_id: str = always("")
    permission_group_name: str | None = None
    custom_string: str | None = None
    permission: int | None = None
    member_count: int | None = None


class PermissionGroups(PartialResult, kw_only=True):
    """A page of permission groups, each with its own code. Source: I61235.

    Attributes:
        permission_group_info_list: one entry per permission group.
        next: `next` of the next page; "" after the last one.
    """

    permission_group_info_list: list[PermissionGroupInfo] = msgspec.field(default_factory=list)
    next: str | None = None

    @property
    def failed(self) -> list[PermissionGroupInfo]:
        """The entries that failed."""
        return [entry for entry in self.permission_group_info_list if entry.error_code != 0]


class ModifyPermissionGroup(Request, kw_only=True):
    """Change a permission group; fields that are not given stay unchanged. Source: I61234.

    Attributes:
        group_id: the community.
        permission_group_id: the permission group.
        permission_group_name: 1 to 150 bytes.
        permission: the permissions of its members, as a bit mask.
        custom_string: the app's own data, up to 3000 bytes.
    """

    group_id: str
    permission_group_id: str
    permission_group_name: str | None = None
    permission: int | None = None
    custom_string: str | None = None

    def check(self) -> None:
        """Check ids, lengths and mask."""
        check_group_id("group_id", self.group_id)
        check_group_id("permission_group_id", self.permission_group_id)
        check_text("permission_group_name", self.permission_group_name, PERMISSION_NAME_MAX_BYTES, low=1)
        check_range("permission", self.permission, 0, _U64_MAX)
        check_text("custom_string", self.custom_string, CUSTOM_MAX_BYTES)


class PermissionMember(WireStruct, kw_only=True):
    """One member of a permission group.

    Attributes:
        member_account: the member.
    """

    member_account: str


class AddPermissionGroupMembers(Request, kw_only=True):
    """Add 1 to 100 members to a permission group. Source: C103974.

    Attributes:
        group_id: the community.
        permission_group_id: the permission group.
        member_list: the members.
    """

    group_id: str
    permission_group_id: str
    member_list: Sequence[PermissionMember]

    def check(self) -> None:
        """Check ids, the number of members and each of them."""
        check_group_id("group_id", self.group_id)
        check_group_id("permission_group_id", self.permission_group_id)
        check_items("member_list", self.member_list, 1, MAX_PERMISSION_MEMBERS)
        for index, member in enumerate(self.member_list):
            check_account(f"member_list[{index}].member_account", member.member_account)


class AddedPermissionMember(WireStruct, kw_only=True):
    """Outcome for one member.

    Attributes:
        member_account: the member.
        result: 0 failed, 1 added, 2 was already a member, as for group members; None if it is missing.
    """

    member_account: str = always("")
    result: int | None = None


class AddPermissionGroupMembersResult(PartialResult, kw_only=True):
    """Outcome member by member. Source: C103974.

    Attributes:
        member_list: one entry per member.
    """

    member_list: list[AddedPermissionMember] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[AddedPermissionMember]:
        """The entries that failed."""
        return [member for member in self.member_list if member.result == 0]


class GetTopicPermissions(Request, kw_only=True):
    """Read a permission group's permissions in topics. Source: C103973.

    Attributes:
        group_id: the community.
        permission_group_id: the permission group.
        topic_id_list: the topics; absent is all.
    """

    group_id: str
    permission_group_id: str
    topic_id_list: Sequence[str] | None = None

    def check(self) -> None:
        """Check ids."""
        check_group_id("group_id", self.group_id)
        check_group_id("permission_group_id", self.permission_group_id)
        for index, topic_id in enumerate(self.topic_id_list or ()):
            check_group_id(f"topic_id_list[{index}]", topic_id)


class TopicPermissionResult(WireStruct, kw_only=True):
    """A permission group's permissions in one topic.

    Attributes:
        error_code: 0 is success.
        error_info: the reason of a failure.
        topic_id: the topic.
        permission: a bit mask.
    """

    error_code: int = always(0)
    error_info: str = always("")
    topic_id: str = always("")
    permission: int | None = None


class TopicPermissions(PartialResult, kw_only=True):
    """Permissions topic by topic, each with its own code. Source: C103973, I61237.

    Attributes:
        topic_permission_result_list: one entry per topic.
    """

    topic_permission_result_list: list[TopicPermissionResult] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[TopicPermissionResult]:
        """The entries that failed."""
        return [entry for entry in self.topic_permission_result_list if entry.error_code != 0]


class TopicPermission(WireStruct, kw_only=True):
    """A permission group's permissions in one topic.

    Attributes:
        topic_id: the topic.
        permission: a bit mask.
    """

    topic_id: str
    permission: int


class SetTopicPermissions(Request, kw_only=True):
    """Change a permission group's permissions in topics. Source: I61237.

    Attributes:
        group_id: the community.
        permission_group_id: the permission group.
        topic_permission_list: the topics, at least 1.
    """

    group_id: str
    permission_group_id: str
    topic_permission_list: Sequence[TopicPermission]

    def check(self) -> None:
        """Check ids and masks."""
        check_group_id("group_id", self.group_id)
        check_group_id("permission_group_id", self.permission_group_id)
        check_items("topic_permission_list", self.topic_permission_list, 1, U32_MAX)
        for index, entry in enumerate(self.topic_permission_list):
            check_group_id(f"topic_permission_list[{index}].topic_id", entry.topic_id)
            check_range(f"topic_permission_list[{index}].permission", entry.permission, 0, _U64_MAX)


class AddTopicPermissions(Request, kw_only=True):
    """Grant a permission group permissions in 1 to 50 more topics. Source: I61236.

    Attributes:
        group_id: the community.
        permission_group_id: the permission group.
        topic_permission_list: the topics, 1 to 50, with the permissions in each.
    """

    group_id: str
    permission_group_id: str
    topic_permission_list: Sequence[TopicPermission]

    def check(self) -> None:
        """Check ids, the number of topics, and masks."""
        check_group_id("group_id", self.group_id)
        check_group_id("permission_group_id", self.permission_group_id)
        check_items("topic_permission_list", self.topic_permission_list, 1, MAX_PERMISSION_TOPICS)
        for index, entry in enumerate(self.topic_permission_list):
            check_group_id(f"topic_permission_list[{index}].topic_id", entry.topic_id)
            check_range(f"topic_permission_list[{index}].permission", entry.permission, 0, _U64_MAX)


class DeleteTopicPermissions(Request, kw_only=True):
    """Revoke a permission group's permissions in 1 to 50 topics. Source: I61238, C103972.

    Attributes:
        group_id: the community.
        permission_group_id: the permission group.
        topic_id_list: the topics, 1 to 50.
    """

    group_id: str
    permission_group_id: str
    topic_id_list: Sequence[str]

    def check(self) -> None:
        """Check ids and the number of topics."""
        check_group_id("group_id", self.group_id)
        check_group_id("permission_group_id", self.permission_group_id)
        check_list("topic_id_list", self.topic_id_list)
        check_items("topic_id_list", self.topic_id_list, 1, MAX_PERMISSION_TOPICS)
        for index, topic_id in enumerate(self.topic_id_list):
            check_group_id(f"topic_id_list[{index}]", topic_id)


class TopicOutcome(WireStruct, kw_only=True):
    """Outcome for one topic of a permission group.

    Attributes:
        error_code: 0 is success; 110003 no such topic.
        error_info: the reason of a failure.
        topic_id: the topic.
    """

    error_code: int = always(0)
    error_info: str = always("")
    topic_id: str = always("")


class TopicOutcomes(PartialResult, kw_only=True):
    """Outcome topic by topic. Source: I61236, I61238, C103972.

    Attributes:
        topic_permission_result_list: one entry per topic.
    """

    topic_permission_result_list: list[TopicOutcome] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[TopicOutcome]:
        """The entries that failed."""
        return [entry for entry in self.topic_permission_result_list if entry.error_code != 0]


class DeletePermissionGroupMembers(Request, kw_only=True):
    """Remove 1 to 100 members from a permission group. Source: I61241, C103975.

    Accounts that are not in it do not fail.

    Attributes:
        group_id: the community.
        permission_group_id: the permission group.
        member_list: the members.
    """

    group_id: str
    permission_group_id: str
    member_list: Sequence[PermissionMember]

    def check(self) -> None:
        """Check ids, the number of members and each of them."""
        check_group_id("group_id", self.group_id)
        check_group_id("permission_group_id", self.permission_group_id)
        check_items("member_list", self.member_list, 1, MAX_PERMISSION_MEMBERS)
        for index, member in enumerate(self.member_list):
            check_account(f"member_list[{index}].member_account", member.member_account)


class DeletedPermissionMember(WireStruct, kw_only=True):
    """Outcome for one member.

    Attributes:
        member_account: the member.
        result: as for added members: 0 failed, any other number is success; None if it is missing.
    """

    member_account: str = always("")
    result: int | None = None


class DeletePermissionGroupMembersResult(PartialResult, kw_only=True):
    """Outcome member by member. Source: I61241, C103975; the tables of their answers were not readable.

    Attributes:
        member_list: one entry per member, as in the answer to adding members.
    """

    member_list: list[DeletedPermissionMember] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[DeletedPermissionMember]:
        """The entries that failed."""
        return [member for member in self.member_list if member.result == 0]


class GetPermissionGroupMembers(Request, kw_only=True):
    """Read one page of a permission group's members. Source: I61242, C103976.

    Attributes:
        group_id: the community.
        permission_group_id: the permission group.
        limit: members per page, 1 to 50.
        next: "" for the first page, then the `next` of the previous page.
    """

    group_id: str
    permission_group_id: str
    limit: int | None = None
    next: str | None = None

    def check(self) -> None:
        """Check ids and the page's size."""
        check_group_id("group_id", self.group_id)
        check_group_id("permission_group_id", self.permission_group_id)
        check_range("limit", self.limit, 1, MAX_LISTED_MEMBERS)


class ListedPermissionMember(WireStruct, kw_only=True):
    """One member in a list of a permission group's members.

    Attributes:
        member_account: the member.
    """

    member_account: str = always("")


class PermissionGroupMembers(Result, kw_only=True):
    """A page of a permission group's members. Source: I61242, C103976.

    Attributes:
        next: `next` of the next page; "" after the last one.
        member_list: the members of this page.
    """

    next: str = always("")
    member_list: list[ListedPermissionMember] = msgspec.field(default_factory=list)
