"""One emulator at a time on a state file: a lock that ends with its process, however that ends.

The operating system keeps the lock (`flock`) on a file beside the state, `.state.json.lock`: the state itself is
replaced with every change. It is removed when the lock is released; a killed process leaves it behind unlocked. Without
such locks, on Windows and on some disks, a second emulator is noticed when the state is written.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from ..errors import UsageError


class StateLock:
    """The lock of a state file, from `acquire` to `release`.

    Args:
        path: the state file.
    """

    def __init__(self, path: Path) -> None:
        self._state = path
        self._path = path.with_name(f".{path.name}.lock")
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock; raise `UsageError` if another emulator holds it, `OSError` if its file cannot be created."""
        while self._file is None:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            if not _try_lock(file):
                os.close(file)
                raise UsageError(
                    f"{self._state}: another emulator is using it; stop it, or use another file",
                    field="state_file",
                )
            if _is_at(file, self._path):
                self._file = file
            else:  # its last holder has just removed it: lock a new file
                os.close(file)

    def release(self) -> None:
        """Release the lock; does nothing if it is not held."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                os.unlink(self._path)
            os.close(file)


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False


if sys.platform == "win32":

    def _try_lock(file: int) -> bool:
        return True

else:
    import fcntl

    def _try_lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # the disk does not support locks
        return True
