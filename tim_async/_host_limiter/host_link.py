"""Access to the file: its lock, its clock, and what happens when it cannot be used."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import secrets
import time
from hashlib import blake2b
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from .._randomness import uniform
from .._shared_limits.link import ReserveReply, ReserveRequest, ServerClock
from .._shared_limits.outage import MAX_BACKOFF_S, MIN_BACKOFF_S, Outage
from ..errors import LimiterSetupError, LimiterUnavailableError
from .machine import clock_offset_s
from .place import open_folder, own_folder
from .reserve import reserve
from .state_file import BusyError, DamagedError, StateFile

logger = logging.getLogger("tim_async")

# The lock is held for a fraction of a millisecond, by a process that is running.
_SHORTEST_WAIT_S: Final = 0.0002
_LONGEST_WAIT_S: Final = 0.004
# A process that is stopped while it holds the lock would stop all others. After this time its reservations are over.
_STUCK_S: Final = 2.0
_LONGEST_NAME: Final = 120
# Errors that do not go away by waiting.
_PERMANENT: Final = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOLCK}
)


class HostLink:
    """Answers requests from the files of this machine, waits out short outages and reports long ones.

    Args:
        folder: where the files are; None for the folder of this user.
        patience: seconds of an outage after which requests fail.
    """

    def __init__(self, folder: Path | None, *, patience: float) -> None:
        self._folder = folder
        self.where = f"the file of limits in {own_folder() if folder is None else folder}"
        self.now = time.monotonic
        self.clock = ServerClock()
        self.clock.low = self.clock.high = -clock_offset_s()
        self.round_trips = 0
        self.outage = Outage(self.where, patience, self.now)

    async def reserve(self, keys: list[str], request: ReserveRequest) -> ReserveReply:
        """Make reservations in the buckets of an app. See `ReservationLink.reserve`.

        Raises:
            LimiterUnavailableError: the file could not be used for longer than the patience, as on a full disk.
            LimiterSetupError: waiting does not help: another user's folder, a foreign file, no permission.
        """
        name = file_name(keys[0])
        backoff = MIN_BACKOFF_S
        self.outage.begin_request()
        waiting = _LockWait()
        while True:
            try:
                reply = self._answer(name, keys, request)
                break
            except BusyError as busy:
                wait = waiting.next_wait(busy.file, self.now())
                if wait is not None:
                    await asyncio.sleep(wait)
                    continue
                self._replace(name, busy.file[0])
                problem = "the process that holds its lock is stopped"
            except OSError as error:
                problem = error.strerror or type(error).__name__
                if error.errno in _PERMANENT:
                    raise LimiterSetupError(
                        f"{self.where} cannot be used: {problem}; choose another one with HostRateLimiter(folder=...)",
                        field="folder",
                    ) from None
                # It may have been stored in part: nothing may be given back twice, because others get it.
                request = msgspec.structs.replace(request, back=[], refused=[])
            self.outage.fail(problem, "cannot be used")
            self.outage.raise_after_patience(self.now())
            await asyncio.sleep(backoff * uniform(0.5, 1.0))
            backoff = min(backoff * 2, MAX_BACKOFF_S)
        self.round_trips += 1
        self.outage.succeed(self.now())
        return reply

    def _machine_time(self) -> float:
        return self.clock.server_time(self.now())

    def _answer(self, name: str, keys: list[str], request: ReserveRequest) -> ReserveReply:
        folder = open_folder(self._folder)
        try:
            with StateFile(folder, name, self._machine_time) as file:
                try:
                    return reserve(file, keys, request, file.now, _new_epoch)
                except DamagedError:
                    file.forget()
                    return reserve(file, keys, request, file.now, _new_epoch)
        finally:
            os.close(folder)

    def _replace(self, name: str, inode: int) -> None:
        """Remove a file whose lock is not released; its state is lost."""
        folder = open_folder(self._folder)
        try:
            if os.stat(name, dir_fd=folder, follow_symlinks=False).st_ino == inode:
                os.unlink(name, dir_fd=folder)
                logger.warning(
                    "%s: a stopped process has held its lock for %.0f s, so it is replaced", self.where, _STUCK_S
                )
        except FileNotFoundError:
            pass  # another process was faster
        finally:
            os.close(folder)

    async def ping(self) -> None:
        """Check whether the folder can be used now.

        Raises:
            LimiterUnavailableError: it cannot.
        """
        try:
            os.close(open_folder(self._folder))
        except OSError as error:
            raise LimiterUnavailableError(f"{self.where} cannot be used: {error.strerror}") from None

    def forget(self) -> None:
        """Drop what belongs to another event loop: nothing stays open between two requests."""

    async def close(self) -> None:
        """Do nothing: nothing is open."""


class _LockWait:
    """The wait for a lock that others hold, and whether they make progress with it."""

    def __init__(self) -> None:
        self._file: tuple[int, int] | None = None
        self._since = 0.0
        self._wait = _SHORTEST_WAIT_S

    def next_wait(self, file: tuple[int, int], now: float) -> float | None:
        """Return the seconds until the next attempt; None if the holder has made no progress for too long."""
        if file != self._file:
            self._file, self._since = file, now
        if now - self._since >= _STUCK_S:
            self._file = None
            return None
        self._wait = min(2 * self._wait, _LONGEST_WAIT_S)
        return self._wait * uniform(0.5, 1.0)


def file_name(key: str) -> str:
    """Return the file name of an app, from the app's name in the store."""
    name = quote(key.removesuffix(":app").strip("{}"), safe="")
    if len(name) > _LONGEST_NAME:
        name = blake2b(name.encode("ascii"), digest_size=16).hexdigest()
    return f"{name}.limits"


def _new_epoch() -> str:
    return secrets.token_hex(8)
