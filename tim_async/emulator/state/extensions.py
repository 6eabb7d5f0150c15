"""The key/value pairs of one message, one-to-one or of a group. Source: I51194, I51195, I52169, I52170.

Every change gives its pair the next version (Seq). For members it is an optimistic lock: a change that names another
version than the current one is refused for that pair (23001). It is not checked for admins, the only callers here,
unless a setting of the emulator enables it.

What no document says
    - Whether several pairs of one call share a version. Here: each has its own.
    - What remains of a deleted pair. Here: nothing; the version still increases, and the answer has it with an empty
      value.
    - Which code refuses the 301st pair. Here: 10004, for the whole call.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from ...models.extension import (
    CLEAR,
    DELETE,
    SET,
    Extension,
    ExtensionItem,
    ExtensionOutcome,
    Extensions,
    SetExtensions,
)
from .codes import ExtensionCode
from .refusal import Refusal

MAX_PAGE: Final = 200
MAX_PAIRS: Final = 300
MAX_WRITES: Final = 200
WRITES_WINDOW_S: Final = 60.0


class ExtensionBook:
    """The pairs of one message.

    Attributes:
        pairs: by key, in the order of their versions.
        latest_seq: the highest version so far.
        clear_seq: the version at which all pairs were last cleared, 0 for never.
    """

    __slots__ = ("_writes", "clear_seq", "latest_seq", "pairs")

    def __init__(self) -> None:
        self.pairs: dict[str, Extension] = {}
        self.latest_seq: int = 0
        self.clear_seq: int = 0
        self._writes: deque[float] = deque()

    def write(self, request: SetExtensions, now: float, *, checks_seq: bool = False) -> list[ExtensionOutcome]:
        """Carry out a request; return the outcome for each of its pairs.

        Args:
            request: the change.
            now: unix seconds.
            checks_seq: whether a pair with an outdated version is refused.
        """
        self._count(now)
        items = request.extension_list or ()
        if request.operate_type == CLEAR:
            self.pairs.clear()
            self.clear_seq = self.latest_seq
            return []
        if request.operate_type == SET and len(self.pairs.keys() | {item.key for item in items}) > MAX_PAIRS:
            raise Refusal(ExtensionCode.PARAMS_INVALID, f"a message can have at most {MAX_PAIRS} pairs")
        change = self._delete if request.operate_type == DELETE else self._set
        outcomes: list[ExtensionOutcome] = []
        for item in items:
            current = self.pairs.get(item.key) or Extension(key=item.key)
            if checks_seq and (item.seq or 0) != current.seq:
                outcomes.append(ExtensionOutcome(error_code=ExtensionCode.SEQ_CONFLICT, extension=current))
            else:
                outcomes.append(ExtensionOutcome(extension=change(item)))
        return outcomes

    def page(self, start_seq: int) -> Extensions:
        """Return the first 200 pairs of this version or later."""
        fresh = [pair for pair in self.pairs.values() if pair.seq >= start_seq]
        return Extensions(
            extension_list=fresh[:MAX_PAGE],
            complete_flag=1 if len(fresh) <= MAX_PAGE else 0,
            latest_seq=self.latest_seq,
            clear_seq=self.clear_seq,
        )

    def _count(self, now: float) -> None:
        while self._writes and now - self._writes[0] >= WRITES_WINDOW_S:
            self._writes.popleft()
        if len(self._writes) >= MAX_WRITES:
            raise Refusal(
                ExtensionCode.RATE_LIMITED, f"the message already had {MAX_WRITES} writes within the last minute"
            )
        self._writes.append(now)

    def _set(self, item: ExtensionItem) -> Extension:
        self.latest_seq += 1
        pair = Extension(key=item.key, value=item.value or "", seq=self.latest_seq)
        self.pairs.pop(item.key, None)
        self.pairs[item.key] = pair
        return pair

    def _delete(self, item: ExtensionItem) -> Extension:
        if self.pairs.pop(item.key, None) is not None:
            self.latest_seq += 1
        return Extension(key=item.key, seq=self.latest_seq)
