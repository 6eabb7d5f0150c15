"""Recognises events that the service sends again."""

from __future__ import annotations

import time
from collections.abc import Callable

from .._api.checks import check_seconds, check_whole
from ._event import Event


class SeenEvents:
    """Recent events, to distinguish a repeated event from a new one. Its memory is bounded.

        seen = SeenEvents()

        @router.on(AfterSendMsg)
        async def count(event: AfterSendMsg) -> None:
            if seen.add(event):
                ...  # the first time

    Messages are recognised by their MsgKey, or by their number in the group; messages without one, and other events, by
    their whole body. The memory belongs to one process: several processes behind one URL need a shared store, with
    `event.mark` as the key.

    Args:
        size: number of events to remember, at least 1; the oldest is forgotten first.
        within_s: seconds above 0 for which an event is remembered.
        clock: returns the seconds of a monotonic clock.

    Raises:
        UsageError: an argument is invalid; `field` names it.
    """

    def __init__(
        self, size: int = 100_000, *, within_s: float = 600.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        check_whole("size", size, 1)
        check_seconds("within_s", within_s)
        self._size = size
        self._within_s = within_s
        self._clock = clock
        self._seen: dict[tuple[str, ...], float] = {}

    def add(self, event: Event) -> bool:
        """Remember an event; return whether it is new."""
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
        """Treat a repeat of this event as new, for example because handling it failed."""
        self._seen.pop(event.mark, None)

    def __len__(self) -> int:
        return len(self._seen)
