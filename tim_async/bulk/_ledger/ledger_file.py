"""Check the file at a ledger's path before anything is opened, sent or created beside it.

SQLite takes a file of 0 bytes for a new database, and a database without its log (`-wal`) for a complete one, which
loses everything that was sent last. So a ledger records in its first bytes whether it is open: `user_version` is odd
from before anything is sent until it is closed in order, and increases by one each time.

    even                     closed: this file is complete; a log of another ledger beside it is detected (`wal`)
    odd, and a log is there  open, or left by a process that died: the log has the rest, and opening it recovers that
    odd, and no log          a copy of the file alone, or its log was removed

The log cannot be missing for any other reason. It is never empty while the mark in the file is odd: the mark was
written to the log first and copied into the file from there, and nothing empties the log before the mark is even again.
Readers never remove it, because they open the file read-only.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

import msgspec

from ...errors import LedgerError
from .wal import can_be_of_closed

APPLICATION_ID: Final = 0x54494D4C  # "TIML"
"""Marks a database as a ledger, in its first bytes."""

_MAGIC: Final = b"SQLite format 3\0"
_HEADER_BYTES: Final = 100
_WAL_VERSION: Final = 2


class Header(msgspec.Struct, frozen=True):
    """The first bytes of an SQLite file.

    Attributes:
        mark: `user_version`: odd while it is open.
        application_id: the application it belongs to; 0 if none is set.
        has_wal: whether it uses a write-ahead log beside it.
        size_bytes: its size according to the header.
    """

    mark: int
    application_id: int
    has_wal: bool
    size_bytes: int

    @property
    def is_open(self) -> bool:
        """Whether it was opened for writing and not closed since."""
        return self.mark % 2 == 1


def wal_path(path: Path) -> Path:
    """Return the log of a file."""
    return path.with_name(path.name + "-wal")


def wal_size(path: Path) -> int:
    """Return the bytes in the log of a file; 0 without one.

    Raises:
        OSError: it cannot be read.
    """
    try:
        return wal_path(path).stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return 0


def look(path: Path, name: str) -> Header | None:
    """Return the header of the ledger at this path; None if there is no file.

    Args:
        path: the file.
        name: its name in messages.

    Raises:
        LedgerError: the file is not a ledger, or not complete; the message says what to do.
    """
    problem = ""
    try:
        found = read_header(path, name)
        if found is None:
            _check_nothing_is_lost(path, name)
            return None
        while unfit := _unfit_log(path, name, found):
            # It may have been opened or closed between the two reads, which changes the mark.
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
    """Return the header of a database that may be a ledger; None if there is no file.

    Raises:
        LedgerError: it cannot be a ledger.
        OSError: it cannot be read.
    """
    try:
        kind = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISDIR(kind):
        raise LedgerError(f"{name} is a folder: give the path of a ledger file")
    if not stat.S_ISREG(kind):
        raise LedgerError(f"{name} is not a regular file: give the path of a ledger file")
    with path.open("rb", buffering=0) as file:
        data = file.read(_HEADER_BYTES)
    if not data:
        raise LedgerError(
            f"{name} is empty (0 bytes), so it is not a ledger: restore a copy of the ledger, or remove the file to "
            "start a new one"
        )
    if not data.startswith(_MAGIC[: len(data)]):
        raise LedgerError(f"{name} is not a ledger: give another path")
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
    """Return what is wrong with the log beside a file, or with its absence; "" if it is fine."""
    has_log = wal_size(path) > 0
    if header.is_open:
        return "" if has_log else _copied(name)
    return "" if not has_log or can_be_of_closed(wal_path(path), header.mark) else _mixed(name)


def _check_length(path: Path, name: str, header: Header) -> None:
    # While the ledger is open, the rest may be in the log.
    size = path.stat().st_size
    if not header.is_open and not wal_size(path) and size < header.size_bytes:
        raise LedgerError(_cut(name, size, header.size_bytes))


def _check_nothing_is_lost(path: Path, name: str) -> None:
    if wal_size(path):
        raise LedgerError(
            f"{name} is missing, while its log {name}-wal is there: restore the ledger, or remove the log to start a "
            "new one"
        )


def _cut(name: str, size: int, whole: int) -> str:
    return f"{name} is truncated at {size:,} of {whole:,} bytes: restore a complete copy of the ledger"


def _copied(name: str) -> str:
    return (
        f"{name} was copied while it was open, or lost its log: {name}-wal, with the latest sends, is missing. "
        f"Put the log back beside it, or copy the ledger again after its run has ended. To use the file without "
        f"it, run `tim-async bulk adopt`; recipients may then get the message twice"
    )


def _mixed(name: str) -> str:
    return (
        f"the log {name}-wal does not belong to {name}, which was closed: was a copy restored over an open ledger? "
        "Restore the ledger that the log belongs to, or remove the log to use the copy; recipients may then get the "
        "message twice"
    )
