"""A file that appears under its name only when it is complete and on the disk.

It is written without a name if the system can do that (Linux, `O_TMPFILE`): a process that is killed leaves nothing
behind. Elsewhere it has a temporary name in the same folder, and a lock: a file that is not locked was left by a
process that died, and the next file that is written to the folder removes it. A file that replaces another has such a
name in either case, for the moment of the replacement.

It is readable by its owner only, from its first byte on.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, Final

MODE: Final = 0o600
_PART: Final = re.compile(r"\.tim-async-[0-9a-f]{16}\.part")
# Error codes of systems and disks without unnamed files.
_CANNOT: Final = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL})


@contextmanager
def whole_file(target: Path, *, may_replace: bool) -> Iterator[BinaryIO]:
    """Yield a file to write to; it becomes the target at the end of the block, unless an error ends the block.

    Args:
        target: its path, not a link.
        may_replace: whether to replace an existing target.

    Raises:
        FileExistsError: the target exists, and is not to be replaced.
        OSError: it cannot be written.
    """
    _remove_abandoned(target.parent)
    folder = _Folder(target.parent)
    try:
        with _Part(folder) as part:
            with os.fdopen(part.file, "wb", closefd=False) as file:
                yield file
            os.fsync(part.file)
            part.publish(target.name, may_replace=may_replace)
        folder.sync()
    finally:
        folder.close()


class _Folder:
    """A folder that is kept open, if the system can do that: renaming it in the meantime has no effect."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = None if sys.platform == "win32" else os.open(path, os.O_RDONLY | os.O_DIRECTORY)

    def name(self, name: str) -> str:
        """Return the path of a file in the folder, for use with `file` as the `dir_fd`."""
        return name if self.file is not None else str(self.path / name)

    def sync(self) -> None:
        """Make the names in it survive a loss of power."""
        if self.file is not None:
            with suppress(OSError):  # not supported by some network disks
                os.fsync(self.file)

    def close(self) -> None:
        if self.file is not None:
            os.close(self.file)


class _Part:
    """A file that is being written, with a lock."""

    def __init__(self, folder: _Folder) -> None:
        self._folder = folder
        self._name = ""  # none yet
        self.file = -1

    def __enter__(self) -> _Part:
        self.file = _open_unnamed(self._folder)
        while self.file < 0:
            self._name = _new_name()
            path = self._folder.name(self._name)
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, MODE, dir_fd=self._folder.file)
            _lock(file)
            if os.fstat(file).st_nlink or sys.platform == "win32":
                self.file = file
            else:
                os.close(file)  # another process took it for abandoned before it was locked
        return self

    def publish(self, name: str, *, may_replace: bool) -> None:
        """Give it its name."""
        folder = self._folder
        if not self._name:
            _lock(self.file)
            try:
                self._link(name)
            except FileExistsError:
                if not may_replace:
                    raise
                part = _new_name()
                self._link(part)
                self._name = part
        elif not may_replace and os.path.lexists(folder.path / name):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder.path / name))
        if not self._name:
            return
        source, target = folder.name(self._name), folder.name(name)
        if sys.platform == "win32":
            os.close(self.file)  # an open file cannot be renamed
            self.file = -1
            os.replace(source, target)
        else:
            os.replace(source, target, src_dir_fd=folder.file, dst_dir_fd=folder.file)
        self._name = ""

    def _link(self, name: str) -> None:
        os.link(f"/proc/self/fd/{self.file}", name, dst_dir_fd=self._folder.file)

    def __exit__(self, *_: object) -> None:
        if self.file >= 0:
            os.close(self.file)
        if self._name:
            with suppress(OSError):
                os.unlink(self._folder.name(self._name), dir_fd=self._folder.file)


def _open_unnamed(folder: _Folder) -> int:
    """Open a file without a name; -1 if that is not supported, or if it cannot be named afterwards."""
    if sys.platform != "linux":
        return -1
    try:
        file = os.open(".", os.O_RDWR | os.O_TMPFILE, MODE, dir_fd=folder.file)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
        return -1
    if os.path.lexists(f"/proc/self/fd/{file}"):
        return file
    os.close(file)
    return -1


def _new_name() -> str:
    return f".tim-async-{token_hex(8)}.part"


def _remove_abandoned(folder: Path) -> None:
    """Remove files that a dead process of this user was writing."""
    with suppress(OSError), os.scandir(folder) as found:
        for each in [entry.path for entry in found if _PART.fullmatch(entry.name)]:
            with suppress(OSError):
                _remove_if_abandoned(each)


if sys.platform == "win32":
    _BINARY = os.O_BINARY

    def _lock(file: int) -> None:
        """Do nothing: a file that is open cannot be removed."""

    def _remove_if_abandoned(path: str) -> None:
        os.unlink(path)

else:
    import fcntl

    _BINARY = 0

    def _lock(file: int) -> None:
        with suppress(OSError):  # without locks, no file counts as abandoned
            fcntl.flock(file, fcntl.LOCK_EX)

    def _remove_if_abandoned(path: str) -> None:
        # Any kind of file may have such a name: opening a pipe would block, a link leads elsewhere.
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            found = os.fstat(file)
            if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid():
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(path)
        finally:
            os.close(file)
