"""How long a worker leaves a campaign alone if the trouble may concern only this worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_FIRST_S: Final = 2.0
_LONGEST_S: Final = 60.0


class Backoff:
    """Waits that grow while nothing succeeds between them; one per campaign in trouble.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._length_s = 0.0
        self._ends_at = 0.0

    def begin(self) -> float:
        """Begin the next wait; return its seconds."""
        self._length_s = min(2 * self._length_s, _LONGEST_S) or _FIRST_S
        self._ends_at = self._clock() + self._length_s
        return self._length_s

    @property
    def left_s(self) -> float:
        """The remaining seconds of the wait."""
        return max(0.0, self._ends_at - self._clock())
