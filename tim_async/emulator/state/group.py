"""What the emulator knows of groups: profiles, members, roles, mutes, bans, messages.

Words. A *thread* is one line of messages with a MsgSeq of its own: a group has one, and so has every topic of a
community. An *entry* is a stored message of a thread. What the types of groups allow is in `group_rules`.

What the service does (documents as named there)
    A group has an owner, who may be nobody. Owner and first members are in it from the start, but not in a live group
    (AVChatRoom): there everyone, its owner too, has to join by a client, and is a member as long as they are there.
    An admin of the app may do what an owner may, member or not: permissions of roles are not asked about here.
    A group's MsgSeq counts from 1 without gaps; NextMsgSeq is the next one. InfoSeq grows with every change of the
    profile. A mute of 4294967295 s lasts for ever. A banned account is taken out, and cannot come in before the end.

What is done here
    Groups and members stand in the order in which they came. Mutes belong to threads, since a topic has its own; they
    are kept by account, not by member, for a live group has no lasting members. What has run out is not told.
    A member who leaves takes role, name card and own fields along; a mute stays, as I34951 says it does.

What nobody knows (the documents are silent)
    - Which ids are refused with 10010 and which with 10015. Here: 10015 for what can be no group id, 10010 for the
      rest, disbanded groups included.
    - Whether the id of a disbanded group can be taken again. Here: it can, at once.
    - What an account that is not imported does to a list of members. Here: the list is refused with 10019 when none of
      its accounts is imported; otherwise they fail one by one.
    - Whether a list that would overfill a group is taken in part. Here: it is not, 10014 for the whole of it.
    - What becomes of groups when an account is deleted. Here: it leaves them all; a group it owned has no owner then.
    - What removing the owner does. Here: the group has no owner then.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from ...models.live_group import ROBOT_MARK
from .codes import GroupCode
from .core import Part, State
from .group_rules import Rules, is_group_id, make_group_id, why_not_ours
from .refusal import Refusal
from .threads import PermissionGroup, Thread, Topic

OWNER: Final = "Owner"
ADMIN: Final = "Admin"
MEMBER: Final = "Member"
NOT_MEMBER: Final = "NotMember"

_WHAT: Final = {
    "can_add": "adding members",
    "can_remove": "removing members",
    "can_transfer": "another owner",
    "can_mute": "muting",
    "can_recall": "recalling messages",
    "has_admins": "admins",
    "has_profiles": "profiles of members",
    "has_history": "history",
    "has_unread": "unread counts",
    "has_receipts": "read receipts",
    "has_topics": "topics and permission groups",
    "is_live": "marks, robots and lists of who is online",
}


class Member(msgspec.Struct, kw_only=True):
    """A member of a group.

    Attributes:
        account: the account.
        number: counts who came into the group; cursors of lists are made of it.
        role: Owner, Admin or Member.
        join_time: unix seconds.
        name_card: how the group calls it.
        msg_flag: AcceptAndNotify, AcceptNotNotify or Discard.
        last_send_msg_time: unix seconds of its last message, 0 for none.
        custom: its own fields, by key.
        is_online: whether it came in by a client, and is still there; a member who was added is not.
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
        number: as that of a member: when it was set, among all who came.
        since: unix seconds at which it was set.
    """

    number: int
    since: float


class Group(msgspec.Struct, kw_only=True):
    """A group.

    Attributes:
        group_id: its id.
        number: counts groups in the order they were made.
        rules: what its type allows; `rules.kind` is the type.
        name: its name.
        create_time: unix seconds.
        max_member_num: the most members there can be; None is no limit.
        apply_join_option: FreeAccess, NeedPermission or DisableApply.
        invite_join_option: FreeAccess, NeedPermission or DisableInvite.
        owner: the owner; None for none.
        introduction: introduction.
        notification: notice.
        face_url: avatar's address.
        last_info_time: unix seconds of the profile's last change.
        info_seq: counts changes of the profile.
        custom: the group's own fields, by key.
        support_topic: whether it is a community with topics.
        enable_permission: whether permission groups decide.
        default_permission: bits of what members may where no permission group says otherwise.
        history_before_join: whether members read what was written before they came; None where nobody said.
        members: by account, in the order they came.
        bans: unix seconds at which a banned account may come in again.
        attributes: custom attributes.
        counters: counters.
        live_admins: admins of a live group, whether or not they are there.
        marks: marks in a live group, by account and mark.
        thread: its messages, mutes, and what was read.
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
        """Refuse unless groups of this type allow something: names of `Rules`' attributes, all of which must hold."""
        for rule in allowed:
            if not getattr(self.rules, rule):
                raise Refusal(code, f"groups of the type {self.kind} have no {_WHAT[rule]}")

    def require_member(self, account: str, *, code: int = GroupCode.NO_PERMISSION) -> Member:
        """Return a member; refuse an account that is none."""
        member = self.members.get(account)
        if member is None:
            raise Refusal(code, f"{account!r} is not a member of the group")
        return member

    def role(self, account: str) -> str:
        """Return the role of an account: Owner, Admin, Member or NotMember."""
        member = self.members.get(account)
        return NOT_MEMBER if member is None else member.role

    def thread_of(self, topic_id: str | None) -> Thread:
        """Return a topic's thread, the group's own for None; refuse a topic that is not there."""
        if topic_id is None:
            return self.thread
        return self.topic(topic_id).thread

    def topic(self, topic_id: str) -> Topic:
        """Return a topic; refuse one that is not there."""
        if not self.support_topic:
            raise Refusal(GroupCode.NO_PERMISSION, "the group has no topics")
        topic = self.topics.get(topic_id)
        if topic is None:
            raise Refusal(GroupCode.PARAMS_INVALID, f"the community has no topic {topic_id!r}")
        return topic

    def threads(self) -> Iterator[Thread]:
        """Yield the group's thread and those of its topics."""
        yield self.thread
        for topic in self.topics.values():
            yield topic.thread

    def touch(self, now: float) -> None:
        """Note a change of the profile."""
        self.last_info_time = int(now)
        self.info_seq += 1

    def next_number(self) -> int:
        """Return a number for someone who comes into the group, or is marked there."""
        self._came += 1
        return self._came

    def is_banned(self, account: str, now: float) -> bool:
        """Tell whether an account is banned now."""
        return self.bans.get(account, 0) > now

    def admit(self, account: str, now: float, *, role: str = MEMBER, join_time: int | None = None) -> Member:
        """Make an account a member; everything it is not asked about here must have been asked before."""
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
        """Take a member out; tell whether it was one."""
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
        if ROBOT_MARK in marks:  # the one that stays when the account leaves (I50294)
            self.marks[account] = {ROBOT_MARK: marks[ROBOT_MARK]}
        if self.owner == account and not self.rules.is_live:
            self.owner = None
        return True

    def room_for(self, count: int) -> bool:
        """Tell whether that many more fit in."""
        return self.max_member_num is None or len(self.members) + count <= self.max_member_num


class Groups(Part):
    """The groups.

    Attributes:
        groups: by id, in the order they were made.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.groups: dict[str, Group] = {}
        self._numbers = itertools.count(1)
        # The groups of an account, so that a list of them need not look at all there are.
        self._joined: dict[str, dict[str, Group]] = {}

    def forget_account(self, user_id: str) -> None:
        """Take an account out of all groups."""
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
        """Return a group; refuse what can be no group id, and a group that is not there."""
        if not isinstance(group_id, str) or not is_group_id(group_id):
            raise Refusal(GroupCode.ID_INVALID, "GroupId is missing, or can be no group id")
        group = self.groups.get(group_id)
        if group is None:
            raise Refusal(GroupCode.NOT_FOUND, f"there is no group {group_id!r}")
        return group

    def find_for(self, group_id: object, *allowed: str, code: int = GroupCode.NO_PERMISSION) -> Group:
        """Return a group as `find` does; refuse one whose type does not allow what is asked (see `Group.require`)."""
        group = self.find(group_id)
        group.require(*allowed, code=code)
        return group

    def joined(self, account: str) -> Iterable[Group]:
        """Return the groups of an account, in the order it came into them."""
        return self._joined.get(account, {}).values()

    # Making and ending

    def create(
        self, rules: Rules, name: str, now: float, *, group_id: str | None, owner: str | None, max_members: int | None
    ) -> Group:
        """Make a group without members.

        Args:
            rules: what its type allows.
            name: its name.
            now: unix seconds.
            group_id: the id that the app chose; None for one made here.
            owner: the owner; None for none.
            max_members: the cap that the app chose; None for the type's own.
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
        """Refuse the id of a new group, or its owner, as `create` does."""
        if group_id is not None:
            problem = why_not_ours(group_id, rules)
            if problem is not None:
                raise Refusal(GroupCode.PARAMS_INVALID, f"GroupId does not fit: {problem}")
            known = self.groups.get(group_id)
            if known is not None:
                is_own = owner is not None and known.owner == owner
                raise Refusal(
                    GroupCode.ID_TAKEN_BY_OWNER if is_own else GroupCode.ID_TAKEN,
                    f"there is a group {group_id!r} already",
                )
        if owner is not None and not self.state.knows(owner, now):
            raise Refusal(GroupCode.ACCOUNT_NOT_FOUND, f"Owner_Account {owner!r} is not imported")

    def cap(self, rules: Rules, wanted: int | None) -> int | None:
        """Return the cap of a group for the one that was asked for; refuse more than the type allows."""
        if rules.max_members is None:
            return None
        if wanted is None:
            return rules.default_max_members
        if wanted > rules.max_members:
            raise Refusal(
                GroupCode.MEMBER_LIMIT, f"a group of the type {rules.kind} has at most {rules.max_members} members"
            )
        return wanted

    def destroy(self, group: Group) -> None:
        """End a group, and all that it had."""
        for account in group.members:
            self._forget_joined(group, account)
        del self.groups[group.group_id]

    # Coming and going

    def join(
        self, group: Group, account: str, now: float, *, role: str = MEMBER, join_time: int | None = None
    ) -> Member:
        """Make an account a member (see `Group.admit`)."""
        self._joined.setdefault(account, {})[group.group_id] = group
        return group.admit(account, now, role=role, join_time=join_time)

    def leave(self, group: Group, account: str) -> bool:
        """Take a member out; tell whether it was one."""
        if not group.expel(account):
            return False
        self._forget_joined(group, account)
        return True

    def enter(self, group: Group, account: str, now: float, *, approved: bool) -> Member:
        """Let an account in that comes by itself; a member who was added comes online.

        Args:
            group: the group.
            account: who comes.
            now: unix seconds.
            approved: whether owner or admins let it in, where the group asks for that.
        """
        if not self.state.knows(account, now):
            raise Refusal(GroupCode.ACCOUNT_NOT_FOUND, f"{account!r} is not imported")
        member = group.members.get(account)
        if member is None:
            if group.is_banned(account, now):
                raise Refusal(GroupCode.NO_PERMISSION, f"{account!r} is banned from the group")
            if not group.rules.can_apply or group.apply_join_option == "DisableApply":
                raise Refusal(GroupCode.NO_PERMISSION, f"nobody comes into {group.group_id!r} by themselves")
            if group.apply_join_option == "NeedPermission" and not approved:
                raise Refusal(GroupCode.NO_PERMISSION, f"coming into {group.group_id!r} needs approval")
            if not group.room_for(1):
                raise Refusal(GroupCode.FULL, f"the group has {len(group.members)} members and is full")
            member = self.join(group, account, now, role=ADMIN if account in group.live_admins else MEMBER)
        member.is_online = True
        return member

    def _forget_joined(self, group: Group, account: str) -> None:
        groups = self._joined[account]
        del groups[group.group_id]
        if not groups:
            del self._joined[account]
