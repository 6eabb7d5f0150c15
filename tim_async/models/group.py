"""Groups: requests, results, and the profiles of groups and members. Source: I34895 to I34967.

The documents' older names are accepted as well: `ShutUpAllMember` for `MuteAllMember`, `ShutUpUntil` for `MuteUntil`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final, Literal

import msgspec

from .._api.checks import U32_MAX, check_account, check_given, check_group_id, check_items, check_range, check_text
from .._api.wire import PartialResult, Request, Result, WireStruct, always, listed

ApplyJoinOption = Literal["FreeAccess", "NeedPermission", "DisableApply"]
"""How users join a group on their own: freely, after approval, or not at all."""

InviteJoinOption = Literal["FreeAccess", "NeedPermission", "DisableInvite"]
"""How users join a group on a member's invitation: freely, after approval, or not at all."""

OnOff = Literal["On", "Off"]

GroupType = Literal["Public", "Private", "Work", "ChatRoom", "Meeting", "AVChatRoom", "Community"]
"""The group types. Work is the newer name of Private, and Meeting that of ChatRoom."""
if not TYPE_CHECKING:
    GroupType = listed(GroupType)

MAX_FIRST_MEMBERS: Final = 100
MAX_GROUPS_OF_APP: Final = 10_000
MAX_GROUP_INFOS: Final = 50
MAX_JOINED: Final = 5_000

GROUP_ID_MAX_BYTES: Final = 48
# Pages of 2021 say 30, 240, 300 and 100 bytes; these are the larger limits of pages since 2024.
NAME_MAX_BYTES: Final = 100
INTRODUCTION_MAX_BYTES: Final = 400
NOTIFICATION_MAX_BYTES: Final = 400
FACE_URL_MAX_BYTES: Final = 500


class DefinedData(WireStruct, kw_only=True):
    """A custom field of a group or a member, to be set; the app defines its fields in the console.

    Attributes:
        key: the field's name.
        value: its value; "" clears it.
    """

    key: str
    value: str | None = None


class OwnField(WireStruct, kw_only=True):
    """A custom field of a group or a member in an answer.

    Attributes:
        key: the field's name.
        value: its value.
    """

    key: str = always("")
    value: str = always("")


class FirstMember(WireStruct, kw_only=True):
    """A member that a new group starts with.

    Attributes:
        member_account: the account, 1 to 32 bytes.
        role: `Admin` makes it an admin; absent is a plain member.
        app_member_defined_data: its custom fields.
    """

    member_account: str
    role: Literal["Owner", "Admin", "Member"] | None = None
    app_member_defined_data: Sequence[DefinedData] | None = None


class CreateGroup(Request, kw_only=True):
    """Create a group. Source: I34895.

    The owner and members named here are in the group immediately, except in a live group (AVChatRoom): accounts
    cannot be added to one, `member_list` is refused with 10007, and even its owner must join with a client.

    Attributes:
        type: Public, Private (Work), ChatRoom (Meeting), AVChatRoom, Community.
        name: 1 to 100 bytes.
        owner_account: the owner; absent is a group without an owner.
        group_id: a custom id, up to 48 bytes of printable ASCII that do not begin with `@TGS#`; for a community it must
            begin with `@TGS#_`. Absent lets the service generate one.
        introduction: up to 400 bytes.
        notification: an announcement to all members, up to 400 bytes.
        face_url: avatar URL, up to 500 bytes.
        max_member_count: maximum number of members; absent is the plan's limit for the type.
        apply_join_option: how users join on their own; absent is NeedPermission for Public.
        invite_join_option: how users join by invitation.
        app_defined_data: custom fields.
        member_list: up to 100 first members.
        support_topic: 1 for a community with topics; 0 is the default.
        enable_permission: 1 enables permission groups, in a community with topics; 0 is the default.
        default_permission: permissions of members without a permission group, as a bit mask.
    """

    type: GroupType
    name: str
    owner_account: str | None = None
    group_id: str | None = None
    introduction: str | None = None
    notification: str | None = None
    face_url: str | None = None
    max_member_count: int | None = None
    apply_join_option: ApplyJoinOption | None = None
    invite_join_option: InviteJoinOption | None = None
    app_defined_data: Sequence[DefinedData] | None = None
    member_list: Sequence[FirstMember] | None = None
    support_topic: Literal[0, 1] | None = None
    enable_permission: Literal[0, 1] | None = None
    default_permission: int | None = None

    def check(self) -> None:
        """Check lengths, ranges, accounts and the number of members."""
        _check_new_group(self.type, self.group_id, self.owner_account)
        check_profile(self.name, self.introduction, self.notification, self.face_url)
        check_range("max_member_count", self.max_member_count, 1, U32_MAX)
        check_items("member_list", self.member_list, 0, MAX_FIRST_MEMBERS)
        for index, member in enumerate(self.member_list or ()):
            check_account(f"member_list[{index}].member_account", member.member_account)


class CreatedGroup(Result, kw_only=True):
    """A group that was created. Source: I34895.

    Attributes:
        group_id: its id.
        type: its type; in one document's answer only.
        huge_group_flag: in one document's answer only, with undocumented meaning.
    """

    group_id: str = always("")
    type: str | None = None
    huge_group_flag: int | None = None


class ImportGroup(Request, kw_only=True):
    """Import a group that exists elsewhere: no webhook fires and no one is notified. Source: I34967.

    The types are those of `create`, without AVChatRoom, which is refused with 10007.

    Attributes:
        type: Public, Private (Work), ChatRoom (Meeting), Community.
        name: 1 to 100 bytes.
        owner_account: the owner; absent is a group without an owner.
        group_id: a custom id, as for `create`.
        introduction: up to 400 bytes.
        notification: an announcement to all members, up to 400 bytes.
        face_url: avatar URL, up to 500 bytes.
        max_member_count: maximum number of members, up to 6000; absent is 2000.
        apply_join_option: how users join on their own; absent is NeedPermission.
        invite_join_option: how users join by invitation.
        app_defined_data: custom fields.
        create_time: unix seconds of its creation, not in the future; absent is now.
        support_topic: 1 for a community with topics; 0 is the default.
    """

    type: GroupType
    name: str
    owner_account: str | None = None
    group_id: str | None = None
    introduction: str | None = None
    notification: str | None = None
    face_url: str | None = None
    max_member_count: int | None = None
    apply_join_option: ApplyJoinOption | None = None
    invite_join_option: InviteJoinOption | None = None
    app_defined_data: Sequence[DefinedData] | None = None
    create_time: int | None = None
    support_topic: Literal[0, 1] | None = None

    def check(self) -> None:
        """Check lengths, ranges and the owner."""
        _check_new_group(self.type, self.group_id, self.owner_account)
        check_profile(self.name, self.introduction, self.notification, self.face_url)
        check_range("max_member_count", self.max_member_count, 1, U32_MAX)
        check_range("create_time", self.create_time, 0, U32_MAX)


class ImportedGroup(Result, kw_only=True):
    """A group that was imported. Source: I34967.

    Attributes:
        group_id: its id.
    """

    group_id: str = always("")


class ModifyGroup(Request, kw_only=True):
    """Change a group's profile; fields that are absent stay unchanged. Source: I34962.

    Attributes:
        group_id: the group.
        name: 1 to 100 bytes.
        introduction: up to 400 bytes.
        notification: an announcement to all members, up to 400 bytes.
        face_url: avatar URL, up to 500 bytes.
        max_member_num: maximum number of members.
        apply_join_option: how users join on their own.
        invite_join_option: how users join by invitation.
        mute_all_member: `On` mutes everyone except the owner and admins.
        app_defined_data: custom fields; others stay unchanged.
        from_account: the member shown as the operator.
        enable_permission: 1 enables permission groups, in a community with topics.
        default_permission: permissions of members without a permission group, as a bit mask.
        history_msg_before_join: `On` lets members read messages from before they joined.
    """

    _older: ClassVar = {"ShutUpAllMember": "MuteAllMember"}
    group_id: str
    name: str | None = None
    introduction: str | None = None
    notification: str | None = None
    face_url: str | None = None
    max_member_num: int | None = None
    apply_join_option: ApplyJoinOption | None = None
    invite_join_option: InviteJoinOption | None = None
    mute_all_member: OnOff | None = None
    app_defined_data: Sequence[DefinedData] | None = None
    from_account: str | None = None
    enable_permission: Literal[0, 1] | None = None
    default_permission: int | None = None
    history_msg_before_join: OnOff | None = None

    def check(self) -> None:
        """Check lengths, ranges and the account."""
        check_group_id("group_id", self.group_id)
        check_profile(self.name, self.introduction, self.notification, self.face_url)
        check_range("max_member_num", self.max_member_num, 1, U32_MAX)
        if self.from_account is not None:
            check_account("from_account", self.from_account)


class GroupRequest(Request, kw_only=True):
    """A group id and nothing else. Source: I34896, I34964, I38521, I44187, I44189, I60524.

    Attributes:
        group_id: the group.
    """

    group_id: str

    def check(self) -> None:
        """Check that the id is given."""
        check_group_id("group_id", self.group_id)


class ChangeOwner(Request, kw_only=True):
    """Transfer a group to another member; live groups cannot be transferred (10007). Source: I34966.

    Attributes:
        group_id: the group.
        new_owner_account: the new owner, who must already be a member.
        from_account: the member shown as the operator; in pages since 2024.
    """

    group_id: str
    new_owner_account: str
    from_account: str | None = None

    def check(self) -> None:
        """Check the accounts."""
        check_group_id("group_id", self.group_id)
        check_account("new_owner_account", self.new_owner_account)
        if self.from_account is not None:
            check_account("from_account", self.from_account)


class ListGroups(Request, kw_only=True):
    """Read one page of all the groups of the app. Source: I34960.

    Attributes:
        limit: groups per page, 1 to 10000, which is the default.
        next: 0 for the first page, then `next` of the previous answer.
        group_type: only groups of this type.
    """

    limit: int | None = None
    next: int | None = None
    group_type: GroupType | None = None

    def check(self) -> None:
        """Check ranges."""
        check_range("limit", self.limit, 1, MAX_GROUPS_OF_APP)
        check_range("next", self.next, 0, 2**63)


class ListedGroup(WireStruct, kw_only=True):
    """A group of a list.

    Attributes:
        group_id: its id.
    """

    group_id: str = always("")


class ListedGroups(Result, kw_only=True):
    """A page of the groups of the app. Source: I34960.

    Attributes:
        total_count: number of groups on all pages.
        group_id_list: the groups of this page.
        next: `next` for the next page; 0 means that this is the last page.
    """

    total_count: int = always(0)
    group_id_list: list[ListedGroup] = msgspec.field(default_factory=list)
    next: int = always(0)


class ResponseFilter(WireStruct, kw_only=True):
    """The fields of groups and their members to return.

    Attributes:
        group_base_info_filter: fields of the group, by wire name.
        member_info_filter: fields of members; if it is absent or empty, members are not returned.
        app_defined_data_filter_group: custom fields of the group.
        app_defined_data_filter_group_member: custom fields of members.
    """

    group_base_info_filter: Sequence[str] | None = None
    member_info_filter: Sequence[str] | None = None
    app_defined_data_filter_group: Sequence[str] | None = None
    app_defined_data_filter_group_member: Sequence[str] | None = None


class GetGroups(Request, kw_only=True):
    """Read the profiles of groups. Source: I34961.

    Attributes:
        group_id_list: 1 to 50 groups.
        response_filter: the fields to return; absent is all.
    """

    group_id_list: Sequence[str]
    response_filter: ResponseFilter | None = None

    def check(self) -> None:
        """Check the number of groups and each of them."""
        check_items("group_id_list", self.group_id_list, 1, MAX_GROUP_INFOS)
        for index, group_id in enumerate(self.group_id_list):
            check_group_id(f"group_id_list[{index}]", group_id)


class MemberInfo(WireStruct, kw_only=True):
    """A member's profile; fields that were filtered out are None. Source: I34948, I34961, I64897.

    Attributes:
        member_account: the account.
        role: Owner, Admin or Member.
        join_time: unix seconds.
        msg_seq: MsgSeq of the newest message it has read.
        msg_flag: AcceptAndNotify, AcceptNotNotify, Discard.
        last_send_msg_time: unix seconds of its last message, 0 for none.
        mute_until: unix seconds at which the mute ends, 0 for now.
        name_card: the member's name in the group.
        online_status: its online state, if the app has enabled it.
        app_member_defined_data: its custom fields.
    """

    _older: ClassVar = {"ShutUpUntil": "MuteUntil"}
    member_account: str = always("")
    role: str | None = None
    join_time: int | None = None
    msg_seq: int | None = None
    msg_flag: str | None = None
    last_send_msg_time: int | None = None
    mute_until: int | None = None
    name_card: str | None = None
    online_status: str | None = None
    app_member_defined_data: list[OwnField] | None = None


class GroupInfo(WireStruct, kw_only=True):
    """A group's profile; fields that were filtered out or do not apply are None. Source: I34961.

    Attributes:
        group_id: its id.
        error_code: 0 is success; 10010 means that the group does not exist.
        error_info: the reason of a failure.
        type: Public, Private, ChatRoom, AVChatRoom, Community.
        name: its name.
        appid: the app.
        introduction: introduction.
        notification: announcement.
        face_url: avatar URL.
        owner_account: the owner.
        create_time: unix seconds.
        info_seq: number of changes of the profile.
        last_info_time: unix seconds of the profile's last change.
        last_msg_time: unix seconds of the last message.
        next_msg_seq: MsgSeq of the next message.
        member_num: number of members.
        max_member_num: maximum number of members.
        apply_join_option: how users join on their own.
        invite_join_option: how users join by invitation.
        mute_all_member: `On` mutes everyone except the owner and admins.
        enable_permission: 1 if permission groups are enabled.
        default_permission: permissions of members without a permission group, as a bit mask.
        app_defined_data: custom fields.
        member_list: members, if requested.
    """

    _older: ClassVar = {"ShutUpAllMember": "MuteAllMember"}
    group_id: str = always("")
    error_code: int = always(0)
    error_info: str | None = None
    type: str | None = None
    name: str | None = None
    appid: int | None = None
    introduction: str | None = None
    notification: str | None = None
    face_url: str | None = None
    owner_account: str | None = None
    create_time: int | None = None
    info_seq: int | None = None
    last_info_time: int | None = None
    last_msg_time: int | None = None
    next_msg_seq: int | None = None
    member_num: int | None = None
    max_member_num: int | None = None
    apply_join_option: str | None = None
    invite_join_option: str | None = None
    mute_all_member: str | None = None
    enable_permission: int | None = None
    default_permission: int | None = None
    app_defined_data: list[OwnField] | None = None
    member_list: list[MemberInfo] | None = None


class GroupInfos(PartialResult, kw_only=True):
    """Profiles of groups, one per requested group. Source: I34961.

    Attributes:
        group_info: the profiles, in the requested order.
    """

    group_info: list[GroupInfo] = msgspec.field(default_factory=list)

    @property
    def failed(self) -> list[GroupInfo]:
        """The groups that could not be read; `error_code` says why."""
        return [info for info in self.group_info if info.error_code != 0]


class JoinedFilter(WireStruct, kw_only=True):
    """The fields of an account's groups to return.

    Attributes:
        group_base_info_filter: fields of the group, by wire name.
        self_info_filter: fields of the account's own membership.
    """

    group_base_info_filter: Sequence[str] | None = None
    self_info_filter: Sequence[str] | None = None


class ListJoined(Request, kw_only=True):
    """Read the groups of an account. Source: I34925.

    Attributes:
        member_account: the account, 1 to 32 bytes.
        with_huge_groups: 1 includes live groups (AVChatRoom), as far as the service knows them; 0 is the default.
        with_no_active_groups: 1 includes work groups without any message; 0 is the default.
        limit: groups per answer, up to 5000; absent is all.
        offset: number of groups to skip.
        group_type: only groups of this type.
        response_filter: the fields to return; absent is the ids only.
        support_topic: 1 for communities with topics only; it needs `group_type` Community.
    """

    member_account: str
    with_huge_groups: Literal[0, 1] | None = None
    with_no_active_groups: Literal[0, 1] | None = None
    limit: int | None = None
    offset: int | None = None
    group_type: GroupType | None = None
    response_filter: JoinedFilter | None = None
    support_topic: Literal[0, 1] | None = None

    def check(self) -> None:
        """Check the account and ranges."""
        check_account("member_account", self.member_account)
        check_range("limit", self.limit, 0, MAX_JOINED)
        check_range("offset", self.offset, 0, U32_MAX)


class SelfInfo(WireStruct, kw_only=True):
    """An account's own membership of a group.

    Attributes:
        join_time: unix seconds.
        role: Owner, Admin or Member.
        msg_flag: AcceptAndNotify, AcceptNotNotify, Discard.
        msg_seq: MsgSeq of the newest message it has read.
        gross_topic_read_seq: the same over all topics of a community.
    """

    join_time: int | None = None
    role: str | None = None
    msg_flag: str | None = None
    msg_seq: int | None = None
    gross_topic_read_seq: int | None = None


class JoinedGroup(WireStruct, kw_only=True):
    """A group of an account; fields that were not requested are None. Source: I34925.

    Attributes:
        group_id: its id.
        type: Public, Private, ChatRoom, AVChatRoom, Community.
        name: its name.
        introduction: introduction.
        notification: announcement.
        face_url: avatar URL.
        owner_account: the owner.
        create_time: unix seconds.
        last_info_time: unix seconds of the profile's last change.
        last_msg_time: unix seconds of the last message.
        next_msg_seq: MsgSeq of the next message.
        member_num: number of members.
        max_member_num: maximum number of members.
        apply_join_option: how users join on their own.
        mute_all_member: `On` mutes everyone except the owner and admins.
        support_topic: 1 is a community with topics.
        gross_topic_next_msg_seq: MsgSeq of the next message over all topics.
        self_info: the account's own membership.
    """

    _older: ClassVar = {"ShutUpAllMember": "MuteAllMember"}
    group_id: str = always("")
    type: str | None = None
    name: str | None = None
    introduction: str | None = None
    notification: str | None = None
    face_url: str | None = None
    owner_account: str | None = None
    create_time: int | None = None
    last_info_time: int | None = None
    last_msg_time: int | None = None
    next_msg_seq: int | None = None
    member_num: int | None = None
    max_member_num: int | None = None
    apply_join_option: str | None = None
    mute_all_member: str | None = None
    support_topic: int | None = None
    gross_topic_next_msg_seq: int | None = None
    self_info: SelfInfo | None = None


class JoinedGroups(Result, kw_only=True):
    """The groups of an account, or a page of them. Source: I34925.

    Attributes:
        total_count: number of groups on all pages.
        group_id_list: the groups.
    """

    total_count: int = always(0)
    group_id_list: list[JoinedGroup] = msgspec.field(default_factory=list)


def _check_new_group(type: str, group_id: str | None, owner: str | None) -> None:
    check_given("type", type)
    check_text("group_id", group_id, GROUP_ID_MAX_BYTES, low=1)
    if owner is not None:
        check_account("owner_account", owner)


def check_profile(
    name: str | None,
    introduction: str | None,
    notification: str | None,
    face_url: str | None,
    *,
    name_field: str = "name",
) -> None:
    """Raise `UsageError` if a text of a group's or topic's profile is too long, or the name empty."""
    check_text(name_field, name, NAME_MAX_BYTES, low=1)
    check_text("introduction", introduction, INTRODUCTION_MAX_BYTES)
    check_text("notification", notification, NOTIFICATION_MAX_BYTES)
    check_text("face_url", face_url, FACE_URL_MAX_BYTES)
