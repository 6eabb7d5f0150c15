"""The folder of the files: owned by this user, and writable by no other user.

`XDG_RUNTIME_DIR`, or `/run/user/<id>` for a process started without the variable, as by cron; otherwise a private
folder in `/tmp`, as for a service's user. It is looked up for every request, because the first two disappear when the
user's last session ends. A folder that another user created there, or a link, is never used.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from ..errors import LimiterSetupError

_NAME: Final = "tim-async"
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def open_folder(given: Path | None) -> int:
    """Return a descriptor of the folder; the caller closes it.

    Args:
        given: the folder that the user chose; None for the default one.

    Raises:
        LimiterSetupError: it belongs to another user, or others can write to it.
        OSError: it cannot be created or opened.
    """
    return _open_given(given) if given is not None else _open_own(own_folder(), os.geteuid())


def own_folder() -> Path:
    """Return the current path of this user's folder."""
    uid = os.geteuid()
    for runtime in (os.environ.get("XDG_RUNTIME_DIR", ""), f"/run/user/{uid}"):
        if os.path.isabs(runtime) and _is_private(runtime, uid):
            return Path(runtime, _NAME)
    temporary = Path("/tmp")  # noqa: S108 - not TMPDIR, which processes of one user may have differently
    return Path(temporary if temporary.is_dir() else tempfile.gettempdir(), f"{_NAME}-{uid}")


def _is_private(folder: str, uid: int) -> bool:
    try:
        found = os.stat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and not found.st_mode & _OTHERS_WRITE


def _open_own(path: Path, uid: int) -> int:
    """Create and open a folder for this user only; checked once it is open, so it cannot be swapped in between."""
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno not in (errno.ENOTDIR, errno.ELOOP):  # a file, or a link
            raise
        problem = "is not a folder"
    else:
        problem = _problem_of(folder, uid)
        if not problem:
            return folder
        os.close(folder)
    raise LimiterSetupError(
        f"{path}, where the limits of this machine are kept, {problem}: remove it, or choose a folder with "
        "HostRateLimiter(folder=...)",
        field="folder",
    )


def _problem_of(folder: int, uid: int) -> str:
    found = os.fstat(folder)
    if found.st_uid != uid:
        return "belongs to another user"
    return "can be written to by other users" if found.st_mode & _OTHERS_WRITE else ""


def _open_given(path: Path) -> int:
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except NotADirectoryError:
        raise LimiterSetupError(f"folder {path} is a file", field="folder") from None
    found = os.fstat(folder)
    if found.st_uid not in (os.geteuid(), 0) or found.st_mode & _OTHERS_WRITE:
        os.close(folder)
        raise LimiterSetupError(
            f"folder {path} must belong to the user of this process, and be writable by no other user", field="folder"
        )
    return folder
