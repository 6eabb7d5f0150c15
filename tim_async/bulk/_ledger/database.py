"""The database of a ledger: how it is opened and locked, how transactions run and fail.

All the rest of the ledger goes through `Database.read` and `Database.write`: each takes a synchronous function over one
connection and runs it in one transaction. Which driver is underneath, and in which task or thread, only this module
knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from os import PathLike
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from sqlalchemy import Connection, event, func, insert, inspect, select
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ..._randomness import uniform
from ...errors import LedgerError, UsageError
from .failures import explain, is_away, was_refused
from .location import has_wal, immutable, locate, lock_path, shown
from .lock import FileLock, is_held
from .schema import SCHEMA_VERSION, meta, metadata, misfit

T = TypeVar("T")

# SQLite lets one transaction write at a time, and a plan of another campaign may take a moment.
_BUSY_TIMEOUT_S: Final = 30.0
# A server that does not answer for so long is away: seconds to connect, and for a statement, some of which are long.
_CONNECT_TIMEOUT_S: Final = 10.0
_STATEMENT_TIMEOUT_S: Final = 60.0
_CLOSE_TIMEOUT_S: Final = 5.0
_MAX_ATTEMPTS: Final = 3
_READ: Final = "BEGIN"
# A transaction that reads first and writes later may be refused in the middle: one that writes declares it at once.
_WRITE: Final = "BEGIN IMMEDIATE"
# Any number, the same in all versions.
_TABLES_LOCK: Final = 0x74696D5F  # "tim_"
_PRAGMAS: Final = (
    "PRAGMA synchronous=FULL",  # a commit survives the loss of power, too: what is written ahead must be there
    "PRAGMA cache_size=-24000",  # KiB; the index of a million accounts fits, and memory stays bounded
    # Not temp_store=MEMORY: the sort of a plan's accounts would be as large as these.
)


class Database:
    """A database that is open and, where it is to be written, locked.

    Args:
        location: path of an SQLite file, or the URL of a database in SQLAlchemy's form.
        purpose: what it is opened for, shown to other processes that find it locked. None only reads.
        patience_s: seconds that a transaction may take; None is a minute for each statement on a server.

    Attributes:
        path: the file, None on a server.
        name: what it is called in messages; without a password.

    Raises:
        LedgerError: it cannot be opened, is in use, or is not a ledger.
        UsageError: the location is not a path or URL.
    """

    def __init__(
        self, location: str | PathLike[str], *, purpose: str | None = None, patience_s: float | None = None
    ) -> None:
        where = locate(location)
        self.path = where.path
        self.name = where.name
        self._url = where.url
        self._purpose = purpose
        self._patience_s = patience_s
        self._lock: AbstractAsyncContextManager[object] = nullcontext()
        self._engine: AsyncEngine | None = None
        # SQLite lets one transaction write at a time; a second one would sleep and try again: here they queue instead.
        self._writing: AbstractAsyncContextManager[object] = asyncio.Lock() if self.path is not None else nullcontext()
        self._running: set[asyncio.Task[Any]] = set()

    @property
    def is_in_use(self) -> bool:
        """Whether a process works on it; always True for a server's, where that cannot be found out."""
        return self.path is None or is_held(lock_path(self.path))

    async def __aenter__(self) -> Self:
        if self.path is not None:
            # Checked first: opening a file that does not exist makes one, and a status would find an empty campaign.
            if self._purpose is None and not self.path.exists():
                raise LedgerError(f"there is no ledger {self.name}")
            if self._purpose is not None:
                self._lock = FileLock(lock_path(self.path), self._purpose)
        await self._lock.__aenter__()
        try:
            self._engine = _engine(self._url, self._patience_s)
            await self._set_up()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        engine, self._engine = self._engine, None
        try:
            if self._running:
                await asyncio.wait(self._running)
            if engine is not None:
                with suppress(TimeoutError):  # a server that does not answer is left as it is
                    async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                        await engine.dispose()
        finally:
            await self._lock.__aexit__(None, None, None)

    async def _set_up(self) -> None:
        # Looked at before anything is written: tables of another version stay as they are.
        version = await self._look()
        if version is None and self._purpose is not None:
            if self.path is not None:
                if await self.read(_is_foreign):
                    raise LedgerError(f"{self.name} is not a ledger of campaigns, but another database")
                await self._finish(_use_wal, begin="")
            await self.write(_make_tables)
            version = await self.read(_read_version)
        if version != str(SCHEMA_VERSION):
            raise LedgerError(f"{self.name} {misfit(version)}")

    async def _look(self) -> str | None:
        """Return the version of the ledger that is there, None without one."""
        try:
            return await self.read(_read_version)
        except LedgerError as error:
            # A database in WAL mode wants a file beside it also to be read, which this user may not make. One without
            # pending commits in such a file is whole by itself: no process works on it.
            if self._purpose is not None or self.path is None or "readonly" not in error.message or has_wal(self.path):
                raise
        if self._engine is not None:
            await self._engine.dispose()
        self._engine = _engine(immutable(self.path))
        return await self.read(_read_version)

    # Transactions

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run a function that only reads, in one transaction; again where the connection was lost.

        Raises:
            LedgerError: the database failed.
        """
        return await self._finish(work, begin=_READ, may_repeat=True)

    async def write(self, work: Callable[[Connection], T], *, may_repeat: bool = False) -> T:
        """Run a function that writes, in one transaction.

        Args:
            work: what it does; it is done again when the transaction was certainly not committed.
            may_repeat: whether doing it again is harmless also where it was committed and the answer was lost.

        Raises:
            LedgerError: the database failed.
        """
        return await self._finish(work, begin=_WRITE, may_repeat=may_repeat)

    async def _finish(self, work: Callable[[Connection], T], *, begin: str, may_repeat: bool = False) -> T:
        """Run a transaction that a cancellation does not tear: it ends as it would have, then the cancellation goes on.

        Cancelled a second time, it is torn, and whether it was committed is not known.
        """
        task = asyncio.create_task(self._repeat(work, begin, may_repeat), name="tim_async: ledger")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.done():
                try:
                    await asyncio.wait([task])
                except asyncio.CancelledError:
                    task.cancel()
                    raise
            if not task.cancelled():
                task.exception()  # looked at, or asyncio would log it: the caller that was cancelled does not need it
            raise

    async def _repeat(self, work: Callable[[Connection], T], begin: str, may_repeat: bool) -> T:
        """Run a transaction; once more where it was refused, or its connection lost, through no fault of its own."""
        for left in reversed(range(_MAX_ATTEMPTS)):
            try:
                async with asyncio.timeout(self._patience_s):
                    return await self._transact(work, begin)
            except (SQLAlchemyError, OSError) as error:
                failure = self._as_ledger_error(error)
                if not left or not (was_refused(error) or (failure.is_away and may_repeat)):
                    break
            await asyncio.sleep(uniform(0.02, 0.1))
        raise failure

    async def _transact(self, work: Callable[[Connection], T], begin: str) -> T:
        engine = self._open_engine()
        async with self._writing if begin == _WRITE else nullcontext(), engine.connect() as connection:
            await connection.execution_options(tim_begin=begin)
            async with connection.begin():
                return await connection.run_sync(work)

    def _open_engine(self) -> AsyncEngine:
        if self._engine is None:
            raise UsageError("the ledger is closed")
        return self._engine

    def _as_ledger_error(self, error: Exception) -> LedgerError:
        failure = LedgerError(f"the ledger {self.name}: {explain(error)}")
        failure.is_away = is_away(error)
        return failure

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Give a connection for what outlasts a transaction, such as a lock of the server."""
        connection = await self._answer(self._open_engine().connect().start())
        try:
            await self._answer(connection.execution_options(isolation_level="AUTOCOMMIT"))
            yield Session(connection, self._answer)
        finally:
            await asyncio.shield(connection.close())

    async def _answer(self, answer: Awaitable[Any]) -> Any:  # noqa: ANN401 - whatever was asked for
        """Await an answer of the database; raise its failure as a `LedgerError`."""
        try:
            return await answer
        except (SQLAlchemyError, OSError) as error:
            failure = self._as_ledger_error(error)
        raise failure


class Session:
    """A connection outside of any transaction: every statement is committed by itself."""

    def __init__(self, connection: AsyncConnection, answer: Callable[[Awaitable[Any]], Awaitable[Any]]) -> None:
        self._connection = connection
        self._answer = answer

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run a function over the connection."""
        result: T = await self._answer(self._connection.run_sync(work))
        return result

    async def discard(self) -> None:
        """End the connection on the server, with whatever locks it holds, instead of keeping it for later use."""
        await self._connection.invalidate()


def _is_foreign(connection: Connection) -> bool:
    """Return whether there are tables, and none of a ledger's."""
    names = inspect(connection).get_table_names()
    return bool(names) and meta.name not in names


def _use_wal(connection: Connection) -> None:
    # Kept in the file; refused inside a transaction.
    connection.exec_driver_sql("PRAGMA journal_mode=WAL")


def _make_tables(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Several processes may come at once, and "create if not exists" does not allow that.
        connection.execute(select(func.pg_advisory_xact_lock(_TABLES_LOCK)))
    metadata.create_all(connection)
    known = connection.execute(select(meta.c.value).where(meta.c.key == "version")).scalar_one_or_none()
    if known is None:
        connection.execute(insert(meta).values(key="version", value=str(SCHEMA_VERSION)))


def _read_version(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, meta.name):
        return None
    return connection.execute(select(meta.c.value).where(meta.c.key == "version")).scalar_one_or_none()


def _engine(url: URL, patience_s: float | None = None) -> AsyncEngine:
    problem = ""
    try:
        if url.get_backend_name() != "sqlite":
            # Few connections, as there may be many workers; the server may have been restarted since they were used.
            timeouts: dict[str, float] = {}
            if url.get_driver_name() == "asyncpg":
                statement = _STATEMENT_TIMEOUT_S if patience_s is None else patience_s
                timeouts = {"timeout": min(_CONNECT_TIMEOUT_S, statement), "command_timeout": statement}
            return create_async_engine(
                url, hide_parameters=True, pool_pre_ping=True, pool_size=2, max_overflow=2, connect_args=timeouts
            )
        engine = create_async_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_TIMEOUT_S})
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        problem = str(error).splitlines()[0]
    else:
        event.listen(engine.sync_engine, "connect", _prepare)
        event.listen(engine.sync_engine, "begin", _begin)
        return engine
    raise LedgerError(f"the database {shown(url)} cannot be used: {problem}")


def _prepare(connection: DBAPIConnection, _: object) -> None:
    # The driver's own idea of when a transaction begins is switched off: `_begin` decides.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    begin = connection.get_execution_options().get("tim_begin")
    if begin:
        connection.exec_driver_sql(begin)
