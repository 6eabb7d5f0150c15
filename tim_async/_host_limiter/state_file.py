"""The file that stores the buckets of one app.

Layout. A head, then *cells*: the first is the app's, each other one has the buckets whose names hash to it. A cell has
two halves, each with a number, a length and a checksum; the half with the higher number counts, and the other one is
written next. A process killed while writing leaves that half with a wrong checksum, and the other half still counts:
the reservations it never learned of are simply not made.

The file is read and written, not mapped: when another program truncates a mapped file, or the disk is full, a process
is killed by SIGBUS instead of getting an error. Reading and writing a cell costs a microsecond or two.

The lock (`flock`) belongs to the open file, so it ends with the process that holds it, however that ends. A file that
was removed or replaced while waiting for its lock is opened again.

Lost state - the file is new, was removed, truncated or damaged, is from before a reboot or from another version -
starts a new epoch, as in Redis. A file that is not one of these is never written to.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, TypeVar

import msgspec

from .._clocks import wall_time
from ..errors import LimiterSetupError
from .machine import boot_id
from .share import StoredShare
from .state import StoredApp, StoredBucket

T = TypeVar("T")

_MAGIC: Final = b"tim_async limits"
_HEAD: Final = struct.Struct("<16sII40sI")  # magic, format, cells, boot id, checksum
_HEAD_SIZE: Final = 4096
_CHECKSUM_SIZE: Final = 4
_HALF: Final = struct.Struct("<QII")  # number, length, checksum
_HALF_SIZE: Final = 8192
_ROOM: Final = _HALF_SIZE - _HALF.size
_CELL_SIZE: Final = 2 * _HALF_SIZE
_FIRST_CELLS: Final = 64
_GROWTH: Final = 8
_MAX_CELLS: Final = 2**21
# Another version of this library, or processes that see another boot of the machine, use a file written to this
# recently; each side would take the other's state for lost.
_IN_USE_S: Final = 5.0

_Cell = dict[str, StoredBucket]


def _format() -> int:
    """Return a number that depends on the stored fields, so that changing them changes the format."""
    kept = [(kind.__name__, kind.__struct_fields__) for kind in (StoredApp, StoredBucket, StoredShare)]
    return zlib.crc32(repr((kept, _HEAD_SIZE, _HALF_SIZE)).encode("ascii"))


_FORMAT: Final = _format()


class BusyError(Exception):
    """Another process has the lock.

    Attributes:
        file: the file, and when it was last written to: while that does not change, its holder makes no progress.
    """

    def __init__(self, file: tuple[int, int]) -> None:
        super().__init__()
        self.file = file


class DamagedError(Exception):
    """The stored data cannot be read."""


class InUseError(OSError):
    """The file is in use by processes with which this one cannot share it."""


class StateFile:
    """The state of an app, locked. Use it as a context manager.

    Args:
        folder: a descriptor of the folder.
        name: the name of the file.
        clock: microseconds of the machine's clock.

    Attributes:
        now: the time at which the file was locked.

    Raises:
        BusyError: another process has the lock.
        InUseError: the file is in use by others.
        LimiterSetupError: it is not one of these files, or belongs to another user.
        OSError: it cannot be opened or created.
    """

    def __init__(self, folder: int, name: str, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._name = name
        self._numbers: dict[int, int] = {}  # of the valid half, by cell
        self._loaded: dict[int, _Cell] = {}
        self._cells = 0
        self._descriptor = self._open()
        self.now = clock()
        try:
            self._cells = self._read_head()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> StateFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the lock, which a child forked meanwhile shares."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            try:
                fcntl.flock(descriptor, fcntl.LOCK_UN)
            finally:
                os.close(descriptor)

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        while True:
            try:
                descriptor = os.open(self._name, flags, 0o600, dir_fd=self._folder)
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
                    raise self._foreign("is not a file") from None
                raise
            try:
                self._lock(descriptor)
                if self._is_current(descriptor):
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # it was removed, or replaced by a larger one, before it was locked

    def _lock(self, descriptor: int) -> None:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise self._foreign("is not a file")
        if found.st_uid != os.geteuid():
            raise self._foreign("belongs to another user")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError((found.st_ino, found.st_mtime_ns)) from None

    def _is_current(self, descriptor: int) -> bool:
        try:
            named = os.stat(self._name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(named, os.fstat(descriptor))

    def _foreign(self, problem: str) -> LimiterSetupError:
        return LimiterSetupError(
            f"{self._name!r} in the folder of the limits {problem}: remove it, or choose another folder with "
            "HostRateLimiter(folder=...)",
            field="folder",
        )

    # The head

    def _read_head(self) -> int:
        """Return the number of cells; 0 if nothing is stored."""
        found = os.fstat(self._descriptor)
        head = os.pread(self._descriptor, _HEAD.size, 0)
        if _MAGIC.startswith(head.rstrip(b"\0")):
            return 0  # it is new, or its writer was killed
        if not head.startswith(_MAGIC):
            raise self._foreign("was not made by HostRateLimiter")
        _, kind, cells, boot, checksum = _HEAD.unpack(head.ljust(_HEAD.size, b"\0"))
        if checksum != zlib.crc32(head[:-_CHECKSUM_SIZE]):
            return 0
        if kind != _FORMAT or boot.rstrip(b"\0").decode("ascii", "replace") != boot_id():
            if abs(wall_time() - found.st_mtime) < _IN_USE_S:
                raise InUseError(
                    errno.EBUSY,
                    "in use by another version of tim_async, or by processes of another machine or kernel",
                )
            return 0
        return cells if found.st_size == _size(cells) else 0

    def _begin(self) -> None:
        """Initialise the file."""
        self._cells = _FIRST_CELLS
        self._loaded.clear()
        self._numbers.clear()
        os.ftruncate(self._descriptor, 0)
        os.ftruncate(self._descriptor, _size(self._cells))
        _write(self._descriptor, _head(self._cells), 0)

    # Cells

    def app(self, name: str) -> StoredApp | None:
        """Return the app; None if it is not stored. See `Store.app`."""
        data = self._read(0) if self._cells else b""
        return _decode(_APP, data) if data else None

    def bucket(self, name: str) -> StoredBucket | None:
        """Return a bucket; None if it is not stored. See `Store.bucket`."""
        return self._cell(_index(name, self._cells)).get(name) if self._cells else None

    def forget(self) -> None:
        """Treat the stored data as lost."""
        self._cells = 0

    def _cell(self, index: int) -> _Cell:
        cell = self._loaded.get(index)
        if cell is None:
            data = self._read(index)
            cell = self._loaded[index] = _decode(_CELL, data) if data else {}
        return cell

    def _read(self, index: int) -> bytes:
        """Return the contents of a cell.

        Raises:
            DamagedError: it was written to, and neither half can be read.
        """
        both = os.pread(self._descriptor, _CELL_SIZE, _HEAD_SIZE + index * _CELL_SIZE)
        best, found, is_used = 0, b"", False
        for start in (0, _HALF_SIZE):
            half = both[start : start + _HALF_SIZE]
            if len(half) < _HALF.size:
                raise DamagedError
            number, length, checksum = _HALF.unpack_from(half)
            is_used = is_used or bool(number or length or checksum)
            data = half[_HALF.size : _HALF.size + length]
            if number > best and len(data) == length and _checksum(number, data) == checksum:
                best, found = number, data
        if is_used and not best:
            raise DamagedError
        self._numbers[index] = best
        return found

    # Saving

    def save(self, name: str, app: StoredApp, buckets: Sequence[tuple[str, StoredBucket]]) -> None:
        """Store the result of a request. See `Store.save`."""
        if not self._cells:
            self._begin()
        changed: dict[int, bytes] = {}
        while True:
            for bucket_name, bucket in buckets:
                self._cell(_index(bucket_name, self._cells))[bucket_name] = bucket
            for index in {_index(bucket_name, self._cells) for bucket_name, _ in buckets}:
                changed[index] = _ENCODER.encode(self._living(self._loaded[index], app.epoch))
            if all(len(data) <= _ROOM for data in changed.values()):
                break
            self._grow()
            changed.clear()
        changed[0] = _ENCODER.encode(app)
        for index, data in changed.items():
            self._write(index, data)

    def _living(self, cell: _Cell, epoch: str) -> _Cell:
        return {name: each for name, each in cell.items() if each.kept_until >= self.now and each.epoch == epoch}

    def _write(self, index: int, data: bytes) -> None:
        if index not in self._numbers:
            self._read(index)
        number = self._numbers[index] + 1
        # Odd numbers are in the first half.
        _write(
            self._descriptor, _half(number, data), _HEAD_SIZE + index * _CELL_SIZE + (0 if number % 2 else _HALF_SIZE)
        )

    def _grow(self) -> None:
        """Continue in a file with more cells, which replaces this one."""
        kept = {name: each for index in range(1, self._cells + 1) for name, each in self._cell(index).items()}
        larger = f"{self._name}.new"
        with suppress(FileNotFoundError):
            os.unlink(larger, dir_fd=self._folder)  # left by a process that was killed
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(larger, flags, 0o600, dir_fd=self._folder)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            cells = _fill(descriptor, self._cells, self._read(0), kept, self.now)
            os.replace(larger, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        except BaseException:
            os.close(descriptor)
            raise
        self.close()
        self._descriptor, self._cells = descriptor, cells
        self._loaded.clear()
        self._numbers.clear()


def _fill(descriptor: int, cells: int, app: bytes, buckets: _Cell, now: float) -> int:
    """Write a file with enough cells for the stored data; return their number."""
    written: list[bytes] = []
    while not written or max(map(len, written)) > _ROOM:
        cells *= _GROWTH
        if cells > _MAX_CELLS:
            raise OSError(errno.EFBIG, "more keys are in use than it can keep")
        held: list[_Cell] = [{} for _ in range(cells)]
        for name, each in buckets.items():
            if each.kept_until >= now:
                held[_index(name, cells) - 1][name] = each
        written = [app, *(_ENCODER.encode(cell) if cell else b"" for cell in held)]
    os.ftruncate(descriptor, _size(cells))
    _write(descriptor, _head(cells), 0)
    for index, data in enumerate(written):
        if data:
            _write(descriptor, _half(1, data), _HEAD_SIZE + index * _CELL_SIZE)
    return cells


_APP: Final = msgspec.msgpack.Decoder(StoredApp)
_CELL: Final = msgspec.msgpack.Decoder(dict[str, StoredBucket])
_ENCODER: Final = msgspec.msgpack.Encoder()


def _size(cells: int) -> int:
    return _HEAD_SIZE + (cells + 1) * _CELL_SIZE


def _head(cells: int) -> bytes:
    head = _HEAD.pack(_MAGIC, _FORMAT, cells, boot_id().encode("ascii"), 0)[:-_CHECKSUM_SIZE]
    return head + zlib.crc32(head).to_bytes(_CHECKSUM_SIZE, "little")


def _index(name: str, cells: int) -> int:
    """Return the cell of a bucket."""
    return 1 + zlib.crc32(name.encode("utf-8")) % cells


def _half(number: int, data: bytes) -> bytes:
    return _HALF.pack(number, len(data), _checksum(number, data)) + data


def _decode(decoder: msgspec.msgpack.Decoder[T], data: bytes) -> T:
    try:
        return decoder.decode(data)
    except msgspec.DecodeError:
        raise DamagedError from None


def _checksum(number: int, data: bytes) -> int:
    return zlib.crc32(data, number & 0xFFFFFFFF)


def _write(descriptor: int, data: bytes, at: int) -> None:
    if os.pwrite(descriptor, data, at) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
