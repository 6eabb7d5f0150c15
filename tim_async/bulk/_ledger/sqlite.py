"""A ledger in an SQLite file: one connection, in one thread of its own.

A transaction is one function that runs in that thread from its beginning to its commit. The thread does one thing after
the other, so transactions queue; on several connections they would block each other.

A user's instruction for a campaign that another process runs (to pause it, for instance) is written *beside* that
process, in a short transaction that checks that the file is still marked as open: then its owner copies the log when it
closes the file.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeVar

from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from ...errors import LedgerError, UsageError
from . import opening
from .failures import as_ledger_error, may_not_write, missing
from .ledger_file import look, wal_size
from .location import file_url, lock_path
from .lock import FileLock, InUseError, is_held
from .thread import WorkerThread

T = TypeVar("T")

# Another process may read, and lock the file for a moment.
_BUSY_TIMEOUT_S: Final = 30.0
_CLOSE_TIMEOUT_S: Final = 5.0
# An interrupt that comes between two statements does nothing.
_MAX_INTERRUPTS: Final = 20
_INTERRUPT_INTERVAL_S: Final = 0.05
_PRAGMAS: Final = (
    "PRAGMA synchronous=FULL",  # a commit must survive a loss of power: the write-ahead relies on it
    "PRAGMA cache_size=-8000",  # KiB, and as much again during a sort: rows are processed in their order
    # Not temp_store=MEMORY: the sort of a plan's accounts would be as large as these.
)


class ClosedMeanwhileError(LedgerError):
    """The process that had a file open, beside which another one wanted to write, is opening or closing it."""


class Tables(NamedTuple):
    """The tables of a ledger.

    Attributes:
        make: creates them.
        check: raises `LedgerError` if they are not those of this version.
    """

    make: Callable[[Connection], None]
    check: Callable[[Connection], None]


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
        # The driver's own transaction handling is switched off: `transact` decides.
        driver.isolation_level = None
        try:
            for pragma in _PRAGMAS:  # the first of these opens the file
                driver.execute(pragma)
        except BaseException:
            self.close()
            raise

    def transact(self, work: Callable[[Connection], T], begin: str, *, is_beside: bool = False) -> T:
        """Run a function in a transaction.

        Args:
            work: the function.
            begin: the statement that begins it.
            is_beside: whether it is pointless if the file is not open: its owner may have copied the log already.
        """
        with self._connection.begin():
            self._driver.execute(begin)
            if is_beside and not opening.is_marked_open(self._driver):
                raise ClosedMeanwhileError("the process that works on the ledger is opening or closing it")
            return work(self._connection)

    def mark_open(self, path: Path, name: str) -> None:
        """Mark the file as open."""
        opening.mark_open(self._driver, path, name)

    def is_bare(self) -> bool:
        """Return whether it has nothing worth keeping."""
        return opening.is_bare(self._driver)

    def mark_closed(self) -> bool:
        """Mark the file as complete; return whether that succeeded."""
        return opening.mark_closed(self._driver)

    def interrupt(self) -> None:
        """Stop the running statement, from any thread: its transaction is rolled back."""
        self._driver.interrupt()

    def close(self) -> None:
        """Close it."""
        self._connection.close()


class SqliteFile:
    """A file that is locked for writing; a thread opens, uses and closes it.

    Args:
        path: the file.
        name: its name in messages.
        purpose: what it is opened for, shown to other processes that find it locked. None opens it for reading only.
        tables: creates the tables of a new one, and checks those of an old one.
        may_be_beside: whether to open it for writing, a little at a time, also while another process works on it.

    Attributes:
        is_beside: whether it is open that way.
    """

    def __init__(
        self, path: Path, name: str, purpose: str | None, tables: Tables, *, may_be_beside: bool = False
    ) -> None:
        self._path = path
        self._name = name
        self._purpose = purpose
        self._tables = tables
        self._may_be_beside = may_be_beside
        self.is_beside = False
        self._is_made = False
        self._is_kept = True
        self._is_marked = False
        self._lock: FileLock | None = None
        self._thread: WorkerThread | None = None
        self._link: _Link | None = None

    @property
    def is_in_use(self) -> bool:
        """Whether a process works on it."""
        return is_held(lock_path(self._path))

    async def open(self) -> None:
        """Lock and open it; create it if it is missing and opened for writing.

        Raises:
            LedgerError: the file is not a ledger; nothing is created beside it then.
        """
        thread = self._thread = WorkerThread("tim_async: ledger")
        if self._purpose is None:
            await thread.submit(self._open_to_read)
            return
        await thread.submit(self._check)
        lock = FileLock(lock_path(self._path), self._purpose)
        try:
            if self._may_be_beside:
                await lock.acquire(attempts=1)
            else:
                await lock.acquire()
        except InUseError:
            if not self._may_be_beside:
                raise
            await thread.submit(self._open_beside)
        else:
            self._lock = lock
            await thread.submit(self._open_to_write)

    def _check(self) -> None:
        """Raise `LedgerError` if the file is not a ledger, or cannot be one."""
        header = look(self._path, self._name)
        if header is None and self._may_be_beside:
            raise missing(f"the ledger {self._name} does not exist")
        if header is not None:
            # Without a log it is complete, and reading it creates no file beside it.
            has_log = header.is_open or self._guard(lambda: wal_size(self._path)) > 0
            self._connect("ro" if has_log else "immutable").close()
        elif not self._path.parent.is_dir():
            raise LedgerError(
                f"the ledger's folder {self._path.parent} does not exist: create it, or give another path"
            )

    def _open_to_read(self) -> None:
        if look(self._path, self._name) is None:
            raise missing(f"the ledger {self._name} does not exist")
        try:
            self._link = self._connect("ro")
        except LedgerError as error:
            # Reading it needs its log, which this user may not create. Without a log, the file is complete.
            if not may_not_write(error) or self._guard(lambda: wal_size(self._path)):
                raise
            self._link = self._connect("immutable")

    def _open_beside(self) -> None:
        """Open it beside the process that works on it; each transaction checks that the process still does."""
        self.is_beside = True
        self._link = self._connect()

    def _open_to_write(self) -> None:
        """Open it as the only writer."""
        if look(self._path, self._name) is None:
            self._guard(lambda: opening.make(self._path, self._tables.make))
            self._is_made = True
        link = self._link = self._connect()
        self._guard(lambda: link.mark_open(self._path, self._name))
        self._is_marked = True

    def _connect(self, only: Literal["ro", "immutable"] | None = None) -> _Link:
        """Return a connection to a ledger of this version."""

        def connect() -> _Link:
            link = _Link(file_url(self._path, only=only))
            try:
                link.transact(self._tables.check, "BEGIN")
            except BaseException:
                link.close()
                raise
            return link

        return self._guard(connect)

    def submit(self, work: Callable[[Connection], T], *, writes: bool, may_repeat: bool = False) -> asyncio.Future[T]:
        """Return the future result of a transaction; only the database can end it early.

        Args:
            work: the function.
            writes: whether it writes. A transaction that reads first and writes later may be refused half way, so one
                that writes takes the write lock at its start.
            may_repeat: not needed: a commit to a file succeeds or fails, and the answer is never lost.
        """
        begin, is_beside = "BEGIN IMMEDIATE" if writes else "BEGIN", writes and self.is_beside
        return self._submit(lambda link: link.transact(work, begin, is_beside=is_beside))

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

    def keep_only_if_used(self) -> None:
        """Remove it on close if it was created and nothing was read into it: its purpose has failed."""
        self._is_kept = False

    def remove_if_bare(self) -> None:
        """Remove it on close if nothing is left in it and no other process uses it."""
        self._is_made, self._is_kept = not self.is_beside, False

    async def close(self) -> None:
        """Close it after all requested work is done; interrupt what still runs after some seconds."""
        thread, self._thread = self._thread, None
        lock, self._lock = self._lock, None

        def end() -> None:
            link, self._link = self._link, None
            try:
                if link is not None:
                    self._guard(lambda: self._end(link))
            finally:
                if lock is not None and not self._path.exists():
                    lock.remove()
                # Here, after any work that was not awaited: another process must not get in between.
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

    def _end(self, link: _Link) -> None:
        """Close it, and leave nothing behind that is not needed."""
        if self._is_made and not self._is_kept and link.is_bare():
            link.close()
            opening.remove(self._path)
            return
        is_whole = not self.is_beside and (not self._is_marked or link.mark_closed())
        with nullcontext() if is_whole else opening.log_kept(self._path):
            link.close()
        if self._purpose is None or self.is_beside:
            opening.tidy(self._path)
