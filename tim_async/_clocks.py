"""Which clock each part reads, including under tests that replace clocks.

freezegun replaces `time.time` and `time.monotonic` in every module that holds them by name, but not in default
arguments. time-machine changes what `time.time` returns and leaves the monotonic clock alone. To make the client,
emulator and webhooks of one process agree:

- the time of day is looked up on every call (`wall_time`), so that a test's time applies everywhere
- code that measures real time, such as the windows of the emulator's limits, uses the real clock (`real_monotonic`)
- waits use the event loop's clock. freezegun stops that clock too, unless it is called with `real_asyncio=True`; the
  loop's timers then never fire. A wait that begins while the clock is replaced (`is_loop_clock_replaced`) is therefore
  watched with the real clock and raises an error instead of waiting forever (`sleep`, `ClockWatch`)
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from types import BuiltinFunctionType
from typing import Final

from .errors import UsageError

# Grace in seconds before an overdue wait is checked: the loop may be busy.
_GRACE_S: Final = 1.0


def wall_time() -> float:
    """Return unix seconds."""
    return time.time()


def is_monotonic_replaced() -> bool:
    """Return whether the monotonic clock is replaced."""
    return not isinstance(time.monotonic, BuiltinFunctionType)


def is_loop_clock_replaced(loop: asyncio.AbstractEventLoop) -> bool:
    """Return whether a loop's clock may stand still or jump, because the monotonic clock is replaced for it too."""
    return is_monotonic_replaced() and abs(loop.time() - real_monotonic()) > _GRACE_S


def _find_monotonic() -> Callable[[], float]:
    if is_monotonic_replaced() and hasattr(time, "clock_gettime"):  # imported while it is replaced
        return partial(time.clock_gettime, time.CLOCK_MONOTONIC)
    return partial(time.monotonic)


# A partial, which freezegun does not recognise and replace.
real_monotonic: Final[Callable[[], float]] = _find_monotonic()


def clock_stands_still() -> UsageError:
    """Return the error of a wait that would never end."""
    return UsageError(
        "the call waits, and the event loop's clock stands still: time.monotonic is replaced. "
        "With freezegun use freeze_time(..., real_asyncio=True)"
    )


class ClockWatch:
    """Calls a function in the loop one second after a wait should have ended by the real clock; one wait at a time."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def begin(self, seconds: float, loop: asyncio.AbstractEventLoop, look: Callable[[float], None]) -> None:
        """Watch a wait, unless one is being watched already.

        Args:
            seconds: length of the wait.
            loop: the loop that waits.
            look: called in the loop with the current loop time.
        """
        if self._timer is not None and self._timer.is_alive():
            return
        self._timer = threading.Timer(seconds + _GRACE_S, self._end, (loop, look, loop.time()))
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Stop watching."""
        if self._timer is not None:
            self._timer.cancel()

    def _end(self, loop: asyncio.AbstractEventLoop, look: Callable[[float], None], begun_at: float) -> None:
        self._timer = None  # `look` may start another watch while this thread is still ending
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(look, begun_at)


@asynccontextmanager
async def ending_stopped_waits(seconds: float) -> AsyncIterator[None]:
    """Raise `TimeoutError` in a block whose timers are overdue by the real clock and will never fire.

    That is when the loop's clock stands still or was set back: `loop.time()` is not later than at the block's start.
    """
    loop, watch, is_over = asyncio.get_running_loop(), ClockWatch(), False

    def look(begun_at: float) -> None:
        now = loop.time()
        if is_over:
            return
        if now <= begun_at:
            scope.reschedule(now)
        else:
            watch.begin(seconds, loop, look)

    try:
        async with asyncio.timeout(None) as scope:
            watch.begin(seconds, loop, look)
            yield
    finally:
        is_over = True
        watch.stop()


async def sleep(seconds: float, until: asyncio.Event | None = None) -> None:
    """Sleep for some seconds or until an event is set; a sleep begun on a replaced clock ends when it is restored.

    Raises:
        UsageError: the event loop's clock stands still, so the sleep would never end.
    """
    loop = asyncio.get_running_loop()
    if not is_loop_clock_replaced(loop):
        await _sleep(seconds, until)
        return
    began = loop.time()
    try:
        async with ending_stopped_waits(seconds):
            await _sleep(seconds, until)
    except TimeoutError:
        if loop.time() >= began:
            raise clock_stands_still() from None


async def _sleep(seconds: float, until: asyncio.Event | None) -> None:
    if until is None:
        await asyncio.sleep(seconds)
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await until.wait()
