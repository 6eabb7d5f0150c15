"""Threads: the sequence of messages of a group or a topic, with MsgSeq, read positions and mutes.

`state.group` describes what the service does and what no document says.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from ..._api.checks import U32_MAX
from ...models.elements import Element
from ...models.offline_push import OfflinePushInfo
from .extensions import ExtensionBook

DAY_S: Final = 86_400
# The end of a permanent mute, in answers.
FOREVER: Final = U32_MAX


class GroupEntry(msgspec.Struct, kw_only=True):
    """A message of a thread.

    Attributes:
        seq: MsgSeq.
        random: the sender's Random.
        from_account: the sender.
        time: unix seconds, as in answers.
        stored_at: unix seconds at which it was stored: later than `time` for an imported message.
        msg_body: its elements.
        priority: High, Normal, Low or Lowest.
        cloud_custom_data: the app's own data.
        place: 0 for a message and 2 for a recalled one, which keeps its MsgSeq; 1, in answers, is an expired one.
        is_system: whether the service wrote it.
        to_accounts: the members it was addressed to; None for all.
        needs_receipt: whether it requests read receipts.
        read_by: unix seconds of the read receipts, by member.
        unread_count: whether it counts as unread.
        supports_extension: whether it can have extensions.
        extensions: its extensions; None when it never had any.
        push: the settings of its notification; None if the message itself has them.
        is_edited: whether it was changed after it was sent.
        mentions: the mentioned members; "" stands for everyone.
    """

    seq: int
    random: int
    from_account: str
    time: int
    stored_at: int
    msg_body: Sequence[Element] = ()
    priority: str = "Normal"
    cloud_custom_data: str | None = None
    place: int = 0
    is_system: bool = False
    to_accounts: list[str] | None = None
    needs_receipt: bool = False
    read_by: dict[str, int] = msgspec.field(default_factory=dict)
    unread_count: bool = True
    supports_extension: bool = False
    extensions: ExtensionBook | None = None
    push: OfflinePushInfo | None = None
    is_edited: bool = False
    mentions: list[str] = msgspec.field(default_factory=list)

    def counts_for(self, account: str) -> bool:
        """Return whether the message counts as unread for an account that has not read it."""
        return self.place == 0 and self.unread_count and not self.is_system and self.from_account != account


class Thread:
    """The messages of a group or of a topic.

    Attributes:
        next_seq: MsgSeq of the next message.
        last_msg_time: unix seconds of the last message, 0 for none.
        entries: the stored messages by MsgSeq, oldest first; expired ones are removed.
        read: the newest MsgSeq that an account has read.
        unread_set: unread counts that were set, and the MsgSeq after which new messages add to them.
        cleared_seq: the newest MsgSeq that is hidden from clients.
        mutes: unix seconds at which an account may write again.
        mute_all: whether only owner and admins may write.
        is_active: whether it ever had a message besides the service's notices.
        recent: the seconds of the last day that had messages, each with its first MsgSeq.
    """

    __slots__ = (
        "cleared_seq",
        "entries",
        "is_active",
        "last_msg_time",
        "mute_all",
        "mutes",
        "next_seq",
        "read",
        "recent",
        "unread_set",
    )

    def __init__(self) -> None:
        self.next_seq: int = 1
        self.last_msg_time: int = 0
        self.entries: dict[int, GroupEntry] = {}
        self.read: dict[str, int] = {}
        self.unread_set: dict[str, tuple[int, int]] = {}
        self.cleared_seq: int = 0
        self.mutes: dict[str, int] = {}
        self.mute_all: bool = False
        self.is_active: bool = False
        self.recent: deque[tuple[int, int]] = deque()

    def take_seq(self, now: float) -> int:
        """Return the next MsgSeq and count it as used by a message."""
        self.is_active = True
        return self._next(now)

    def _next(self, now: float) -> int:
        seq = self.next_seq
        self.next_seq += 1
        self.last_msg_time = int(now)
        if not self.recent or self.recent[-1][0] != self.last_msg_time:
            self.recent.append((self.last_msg_time, seq))
            while self.recent[0][0] < now - DAY_S:
                self.recent.popleft()
        return seq

    def first_since(self, second: float) -> int:
        """Return the first MsgSeq of a second or later, within the last day; the next one when there is none."""
        return next((seq for time, seq in self.recent if time >= second), self.next_seq)

    def add_notice(self, operator: str, now: float, oldest: int) -> int:
        """Store a notice of the service, which takes a MsgSeq and is never unread; return the MsgSeq.

        Args:
            operator: the account that made the reported change.
            now: unix seconds.
            oldest: as for `store`.
        """
        second = int(now)
        seq = self._next(now)
        self.store(
            GroupEntry(seq=seq, random=0, from_account=operator, time=second, stored_at=second, is_system=True), oldest
        )
        return seq

    def store(self, entry: GroupEntry, oldest: int) -> None:
        """Store a message; remove those that were stored before `oldest`, in unix seconds."""
        self.entries[entry.seq] = entry
        while (first := next(iter(self.entries.values()))).stored_at < oldest:
            del self.entries[first.seq]

    def find(self, seq: int, oldest: int) -> GroupEntry | None:
        """Return a message that was stored at `oldest`, in unix seconds, or later."""
        entry = self.entries.get(seq)
        return entry if entry is not None and entry.stored_at >= oldest else None

    def unread(self, account: str) -> int:
        """Return how many messages an account has not read."""
        count, since = self.unread_set.get(account, (0, self.read.get(account, 0)))
        fresh = range(max(since, self.cleared_seq) + 1, self.next_seq)
        return count + sum(seq in self.entries and self.entries[seq].counts_for(account) for seq in fresh)

    def set_unread(self, account: str, count: int) -> None:
        """Set how many messages an account has not read; new messages add to it."""
        last = self.next_seq - 1
        self.unread_set[account] = (count, last)
        self.read[account] = max(0, last - count)

    def read_all(self, accounts: Iterable[str]) -> None:
        """Mark every message so far as read by accounts."""
        for account in accounts:
            self.unread_set.pop(account, None)
            self.read[account] = self.next_seq - 1

    def clear(self, up_to: int) -> None:
        """Hide the messages up to a MsgSeq from clients; hidden messages are not unread."""
        self.cleared_seq = max(self.cleared_seq, min(up_to, self.next_seq - 1))
        for account, (_, since) in self.unread_set.items():
            if since <= self.cleared_seq:
                self.unread_set[account] = (0, since)

    def clear_messages(self) -> None:
        """Drop the messages; MsgSeq continues."""
        self.entries.clear()
        self.read.clear()
        self.unread_set.clear()

    def forget(self, account: str) -> None:
        """Remove the read position of an account."""
        self.read.pop(account, None)
        self.unread_set.pop(account, None)

    def mute(self, account: str, seconds: int, now: float) -> None:
        """Mute an account; 0 s unmutes it."""
        if seconds:
            self.mutes[account] = min(int(now) + seconds, FOREVER) if seconds < U32_MAX else FOREVER
        else:
            self.mutes.pop(account, None)

    def muted_until(self, account: str, now: float) -> int:
        """Return the unix second at which an account may write again; 0 if it may now."""
        until = self.mutes.get(account, 0)
        return until if until > now else 0

    def muted(self, now: float) -> dict[str, int]:
        """Return the ends of the current mutes, by account."""
        return {account: until for account, until in self.mutes.items() if until > now}
