"""The clock that all processes of this machine read alike, and what names the machine since it was started."""

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
    """Return what is another one after every start of the machine; "" where the system does not say.

    Without it, what a file holds from before a start is known by the monotonic clock alone, which begins again.
    """
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def clock_offset_s() -> float:
    """Return by how much the monotonic clock of this process is ahead of the machine's: in a time namespace.

    A container may have one, so that its monotonic clock goes on when it is moved to another machine.
    """
    try:
        # The offsets are those that children get. That those are this process's own, the names of the namespaces say.
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
