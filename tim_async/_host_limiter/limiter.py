"""One cap for the processes of one machine, without a service. The theory stands in `_shared_limits.limiter`.

The store is a file for each app (`state_file`), in a folder that belongs to the user (`place`). Each request locks it,
reserves (`reserve`) and unlocks it, in a fraction of a millisecond; nothing is open between two requests, so there is
nothing to be inherited by a forked process, and nothing to be cleaned up after one that was killed.

One clock. All processes of a machine read the same monotonic clock (`machine`), so a moment means the same to each. It
stands still while the machine is suspended: what was granted before counts for a second afterwards. It begins again
when the machine is started, which the file is marked with.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .._api.checks import check_seconds
from .._shared_limits.limiter import SharedRateLimiter, check_shared
from ..errors import UsageError

if TYPE_CHECKING:
    from .host_link import HostLink


class HostRateLimiter(SharedRateLimiter["HostLink"]):
    """The limits of all processes of one user on this machine. Use it as `async with HostRateLimiter() as limiter:`.

    It is a `RateLimiter`: `TimClient(..., limiter=limiter)`. One limiter serves any number of clients and apps in its
    event loop. One at module level serves one event loop after the other, and forked processes (`gunicorn -w 4`).
    Processes share their limits if they have the same folder, the same prefix and the same app. Nothing has to be
    running for it: the limits are in a file, which may be removed at any time.

    Args:
        folder: where the files are, made if it is missing: a folder of this user that no other can write to. None for
            `$XDG_RUNTIME_DIR/tim-async`, or a private folder in `/tmp` for a user without a session. Give it where
            processes see different ones: containers that share a folder, a service with a `/tmp` of its own.
        prefix: the beginning of the names of the files.
        tolerance_s: seconds after its moment for which a reservation can be used, the same in all processes. It must be
            above the delays of the event loop. Windows are taken to be longer by this, so it costs a part of the limit.
        late_tolerance_s: the same for a process that comes too late to a tenth of its reservations, as its processor is
            busy with something else, until that is over; of a limit it costs a tenth at most. No more than
            `tolerance_s` turns it off.
        batch_s: seconds' worth of reservations to make with one request while calls wait; 0 makes one at a time.
        outage_wait_s: seconds for which calls wait for a file that cannot be used, as the disk is full, before they
            fail (`LimiterUnavailableError`).

    Raises:
        UsageError: an argument is invalid, which `field` names; or the system is Windows, which has no such locks.
    """

    def __init__(
        self,
        *,
        folder: str | os.PathLike[str] | None = None,
        prefix: str = "tim",
        tolerance_s: float = 0.010,
        late_tolerance_s: float = 0.080,
        batch_s: float = 0.05,
        outage_wait_s: float = 3.0,
    ) -> None:
        check_shared(prefix=prefix, tolerance_s=tolerance_s, late_tolerance_s=late_tolerance_s, batch_s=batch_s)
        if outage_wait_s != 0:
            check_seconds("outage_wait_s", outage_wait_s)
        super().__init__(
            _link(_absolute(folder), outage_wait_s),
            prefix=prefix,
            tolerance_s=tolerance_s,
            late_tolerance_s=late_tolerance_s,
            batch_s=batch_s,
        )


def _absolute(folder: object) -> Path | None:
    """Return the folder as a path that does not depend on the working folder later."""
    if folder is None:
        return None
    if not isinstance(folder, str | os.PathLike) or not str(folder) or "\0" in str(folder):
        raise UsageError(f"folder must be a path, not {folder!r}", field="folder")
    return Path(folder).absolute()


def _link(folder: Path | None, patience: float) -> HostLink:
    try:
        from .host_link import HostLink
    except ModuleNotFoundError as error:
        if error.name != "fcntl":
            raise
    else:
        return HostLink(folder, patience=patience)
    raise UsageError(
        "HostRateLimiter needs file locks that this system does not have (Windows): share the limits through Redis, "
        "with tim_async.cluster.RedisRateLimiter",
        field="limiter",
    )
