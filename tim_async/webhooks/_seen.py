"""Recognises events that the service sends again."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..errors import UsageError
from ._event import Event


class SeenEvents:
    """The events of the last while, to tell a repeat from a new one. Its memory is bounded.

        seen = SeenEvents()

        @router.on(AfterSendMsg)
        async def count(event: AfterSendMsg) -> None:
            if seen.add(event):
                ...  # the first time

    Messages are known by their MsgKey, or number in the group; those without, and other events, by their whole body. It
    knows one process: several behind one address need a store they share, with `event.mark` as the key.

    Args:
        size: events to remember; the oldest goes first.
        within_s: seconds for which one is remembered.
        clock: seconds that do not go back.

    Raises:
        UsageError: an argument does not fit.
    """

    def __init__(
        self, size: int = 100_000, *, within_s: float = 600.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if not isinstance(size, int) or size < 1:
            raise UsageError("size must be a whole number of at least 1", field="size")
        if not within_s > 0:
            raise UsageError("within_s must be above 0", field="within_s")
        self._size = size
        self._within_s = within_s
        self._clock = clock
        self._seen: dict[tuple[str, ...], float] = {}

    def add(self, event: Event) -> bool:
        """Remember an event; tell whether it is new."""
        now = self._clock()
        while self._seen:
            oldest = next(iter(self._seen))
            if now - self._seen[oldest] < self._within_s:
                break
            del self._seen[oldest]
        if event.mark in self._seen:
            return False
        if len(self._seen) >= self._size:
            del self._seen[next(iter(self._seen))]
        self._seen[event.mark] = now
        return True

    def forget(self, event: Event) -> None:
        """Take a repeat of this event as new, for instance because handling it failed."""
        self._seen.pop(event.mark, None)

    def __len__(self) -> int:
        return len(self._seen)
