"""Removes account names from recordings: the fields that hold them, and finding them in other texts."""

from __future__ import annotations

import json
import string
from typing import Final
from urllib.parse import quote

from .._api.wire import WireStruct
from ..families._registry import endpoints
from ..models.elements import _KINDS

# The endings of the names of fields that hold accounts, or lists of accounts.
_ACCOUNT_ENDINGS: Final = ("Account", "Accounts", "UserID", "UserId", "Identifier", "ExtSender", "ExtReceiver")
# Fields whose values are defined by the service. Such a value may look like an account's name, but is not one.
_FIXED_FIELDS: Final = frozenset(
    {
        "AccountStatus",
        "ActionStatus",
        "AddSource",
        "AddType",
        "ApplyJoinOption",
        "ChatType",
        "CheckType",
        "ContentType",
        "DeleteType",
        "EventType",
        "ForbidCallbackControl",
        "GroupBaseInfoFilter",
        "GroupType",
        "HistoryMsgBeforeJoin",
        "InviteJoinOption",
        "Label",
        "MemberInfoFilter",
        "MemberRoleFilter",
        "Mode",
        "MsgDropReason",
        "MsgFlag",
        "MsgPriority",
        "MsgType",
        "MuteAllMember",
        "NeedFriend",
        "OfficialAccountBaseInfoFilter",
        "OnlineStatus",
        "Platform",
        "Relation",
        "RequestField",
        "ResponseFilter",
        "Result",
        "Role",
        "SelfInfoFilter",
        "SendMsgControl",
        "Status",
        "Suggestion",
        "Tag",
        "TagList",
        "Type",
    }
)
_WORD_CHARS: Final = frozenset(string.ascii_letters + string.digits + "_")


def is_account_field(name: str) -> bool:
    """Return whether the field of this wire name holds accounts."""
    return name.endswith(_ACCOUNT_ENDINGS)


def wire_names() -> frozenset[str]:
    """Return the wire names of all fields that this library knows."""
    endpoints()  # loads the structs of all families
    kinds: list[type] = [WireStruct, *_KINDS.values()]
    names = {"ActionStatus", "MsgContent", "MsgType"}  # no struct of a family has these
    while kinds:
        kind = kinds.pop()
        names.update(getattr(kind, "__struct_encode_fields__", ()))
        kinds += type.__subclasses__(kind)
    return frozenset(names)


class Names:
    """Replaces account names by `account-1`, `account-2` ..., in keys and texts of any JSON.

    Within a longer text, a name must not continue in an ASCII letter or digit on either side: "bob" is found in
    "to:bob" and in "发给bob的消息", but not in "bobby". Names that begin or end in other letters are found anywhere on
    that side, because Chinese has no spaces between words.
    """

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        # The lengths of the names that begin with a character, the longest first.
        self._lengths: dict[str, list[int]] = {}
        self._count = 0
        self._wire_names = wire_names()

    def learn(self, value: object, *, is_account: bool = False) -> None:
        """Remember the accounts that a JSON value names."""
        if isinstance(value, dict):
            for name, item in value.items():
                self.learn(item, is_account=is_account_field(name))
        elif isinstance(value, list):
            for item in value:
                self.learn(item, is_account=is_account)
        elif is_account and isinstance(value, str) and value and value not in self._known:
            self._add(value)

    def _add(self, name: str) -> None:
        self._count += 1
        # In a URL, or in JSON within a text, a name may have another spelling.
        for spelling in {name, quote(name, safe=""), json.dumps(name)[1:-1]}:
            self._known[spelling] = f"account-{self._count}"
            lengths = self._lengths.setdefault(spelling[0], [])
            if len(spelling) not in lengths:
                lengths.append(len(spelling))
                lengths.sort(reverse=True)

    def replace(self, value: object) -> object:
        """Return a JSON value without the names; what the service defines stays, even if an account has that name."""
        if isinstance(value, dict):
            return {
                name if name in self._wire_names else self.in_text(name): item
                if name in _FIXED_FIELDS
                else self.replace(item)
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [self.replace(item) for item in value]
        return self.in_text(value) if isinstance(value, str) else value

    def in_text(self, text: str) -> str:
        """Replace a text that is a name, or the names in it."""
        if text in self._known:
            return self._known[text]
        parts: list[str] = []
        done = place = 0
        while place < len(text):
            lengths = self._lengths.get(text[place])
            end = self._end_of_name(text, place, lengths) if lengths else 0
            if end:
                parts += text[done:place], self._known[text[place:end]]
                done = end
            place = end or place + 1
        return "".join(parts) + text[done:] if parts else text

    def _end_of_name(self, text: str, begin: int, lengths: list[int]) -> int:
        """Return the end of the name that begins at a position; 0 if none begins there."""
        if begin and text[begin] in _WORD_CHARS and text[begin - 1] in _WORD_CHARS:
            return 0
        for length in lengths:
            end = begin + length
            if end <= len(text) and text[begin:end] in self._known:
                if end < len(text) and text[end] in _WORD_CHARS and text[end - 1] in _WORD_CHARS:
                    continue
                return end
        return 0
