"""What lies where a ledger should be: looked at before anything is opened, sent, or made beside it.

SQLite takes a file of 0 bytes for a new database, and a database whose log (`-wal`) is missing for a complete one, with
all that was sent last forgotten. So a ledger says in its first bytes whether it is open: `user_version` is odd from
before anything is sent until it is closed in order, and goes up by one each time.

    even                     closed: this file is all of it; a log of another one beside it is found (`wal`)
    odd, and a log is there  open, or left by a process that died: the log has the rest, and opening it recovers that
    odd, and no log          a copy of the file alone, or its log was removed

The log cannot be missing in any other way. It is never empty while the mark in the file is odd: the mark was written to
the log first, and copied into the file from there, and nothing empties the log before the mark is even again. Those
that only read never remove it, as they open the file for reading only.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

import msgspec

from ...errors import LedgerError
from .wal import can_be_of_closed

APPLICATION_ID: Final = 0x54494D4C  # "TIML"
"""Says in its first bytes that a database is a ledger."""

_MAGIC: Final = b"SQLite format 3\0"
_HEADER_BYTES: Final = 100
_WAL_VERSION: Final = 2


class Header(msgspec.Struct, frozen=True):
    """The first bytes of an SQLite file.

    Attributes:
        mark: `user_version`: odd while it is open.
        application_id: which application's it is, 0 where none says so.
        has_wal: whether it is written ahead into a log beside it.
        size_bytes: what it says that its size is.
    """

    mark: int
    application_id: int
    has_wal: bool
    size_bytes: int

    @property
    def is_open(self) -> bool:
        """Whether it was opened to be written, and not closed since."""
        return self.mark % 2 == 1


def wal_path(path: Path) -> Path:
    """Return the log of a file."""
    return path.with_name(path.name + "-wal")


def wal_size(path: Path) -> int:
    """Return the bytes in the log of a file; 0 without one.

    Raises:
        OSError: that cannot be found out.
    """
    try:
        return wal_path(path).stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return 0


def look(path: Path, name: str) -> Header | None:
    """Return the header of the ledger that lies there; None where nothing does.

    Args:
        path: the file.
        name: what it is called in messages.

    Raises:
        LedgerError: what lies there is not a ledger, or not all of it; the message says what to do.
    """
    problem = ""
    try:
        found = read_header(path, name)
        if found is None:
            _check_nothing_is_lost(path, name)
            return None
        while unfit := _unfit_log(path, name, found):
            # It may have been opened or closed between the two looks: the mark is another then.
            again = read_header(path, name)
            if again is None or again.mark == found.mark:
                raise LedgerError(unfit)
            found = again
        _check_length(path, name, found)
    except OSError as error:
        problem = f"cannot read {name}: {error.strerror}"
    else:
        return found
    raise LedgerError(problem)


def read_header(path: Path, name: str) -> Header | None:
    """Return the header of a database that may be a ledger; None where nothing lies there.

    Raises:
        LedgerError: it cannot be a ledger.
        OSError: it cannot be read.
    """
    try:
        kind = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISDIR(kind):
        raise LedgerError(f"{name} is a folder; a ledger is a file: give the path of one")
    if not stat.S_ISREG(kind):
        raise LedgerError(f"{name} is not a file on a disk, so it cannot be a ledger: give the path of one")
    with path.open("rb", buffering=0) as file:
        data = file.read(_HEADER_BYTES)
    if not data:
        raise LedgerError(
            f"{name} is empty (0 bytes), so it is not a ledger: put back a copy of the ledger, or remove the file to "
            "begin a new one there"
        )
    if not data.startswith(_MAGIC[: len(data)]):
        raise LedgerError(f"{name} is not a ledger, but another kind of file: give another path")
    if len(data) < _HEADER_BYTES:
        raise LedgerError(_cut(name, len(data), _HEADER_BYTES))

    def number(at: int, size: int = 4) -> int:
        return int.from_bytes(data[at : at + size], "big")

    page_size = number(16, 2)
    header = Header(
        mark=number(60),
        application_id=number(68),
        has_wal=data[18] == _WAL_VERSION,
        size_bytes=number(28) * (65_536 if page_size == 1 else page_size),
    )
    if header.application_id not in (0, APPLICATION_ID):
        raise LedgerError(f"{name} is the database of another application, not a ledger: give another path")
    return header


def _unfit_log(path: Path, name: str, header: Header) -> str:
    """Return what is wrong with the log beside a file, or with its absence; "" where nothing is."""
    has_log = wal_size(path) > 0
    if header.is_open:
        return "" if has_log else _copied(name)
    return "" if not has_log or can_be_of_closed(wal_path(path), header.mark) else _mixed(name)


def _check_length(path: Path, name: str, header: Header) -> None:
    # While it is open, the rest may be in the log.
    size = path.stat().st_size
    if not header.is_open and not wal_size(path) and size < header.size_bytes:
        raise LedgerError(_cut(name, size, header.size_bytes))


def _check_nothing_is_lost(path: Path, name: str) -> None:
    if wal_size(path):
        raise LedgerError(
            f"{name} is missing, while its log {name}-wal is there: put back the ledger, or remove the log to begin a "
            "new one"
        )


def _cut(name: str, size: int, whole: int) -> str:
    return f"{name} is cut off after {size:,} of {whole:,} bytes: put back a copy of the ledger that is complete"


def _copied(name: str) -> str:
    return (
        f"{name} was copied while it was open, or lost its log: {name}-wal, which has what was sent last, is missing. "
        f"Put it beside it, or copy the ledger again after its run has ended. Where this is all there is, "
        f"`tim-async bulk adopt` takes it as it is, and recipients may get the message twice"
    )


def _mixed(name: str) -> str:
    return (
        f"the log {name}-wal is not that of {name}, which was closed: was a copy put back over a ledger that was open? "
        "Put back the one that the log belongs to; or remove the log to use the copy, and recipients may get the "
        "message twice"
    )
