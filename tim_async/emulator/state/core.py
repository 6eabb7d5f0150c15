"""The state of the emulator: accounts, conversations, and the sends of the last two minutes.

Words. An *account* is a user id that was imported. A *conversation* is what two accounts wrote to each other; both
sides see the same messages, except those hidden from one of them. An *entry* is a stored message.

What the service does (reference: c2c.md)
    History is ordered by the second, then by MsgSeq, which may repeat. It reaches back seven days. A message sent to
    online recipients only is not stored. One sent with SyncOtherMachine 2 is not in the sender's own history.
    A send with the sender, MsgSeq, MsgRandom and CRC32 of the content of one that is at most 120 s old is the same
    message, and is dropped.

What is done here
    Entries are sorted by (second, MsgSeq, order of arrival). Duplicates are recognized by (sender, recipient, MsgSeq,
    MsgRandom, CRC32 of MsgBody with sorted keys). The 120 s run from the first send; a repeat does not extend them.
    The number of entries is limited: the oldest make room, and leave traces that can still be read (see `traces`).

What no document says
    - How a dropped duplicate is answered. Here: like the first one, with the same MsgKey and MsgTime.
    - Whether the recipient is part of the duplicate key. Here: yes, so one text to two people is two messages.
    - Whether CloudCustomData is part of the content. Here: no, only MsgBody is.
    - What happens to the other side's history when an account is deleted. Here: the whole conversation is deleted.
    - How long the service can distinguish a deleted account from one it never saw. Here: as long as the emulator runs,
      until the account is imported again.
"""

from __future__ import annotations

import itertools
import zlib
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta, timezone
from typing import ClassVar, Final, TypeVar, cast

import msgspec

from ...models.c2c import RoamMsg, SendMsgResult
from .conversation import Conversation, Entry, Pair
from .duplicates import Duplicates
from .traces import Traces

DAY_S: Final = 86_400
# The service counts days, and writes times, in China's time zone.
CHINA_OFFSET_S: Final = 8 * 3_600
CHINA: Final = timezone(timedelta(seconds=CHINA_OFFSET_S))


class Account(msgspec.Struct, kw_only=True):
    """An account that the emulator knows.

    Attributes:
        user_id: 1 to 32 bytes.
        nick: nickname.
        face_url: avatar's address.
        is_admin: whether it may call the REST API.
        imported_at: unix seconds of the emulator's clock.
    """

    user_id: str
    nick: str | None = None
    face_url: str | None = None
    is_admin: bool = False
    imported_at: float


DuplicateKey = tuple[str, str, int, int, int]


def content_crc(msg_body: object) -> int:
    """Return the CRC32 of a MsgBody, given as plain JSON values; the order of keys does not matter."""
    return zlib.crc32(msgspec.json.encode(msg_body, order="sorted"))


def msg_id(sender: str, second: int, random: int) -> str:
    """Return a MsgId, in which a number stands for the sender."""
    return f"{144_115_000_000_000_000 + zlib.crc32(sender.encode())}-{second}-{random}"


class Part:
    """The state of one area, such as groups; created when a handler first needs it.

    Attributes:
        state: the whole state.
        is_of_messages: whether it holds only data of messages.
    """

    is_of_messages: ClassVar[bool] = False

    def __init__(self, state: State) -> None:
        self.state = state

    def forget_account(self, user_id: str) -> None:
        """Remove what belongs to an account that is being deleted."""

    def clear_messages(self) -> None:
        """Drop messages and the data for recognizing repeats; for parts that hold other things too."""

    def forget_entries(self, entries: Sequence[Entry], pairs: Collection[Pair]) -> None:
        """Remove the data of one-to-one messages that are no longer kept.

        Args:
            entries: the messages.
            pairs: the accounts that have no messages left between them.
        """


PartT = TypeVar("PartT", bound=Part)


class State:
    """Accounts, one-to-one messages, and the parts that hold the rest.

    Attributes:
        accounts: the accounts that were imported.
        deleted: user ids that were deleted and not imported again.
        auto_import: whether an unknown account is imported when it is first named.
        duplicates: the sends of the last two minutes.
        sdk_app_id: the app.
        base_url: its address; "" before it is served.
        checks_extension_seq: whether Seq locks the key/values of messages, as it does for members.
        max_contacts: how many conversations the list of an account keeps.
        max_messages: how many messages are kept whole: of accounts, and as many of groups.
        max_pushes: how many pushes are kept.
    """

    def __init__(
        self,
        *,
        auto_import: bool,
        duplicate_window_s: float,
        history_days: float,
        sdk_app_id: int = 0,
        max_contacts: int = 100,
        max_messages: int = 100_000,
        max_pushes: int = 10_000,
    ) -> None:
        self.sdk_app_id = sdk_app_id
        self.base_url = ""
        self.auto_import = auto_import
        self.checks_extension_seq: bool = False
        self.max_contacts = max_contacts
        self.max_messages = max_messages
        self.max_pushes = max_pushes
        self._duplicate_window_s = duplicate_window_s
        self._history_s = history_days * DAY_S
        self._next_index = 1
        self.clear()

    def clear(self) -> None:
        """Drop everything except the settings."""
        self.accounts: dict[str, Account] = {}
        self.deleted: set[str] = set()
        self._parts: dict[type[Part], Part] = {}
        self.clear_messages()

    def clear_messages(self) -> None:
        """Drop all one-to-one messages, the data for recognizing repeats, and the messages of the parts."""
        self.duplicates: Duplicates[DuplicateKey, SendMsgResult] = Duplicates(self._duplicate_window_s)
        self._conversations: dict[Pair, Conversation] = {}
        self._traces = Traces()
        self._peers: defaultdict[str, set[str]] = defaultdict(set)
        self._entries: OrderedDict[int, Entry] = OrderedDict()  # as for Duplicates
        self._unread: defaultdict[str, set[int]] = defaultdict(set)
        self._parts = {kind: part for kind, part in self._parts.items() if not kind.is_of_messages}
        for part in self._parts.values():
            part.clear_messages()

    def oldest(self, now: float) -> int:
        """Return the unix second where history begins."""
        return int(now - self._history_s)

    def contents(self) -> dict[str, object]:
        """Return everything besides the parts, under the names that `restore` expects."""
        return {
            "accounts": list(self.accounts.values()),
            "deleted": self.deleted,
            "duplicates": self.duplicates,
            "entries": list(self._entries.values()),
            "traces": self._traces,
            "next_index": self._next_index,
            "checks_extension_seq": self.checks_extension_seq,
        }

    def restore(
        self,
        *,
        accounts: Iterable[Account],
        deleted: set[str],
        duplicates: Duplicates[DuplicateKey, SendMsgResult],
        entries: Iterable[Entry],
        traces: Traces,
        next_index: int,
        checks_extension_seq: bool,
        parts: Iterable[Part],
    ) -> None:
        """Replace the contents."""
        self.clear()
        self.accounts.update((account.user_id, account) for account in accounts)
        self.deleted = deleted
        self.duplicates = duplicates
        self.duplicates.window_s = self._duplicate_window_s
        self._traces = traces
        self._next_index = next_index
        self.checks_extension_seq = checks_extension_seq
        for entry in entries:
            self._enter(entry)
        self._parts = {type(part): part for part in parts}

    def parts(self) -> Collection[Part]:
        """Return the existing parts."""
        return self._parts.values()

    def part(self, kind: type[PartT]) -> PartT:
        """Return the part of this kind, always the same object."""
        known = self._parts.get(kind)
        if known is None:
            known = self._parts[kind] = kind(self)
        return cast(PartT, known)

    def import_account(
        self, user_id: str, now: float, *, nick: str | None = None, face_url: str | None = None, is_admin: bool = False
    ) -> Account:
        """Create an account, or update the nickname and avatar of an existing one where they are not None."""
        known = self.accounts.get(user_id)
        if known is None:
            known = self.accounts[user_id] = Account(user_id=user_id, is_admin=is_admin, imported_at=now)
            self.deleted.discard(user_id)
        if nick is not None:
            known.nick = nick
        if face_url is not None:
            known.face_url = face_url
        return known

    def knows(self, user_id: str, now: float) -> bool:
        """Return whether an account exists; with `auto_import`, import it first unless it was deleted."""
        if user_id in self.accounts:
            return True
        if not self.auto_import or user_id in self.deleted:
            return False
        self.import_account(user_id, now)
        return True

    def delete_account(self, user_id: str) -> None:
        """Delete an account and its conversations."""
        del self.accounts[user_id]
        self.deleted.add(user_id)
        for part in self._parts.values():
            part.forget_account(user_id)
        self._traces.forget_account(user_id)
        for peer in self._peers.pop(user_id, set()):
            conversation = self._conversations.pop(_pair(user_id, peer), None)
            if conversation is not None:
                for entry in conversation.entries:
                    self._drop(entry)
            if peer != user_id:
                self._peers[peer].discard(user_id)

    def free_key(self, plain: str, sender: str, recipients: Iterable[str]) -> str:
        """Return a MsgKey like `plain`, of at most 50 characters, that no stored message to any recipient has."""
        pairs = [_pair(sender, recipient) for recipient in recipients]
        talks = [self._conversations[pair] for pair in pairs if pair in self._conversations]
        key = plain
        # Seq, random and second may be equal although the content differs, and paging goes by key.
        number = 1
        while any(key in talk.by_key for talk in talks):
            number += 1
            key = f"{plain}_{number}"
        return key

    def store(
        self,
        message: RoamMsg,
        *,
        hidden_from: set[str],
        now: float,
        is_unread: bool = False,
        supports_extension: bool = False,
    ) -> Entry:
        """Add a message to the history of its conversation."""
        self._forget_old(now)
        entry = Entry(
            index=self._next_index,
            message=message,
            hidden_from=hidden_from,
            is_unread=is_unread,
            supports_extension=supports_extension,
        )
        self._next_index += 1
        self._enter(entry)
        if len(self._entries) > self.max_messages:
            self._make_room()
        return entry

    def _enter(self, entry: Entry) -> None:
        sender, recipient = entry.message.from_account, entry.message.to_account
        self._conversations.setdefault(_pair(sender, recipient), Conversation()).add(entry)
        self._entries[entry.index] = entry
        if entry.is_unread:
            self._unread[recipient].add(entry.index)
        self._peers[sender].add(recipient)
        self._peers[recipient].add(sender)

    def find(self, sender: str, recipient: str, key: str, now: float) -> Entry | None:
        """Return the stored message with this key from one account to another, None if there is none."""
        conversation = self._conversations.get(_pair(sender, recipient))
        entry = conversation.by_key.get(key) if conversation is not None else None
        if entry is None or entry.message.from_account != sender:
            return None
        return entry if entry.message.msg_time_stamp >= int(now - self._history_s) else None

    def peers(self, user_id: str) -> Collection[str]:
        """Return the accounts with which an account has a conversation."""
        return self._peers.get(user_id, ())

    def backwards(
        self,
        side: str,
        peer: str,
        *,
        now: float,
        first: int = 0,
        last: int = 2**53,
        before_key: str | None = None,
    ) -> Iterator[Entry]:
        """Yield the messages that one side sees of a conversation, newest first, as far back as history reaches.

        Args:
            side: the account whose view it is.
            peer: the other one.
            now: unix seconds.
            first: the oldest second.
            last: the newest second.
            before_key: the MsgKey of a message; only older ones are yielded.
        """
        conversation = self._with_traces(side, peer)
        if conversation is None:
            return iter(())
        oldest = self.oldest(now)
        return conversation.backwards(side, max(first, oldest), last, before_key)

    def hide_all(self, side: str, peer: str, now: float) -> None:
        """Hide a conversation from one side: all its messages so far."""
        for entry in self.backwards(side, peer, now=now):
            entry.hidden_from.add(side)
        self._traces.hide(side, peer)

    def _with_traces(self, side: str, peer: str) -> Conversation | None:
        known = self._conversations.get(_pair(side, peer))
        traces = list(self._traces.between(side, peer)) if len(self._traces) else []
        if not traces:
            return known
        whole = Conversation()
        for message, hidden_from in traces:
            whole.add(Entry(index=0, message=message, hidden_from=hidden_from))
        for entry in known.entries if known is not None else ():
            whole.add(entry)
        return whole

    def messages(self, now: float) -> Iterator[RoamMsg]:
        """Yield every stored message in the order of arrival, as far back as history reaches."""
        oldest = self.oldest(now)
        return (entry.message for entry in self._entries.values() if entry.message.msg_time_stamp >= oldest)

    def read(self, entry: Entry) -> None:
        """Mark a message as read by its recipient."""
        entry.is_unread = False
        unread = self._unread.get(entry.message.to_account)
        if unread is not None:
            unread.discard(entry.index)
            if not unread:
                del self._unread[entry.message.to_account]

    def unread(self, user_id: str, now: float) -> int:
        """Count the one-to-one messages that an account has not read."""
        self._forget_old(now)
        return len(self._unread.get(user_id, ()))

    def _drop(self, entry: Entry) -> None:
        del self._entries[entry.index]
        self.read(entry)

    def _make_room(self) -> None:
        """Reduce the oldest messages to traces: a hundredth of them at once, for speed."""
        over = len(self._entries) - self.max_messages
        oldest = list(itertools.islice(self._entries.values(), over + self.max_messages // 100))
        for entry in oldest:
            self._traces.add(entry.message, entry.hidden_from)
            self._drop(entry)
            self._conversations[_pair(entry.message.from_account, entry.message.to_account)].remove(entry)
        self._forget_empty(oldest)

    def _forget_empty(self, entries: Sequence[Entry]) -> None:
        """Remove the data of messages that were removed, and conversations without messages."""
        empty = set()
        for entry in entries:
            one, other = pair = _pair(entry.message.from_account, entry.message.to_account)
            known = self._conversations.get(pair)
            if known is not None and not known.entries:
                empty.add(pair)
                del self._conversations[pair]
                for side, peer in {(one, other), (other, one)}:
                    self._peers[side].discard(peer)
                    if not self._peers[side]:
                        del self._peers[side]
        for part in self._parts.values():
            part.forget_entries(entries, empty)

    def _forget_old(self, now: float) -> None:
        oldest = self.oldest(now)
        self._traces.forget_before(oldest)
        while self._entries:
            entry = next(iter(self._entries.values()))
            if entry.message.msg_time_stamp >= oldest:
                return
            self._drop(entry)
            self._conversations[_pair(entry.message.from_account, entry.message.to_account)].remove(entry)


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)
