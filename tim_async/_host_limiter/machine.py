"""The monotonic clock that all processes of this machine share, and an id of the machine's current boot."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACES: Final = Path("/proc/self/ns")
_OFFSETS: Final = Path("/proc/self/timens_offsets")
_NS_PER_S: Final = 1_000_000_000


@cache
def boot_id() -> str:
    """Return an id that changes at every boot of the machine; "" if the system has none.

    Without it, a file from before a boot is recognised only by the monotonic clock, which starts over.
    """
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def clock_offset_s() -> float:
    """Return how far the monotonic clock of this process is ahead of the machine's, in a time namespace.

    A container may have one, so that its monotonic clock continues when it moves to another machine.
    """
    try:
        # The offsets are those of child processes. The names of the namespaces show whether this process has them too.
        if os.readlink(_NAMESPACES / "time") != os.readlink(_NAMESPACES / "time_for_children"):
            return 0.0
        for line in _OFFSETS.read_text("ascii").splitlines():
            name, *numbers = line.split() or [""]
            if name in ("monotonic", "1"):
                seconds, nanoseconds = map(int, numbers)
                return seconds + nanoseconds / _NS_PER_S
    except (OSError, ValueError):
        pass
    return 0.0
