"""What the five types of groups allow, and which group ids are valid.

The types have an older and a newer name: Private is Work, ChatRoom is Meeting. Both are accepted; the older is stored
and returned, as in the samples of the documents. A rule is named for what it allows; `Group.require` checks it.

Sources: the tables "Applicable group types" of I34895 to I34971, I50293 to I50297, I60524 to I60527, and I33529.

                     Public   Private     ChatRoom    AVChatRoom     Community
                              (Work)      (Meeting)   (live group)
    apply to join    approval no          yes         yes            yes
    add members      yes      yes         yes         no (10007)     yes
    remove members   yes      yes         yes         no (10004)     yes
    admins           yes      no          yes         of its own     yes
    mutes            yes      no          yes         yes            yes
    transfer         yes      yes         yes         no (10007)     yes
    history          yes      yes         yes         no             yes
    unread counts    yes      yes         no          no             yes
    read receipts    yes      yes         yes         no             no
    most members     6,000    6,000       6,000       no limit       100,000
    stored notices
      of the profile yes      yes         yes         no             yes
      of members     yes      yes         no          no             yes
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

import msgspec

from ...models.group import GROUP_ID_MAX_BYTES

PUBLIC: Final = "Public"
WORK: Final = "Private"
MEETING: Final = "ChatRoom"
LIVE: Final = "AVChatRoom"
COMMUNITY: Final = "Community"

_NEWER_NAMES: Final = {"Work": WORK, "Meeting": MEETING}

# Ids that the service generates begin with this; an app may choose such an id only for a community.
RESERVED_PREFIX: Final = "@TGS#"
COMMUNITY_PREFIX: Final = "@TGS#_"
TOPIC_MARK: Final = "@TOPIC#_"
_PRINTABLE: Final = re.compile(r"[\x20-\x7e]+")


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What groups of one type allow.

    Attributes:
        kind: the type's older name, which answers have.
        letter: follows the prefix in ids that the service generates.
        max_members: the maximum number of members; None is no limit.
        default_max_members: the maximum if none is given.
        apply_join: ApplyJoinOption if none is given.
        invite_join: InviteJoinOption if none is given.
        can_apply: whether an account can join on its own, at once or after approval.
        can_add: whether members can be added.
        can_remove: whether members can be removed.
        can_transfer: whether the owner can be changed.
        can_mute: whether single members, and all, can be muted.
        can_recall: whether messages can be recalled.
        has_admins: whether members can be admins.
        has_profiles: whether profiles of members are kept: role, name card, custom fields.
        has_history: whether messages are stored.
        has_unread: whether unread messages are counted.
        has_receipts: whether messages can have read receipts.
        has_topics: whether topics and permission groups are supported.
        is_live: whether the members are those online now, with marks, robots and admins of a live group.
        notes_profile: whether a notice reports a change of the profile.
        notes_members: whether notices report who joins, leaves, is muted or becomes an admin.
    """

    kind: str
    letter: str
    max_members: int | None = 6_000
    default_max_members: int | None = None
    apply_join: str = "FreeAccess"
    invite_join: str = "FreeAccess"
    can_apply: bool = True
    can_add: bool = True
    can_remove: bool = True
    can_transfer: bool = True
    can_mute: bool = True
    can_recall: bool = True
    has_admins: bool = True
    has_profiles: bool = True
    has_history: bool = True
    has_unread: bool = True
    has_receipts: bool = True
    has_topics: bool = False
    is_live: bool = False
    notes_profile: bool = True
    notes_members: bool = True


RULES: Final = MappingProxyType(
    {
        rules.kind: rules
        for rules in (
            Rules(kind=PUBLIC, letter="2", default_max_members=2_000, apply_join="NeedPermission"),
            Rules(
                kind=WORK,
                letter="1",
                default_max_members=200,
                apply_join="DisableApply",
                can_apply=False,
                can_mute=False,
                has_admins=False,
            ),
            Rules(kind=MEETING, letter="3", default_max_members=6_000, has_unread=False, notes_members=False),
            Rules(
                kind=LIVE,
                letter="a",
                max_members=None,
                invite_join="DisableInvite",
                can_add=False,
                can_remove=False,
                can_transfer=False,
                has_admins=False,
                has_profiles=False,
                has_history=False,
                has_unread=False,
                has_receipts=False,
                is_live=True,
                notes_profile=False,
                notes_members=False,
            ),
            Rules(
                kind=COMMUNITY,
                letter="_",
                max_members=100_000,
                default_max_members=100_000,
                has_receipts=False,
                has_topics=True,
            ),
        )
    }
)


def rules_of(name: str) -> Rules | None:
    """Return the rules of a type, by its older or newer name; None for an unknown type."""
    return RULES.get(_NEWER_NAMES.get(name, name))


def is_group_id(value: str) -> bool:
    """Return whether a string is a valid group id: 1 to 48 printable ASCII characters."""
    return len(value) <= GROUP_ID_MAX_BYTES and _PRINTABLE.fullmatch(value) is not None


def why_not_ours(value: str, rules: Rules) -> str | None:
    """Return why an app cannot choose this id for a new group; None if it can."""
    if not is_group_id(value):
        return f"it must be 1 to {GROUP_ID_MAX_BYTES} printable ASCII characters"
    if TOPIC_MARK in value:
        return f"{TOPIC_MARK} is reserved for ids of topics"
    if rules.has_topics:
        own = value.removeprefix(COMMUNITY_PREFIX)
        if own in (value, "") or own.startswith(RESERVED_PREFIX):
            return (
                f"that of a community must be {COMMUNITY_PREFIX} and a name that does not begin with {RESERVED_PREFIX}"
            )
    elif value.startswith(RESERVED_PREFIX):
        return f"the prefix {RESERVED_PREFIX} is reserved for ids that the service generates"
    return None


def make_group_id(number: int, rules: Rules) -> str:
    """Generate an id as the service does, such as `@TGS#2AAAAAAB`; `@TGS#_@TGS#cAAAAAAB` for a community."""
    digits = ""
    for _ in range(7):
        number, digit = divmod(number, 32)
        digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[digit] + digits
    return f"{RESERVED_PREFIX}_{RESERVED_PREFIX}c{digits}" if rules.has_topics else f"@TGS#{rules.letter}{digits}"
