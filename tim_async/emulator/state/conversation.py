"""Conversations: the stored messages of two accounts, in the order of history."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator

import msgspec

from ...models.c2c import RoamMsg
from ...models.offline_push import OfflinePushInfo

Pair = tuple[str, str]
"""Two accounts, in alphabetical order."""


class Entry(msgspec.Struct, kw_only=True):
    """A stored message.

    Attributes:
        index: counts all stored messages in the order they arrived.
        message: the message as both sides read it.
        hidden_from: the accounts whose history does not have it.
        is_unread: whether the recipient has it among the unread ones.
        supports_extension: whether it can have extensions.
        push: the settings of its notification; None if the message itself has them.
        is_edited: whether it was changed after it was sent.
    """

    index: int
    message: RoamMsg
    hidden_from: set[str]
    is_unread: bool = False
    supports_extension: bool = False
    push: OfflinePushInfo | None = None
    is_edited: bool = False

    def change(self, **fields: object) -> None:
        """Change fields of the message by replacing it: a copy that was read before stays unchanged."""
        self.message = msgspec.structs.replace(self.message, **fields)


def _order(entry: Entry) -> tuple[int, int, int]:
    return entry.message.msg_time_stamp, entry.message.msg_seq, entry.index


def _second(entry: Entry) -> int:
    return entry.message.msg_time_stamp


class Conversation:
    """The stored messages of two accounts.

    Attributes:
        entries: in the order of history, oldest first.
        by_key: the same by MsgKey.
    """

    __slots__ = ("by_key", "entries")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.by_key: dict[str, Entry] = {}

    def add(self, entry: Entry) -> None:
        """Insert an entry in the order of history."""
        insort(self.entries, entry, key=_order)
        self.by_key[entry.message.msg_key] = entry

    def remove(self, entry: Entry) -> None:
        """Remove an entry."""
        del self.entries[bisect_left(self.entries, _order(entry), key=_order)]
        del self.by_key[entry.message.msg_key]

    def backwards(self, side: str, first: int, last: int, before_key: str | None) -> Iterator[Entry]:
        """Yield what one side sees of the seconds first..last, newest first.

        With `before_key`, only messages before the one with that key are yielded; an unknown key is ignored.
        """
        end = bisect_right(self.entries, last, key=_second)
        start = self.by_key.get(before_key) if before_key else None
        if start is not None:
            end = min(end, bisect_left(self.entries, _order(start), key=_order))
        for position in range(end - 1, -1, -1):
            entry = self.entries[position]
            if entry.message.msg_time_stamp < first:
                return
            if side not in entry.hidden_from:
                yield entry
