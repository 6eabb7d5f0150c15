"""Recent sends and their answers, for recognizing repeats."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
AnswerT = TypeVar("AnswerT")


class Duplicates(Generic[KeyT, AnswerT]):
    """Remembers the sends of the last `window_s` seconds, and their answers."""

    __slots__ = ("_seen", "window_s")

    def __init__(self, window_s: float) -> None:
        self.window_s: float = window_s
        # A plain dict takes longer and longer to return its first entry while entries are removed from the front.
        self._seen: OrderedDict[KeyT, tuple[float, AnswerT]] = OrderedDict()

    def find(self, key: KeyT, now: float) -> AnswerT | None:
        """Return the answer to the first send with this key; None if there is none within the window."""
        while self._seen:
            oldest = next(iter(self._seen))
            if now - self._seen[oldest][0] < self.window_s:
                break
            del self._seen[oldest]
        seen = self._seen.get(key)
        return seen[1] if seen is not None and now - seen[0] < self.window_s else None

    def add(self, key: KeyT, now: float, result: AnswerT) -> None:
        """Remember a send."""
        self._seen.pop(key, None)
        self._seen[key] = (now, result)

    def __len__(self) -> int:
        return len(self._seen)
