"""One runner at a time: a lock on a file that ends with its process, however the process ends.

The operating system keeps the lock (`flock`, on Windows a locked byte), so a killed process leaves none behind. The
file itself stays, and its text counts only while the lock is held: it names the holder to other processes.

A process that only checks whether the lock is held takes a shared lock for a moment, and so may block a runner that
starts just then: a runner retries before it gives up.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import time
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ..._clocks import sleep
from ...errors import LedgerError, UsageError
from .whole_file import MODE

# On Windows a locked byte cannot be read by others: the locked one lies after the text.
_LOCKED_BYTE: Final = 4096
# A check takes microseconds; on a busy machine it may take longer.
_MAX_ATTEMPTS: Final = 20
_POLL_INTERVAL_S: Final = 0.01


_held: Final = weakref.WeakSet["FileLock"]()


def _leave_to_the_parent() -> None:
    for lock in list(_held):
        lock.release()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    # A forked process shares the lock: if its parent was killed, the lock would still be held.
    os.register_at_fork(after_in_child=_leave_to_the_parent)


class InUseError(LedgerError):
    """Another process has the lock."""


class FileLock:
    """A lock on a file, from `acquire` to `release`.

    Args:
        path: the file; it is created if missing.
        purpose: what the holder does, shown to other processes.
    """

    def __init__(self, path: Path, purpose: str) -> None:
        self._path = path
        self._purpose = purpose
        self._file = -1

    async def acquire(self, *, attempts: int = _MAX_ATTEMPTS) -> None:
        """Take the lock.

        Args:
            attempts: how often to try while it is held.

        Raises:
            InUseError: another process has it.
            LedgerError: the file cannot be locked.
        """
        await self._take(attempts)
        while not self._is_in_place():  # its last holder removed it: lock the new file instead
            self.release()
            await self._take(attempts)
        _held.add(self)
        started = datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        text = f"process {os.getpid()} on {socket.gethostname()} since {started} ({self._purpose})\n"
        # The text is for users: a full disk must not prevent locking.
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)
            os.write(self._file, text.encode()[: _LOCKED_BYTE - 1])

    async def _take(self, attempts: int) -> None:
        problem = None
        try:
            # O_CLOEXEC by default: a child process does not inherit the lock.
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, MODE)
        except OSError as error:
            problem = f"cannot make its lock file {self._path}: {error.strerror}"
        if problem is not None:
            raise LedgerError(problem)
        try:
            is_ours = _try_lock(self._file)
            for _ in range(attempts - 1):
                if is_ours:
                    break
                await sleep(_POLL_INTERVAL_S)
                is_ours = _try_lock(self._file)
        except (asyncio.CancelledError, UsageError):
            self.release()
            raise
        except OSError as error:
            problem = f"cannot lock {self._path}: {error.strerror}; a ledger needs a file system with locks"
        else:
            if not is_ours:
                self.release()
                raise InUseError(f"the ledger is in use by {self._holder()}; only one runner at a time may use it")
        if problem is not None:
            self.release()
            raise LedgerError(problem)

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._file), os.stat(self._path))
        except FileNotFoundError:
            return False

    def _holder(self) -> str:
        with contextlib.suppress(OSError):
            text = self._path.read_text(encoding="utf-8", errors="replace").strip()
            if text:
                return text.splitlines()[0]
        return "another process"

    def remove(self) -> None:
        """Remove the file together with its ledger; the lock is held until it is released."""
        with contextlib.suppress(OSError):
            os.unlink(self._path)

    def release(self) -> None:
        """Release the lock."""
        _held.discard(self)
        os.close(self._file)
        self._file = -1


@contextlib.contextmanager
def held_for_a_moment(path: Path) -> Iterator[bool]:
    """Hold the lock during a short block; yield whether no other process holds it. It is not used by runners."""
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        yield True
        return
    except OSError:
        yield False
        return
    try:
        yield _try_lock(file)
    finally:
        os.close(file)


def is_held(path: Path) -> bool:
    """Return whether a living process holds the lock; True if that cannot be determined."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        return not _try_lock(file, is_shared=True)
    except OSError:
        return True
    finally:
        os.close(file)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: int, *, is_shared: bool = False) -> bool:
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(file, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _try_lock(file: int, *, is_shared: bool = False) -> bool:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
