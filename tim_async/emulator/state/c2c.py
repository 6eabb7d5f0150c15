"""State of one-to-one messages besides the messages themselves: imports and key/values."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .conversation import Entry, Pair
from .core import Part, State
from .extensions import ExtensionBook

ImportKey = tuple[frozenset[str], int, int, int]


class Imports(Part):
    """The marks of imported messages, kept permanently, so that a second import of a message is recognized.

    Attributes:
        seen: the two accounts, MsgSeq, MsgRandom and MsgTimeStamp of each.
    """

    is_of_messages = True

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.seen: set[ImportKey] = set()

    def forget_account(self, user_id: str) -> None:
        """Remove the conversations of an account that is being deleted."""
        self.seen = {key for key in self.seen if user_id not in key[0]}


class C2CExtensions(Part):
    """The key/values of one-to-one messages."""

    is_of_messages = True

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._books: dict[int, tuple[Entry, ExtensionBook]] = {}

    def of(self, entry: Entry) -> ExtensionBook:
        """Return the key/values of a stored message."""
        known = self._books.get(entry.index)
        if known is None:
            known = self._books[entry.index] = (entry, ExtensionBook())
        return known[1]

    def forget_account(self, user_id: str) -> None:
        """Remove the key/values of the messages of an account that is being deleted."""
        for index, (entry, _) in list(self._books.items()):
            if user_id in (entry.message.from_account, entry.message.to_account):
                del self._books[index]

    def forget_entries(self, entries: Sequence[Entry], pairs: Collection[Pair]) -> None:
        """Remove the key/values of messages that are no longer kept."""
        for entry in entries:
            self._books.pop(entry.index, None)
