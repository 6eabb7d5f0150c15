"""The database of a ledger: how it is opened and locked, and how transactions run.

All the rest of the ledger goes through `Database.read` and `Database.write`: each takes a synchronous function over one
connection and runs it in one transaction. Only `sqlite` and `server` know the database underneath, and the task or
thread. Statements that run for every recipient are `Prepared`: SQLAlchemy processes every value of a statement, which
costs several times the work of the database. It only compiles these, once: the text goes to the driver, with tuples,
and the schema stays the single source for all kinds of databases.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from operator import itemgetter
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Connection, Dialect, Executable, bindparam, func, insert, literal_column, select
from sqlalchemy.engine import URL
from sqlalchemy.sql.compiler import SQLCompiler

from ...errors import LedgerError
from .failures import missing
from .location import locate
from .schema import SCHEMA_VERSION, meta, metadata, misfit
from .sqlite import SqliteFile, Tables

if TYPE_CHECKING:
    from pathlib import Path

    from .server import Server

T = TypeVar("T")
Values: TypeAlias = tuple[str | int | float | None, ...]

_Compiled: TypeAlias = tuple[str, Callable[[Values], Values] | None]

# An arbitrary number, the same in all versions.
_TABLES_LOCK: Final = 0x74696D5F  # "tim_"


class Database:
    """A database that is open and, for writing, locked.

    Args:
        location: path of an SQLite file, or the URL of a database in SQLAlchemy's form.
        purpose: what it is opened for, shown to other processes that find it locked. None opens it for reading only.
        patience_s: seconds that a transaction on a server may take; None is a minute for each statement.
        may_be_beside: whether to open a file also while another process works on it; the file must exist then.

    Attributes:
        path: the file, None on a server.
        name: its name in messages, without a password.
        full_name: the absolute path of a file, the URL of a server without its password.

    Raises:
        LedgerError: it cannot be opened, is in use, or is not a ledger.
        UsageError: the location is not a path or URL.
    """

    def __init__(
        self,
        location: str | PathLike[str],
        *,
        purpose: str | None = None,
        patience_s: float | None = None,
        may_be_beside: bool = False,
    ) -> None:
        where = locate(location)
        self.path: Path | None = where.path
        self.name: str = where.name
        self.full_name: str = where.full_name
        self._purpose = purpose
        self._check: Callable[[Connection], None] | None = None
        self._file: SqliteFile | None = None
        self._backend: SqliteFile | Server
        if where.path is not None:
            tables = Tables(_make_tables, partial(_check_tables, name=where.name))
            self._backend = self._file = SqliteFile(
                where.path, where.name, purpose, tables, may_be_beside=may_be_beside
            )
        else:
            self._backend = _server(where.url, where.name, patience_s)

    @property
    def is_in_use(self) -> bool:
        """Whether a process works on it; always True for a server, where that is unknown."""
        return self._file is None or self._file.is_in_use

    @property
    def is_beside(self) -> bool:
        """Whether it is a file opened while another process works on it."""
        return self._file is not None and self._file.is_beside

    def remove_if_bare(self) -> None:
        """Remove a file on close if it holds nothing worth keeping."""
        if self._file is not None:
            self._file.remove_if_bare()

    async def __aenter__(self) -> Self:
        try:
            await self._backend.open()
            if self._file is None:
                await self._check_server()
        except BaseException:
            await self._close(is_failure=True)
            raise
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._close(is_failure=exc is not None)

    async def _close(self, *, is_failure: bool) -> None:
        if is_failure and self._file is not None:
            self._file.keep_only_if_used()
        await self._backend.close()

    async def _check_server(self) -> None:
        # Checked before anything is written: tables of another version stay as they are.
        if self._purpose is not None and await self.read(_read_version) is None:
            await self.write(_make_tables)
        await self.read(partial(_check_tables, name=self.name))

    # Transactions

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run a function that only reads, in one transaction; retry if the connection was lost.

        Raises:
            LedgerError: the database failed.
        """
        return await self._finish(self._backend.submit(work, writes=False, may_repeat=True))

    async def write(self, work: Callable[[Connection], T], *, may_repeat: bool = False) -> T:
        """Run a function that writes, in one transaction.

        Args:
            work: the function; it is repeated if the transaction was certainly not committed.
            may_repeat: whether a repeat is harmless even if it was committed and the answer was lost.

        Raises:
            LedgerError: the database failed.
        """
        check = self._check

        def checked(connection: Connection) -> T:
            result = work(connection)
            if check is not None:
                check(connection)
            return result

        return await self._finish(
            self._backend.submit(work if check is None else checked, writes=True, may_repeat=may_repeat)
        )

    async def _finish(self, transaction: asyncio.Future[T]) -> T:
        """Wait for a transaction; a cancellation takes effect only after it ends.

        If cancelled a second time, stop waiting: whether it is committed is unknown.
        """
        try:
            return await asyncio.shield(transaction)
        except asyncio.CancelledError:
            if not transaction.done():
                try:
                    await asyncio.wait([transaction])
                except asyncio.CancelledError:
                    transaction.cancel()
                    raise
            if not transaction.cancelled():
                # Retrieve the exception, or asyncio would log it: the cancelled caller does not need it.
                transaction.exception()
            raise

    @contextmanager
    def checked_by(self, check: Callable[[Connection], None]) -> Iterator[None]:
        """Call `check` at the end of every write transaction during the block; an exception rolls it back."""
        self._check = check
        try:
            yield
        finally:
            self._check = None


def _server(url: URL, name: str, patience_s: float | None) -> Server:
    try:
        from .server import Server  # a file does not need its dependencies
    except ImportError:
        pass
    else:
        return Server(url, name, patience_s)
    raise LedgerError(f'the ledger {name} is on a server, which requires: pip install "tim-async[cluster]"')


def _make_tables(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Several processes may do this at once, and "create if not exists" does not allow that.
        connection.execute(select(func.pg_advisory_xact_lock(_TABLES_LOCK)))
    metadata.create_all(connection)
    known = connection.execute(select(meta.c.value).where(meta.c.key == "version")).scalar_one_or_none()
    if known is None:
        connection.execute(insert(meta).values(key="version", value=str(SCHEMA_VERSION)))


def _read_version(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, meta.name):
        return None
    return connection.execute(select(meta.c.value).where(meta.c.key == "version")).scalar_one_or_none()


def _check_tables(connection: Connection, name: str) -> None:
    version = _read_version(connection)
    if version == str(SCHEMA_VERSION):
        return
    problem = f"{name} {misfit(version)}"
    # A server's database becomes a ledger on the first write; an existing file does not.
    raise missing(problem) if version is None and connection.dialect.name != "sqlite" else LedgerError(problem)


def value(name: str) -> ColumnElement[Any]:
    """Return a placeholder in a statement for the value of a row with this name."""
    return bindparam(f"v_{name}")  # in an update, a column's own name has another meaning


def constant(number: int) -> ColumnElement[Any]:
    """Return a placeholder for a number that is the same in all rows."""
    return literal_column(str(int(number)))


class Prepared:
    """A statement without a result that runs with rows of values.

    Args:
        statement: with a `value` for each of the names, and only constants besides.
        names: their names, in the order of a row.
    """

    def __init__(self, statement: Executable, *names: str) -> None:
        self._statement: Final = statement
        self._names: Final = tuple(f"v_{name}" for name in names)
        self._compiled: dict[type[Dialect], _Compiled] = {}

    def run(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Run it with each row; there may be none."""
        if not rows:
            return
        compiled = self._compiled.get(type(connection.dialect))
        if compiled is None:
            compiled = self._compiled[type(connection.dialect)] = self._compile(connection.dialect)
        text, arrange = compiled
        connection.exec_driver_sql(text, list(rows if arrange is None else map(arrange, rows)))

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled = self._statement.compile(dialect=dialect)  # type: ignore[attr-defined]  # all statements have it
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - what a statement compiles to
        # A value that is used twice is listed twice, unless the database numbers its parameters.
        order = [self._names.index(name) for name in compiled.positiontup or ()]
        return compiled.string, None if order == list(range(len(self._names))) else itemgetter(*order)
