"""The contents of a file: unpacked chunk by chunk, and checked against what the service announced."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from typing import Final

from ..errors import ArchiveError
from ..models.operation import ArchiveFile

_MAGIC: Final = b"\x1f\x8b"
_CHUNK_BYTES: Final = 256 * 1024


class _Tally:
    """Counts bytes and computes their MD5."""

    def __init__(self) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._size = 0

    def add(self, data: bytes) -> None:
        self._md5.update(data)
        self._size += len(data)

    def misfit(self, size: int, md5: str) -> str | None:
        """Return how the file differs from the announcement; a size of 0 and an empty MD5 announce nothing."""
        if size and size != self._size:
            return f"it has {self._size} bytes instead of the announced {size}"
        if md5 and md5.lower() != self._md5.hexdigest():
            return f"its MD5 is {self._md5.hexdigest()} instead of the announced {md5.lower()}"
        return None


class Content:
    """Unpacks a gzip file, or passes an unpacked file through.

    Args:
        source: the file's path or URL, for errors.
        expected: the service's announcement; None checks only the file's own checksums.
    """

    def __init__(self, source: str, expected: ArchiveFile | None) -> None:
        self._source = source
        self._expected = expected
        self._packed, self._plain = _Tally(), _Tally()
        self._start = b""  # what has arrived of the first two bytes, or of those after a member's end
        self._member: zlib._Decompress | None = None
        self._is_packed: bool | None = None  # unknown until two bytes have arrived

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next bytes of the file; yield their contents in chunks.

        Raises:
            ArchiveError: the file is damaged.
        """
        self._packed.add(data)
        if self._is_packed is None:
            self._start += data
            if len(self._start) < len(_MAGIC):
                return
            data, self._start = self._start, b""
            self._is_packed = data.startswith(_MAGIC)
        for chunk in self._unpack(data) if self._is_packed else (data,):
            self._plain.add(chunk)
            yield chunk

    def _unpack(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._member is None:
                # Another member or padding follows a member.
                self._start += data.lstrip(b"\0") if not self._start else data
                if len(self._start) < len(_MAGIC) or not self._start.startswith(_MAGIC):
                    return
                data, self._start = self._start, b""
                self._member = zlib.decompressobj(wbits=31)
            try:
                chunk = self._member.decompress(data, _CHUNK_BYTES)
            except zlib.error as error:
                problem = str(error)
            else:
                data = self._member.unconsumed_tail
                if self._member.eof:
                    data, self._member = self._member.unused_data, None
                if chunk:
                    yield chunk
                continue
            raise ArchiveError(f"{self._source} is damaged: {problem}", source=self._source)

    def end(self) -> None:
        """Check the file after all of it has arrived.

        Raises:
            ArchiveError: it is truncated, or not the announced file.
        """
        problem = "it ends in the middle" if self._member is not None else None
        if self._expected is not None:
            expected = self._expected
            if self._is_packed is not False:
                problem = self._packed.misfit(expected.gzip_size, expected.gzip_md5) or problem
            problem = problem or self._plain.misfit(expected.file_size, expected.file_md5)
        if problem is not None:
            raise ArchiveError(f"{self._source} is damaged: {problem}", source=self._source)
