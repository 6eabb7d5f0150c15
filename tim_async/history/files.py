"""The messages of a local file."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ..errors import ArchiveError
from ..models.history import ArchivedMsg
from ..models.operation import ArchiveFile
from .reading import Reading, ReadSoFar

_CHUNK_BYTES: Final = 64 * 1024


class FileMessages(ReadSoFar):
    """The messages of a file: an iterator, and a context manager that closes the file.

    Attributes:
        path: the file.
    """

    def __init__(self, path: str | Path, expected: ArchiveFile | None) -> None:
        self.path: Path = Path(path)
        self._reading = Reading(str(path), expected)
        self._messages = self._read()

    def close(self) -> None:
        """Close the file."""
        self._messages.close()

    def _read(self) -> Generator[ArchivedMsg, None, None]:
        try:
            file = self.path.open("rb")
        except OSError as error:
            problem = error.strerror or type(error).__name__
        else:
            with file:
                while data := file.read(_CHUNK_BYTES):
                    yield from self._reading.feed(data)
            self._reading.end()
            return
        raise ArchiveError(f"cannot open {self.path}: {problem}", source=str(self.path))

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> ArchivedMsg:
        return next(self._messages)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def read_file(path: str | Path, *, expected: ArchiveFile | None = None) -> FileMessages:
    """Read the messages of a file, gzipped or not.

    Args:
        path: the file; it is opened when the first message is read.
        expected: the service's entry for it in `Archive.file`; its sizes and MD5s are checked at the end. None checks
            only the file's own checksums.

    Raises:
        ArchiveError: during iteration: the file cannot be opened, is truncated, damaged or not the expected one.
    """
    return FileMessages(path, expected)
