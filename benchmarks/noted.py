"""`tim-async worker` that records when its calls get their turns: `TIM_GRANTS_FILE` names the file for all workers.

Times are in the file immediately, whatever happens to the process next.
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
    """Return all recorded times."""
    return [when for (when,) in _TIME.iter_unpack(path.read_bytes())]


def note(path: str) -> None:
    """Record every turn from now on."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    acquire = RedisRateLimiter.acquire

    async def noted(self: SharedRateLimiter[Any], claim: Claim, slot: ConnectionSlot) -> None:
        await acquire(self, claim, slot)
        os.write(file, _TIME.pack(time.monotonic()))

    RedisRateLimiter.acquire = noted  # type: ignore[method-assign]


if __name__ == "__main__":
    note(os.environ["TIM_GRANTS_FILE"])
    main()
