"""Watches waits in a loop whose clock may stand still, as under freezegun: no timer of such a loop ever fires."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

_GRACE_S: Final = 1.0


class ClockWatch:
    """Calls a function in the loop a second after a wait should be over, by the real clock; one wait at a time."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def begin(self, seconds: float, loop: asyncio.AbstractEventLoop, look: Callable[[float], None]) -> None:
        """Watch a wait of so many seconds, unless one is watched already.

        Args:
            seconds: the wait.
            loop: the loop in which it is made.
            look: called in the loop with the loop time of now.
        """
        if self._timer is not None and self._timer.is_alive():
            return
        self._timer = threading.Timer(seconds + _GRACE_S, self._end, (loop, look, loop.time()))
        self._timer.daemon = True
        self._timer.start()

    def _end(self, loop: asyncio.AbstractEventLoop, look: Callable[[float], None], begun_at: float) -> None:
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(look, begun_at)
