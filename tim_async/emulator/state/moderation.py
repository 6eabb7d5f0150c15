"""State of moderation: word lists, mutes, and the retired filter words.

What no document says
    - What the numbers of word types and filter types mean. Here: nothing, they are only kept.
    - Whether adding a word again is an error. Here: no, it gets the newer label or settings.
    - How a word matches. Here: anywhere in a text, ignoring case.
Libraries are created in the console; here a library is created when a word is first added to it.
"""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime

import msgspec

from ...models.moderation import MUTED_FOREVER, CloudKeyword, CloudLibrary, CloudWord, LocalKeyword, LocalWord
from .core import CHINA, Part, State


def local_time(now: float) -> str:
    """Return the time in China as the service writes it."""
    return datetime.fromtimestamp(now, UTC).astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


class Library(msgspec.Struct, kw_only=True):
    """A library of cloud moderation.

    Attributes:
        info: its entry in the list of libraries.
        words: its words, by content.
        labels: the label of each word, by content.
    """

    info: CloudLibrary
    words: dict[str, CloudWord] = msgspec.field(default_factory=dict)
    labels: dict[str, str] = msgspec.field(default_factory=dict)


class ModerationState(Part):
    """Word lists and mutes.

    Attributes:
        libraries: libraries of cloud moderation by id.
        local: words of local filtering, by filter type and word.
        dirty_words: the retired filter words, in order of insertion.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.libraries: dict[str, Library] = {}
        self.local: dict[tuple[int, str], LocalWord] = {}
        self.dirty_words: dict[str, None] = {}
        # When the mutes of one-to-one and of group messages end, unix seconds.
        self._muted_until: dict[str, tuple[float, float]] = {}
        self._ids = itertools.count(1)

    def forget_account(self, user_id: str) -> None:
        """Remove an account's mutes."""
        self._muted_until.pop(user_id, None)

    def add_cloud(self, lib_id: str, keyword: CloudKeyword, now: float) -> None:
        """Add a word to a library, which is created if it does not exist."""
        library = self.libraries.get(lib_id)
        if library is None:
            info = CloudLibrary(id=lib_id, lib_name=lib_id, create_time=local_time(now), suggestion="Block")
            library = self.libraries[lib_id] = Library(info=info)
        if keyword.content not in library.words:
            word = CloudWord(id=str(next(self._ids)), content=keyword.content, create_time=local_time(now))
            library.words[keyword.content] = word
        library.labels[keyword.content] = keyword.label or "Illegal"

    def add_local(self, keyword: LocalKeyword, now: float) -> None:
        """Add a word to local filtering, or change its settings."""
        known = self.local.get((keyword.filter_type, keyword.keyword))
        self.local[keyword.filter_type, keyword.keyword] = LocalWord(
            id=known.id if known else next(self._ids),
            keyword=keyword.keyword,
            word_type=keyword.word_type,
            filter_type=keyword.filter_type,
            replaced_content=keyword.replaced_content,
            update_time=local_time(now),
        )

    def find(self, text: str) -> tuple[list[str], str]:
        """Return the words of all libraries that occur in a text, and the label of the first."""
        folded = text.casefold()
        found = [
            (word, library.labels[word])
            for library in self.libraries.values()
            for word in library.words
            if word.casefold() in folded
        ]
        return [word for word, _ in found], found[0][1] if found else "Normal"

    def mute(self, user_id: str, now: float, c2c_s: int | None, group_s: int | None) -> None:
        """Mute a user from now on; None leaves a mute as it is."""
        c2c, group = self._muted_until.get(user_id, (0.0, 0.0))
        self._muted_until[user_id] = (
            c2c if c2c_s is None else _end(now, c2c_s),
            group if group_s is None else _end(now, group_s),
        )

    def muted_for(self, user_id: str, now: float) -> tuple[int, int]:
        """Return how many more seconds a user is muted, in one-to-one and in group messages."""
        c2c, group = self._muted_until.get(user_id, (0.0, 0.0))
        return _left(c2c, now), _left(group, now)


def _end(now: float, seconds: int) -> float:
    return float("inf") if seconds == MUTED_FOREVER else now + seconds


def _left(end: float, now: float) -> int:
    return MUTED_FOREVER if end == float("inf") else max(0, math.ceil(end - now))
