"""A ledger in an SQLite file: one connection, in one thread of its own.

A transaction is one function that runs in that thread from its beginning to its commit. Since the thread does one thing
after the other, transactions queue, where on several connections they would find each other in the way and wait.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from ...errors import LedgerError, UsageError
from .failures import as_ledger_error
from .location import file_url, has_wal, lock_path
from .lock import FileLock, is_held
from .thread import WorkerThread

T = TypeVar("T")

# Another process may read, and keep a file locked for a moment.
_BUSY_TIMEOUT_S: Final = 30.0
_CLOSE_TIMEOUT_S: Final = 5.0
# One that comes between two statements does nothing.
_MAX_INTERRUPTS: Final = 20
_INTERRUPT_INTERVAL_S: Final = 0.05
_PRAGMAS: Final = (
    "PRAGMA synchronous=FULL",  # a commit survives the loss of power, too: what is written ahead must be there
    "PRAGMA cache_size=-24000",  # KiB; the index of a million accounts fits, and memory stays bounded
    # Not temp_store=MEMORY: the sort of a plan's accounts would be as large as these.
)


class _Link:
    """The connection to a file. Everything but `interrupt` is for its thread alone.

    Args:
        url: of the file, as SQLAlchemy opens it.
    """

    def __init__(self, url: URL) -> None:
        engine = create_engine(url, hide_parameters=True, poolclass=NullPool, connect_args={"timeout": _BUSY_TIMEOUT_S})
        self._connection: Final = engine.connect()
        driver = self._connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - what the URL asked for
        self._driver: Final = driver
        # The driver's own idea of when a transaction begins is switched off: `transact` decides.
        driver.isolation_level = None
        try:
            for pragma in _PRAGMAS:  # the first of these opens the file
                driver.execute(pragma)
        except BaseException:
            self.close()
            raise

    def transact(self, work: Callable[[Connection], T], begin: str) -> T:
        """Run a function in a transaction."""
        with self._connection.begin():
            self._driver.execute(begin)
            return work(self._connection)

    def use_wal(self) -> None:
        """Let others read while this one writes. The file keeps that; inside a transaction it is refused."""
        self._driver.execute("PRAGMA journal_mode=WAL")

    def interrupt(self) -> None:
        """End the statement that runs, from any thread: its transaction is undone."""
        self._driver.interrupt()

    def close(self) -> None:
        """Close it."""
        self._connection.close()


class SqliteFile:
    """A file that is locked where it is to be written, and opened, worked on and closed by a thread.

    Args:
        path: the file.
        name: what it is called in messages.
        purpose: what it is opened for, shown to other processes that find it locked. None only reads.
    """

    def __init__(self, path: Path, name: str, purpose: str | None) -> None:
        self._path = path
        self._name = name
        self._purpose = purpose
        self._lock: FileLock | None = None
        self._thread: WorkerThread | None = None
        self._link: _Link | None = None

    @property
    def is_in_use(self) -> bool:
        """Whether a process works on it."""
        return is_held(lock_path(self._path))

    async def open(self) -> None:
        """Lock and open it; where it is missing and is to be written, it is made."""
        # Checked first: opening a file that does not exist makes one, and a status would find an empty campaign.
        if self._purpose is None and not self._path.exists():
            raise LedgerError(f"there is no ledger {self._name}")
        if self._purpose is not None:
            lock = FileLock(lock_path(self._path), self._purpose)
            await lock.acquire()
            self._lock = lock
        self._thread = WorkerThread("tim_async: ledger")
        try:
            await self._connect(file_url(self._path))
        except LedgerError as error:
            # A database in WAL mode wants a file beside it also to be read, which this user may not make. One without
            # pending commits in such a file is whole by itself: no process works on it.
            if self._purpose is not None or "readonly" not in error.message or has_wal(self._path):
                raise
            await self._connect(file_url(self._path, is_immutable=True))

    async def _connect(self, url: URL) -> None:
        def connect() -> None:
            if self._link is not None:
                self._link.close()
            self._link = self._guard(lambda: _Link(url))

        assert self._thread is not None  # noqa: S101 - started before
        await self._thread.submit(connect)

    async def use_wal(self) -> None:
        """Let other processes read while this one writes, from now on."""
        await self._submit(_Link.use_wal)

    def submit(self, work: Callable[[Connection], T], *, writes: bool, may_repeat: bool = False) -> asyncio.Future[T]:
        """Return what becomes the result of a transaction; nothing but the database ends one before its time.

        Args:
            work: what it does.
            writes: whether it writes. One that reads first and writes later may be refused in the middle, so one that
                writes takes its turn at once.
            may_repeat: not needed: a commit to a file succeeds or fails, and the answer is never lost.
        """
        return self._submit(lambda link: link.transact(work, "BEGIN IMMEDIATE" if writes else "BEGIN"))

    def _submit(self, use: Callable[[_Link], T]) -> asyncio.Future[T]:
        thread, link = self._thread, self._link
        if thread is None or link is None:
            raise UsageError("the ledger is closed")
        return thread.submit(lambda: self._guard(partial(use, link)))

    def _guard(self, use: Callable[[], T]) -> T:
        """Use the connection; raise its failure as a `LedgerError`."""
        try:
            return use()
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            failure = as_ledger_error(self._name, error)
        raise failure

    async def close(self) -> None:
        """Close it when all is done that was asked for. What still runs after some seconds is broken off."""
        thread, self._thread = self._thread, None
        lock, self._lock = self._lock, None

        def end() -> None:
            link, self._link = self._link, None
            try:
                if link is not None:
                    self._guard(link.close)
            finally:
                # Here, after whatever is not waited for any more: another process must not get in between.
                if lock is not None:
                    lock.release()

        if thread is None:
            end()
            return
        closing = thread.submit(end)
        await asyncio.wait([closing], timeout=_CLOSE_TIMEOUT_S)
        for _ in range(_MAX_INTERRUPTS):
            if closing.done() or self._link is None:
                break
            with suppress(sqlite3.ProgrammingError):  # closed just now
                self._link.interrupt()
            await asyncio.wait([closing], timeout=_INTERRUPT_INTERVAL_S)
        if closing.done():
            closing.result()
