"""One cap for the processes of one machine, without a service. See `_shared_limits.limiter` for the theory.

The store is one file per app (`state_file`), in a folder that belongs to the user (`place`). Each request locks it,
reserves (`reserve`) and unlocks it, in a fraction of a millisecond. Nothing is open between two requests, so a forked
process inherits nothing, and a killed one leaves nothing to clean up.

One clock. All processes of a machine read the same monotonic clock (`machine`), so a moment is the same for each. It
stands still while the machine is suspended: earlier grants then count for a second after the machine resumes. It starts
over at boot, and the file records the boot.
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
    event loop. A limiter at module level serves one event loop after another, and forked processes (`gunicorn -w 4`).
    Processes share their limits if they have the same folder, the same prefix and the same app. No other program has to
    run: the limits are in a file, which may be removed at any time.

    Args:
        folder: where the files are, created if missing: a folder of this user that no other user can write to. None for
            `$XDG_RUNTIME_DIR/tim-async`, or a private folder in `/tmp` for a user without a session. Pass it when
            processes see different folders: containers that share one, a service with a private `/tmp`.
        prefix: prefix of the file names, `tim` by default; printable, without braces and spaces.
        tolerance_s: seconds after its moment for which a reservation can be used, the same in all processes; 0.01 by
            default. It must exceed the delays of the event loop. Windows are extended by this time, so it costs part of
            the limit: 1 % of a limit by the second for each 10 ms.
        late_tolerance_s: the same for a process that is too late for a tenth of its reservations because its processor
            is busy, until that is over; 0.08 by default. It costs at most a tenth of a limit. A value up to
            `tolerance_s` turns it off.
        batch_s: seconds' worth of reservations to make with one request while calls wait, 0 to 0.25; 0.05 by default. 0
            makes one at a time.
        outage_wait_s: seconds for which calls wait for a file that cannot be used, for example on a full disk, before
            they fail (`LimiterUnavailableError`); 3 by default, 0 for not at all.

    Raises:
        UsageError: an argument is invalid, which `field` names; or the system is Windows, which lacks such locks.
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
    """Return the folder as an absolute path."""
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
