"""Conversation lists, conversation groups and marks.

Words. A *contact* is the other end of a conversation: an account or a group.

What the service does (I43087, I43088, I53437 to I53442)
    A message puts the conversation on the list of every account that has the message, unless it was sent with NoLastMsg
    or is not stored. A list keeps the newest 100 conversations; plans may have more (I34381). At most 50 are pinned
    (51012). Conversation groups and marks are kept apart from the list, and survive the deletion of a conversation. An
    account has at most 20 conversation groups of at most 1,000 conversations each, and 1,000 conversations with marks
    (I53437). Deleting a conversation can also clear the account's own history of it.

What is done here
    Handlers of messages call `note` for every account that has the message in its history.
    Lists are sorted by time, and within a second by the order of the messages, newest first. They are cut when they
    are read, or have reached twice their maximum length.

What no document says
    - Whether deleting an unknown conversation is an error. Here: no.
    - At which end of a string of marks the first one is. Here: on the left, and zeros at the right are cut.
    - Whether a conversation group can be created twice. Here: no, 50002.
    - What happens to lists when an account is deleted. Here: conversations with it are removed from all of them.
    - Whether a list can have a conversation without messages. Here: no.
    - Whether pinned conversations count among the 100. Here: yes, but they are never the ones that go.
    - What ClearRamble does for a group. Here: nothing, the history of groups has no sides.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

import msgspec

from ...models.recent_contact import C2C, GROUP, MAX_CONTACTS, ContactItem
from .codes import ConversationCode
from .conversation import Entry, Pair
from .core import Part, State
from .group import NOT_MEMBER, Groups
from .refusal import Refusal

MAX_GROUPS: Final = 20
MAX_PINNED: Final = 50

Key = tuple[int, str]
"""A contact: its type, and the account or the group."""


def key_of(contact: ContactItem) -> Key:
    """Return the key of a contact whose end is given, as `check` requires."""
    return contact.type, (contact.to_account if contact.type == C2C else contact.to_group_id) or ""


class Session(msgspec.Struct, kw_only=True):
    """A conversation of a list.

    Attributes:
        time: unix seconds of the newest message.
        number: its place in the order of all messages.
        is_pinned: whether the user pinned it.
    """

    time: int
    number: int
    is_pinned: bool = False


class Marked(msgspec.Struct, kw_only=True):
    """A conversation with marks, or in groups.

    Attributes:
        timestamp: unix seconds of the last change.
        marks: the standard marks that are set.
        custom: the app's own mark.
        groups: the numbers of its conversation groups.
    """

    timestamp: int = 0
    marks: set[int] = msgspec.field(default_factory=set)
    custom: str = ""
    groups: list[int] = msgspec.field(default_factory=list)

    @property
    def is_marked(self) -> bool:
        """Whether it has a mark of either kind."""
        return bool(self.marks or self.custom)

    @property
    def bits(self) -> str:
        """The marks as answers have them: a 0 or 1 for each standard mark."""
        return "".join("1" if mark in self.marks else "0" for mark in range(1, max(self.marks, default=0) + 1))


class Book(msgspec.Struct, kw_only=True):
    """The conversations of one account.

    Attributes:
        sessions: its conversations.
        marked: its conversations with marks or in groups.
        groups: its conversation groups, from name to number.
        made: how many groups it has created so far.
    """

    sessions: dict[Key, Session] = msgspec.field(default_factory=dict)
    marked: dict[Key, Marked] = msgspec.field(default_factory=dict)
    groups: dict[str, int] = msgspec.field(default_factory=dict)
    made: int = 0


class RecentContacts(Part):
    """The conversation lists of all accounts."""

    is_of_messages = True

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._books: dict[str, Book] = {}
        self._owners: dict[Key, set[str]] = {}
        self._numbers = itertools.count(1)

    def book(self, user_id: str) -> Book:
        """Return the conversations of an account."""
        book = self._books.setdefault(user_id, Book())
        if len(book.sessions) > self.state.max_contacts:
            self._cut(user_id, book)
        return book

    def _cut(self, user_id: str, book: Book) -> None:
        """Remove the oldest conversations of a list that has too many."""
        oldest = sorted(
            (pair for pair in book.sessions.items() if not pair[1].is_pinned),
            key=lambda pair: (pair[1].time, pair[1].number),
        )
        for contact, _ in oldest[: len(book.sessions) - self.state.max_contacts]:
            del book.sessions[contact]
            self._disown(user_id, book, contact)

    # The list

    def note(self, user_id: str, contact: Key, second: int) -> None:
        """Record that an account has a message of a conversation; a message older than the newest changes nothing."""
        book = self._books.pop(user_id, None) or Book()
        self._books[user_id] = book  # moved to the end, which has the most recently active accounts
        known = book.sessions.get(contact)
        if known is None:
            book.sessions[contact] = Session(time=second, number=next(self._numbers))
            self._owners.setdefault(contact, set()).add(user_id)
            if len(book.sessions) > 2 * self.state.max_contacts:
                self._cut(user_id, book)
        elif second >= known.time:
            known.time, known.number = second, next(self._numbers)

    def note_c2c(self, sender: str, recipient: str, second: int, *, hidden_from: Iterable[str] = ()) -> None:
        """Record a message between two accounts on the lists of those whose history has it."""
        for user_id, other in {(sender, recipient), (recipient, sender)}:
            if user_id not in hidden_from:
                self.note(user_id, (C2C, other), second)

    def note_group(self, group_id: str, accounts: Iterable[str], second: int) -> None:
        """Record a message of a group on the lists of the accounts that have it."""
        for user_id in accounts:
            self.note(user_id, (GROUP, group_id), second)

    def newest(self, user_id: str, *, pinned: bool | None = None) -> list[tuple[Key, Session]]:
        """Return an account's conversations, newest first: all, the pinned ones, or the others."""
        sessions = self.book(user_id).sessions.items()
        wanted = (pair for pair in sessions if pinned is None or pair[1].is_pinned == pinned)
        return sorted(wanted, key=lambda pair: (pair[1].time, pair[1].number), reverse=True)

    def newest_accounts(self) -> Iterator[str]:
        """Yield the accounts that have conversations, those with the newest messages first."""
        return (user_id for user_id, book in reversed(self._books.items()) if book.sessions)

    def delete(self, user_id: str, contact: Key) -> None:
        """Remove a conversation from an account's list, if it is there."""
        book = self.book(user_id)
        if book.sessions.pop(contact, None) is not None:
            self._disown(user_id, book, contact)

    def pin(self, user_id: str, contact: Key, *, pinned: bool) -> bool:
        """Pin or unpin a conversation; return whether it is on the list. Refuses more than 50 pinned ones."""
        sessions = self.book(user_id).sessions
        known = sessions.get(contact)
        if known is None:
            return False
        if pinned and not known.is_pinned and sum(each.is_pinned for each in sessions.values()) >= MAX_PINNED:
            raise Refusal(ConversationCode.PIN_LIMIT, f"{user_id} already has {MAX_PINNED} pinned conversations")
        known.is_pinned = pinned
        return True

    # Groups and marks

    def check_end(self, user_id: str, contact: Key, now: float) -> None:
        """Refuse a contact that an account cannot have: an unknown account, or a group that it is not in."""
        kind, end = contact
        if kind == C2C:
            if not self.state.knows(end, now):
                raise Refusal(ConversationCode.ACCOUNT_NOT_FOUND, f"{end!r} is not imported")
            return
        try:
            role = self.state.part(Groups).find(end.partition("@TOPIC#")[0]).role(user_id)
        except Refusal as refusal:
            raise Refusal(ConversationCode.GROUP_CHECK_FAILED, refusal.info) from None
        if role == NOT_MEMBER:
            raise Refusal(ConversationCode.GROUP_CHECK_FAILED, f"{user_id!r} is not a member of {end!r}")

    def change(self, user_id: str, contact: Key, now: float) -> Marked:
        """Return a conversation whose marks or groups are about to change."""
        marked = self.book(user_id).marked
        known = marked.get(contact)
        if known is None:
            known = marked[contact] = Marked()
            self._owners.setdefault(contact, set()).add(user_id)
        known.timestamp = int(now)
        return known

    def check_mark_room(self, user_id: str, contact: Key) -> None:
        """Refuse to mark a conversation beyond the maximum."""
        marked = self.book(user_id).marked
        known = marked.get(contact)
        if (known is None or not known.is_marked) and sum(each.is_marked for each in marked.values()) >= MAX_CONTACTS:
            raise Refusal(ConversationCode.MARKED_LIMIT, f"{MAX_CONTACTS} conversations are already marked")

    def tidy(self, user_id: str, contact: Key) -> None:
        """Remove a conversation that no longer has marks or groups."""
        marked = self.book(user_id).marked
        known = marked.get(contact)
        if known is not None and not (known.is_marked or known.groups):
            del marked[contact]
            self._disown(user_id, self.book(user_id), contact)

    def group(self, user_id: str, name: str) -> int:
        """Return the number of a conversation group; refuse an unknown name."""
        number = self.book(user_id).groups.get(name)
        if number is None:
            raise Refusal(ConversationCode.GROUP_NOT_FOUND, f"conversation group {name!r} does not exist")
        return number

    def make_group(self, user_id: str, name: str) -> int:
        """Create a conversation group and return its number; refuse an existing name, and one over the limit."""
        book = self.book(user_id)
        if name in book.groups:
            raise Refusal(ConversationCode.PARAMS_INVALID, f"conversation group {name!r} already exists")
        if len(book.groups) >= MAX_GROUPS:
            raise Refusal(ConversationCode.GROUP_LIMIT, f"the account already has {MAX_GROUPS} conversation groups")
        book.made += 1
        book.groups[name] = book.made
        return book.made

    def rename_group(self, user_id: str, name: str, new_name: str) -> None:
        """Rename a conversation group and keep its place; refuse an existing name."""
        book = self.book(user_id)
        self.group(user_id, name)
        if new_name != name and new_name in book.groups:
            raise Refusal(ConversationCode.PARAMS_INVALID, f"conversation group {new_name!r} already exists")
        book.groups = {new_name if known == name else known: number for known, number in book.groups.items()}

    def delete_group(self, user_id: str, name: str) -> int:
        """Delete a conversation group, and return the number it had; its conversations stay."""
        number = self.group(user_id, name)
        book = self.book(user_id)
        del book.groups[name]
        for contact, known in list(book.marked.items()):
            if number in known.groups:
                known.groups.remove(number)
                self.tidy(user_id, contact)
        return number

    def put(self, user_id: str, number: int, contact: Key, now: float) -> None:
        """Put a conversation into a group."""
        self.check_end(user_id, contact, now)
        marked = self.book(user_id).marked
        if contact not in marked or number not in marked[contact].groups:
            if sum(number in each.groups for each in marked.values()) >= MAX_CONTACTS:
                raise Refusal(ConversationCode.MARKED_LIMIT, f"the group already has {MAX_CONTACTS} conversations")
            self.change(user_id, contact, now).groups.append(number)

    def take_out(self, user_id: str, number: int, contact: Key, now: float) -> None:
        """Remove a conversation from a group, if it is there."""
        known = self.book(user_id).marked.get(contact)
        if known is not None and number in known.groups:
            known.groups.remove(number)
            known.timestamp = int(now)
            self.tidy(user_id, contact)

    def forget_account(self, user_id: str) -> None:
        """Remove a deleted account's list, and conversations with it from all other lists."""
        self._books.pop(user_id, None)
        for owner in self._owners.pop((C2C, user_id), set()):
            book = self._books.get(owner)
            if book is not None:
                book.sessions.pop((C2C, user_id), None)
                book.marked.pop((C2C, user_id), None)

    def forget_entries(self, entries: Sequence[Entry], pairs: Collection[Pair]) -> None:
        """Remove conversations without messages from the lists, unless they are pinned."""
        for one, other in pairs:
            for user_id, end in {(one, other), (other, one)}:
                book, contact = self._books.get(user_id), (C2C, end)
                session = None if book is None else book.sessions.get(contact)
                if book is None or session is None or session.is_pinned:
                    continue
                del book.sessions[contact]
                self._disown(user_id, book, contact)
                if not (book.sessions or book.marked or book.groups or book.made):
                    del self._books[user_id]

    def _disown(self, user_id: str, book: Book, contact: Key) -> None:
        owners = self._owners[contact]
        if contact not in book.sessions and contact not in book.marked:
            owners.discard(user_id)
            if not owners:
                del self._owners[contact]


def page_of(
    sessions: list[tuple[Key, Session]], second: int, index: int, limit: int
) -> tuple[list[tuple[Key, Session]], bool, int, int]:
    """Return a page of conversations, newest first.

    Args:
        sessions: all of them.
        second: unix seconds at which the page begins, 0 for the first page.
        index: how many conversations of that second earlier pages had.
        limit: the maximum length of the page.

    Returns:
        The page, whether there are more, and `second` and `index` of the next page.
    """
    rest = list(_from(sessions, second, index))
    page = rest[:limit]
    if not page:
        return page, bool(rest), second, index
    last = page[-1][1].time
    offset = sum(1 for _, session in page if session.time == last) + (index if last == second else 0)
    return page, len(rest) > len(page), last, offset


def _from(sessions: list[tuple[Key, Session]], second: int, index: int) -> Iterator[tuple[Key, Session]]:
    skipped, is_first = 0, not (second or index)
    for key, session in sessions:
        if session.time > second and not is_first:
            continue
        if session.time == second and skipped < index:
            skipped += 1
            continue
        yield key, session
