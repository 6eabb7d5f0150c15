"""`tim-async worker` that notes when its calls get their turns: `TIM_GRANTS_FILE` names the file, one for all workers.

What was noted is in the file, whatever becomes of the process a moment later.
"""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path
from typing import Any

from tim_async import Claim, ConnectionSlot
from tim_async.__main__ import main
from tim_async._shared_limits.limiter import SharedRateLimiter
from tim_async.cluster import RedisRateLimiter

_TIME = struct.Struct("d")


def read(path: Path) -> list[float]:
    """Return all times that were noted."""
    return [when for (when,) in _TIME.iter_unpack(path.read_bytes())]


def note(path: str) -> None:
    """Note every turn from now on."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    acquire = RedisRateLimiter.acquire

    async def noted(self: SharedRateLimiter[Any], claim: Claim, slot: ConnectionSlot) -> None:
        await acquire(self, claim, slot)
        os.write(file, _TIME.pack(time.monotonic()))

    RedisRateLimiter.acquire = noted  # type: ignore[method-assign]


if __name__ == "__main__":
    note(os.environ["TIM_GRANTS_FILE"])
    main()
