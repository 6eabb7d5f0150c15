"""From the bytes of a file to its messages, independent of where the bytes come from."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Final

from .._api.damage import repair
from .._api.wire import UNREADABLE, reader
from ..errors import ArchiveError
from ..models.history import ArchivedC2CMsg, ArchivedGroupMsg, ArchivedMsg, HistoryInfo
from ..models.operation import ArchiveFile
from .content import Content
from .scanner import LayoutError, Scanner

logger: Final = logging.getLogger("tim_async")

_read_info: Final = reader(HistoryInfo)
_read_c2c: Final = reader(ArchivedC2CMsg)
_read_group: Final = reader(ArchivedGroupMsg)


class Reading:
    """Takes the bytes of a file and yields its messages.

    Args:
        source: the file's path or URL, for errors.
        expected: the service's entry for the file, None if unknown.

    Attributes:
        info: the file's header; empty before its list of messages has begun.
        count: number of messages read.
    """

    def __init__(self, source: str, expected: ArchiveFile | None) -> None:
        self.info: HistoryInfo = HistoryInfo()
        self.count: int = 0
        self._source = source
        self._content = Content(source, expected)
        self._scanner = Scanner()
        self._unreadable = 0
        self._has_info = False

    @property
    def damaged(self) -> int:
        """Number of messages that could not be read and were skipped."""
        return self._scanner.damaged + self._unreadable

    def feed(self, data: bytes) -> Iterator[ArchivedMsg]:
        """Take the next bytes; yield the messages that they complete.

        Raises:
            ArchiveError: the file cannot be read.
        """
        for chunk in self._content.feed(data):
            try:
                found = self._scanner.feed(chunk)
            except LayoutError as error:
                problem = str(error)
            else:
                if not self._has_info and self._scanner.has_list:
                    self._has_info = True
                    self._look_at_frame(b"]}")
                yield from self._messages(found)
                continue
            raise ArchiveError(f"{self._source} is not an archive of messages: {problem}", source=self._source)

    def end(self) -> None:
        """Check that all of the file has arrived, and that it is the announced file.

        Raises:
            ArchiveError: it is not.
        """
        self._content.end()
        try:
            self._scanner.end()
        except LayoutError as error:
            problem = str(error)
        else:
            self._look_at_frame(b"")
            if self.damaged:
                logger.warning("%s: %d damaged messages were skipped", self._source, self.damaged)
            return
        raise ArchiveError(f"{self._source} is not an archive of messages: {problem}", source=self._source)

    def _look_at_frame(self, end: bytes) -> None:
        try:
            self.info = _read_info(bytes(self._scanner.frame) + end)
        except UNREADABLE:  # a bare list, or a damaged frame: its messages are still read
            return

    def _messages(self, found: list[bytes]) -> Iterator[ArchivedMsg]:
        for data in found:
            is_group = self.info.chat_type == "Group" or (self.info.chat_type != "C2C" and b'"GroupId"' in data)
            message = _read(data, _read_group) if is_group else _read(data, _read_c2c)
            if message is None:
                self._unreadable += 1
            else:
                self.count += 1
                yield message


class ReadSoFar:
    """What has been read of a file so far."""

    _reading: Reading

    @property
    def info(self) -> HistoryInfo:
        """The file's header; empty before the first message was read."""
        return self._reading.info

    @property
    def count(self) -> int:
        """Number of messages read so far."""
        return self._reading.count

    @property
    def damaged(self) -> int:
        """Number of messages so far that could not be read and were skipped."""
        return self._reading.damaged


def _read(data: bytes, read: Callable[[bytes], ArchivedMsg]) -> ArchivedMsg | None:
    try:
        return read(data)
    except UNREADABLE:
        repaired = repair(data)
    try:
        return None if repaired is None else read(repaired)
    except UNREADABLE:
        return None
