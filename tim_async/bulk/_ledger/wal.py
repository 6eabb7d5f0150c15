"""Whether the log beside a closed ledger can be its own, read from the log's bytes.

SQLite takes any log of that name: if a copy was restored over a ledger that a crash had left open, it would write the
pages of one into the other. Beside a ledger that is marked as closed, only two logs can be its own: that of an opening
which died in its first step, and that of a closing which died in its last.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

_HEADER_BYTES: Final = 32
_FRAME_HEADER_BYTES: Final = 24
_MARK_AT: Final = 60  # `user_version`, in the first page of the database


class Log(NamedTuple):
    """What is committed in a log.

    Attributes:
        frames: pages that are written.
        mark: the `user_version` that they result in; None if none of them has it.
    """

    frames: int
    mark: int | None


def can_be_of_closed(path: Path, mark: int) -> bool:
    """Return whether the log in a file can belong to a closed ledger that has a mark.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        log = _read(file)
    return log.frames == 0 or log.mark == mark or log == Log(1, mark + 1)


def _read(file: BinaryIO) -> Log:
    """Read a log (https://sqlite.org/fileformat2.html#the_write_ahead_log).

    Checksums are ignored: they detect what a loss of power tore at the end, which was never committed.
    """
    committed = Log(0, None)
    header = file.read(_HEADER_BYTES)
    page_size, salts = int.from_bytes(header[8:12], "big"), header[16:24]
    frames, mark = 0, None
    while len(frame := file.read(_FRAME_HEADER_BYTES)) == _FRAME_HEADER_BYTES and frame[8:16] == salts:
        page = file.read(page_size)
        frames += 1
        if frame[:4] == b"\0\0\0\1":
            mark = int.from_bytes(page[_MARK_AT : _MARK_AT + 4], "big")
        if any(frame[4:8]):  # the last one of a transaction
            committed = Log(frames, mark)
    return committed
