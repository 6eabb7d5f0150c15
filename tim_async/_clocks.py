"""Which clock is read, also where tests replace clocks.

freezegun puts functions of its own in the place of `time.time` and `time.monotonic`, in every module that holds one of
them by name, but not in default arguments. time-machine changes what `time.time` itself returns, and leaves the
monotonic clock alone. So that client, emulator and webhooks of a process show one time:

- the time of day is looked up at every call (`wall_time`): it is the test's, everywhere
- what measures real time, such as the windows of the emulator's limits, uses the real clock (`real_monotonic`)
- waits use the event loop's clock. freezegun stops that too, unless it is called with `real_asyncio=True`; then no
  timer of the loop ever fires. A wait that begins while the clock is replaced (`is_loop_clock_replaced`) is therefore
  watched by the real clock, and raises an error instead of waiting for ever (`sleep`, `ClockWatch`)
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

# A wait should be over so many seconds before it is looked at: the loop may be busy.
_GRACE_S: Final = 1.0


def wall_time() -> float:
    """Return unix seconds."""
    return time.time()


def is_monotonic_replaced() -> bool:
    """Return whether something else stands in the place of the monotonic clock."""
    return not isinstance(time.monotonic, BuiltinFunctionType)


def is_loop_clock_replaced(loop: asyncio.AbstractEventLoop) -> bool:
    """Return whether the clock of a loop may stand still, or jump: the monotonic clock is replaced for it, too."""
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

    def stop(self) -> None:
        """Watch no longer."""
        if self._timer is not None:
            self._timer.cancel()

    def _end(self, loop: asyncio.AbstractEventLoop, look: Callable[[float], None], begun_at: float) -> None:
        self._timer = None  # `look` may begin another watch while this thread still ends
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(look, begun_at)


@asynccontextmanager
async def ending_stopped_waits(seconds: float) -> AsyncIterator[None]:
    """Raise `TimeoutError` in a block whose timers should have fired within so many seconds, and never will.

    The loop's clock stands still, or was set back: then `loop.time()` is not later than when the block began.
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
    """Sleep, or less when an event is set. One that began while the clock was replaced ends when it is set back.

    Raises:
        UsageError: the event loop's clock stands still, so that this would never end.
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
