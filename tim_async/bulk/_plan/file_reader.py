"""Read a file of recipients: check it as a whole, then yield its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from io import TextIOWrapper
from itertools import islice
from typing import NamedTuple, Protocol, TextIO

from ...errors import UsageError
from .encodings import check_encoding, chunks_of, encoding_of
from .opening import Input, Position, Stream
from .rows import Row


class Rows(NamedTuple):
    """The rows of a file, read one after the other.

    Attributes:
        columns: names of its columns, None if each row has its own.
        made: the rows.
    """

    columns: tuple[str, ...] | None
    made: Iterator[Row]


class RowFormat(Protocol):
    """The format of a file of recipients."""

    @property
    def marks(self) -> str:
        """The settings that make other rows of the same bytes: the format and its options."""
        ...

    def read(self, text: TextIO, name: str) -> Rows:
        """Read what comes before the rows; raise `UsageError` if the file is not of this format."""
        ...


def head_of(text: TextIO) -> list[str]:
    """Read the lines of a file up to the first that is not empty."""
    head = []
    for line in text:
        head.append(line)
        if not line.isspace():
            break
    return head


class FileReader:
    """Reads a file of recipients, repeatedly if needed.

    Args:
        source: its bytes.
        encoding: of a file without a byte order mark; None is UTF-8.
        row_format: the format of its rows.

        Attributes:
            name: the file's name in messages.
    """

    def __init__(self, source: Input, encoding: str | None, row_format: RowFormat) -> None:
        self._source = source
        self._encoding = encoding
        self._format = row_format
        self._is_checked = False
        self.name = source.name

    def fingerprint(self) -> str:
        """Return what identifies this file and its content.

        Raises:
            UsageError: it cannot be read, or is not in its encoding.
        """
        with self._source.open() as stream:
            encoding = encoding_of(stream.content.read(4), self._encoding)
        marks = f"{self._format.marks} {encoding.name}"
        digest = blake2b(marks.encode("utf-8", "surrogatepass"), digest_size=16)
        check_encoding(self._chunks, self.name, encoding, digest.update)
        self._is_checked = True
        return digest.hexdigest()

    def size_bytes(self) -> int:
        """Return the size of the file in bytes, as stored."""
        with self._source.open() as stream:
            return stream.size_bytes

    def rows(self, *, skip: int = 0, position: Position | None = None) -> Iterator[Row]:
        """Yield a row or a problem for every line that is not empty.

        Args:
            skip: how many rows to skip at the beginning: they were read before.
            position: updated with how much of the file was read.

        Raises:
            UsageError: the file cannot be read, or is not in its encoding or format.
        """
        position = position or Position()
        with self._opened() as (text, stream):
            position.follow(stream)
            yield from islice(self._format.read(text, self.name).made, skip, None)
            position.end()

    def first_rows(self, count: int) -> tuple[tuple[str, ...] | None, list[Row]]:
        """Return the names of the columns, None if each row has its own, and the first rows.

        Raises:
            UsageError: as for `rows`.
        """
        with self._opened() as (text, _):
            rows = self._format.read(text, self.name)
            return rows.columns, list(islice(rows.made, count))

    def _chunks(self) -> Iterator[bytes]:
        with self._source.open() as stream:
            yield from chunks_of(stream.content)

    @contextmanager
    def _opened(self) -> Iterator[tuple[TextIO, Stream]]:
        if not self._is_checked:
            self.fingerprint()
        problem = ""
        with self._source.open() as stream:
            encoding = encoding_of(stream.content.read(4), self._encoding)
            stream.content.seek(encoding.mark_bytes)
            text = TextIOWrapper(stream.content, encoding=encoding.name, newline="")
            try:
                yield text, stream
            except UnicodeError as error:  # its encoding was checked before
                problem = f"{self.name} changed while it was read: {error}"
            finally:
                text.detach()
        if problem:
            raise UsageError(problem, field="recipients")
