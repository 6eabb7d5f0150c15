"""Archives of messages at a URL, read without an event loop. For local files: `history.read_file`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from .. import history
from ..models.history import ArchivedMsg, HistoryInfo
from ..models.operation import ArchiveFile
from ._home import Walk, alone


class UrlMessages:
    """The messages of a file at a URL: an iterator, and a context manager that ends the download.

    Attributes:
        source: the URL without its query, which may be a signature.
    """

    def __init__(self, messages: history.UrlMessages) -> None:
        self._inner = messages
        self.source: str = messages.source
        self._messages = Walk(messages)

    @property
    def info(self) -> HistoryInfo:
        """The file's header; empty before the first message was read."""
        return self._inner.info

    @property
    def count(self) -> int:
        """Number of messages read so far."""
        return self._inner.count

    @property
    def damaged(self) -> int:
        """Number of messages so far that could not be read and were skipped."""
        return self._inner.damaged

    def close(self) -> None:
        """End the download."""
        self._messages.close()

    def __iter__(self) -> Iterator[ArchivedMsg]:
        return self

    def __next__(self) -> ArchivedMsg:
        return next(self._messages)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def read_url(file: ArchiveFile | str, *, timeout: float = 60.0, proxy: str | None = None) -> UrlMessages:
    """Read the messages of a file at a URL while it downloads; its sizes and MD5s are checked at the end.

    Args:
        file: an entry of `Archive.file`, or a URL alone, for which only the file's own checksums are verified.
        timeout: seconds to connect, and between two pieces of the file; the whole download has no limit.
        proxy: URL of an HTTP proxy, such as `http://proxy:3128`; None for none.

    Raises:
        UsageError: there is no http or https URL.
        ArchiveError: during iteration: the file does not arrive, is truncated, damaged or not the announced one.
    """
    return UrlMessages(history.read_url(file, timeout=timeout, proxy=proxy))


def download(file: ArchiveFile | str, path: str | Path, *, timeout: float = 60.0, proxy: str | None = None) -> Path:
    """Download a file, check its sizes and MD5s, and store it as it arrived; return its path.

    Args:
        file: an entry of `Archive.file`, or a URL alone, for which only the file's own checksums are verified.
        path: where to store it; an existing file is replaced once all of the new one has arrived and matches.
        timeout: seconds to connect, and between two pieces of the file; the whole download has no limit.
        proxy: URL of an HTTP proxy, such as `http://proxy:3128`; None for none.

    Raises:
        UsageError: there is no http or https URL.
        ArchiveError: the file does not arrive, is truncated, damaged or not the announced one, or cannot be written.
    """
    return alone(history.download, file, path, timeout=timeout, proxy=proxy)
