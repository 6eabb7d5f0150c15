"""What a worker leaves alone for a while: campaigns with which it alone may be in trouble."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_FIRST_S: Final = 2.0
_LONGEST_S: Final = 60.0


class Backoff:
    """Backoff that grow as long as nothing goes well between them.

    Args:
        clock: seconds that do not go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lengths: dict[str, float] = {}
        self._ends: dict[str, float] = {}

    def begin(self, name: str) -> float:
        """Rest from a campaign; return for how many seconds."""
        length = min(2 * self._lengths[name], _LONGEST_S) if name in self._lengths else _FIRST_S
        self._lengths[name] = length
        self._ends[name] = self._clock() + length
        return length

    def left(self, name: str) -> float:
        """Return the seconds that a rest still takes, 0 without one."""
        return max(0.0, self._ends.get(name, 0.0) - self._clock())

    def forget(self, name: str) -> None:
        """Note that something went well."""
        self._lengths.pop(name, None)
        self._ends.pop(name, None)
