"""Which clock is read, also where tests replace clocks.

freezegun puts functions of its own in the place of `time.time` and `time.monotonic`, in every module that holds one of
them by name, but not in default arguments. time-machine changes what `time.time` itself returns, and leaves the
monotonic clock alone. So that client, emulator and webhooks of a process show one time:

- the time of day is looked up at every call (`wall_time`): it is the test's, everywhere
- what measures real time, such as the windows of the emulator's limits, uses the real clock (`real_monotonic`)
- waits use the event loop's clock. freezegun stops that too, unless it is called with `real_asyncio=True`; the limiter
  notices that it stands still (`is_monotonic_replaced`), and raises an error where it would wait for ever
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from types import BuiltinFunctionType
from typing import Final


def wall_time() -> float:
    """Return unix seconds."""
    return time.time()


def is_monotonic_replaced() -> bool:
    """Return whether something else stands in the place of the monotonic clock."""
    return not isinstance(time.monotonic, BuiltinFunctionType)


def _find_monotonic() -> Callable[[], float]:
    if is_monotonic_replaced() and hasattr(time, "clock_gettime"):  # imported while it is replaced
        return partial(time.clock_gettime, time.CLOCK_MONOTONIC)
    return partial(time.monotonic)


# A partial, which freezegun does not recognise and replace.
real_monotonic: Final[Callable[[], float]] = _find_monotonic()
