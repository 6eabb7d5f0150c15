"""How long a worker leaves a campaign alone with which only this worker may be in trouble."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_FIRST_S: Final = 2.0
_LONGEST_S: Final = 60.0


class Backoff:
    """Waits that grow as long as nothing succeeds between them; one for each campaign in trouble.

    Args:
        clock: seconds that do not go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._length_s = 0.0
        self._ends_at = 0.0

    def begin(self) -> float:
        """Begin the next wait; return for how many seconds."""
        self._length_s = min(2 * self._length_s, _LONGEST_S) or _FIRST_S
        self._ends_at = self._clock() + self._length_s
        return self._length_s

    @property
    def left_s(self) -> float:
        """The seconds that are left of the wait."""
        return max(0.0, self._ends_at - self._clock())
