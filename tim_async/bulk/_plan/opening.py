"""The bytes of recipients: a file, standard input or a pipe, compressed or not.

Input that can be read only once is copied to a temporary file first: a file is read as a whole before a row is taken,
to refuse it if it is in another encoding, and again for its rows.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import weakref
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from gzip import BadGzipFile, GzipFile
from pathlib import Path
from typing import BinaryIO, Final, cast

from ...errors import UsageError

_GZIP_MAGIC: Final = b"\x1f\x8b"
# First bytes of files that are not text, whatever their names.
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
SAVE_AS_CSV: Final = "save it as CSV first (in Excel: File, Save As, 'CSV UTF-8 (Comma delimited) (*.csv)')"


class Position:
    """How much of a file was read.

    Attributes:
        total: its size in bytes; None if unknown.
    """

    def __init__(self, total: int | None = None) -> None:
        self.total = total
        self._read: Callable[[], int | None] = lambda: None

    def follow(self, stream: Stream) -> None:
        """Take the position from this stream until its end."""
        self._read = stream.read_bytes

    def end(self) -> None:
        """Record that all of it was read."""
        self._read = lambda: self.total

    @property
    def read(self) -> int | None:
        """How many bytes were read, one buffer ahead of the rows; None before the first."""
        return self._read()


class Stream:
    """The bytes of a file, from their beginning.

    Attributes:
        content: its content, not compressed.
        size_bytes: the size of the file as stored.
    """

    def __init__(self, raw: BinaryIO, content: BinaryIO, size_bytes: int) -> None:
        self._raw = raw
        self.content = content
        self.size_bytes = size_bytes

    def read_bytes(self) -> int:
        """Return how many bytes of the file were read."""
        return self.size_bytes if self._raw.closed else self._raw.tell()


class Input:
    """The source of a file's bytes, opened as often as needed.

    Args:
        path: the file, which may be a pipe; `-` is standard input.

    Attributes:
        name: its name in messages.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._copy: BinaryIO | None = None
        self.name = "standard input" if str(path) == "-" else str(path)

    @contextmanager
    def open(self) -> Iterator[Stream]:
        """Open it for a block; errors in reading it are raised as a `UsageError`, also inside the block."""
        problem = ""
        try:
            with self._raw() as raw:
                head = raw.read(8)
                raw.seek(0)
                if head.startswith(_WORKBOOKS):
                    problem = f"{self.name} is a workbook (or another archive), not text: {SAVE_AS_CSV}"
                else:
                    content = cast("BinaryIO", GzipFile(fileobj=raw)) if head.startswith(_GZIP_MAGIC) else raw
                    yield Stream(raw, content, os.fstat(raw.fileno()).st_size)
        except (BadGzipFile, zlib.error) as error:
            problem = f"{self.name} cannot be decompressed: {error}"
        except EOFError:
            problem = f"{self.name} is truncated: its compressed data has no end"
        except OSError as error:
            problem = f"cannot read {self.name}: {error.strerror or error}"
        if problem:
            raise UsageError(problem, field="recipients")

    @contextmanager
    def _raw(self) -> Iterator[BinaryIO]:
        if self._copy is None and not self._is_regular():
            self._copy = self._copied()
        if self._copy is not None:
            self._copy.seek(0)
            yield self._copy
        else:
            with self._path.open("rb") as file:
                yield file

    def _is_regular(self) -> bool:
        """Return whether it can be read again; true for a folder, so that opening it reports what it is."""
        if str(self._path) == "-":
            return False
        try:
            mode = self._path.stat().st_mode
        except ValueError as error:  # a NUL in the name
            raise OSError(str(error)) from None
        return stat.S_ISREG(mode) or stat.S_ISDIR(mode)

    def _copied(self) -> BinaryIO:
        """Copy it to a temporary file that only this user can read; it is deleted with this object."""
        copy = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - it is read more than once
        weakref.finalize(self, copy.close)
        if str(self._path) == "-":
            if sys.stdin is None:
                raise OSError("it is closed")
            if sys.stdin.isatty():  # a thread that waits for input cannot be interrupted
                raise OSError("it is a terminal; pipe a file into it")
            shutil.copyfileobj(sys.stdin.buffer, copy, 1 << 20)
        else:
            with self._path.open("rb") as file:
                shutil.copyfileobj(file, copy, 1 << 20)
        return copy
