"""State of groups: profiles, members, roles, mutes, bans, messages.

Words. A *thread* is one sequence of messages with its own MsgSeq: a group has one, and so has every topic of a
community. An *entry* is a stored message of a thread. What the types of groups allow is in `group_rules`.

What the service does (documents as named there)
    A group may have an owner. Owner and first members are in it from the start, except in a live group (AVChatRoom):
    there every account, including the owner, joins from a client and is a member only while present.
    An admin of the app may do what an owner may, member or not: permissions of roles are not checked here.
    A group's MsgSeq counts from 1 without gaps; NextMsgSeq is the next one. InfoSeq increases with every change of the
    profile. A mute of 4294967295 s is permanent. A banned account is removed, and cannot join until the ban ends.

What is done here
    Groups and members are kept in order of arrival. Mutes belong to threads, because a topic has its own; they are kept
    by account, not by member, because a live group has no permanent members. Expired mutes are not returned.
    A member who leaves loses role, name card and custom fields, but not a mute (I34951).

What no document says
    - Which ids are refused with 10010 and which with 10015. Here: 10015 for an invalid id, 10010 for an unknown one,
      disbanded groups included.
    - Whether the id of a disbanded group can be used again. Here: yes, at once.
    - How accounts that are not imported affect a list of members. Here: the list is refused with 10019 when none of
      its accounts is imported; otherwise they fail one by one.
    - Whether a list that would overfill a group is accepted in part. Here: no, 10014 for the whole list.
    - What happens to groups when an account is deleted. Here: it leaves them all; a group it owned has no owner.
    - What removing the owner does. Here: the group has no owner.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from ...models.live_group import ROBOT_MARK
from .codes import GroupCode
from .community import PermissionGroup, Topic
from .core import Part, State
from .group_rules import Rules, is_group_id, make_group_id, why_not_ours
from .refusal import Refusal
from .threads import Thread

OWNER: Final = "Owner"
ADMIN: Final = "Admin"
MEMBER: Final = "Member"
NOT_MEMBER: Final = "NotMember"

_RULE_NAMES: Final = {
    "can_add": "adding members",
    "can_remove": "removing members",
    "can_transfer": "changing the owner",
    "can_mute": "muting",
    "can_recall": "recalling messages",
    "has_admins": "admins",
    "has_profiles": "profiles of members",
    "has_history": "history",
    "has_unread": "unread counts",
    "has_receipts": "read receipts",
    "has_topics": "topics and permission groups",
    "is_live": "marks, robots and lists of online members",
}


class Member(msgspec.Struct, kw_only=True):
    """A member of a group.

    Attributes:
        account: the account.
        number: its place in the order of joining; list cursors are built from it.
        role: Owner, Admin or Member.
        join_time: unix seconds.
        name_card: its name in the group.
        msg_flag: AcceptAndNotify, AcceptNotNotify or Discard.
        last_send_msg_time: unix seconds of its last message, 0 for none.
        custom: custom fields, by key.
        is_online: whether it joined from a client and is still present; a member who was added is not.
    """

    account: str
    number: int
    role: str = MEMBER
    join_time: int
    name_card: str = ""
    msg_flag: str = "AcceptAndNotify"
    last_send_msg_time: int = 0
    custom: dict[str, str] = msgspec.field(default_factory=dict)
    is_online: bool = False


class Mark(msgspec.Struct, kw_only=True):
    """A mark on an account in a live group.

    Attributes:
        number: its place in the order of members and marks.
        since: unix seconds at which it was set.
    """

    number: int
    since: float


class Group(msgspec.Struct, kw_only=True):
    """A group.

    Attributes:
        group_id: its id.
        number: its place in the order of creation.
        rules: what its type allows; `rules.kind` is the type.
        name: its name.
        create_time: unix seconds.
        max_member_num: the maximum number of members; None is no limit.
        apply_join_option: FreeAccess, NeedPermission or DisableApply.
        invite_join_option: FreeAccess, NeedPermission or DisableInvite.
        owner: the owner; None for none.
        introduction: introduction.
        notification: notice.
        face_url: avatar's address.
        last_info_time: unix seconds of the profile's last change.
        info_seq: counts changes of the profile.
        custom: custom fields, by key.
        support_topic: whether it is a community with topics.
        enable_permission: whether permission groups decide.
        default_permission: permission bits of members that are in no permission group.
        history_before_join: whether members can read messages from before they joined; None when not set.
        members: by account, in the order of joining.
        bans: unix seconds at which a ban ends, by account.
        attributes: custom attributes.
        counters: counters.
        live_admins: admins of a live group, present or not.
        marks: marks in a live group, by account and mark.
        thread: its messages, mutes and read positions.
        topics: by topic id.
        permission_groups: by permission group id.
    """

    group_id: str
    number: int
    rules: Rules
    name: str
    create_time: int
    max_member_num: int | None
    apply_join_option: str
    invite_join_option: str
    owner: str | None = None
    introduction: str = ""
    notification: str = ""
    face_url: str = ""
    last_info_time: int
    info_seq: int = 1
    custom: dict[str, str] = msgspec.field(default_factory=dict)
    support_topic: bool = False
    enable_permission: int = 0
    default_permission: int = 0
    history_before_join: bool | None = None
    members: dict[str, Member] = msgspec.field(default_factory=dict)
    bans: dict[str, int] = msgspec.field(default_factory=dict)
    attributes: dict[str, str] = msgspec.field(default_factory=dict)
    counters: dict[str, int] = msgspec.field(default_factory=dict)
    live_admins: list[str] = msgspec.field(default_factory=list)
    marks: dict[str, dict[int, Mark]] = msgspec.field(default_factory=dict)
    thread: Thread = msgspec.field(default_factory=Thread)
    topics: dict[str, Topic] = msgspec.field(default_factory=dict)
    permission_groups: dict[str, PermissionGroup] = msgspec.field(default_factory=dict)
    _came: int = 0

    @property
    def kind(self) -> str:
        """The type, by its older name: Public, Private, ChatRoom, AVChatRoom or Community."""
        return self.rules.kind

    def require(self, *allowed: str, code: int = GroupCode.NO_PERMISSION) -> None:
        """Refuse unless the type of the group allows everything named: attributes of `Rules`."""
        for rule in allowed:
            if not getattr(self.rules, rule):
                raise Refusal(code, f"{self.kind} groups do not support {_RULE_NAMES[rule]}")

    def require_member(self, account: str, *, code: int = GroupCode.NO_PERMISSION) -> Member:
        """Return a member; refuse an account that is not one."""
        member = self.members.get(account)
        if member is None:
            raise Refusal(code, f"{account!r} is not a member of the group")
        return member

    def role(self, account: str) -> str:
        """Return the role of an account: Owner, Admin, Member or NotMember."""
        member = self.members.get(account)
        return NOT_MEMBER if member is None else member.role

    def thread_of(self, topic_id: str | None) -> Thread:
        """Return a topic's thread, or the group's own for None; refuse an unknown topic."""
        if topic_id is None:
            return self.thread
        return self.topic(topic_id).thread

    def topic(self, topic_id: str) -> Topic:
        """Return a topic; refuse an unknown one."""
        if not self.support_topic:
            raise Refusal(GroupCode.NO_PERMISSION, "the group has no topics")
        topic = self.topics.get(topic_id)
        if topic is None:
            raise Refusal(GroupCode.PARAMS_INVALID, f"topic {topic_id!r} does not exist")
        return topic

    def threads(self) -> Iterator[Thread]:
        """Yield the group's thread and those of its topics."""
        yield self.thread
        for topic in self.topics.values():
            yield topic.thread

    def touch(self, now: float) -> None:
        """Record a change of the profile."""
        self.last_info_time = int(now)
        self.info_seq += 1

    def next_number(self) -> int:
        """Return the next number for a member or a mark."""
        self._came += 1
        return self._came

    def is_banned(self, account: str, now: float) -> bool:
        """Return whether an account is banned now."""
        return self.bans.get(account, 0) > now

    def admit(self, account: str, now: float, *, role: str = MEMBER, join_time: int | None = None) -> Member:
        """Make an account a member, without any checks."""
        member = self.members[account] = Member(
            account=account,
            number=self.next_number(),
            role=OWNER if account == self.owner else role,
            join_time=int(now) if join_time is None else join_time,
        )
        for thread in self.threads():
            thread.read[account] = thread.next_seq - 1
        return member

    def expel(self, account: str) -> bool:
        """Remove a member; return whether the account was one."""
        if self.members.pop(account, None) is None:
            return False
        for thread in self.threads():
            thread.forget(account)
        for topic in self.topics.values():
            topic.msg_flags.pop(account, None)
        for permission_group in self.permission_groups.values():
            if account in permission_group.members:
                permission_group.members.remove(account)
        marks = self.marks.pop(account, {})
        if ROBOT_MARK in marks:  # this mark stays when the account leaves (I50294)
            self.marks[account] = {ROBOT_MARK: marks[ROBOT_MARK]}
        if self.owner == account and not self.rules.is_live:
            self.owner = None
        return True

    def room_for(self, count: int) -> bool:
        """Return whether there is room for that many more members."""
        return self.max_member_num is None or len(self.members) + count <= self.max_member_num


class Groups(Part):
    """The groups.

    Attributes:
        groups: by id, in the order of creation.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.groups: dict[str, Group] = {}
        self._numbers = itertools.count(1)
        # The groups of an account, so that listing them need not scan all groups.
        self._joined: dict[str, dict[str, Group]] = {}
        # The messages of all groups in the order in which they were stored; some may have been removed.
        self._stored: deque[tuple[Thread, int]] = deque()

    def forget_account(self, user_id: str) -> None:
        """Remove an account from all groups."""
        for group in list(self.joined(user_id)):
            self.leave(group, user_id)
        for group in self.groups.values():
            group.bans.pop(user_id, None)
            group.marks.pop(user_id, None)
            if user_id in group.live_admins:
                group.live_admins.remove(user_id)
            if group.owner == user_id:
                group.owner = None
            for thread in group.threads():
                thread.mutes.pop(user_id, None)

    # Finding

    def find(self, group_id: object) -> Group:
        """Return a group; refuse an invalid id and an unknown group."""
        if not isinstance(group_id, str) or not is_group_id(group_id):
            raise Refusal(GroupCode.ID_INVALID, "GroupId is missing or not a valid group id")
        group = self.groups.get(group_id)
        if group is None:
            raise Refusal(GroupCode.NOT_FOUND, f"group {group_id!r} does not exist")
        return group

    def find_for(self, group_id: object, *allowed: str, code: int = GroupCode.NO_PERMISSION) -> Group:
        """Return a group as `find` does; refuse a type that does not allow everything named (see `Group.require`)."""
        group = self.find(group_id)
        group.require(*allowed, code=code)
        return group

    def joined(self, account: str) -> Iterable[Group]:
        """Return the groups of an account, in the order it joined them."""
        return self._joined.get(account, {}).values()

    def clear_messages(self) -> None:
        """Forget the messages of all groups and topics."""
        self._stored.clear()
        for group in self.groups.values():
            for thread in group.threads():
                thread.clear_messages()

    def note_stored(self, thread: Thread, seq: int) -> None:
        """Record that a message was stored; the oldest of all groups makes room and counts as expired."""
        self._stored.append((thread, seq))
        while len(self._stored) > self.state.max_messages:
            oldest, old_seq = self._stored.popleft()
            oldest.entries.pop(old_seq, None)

    # Creating and deleting

    def create(
        self, rules: Rules, name: str, now: float, *, group_id: str | None, owner: str | None, max_members: int | None
    ) -> Group:
        """Create a group without members.

        Args:
            rules: what its type allows.
            name: its name.
            now: unix seconds.
            group_id: the id that the app chose; None to generate one.
            owner: the owner; None for none.
            max_members: the maximum that the app chose; None for the type's own.
        """
        self.check_new(rules, now, group_id=group_id, owner=owner)
        number = next(self._numbers)
        if group_id is None:
            group_id = make_group_id(number, rules)
        group = self.groups[group_id] = Group(
            group_id=group_id,
            number=number,
            rules=rules,
            name=name,
            create_time=int(now),
            last_info_time=int(now),
            owner=owner,
            max_member_num=self.cap(rules, max_members),
            apply_join_option=rules.apply_join,
            invite_join_option=rules.invite_join,
        )
        return group

    def check_new(self, rules: Rules, now: float, *, group_id: str | None, owner: str | None) -> None:
        """Refuse an id or an owner that `create` would refuse."""
        if group_id is not None:
            problem = why_not_ours(group_id, rules)
            if problem is not None:
                raise Refusal(GroupCode.PARAMS_INVALID, f"invalid GroupId: {problem}")
            known = self.groups.get(group_id)
            if known is not None:
                is_own = owner is not None and known.owner == owner
                raise Refusal(
                    GroupCode.ID_TAKEN_BY_OWNER if is_own else GroupCode.ID_TAKEN,
                    f"group {group_id!r} already exists",
                )
        if owner is not None and not self.state.knows(owner, now):
            raise Refusal(GroupCode.ACCOUNT_NOT_FOUND, f"Owner_Account {owner!r} is not imported")

    def cap(self, rules: Rules, wanted: int | None) -> int | None:
        """Return the maximum number of members; refuse more than the type allows."""
        if rules.max_members is None:
            return None
        if wanted is None:
            return rules.default_max_members
        if wanted > rules.max_members:
            raise Refusal(GroupCode.MEMBER_LIMIT, f"{rules.kind} groups can have at most {rules.max_members} members")
        return wanted

    def destroy(self, group: Group) -> None:
        """Delete a group and everything in it."""
        for account in group.members:
            self._forget_joined(group, account)
        del self.groups[group.group_id]

    # Joining and leaving

    def join(
        self, group: Group, account: str, now: float, *, role: str = MEMBER, join_time: int | None = None
    ) -> Member:
        """Make an account a member (see `Group.admit`)."""
        self._joined.setdefault(account, {})[group.group_id] = group
        return group.admit(account, now, role=role, join_time=join_time)

    def leave(self, group: Group, account: str) -> bool:
        """Remove a member; return whether the account was one."""
        if not group.expel(account):
            return False
        self._forget_joined(group, account)
        return True

    def enter(self, group: Group, account: str, now: float, *, approved: bool) -> Member:
        """Make an account join as from a client; a member who was added comes online.

        Args:
            group: the group.
            account: the account.
            now: unix seconds.
            approved: whether owner or admins approved it, if the group requires that.
        """
        if not self.state.knows(account, now):
            raise Refusal(GroupCode.ACCOUNT_NOT_FOUND, f"{account!r} is not imported")
        member = group.members.get(account)
        if member is None:
            if group.is_banned(account, now):
                raise Refusal(GroupCode.NO_PERMISSION, f"{account!r} is banned from the group")
            if not group.rules.can_apply or group.apply_join_option == "DisableApply":
                raise Refusal(GroupCode.NO_PERMISSION, f"group {group.group_id!r} does not accept applications")
            if group.apply_join_option == "NeedPermission" and not approved:
                raise Refusal(GroupCode.NO_PERMISSION, f"joining group {group.group_id!r} requires approval")
            if not group.room_for(1):
                raise Refusal(GroupCode.FULL, f"the group is full, with {len(group.members)} members")
            member = self.join(group, account, now, role=ADMIN if account in group.live_admins else MEMBER)
        member.is_online = True
        return member

    def _forget_joined(self, group: Group, account: str) -> None:
        groups = self._joined[account]
        del groups[group.group_id]
        if not groups:
            del self._joined[account]
