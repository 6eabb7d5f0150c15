"""Friends, block lists and friend lists.

What the service does (I33521, I34457, I34902 to I34914, I34926, I34950, I40123)
    A friendship has two sides: A may have B on the list while B does not have A. An account has at most 3,000 friends
    and 32 friend lists. A friend may be on several lists. A profile says who may add its owner: anyone, no one, or
    anyone with the owner's consent, which a client gives and not this API. Blocking ends a friendship on both sides,
    and then neither side can add the other. Adding a friend again, reading or changing an account that is not a friend,
    blocking twice and unblocking twice are 30001.

What is done here
    Friends, lists and blocked accounts are kept in order of insertion. Versions count changes from 1.
    A friend list is created when a friend is first put on it.

What no document says
    - Who may add an account whose profile does not say. Here: anyone.
    - Whether a one-sided friendship needs consent. Here: yes.
    - What ForceAddFlags 1 overrides. Here: AllowType and AdminForbidType, but not block lists.
    - The limits of block lists and of pending requests. Here: 1,000 and 100.
    - What importing an existing friend does. Here: the given fields replace the stored ones.
    - Whether a one-sided friendship needs room on the other side's list. Here: no.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from ...models.tags import MAX_FRIEND_LISTS, ProfileTag, SnsTag, TagValue
from .codes import SnsCode
from .core import Part, State
from .links import Links
from .profile import ProfileState
from .refusal import Refusal

MAX_FRIENDS: Final = 3000
MAX_BLOCKED: Final = 1000
MAX_WAITING: Final = 100


class Friend(msgspec.Struct, kw_only=True):
    """A friend as one account has it.

    Attributes:
        add_source: the origin of the friendship.
        add_wording: the text of the request.
        add_time: unix seconds.
        remark: the account's own name for the friend.
        lists: the friend lists that the friend is on.
        custom: custom fields, by tag.
    """

    add_source: str = ""
    add_wording: str = ""
    add_time: int = 0
    remark: str = ""
    lists: list[str] = msgspec.field(default_factory=list)
    custom: dict[str, str | int] = msgspec.field(default_factory=dict)


class Versions(msgspec.Struct, kw_only=True):
    """How often the lists of an account have changed.

    Attributes:
        standard: friends and their fields that the service defines.
        custom: friends and their fields that the app defines.
        lists: friend lists.
        blocked: the block list.
    """

    standard: int = 0
    custom: int = 0
    lists: int = 0
    blocked: int = 0


class SnsState(Part):
    """Friendships, block lists and pending requests.

    Attributes:
        friends: from an account to those on its list.
        blocked: from an account to those it blocks; unix seconds of the block.
        waiting: from an account to those whose consent it requested; unix seconds of the request.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.friends: Links[Friend] = Links()
        self.blocked: Links[int] = Links()
        self.waiting: Links[int] = Links()
        self._lists: dict[str, list[str]] = {}
        self._versions: dict[str, Versions] = {}

    def versions(self, user_id: str) -> Versions:
        """Return the versions of an account's lists."""
        return self._versions.setdefault(user_id, Versions())

    # Friends

    def ask(self, user_id: str, other: str, now: float, *, both: bool, force: bool) -> bool:
        """Return whether a friendship can be made at once; otherwise record a request for consent and return False.

        Args:
            user_id: the account that requests it.
            other: the other account.
            now: unix seconds.
            both: whether the friendship has both sides.
            force: whether the profiles of the two do not matter.

        Raises:
            Refusal: it cannot be made at all.
        """
        self._check_ask(user_id, other, both=both)
        if force or not self._needs_consent(user_id, other):
            return True
        if not self.waiting.has(user_id, other):
            if len(self.waiting.of(user_id)) >= MAX_WAITING:
                raise Refusal(SnsCode.PENDING_LIMIT, f"{user_id!r} already has {MAX_WAITING} pending requests")
            self.waiting.add(user_id, other, int(now))
        return False

    def _check_ask(self, user_id: str, other: str, *, both: bool) -> None:
        """Refuse a friendship that exists, is blocked, or is over a limit."""
        if user_id == other:
            raise Refusal(SnsCode.PARAMS_INVALID, "an account cannot be its own friend")
        if self.friends.has(user_id, other):
            raise Refusal(SnsCode.PARAMS_INVALID, f"{other!r} is already a friend")
        if self.blocked.has(user_id, other):
            raise Refusal(SnsCode.PEER_IN_OWN_BLACKLIST, f"{user_id!r} blocks {other!r}")
        if self.blocked.has(other, user_id):
            raise Refusal(SnsCode.IN_PEER_BLACKLIST, f"{other!r} blocks {user_id!r}")
        self.check_room(user_id)
        if both and not self.friends.has(other, user_id) and len(self.friends.of(other)) >= MAX_FRIENDS:
            raise Refusal(SnsCode.PEER_FRIEND_LIMIT, f"{other!r} already has {MAX_FRIENDS} friends")

    def _needs_consent(self, user_id: str, other: str) -> bool:
        """Return whether an account must consent to a friendship; refuse what the two profiles forbid."""
        profiles = self.state.part(ProfileState)
        if profiles.get(user_id, ProfileTag.ADMIN_FORBID_TYPE) == "AdminForbid_Type_SendOut":
            raise Refusal(SnsCode.ADD_FORBIDDEN, f"{user_id!r} is not allowed to send friend requests")
        allows = profiles.get(other, ProfileTag.ALLOW_TYPE)
        if allows == "AllowType_Type_DenyAny":
            raise Refusal(SnsCode.PEER_DENIES_ALL, f"{other!r} does not accept friend requests")
        return allows == "AllowType_Type_NeedConfirm"

    def check_room(self, user_id: str) -> None:
        """Refuse when an account has the maximum number of friends."""
        if len(self.friends.of(user_id)) >= MAX_FRIENDS:
            raise Refusal(SnsCode.FRIEND_LIMIT, f"{user_id!r} already has {MAX_FRIENDS} friends")

    def befriend(self, user_id: str, other: str, friend: Friend) -> None:
        """Add a friend to an account, and to its friend lists."""
        self.make_lists(user_id, friend.lists)
        self.friends.add(user_id, other, friend)
        self.waiting.remove(user_id, other)
        self._changed(user_id)

    def unfriend(self, user_id: str, other: str, *, both: bool) -> list[tuple[str, str]]:
        """End a friendship on one side or both; return the pairs (owner, friend) that were removed."""
        sides = [(user_id, other), (other, user_id)] if both else [(user_id, other)]
        found = [side for side in sides if self.friends.remove(*side)]
        for owner, _ in found:
            self._changed(owner)
            self.versions(owner).lists += 1
        return found

    def friend(self, user_id: str, other: str) -> Friend:
        """Return a friend of an account; refuse an account that is not one."""
        known = self.friends.get(user_id, other)
        if known is None:
            raise Refusal(SnsCode.PARAMS_INVALID, f"{other!r} is not a friend")
        return known

    def set_fields(self, user_id: str, friend: Friend, fields: Mapping[str, TagValue]) -> None:
        """Set fields of a friendship, all or none; refuse an unknown tag. Values have the right types already."""
        lists = fields.get(SnsTag.GROUP)
        for tag in fields:
            if tag not in (SnsTag.GROUP, SnsTag.REMARK) and not tag.startswith("Tag_SNS_Custom_"):
                raise Refusal(SnsCode.PARAMS_INVALID, f"field {tag!r} of a friendship cannot be set")
        if isinstance(lists, list):
            self.make_lists(user_id, lists)
            friend.lists = list(dict.fromkeys(lists))
            self.versions(user_id).lists += 1
        for tag, value in fields.items():
            if tag == SnsTag.REMARK:
                friend.remark = str(value)
            elif not isinstance(value, list):
                friend.custom[str(tag)] = value
        self._changed(user_id)

    def fields(self, user_id: str, other: str) -> dict[str, TagValue]:
        """Return the fields of a friendship and of the friend's profile, by tag."""
        friend = self.friend(user_id, other)
        known: dict[str, TagValue] = {
            SnsTag.ADD_SOURCE: friend.add_source,
            SnsTag.ADD_WORDING: friend.add_wording,
            SnsTag.ADD_TIME: friend.add_time,
            SnsTag.REMARK: friend.remark,
            SnsTag.GROUP: list(friend.lists),
            **friend.custom,
            **self.state.part(ProfileState).values(other),
        }
        return {str(tag): value for tag, value in known.items() if value not in ("", [])}

    # Friend lists

    def lists(self, user_id: str) -> list[str]:
        """Return the names of an account's friend lists."""
        return list(self._lists.get(user_id, ()))

    def check_list_room(self, user_id: str, names: Iterable[str]) -> list[str]:
        """Return the names for which no friend list exists; refuse when there would be too many lists."""
        own = self._lists.get(user_id, [])
        new = [name for name in dict.fromkeys(names) if name not in own]
        if len(own) + len(new) > MAX_FRIEND_LISTS:
            raise Refusal(
                SnsCode.GROUP_LIMIT, f"{user_id!r} has {len(own)} friend lists, at most {MAX_FRIEND_LISTS} are allowed"
            )
        return new

    def make_lists(self, user_id: str, names: Iterable[str]) -> None:
        """Create the friend lists that do not exist, all or none; refuse when there would be too many lists."""
        new = self.check_list_room(user_id, names)
        if new:
            self._lists.setdefault(user_id, []).extend(new)
            self.versions(user_id).lists += 1

    def delete_lists(self, user_id: str, names: list[str]) -> None:
        """Delete friend lists, all or none; refuse an unknown name."""
        own = self._lists.get(user_id, [])
        for name in names:
            if name not in own:
                raise Refusal(SnsCode.PARAMS_INVALID, f"friend list {name!r} does not exist")
        self._lists[user_id] = [name for name in own if name not in names]
        for friend in self.friends.of(user_id).values():
            friend.lists = [name for name in friend.lists if name not in names]
        self.versions(user_id).lists += 1
        self._changed(user_id)

    def members(self, user_id: str, name: str) -> list[str]:
        """Return the friends on a friend list."""
        return [other for other, friend in self.friends.of(user_id).items() if name in friend.lists]

    # Block list

    def block(self, user_id: str, other: str, now: float) -> list[tuple[str, str]]:
        """Block an account, which ends the friendship; return the pairs (owner, friend) that were removed.

        Raises:
            Refusal: it is already blocked, is the account itself, or the block list is full.
        """
        if user_id == other:
            raise Refusal(SnsCode.PARAMS_INVALID, "an account cannot block itself")
        if self.blocked.has(user_id, other):
            raise Refusal(SnsCode.PARAMS_INVALID, f"{other!r} is already blocked")
        if len(self.blocked.of(user_id)) >= MAX_BLOCKED:
            raise Refusal(SnsCode.BLACKLIST_LIMIT, f"{user_id!r} already blocks {MAX_BLOCKED} accounts")
        self.blocked.add(user_id, other, int(now))
        self.versions(user_id).blocked += 1
        self.waiting.remove(user_id, other)
        self.waiting.remove(other, user_id)
        return self.unfriend(user_id, other, both=True)

    def unblock(self, user_id: str, other: str) -> None:
        """Unblock an account; refuse when it is not blocked."""
        if not self.blocked.remove(user_id, other):
            raise Refusal(SnsCode.PARAMS_INVALID, f"{other!r} is not blocked")
        self.versions(user_id).blocked += 1

    def forget_account(self, user_id: str) -> None:
        """Remove a deleted account from all lists, and its own lists."""
        for owner in self.friends.to(user_id):
            self._changed(owner)
        for owner in self.blocked.to(user_id):
            self.versions(owner).blocked += 1
        for links in (self.friends, self.blocked, self.waiting):
            links.forget(user_id)
        self._lists.pop(user_id, None)
        self._versions.pop(user_id, None)

    def _changed(self, user_id: str) -> None:
        versions = self.versions(user_id)
        versions.standard += 1
        versions.custom += 1
