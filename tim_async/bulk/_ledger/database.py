"""The database of a ledger: where it is, how it is opened and locked, how transactions run and fail."""

from __future__ import annotations

import asyncio
import copy
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from sqlalchemy import Connection, RowMapping, Select, event, func, insert, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ...errors import LedgerError, UsageError
from .lock import FileLock, is_held
from .schema import SCHEMA_VERSION, meta, metadata

T = TypeVar("T")

# Writers queue inside SQLite, and a plan of another campaign may hold it for a moment.
_BUSY_S: Final = 30.0
# A server that says nothing for so long is away: seconds to connect, and for a statement, of which some are long.
_CONNECT_S: Final = 10.0
_STATEMENT_S: Final = 60.0
_GOODBYE_S: Final = 5.0
_TRIES: Final = 3
# Of two transactions that waited for each other, or saw each other half, one is refused as a whole.
_REFUSED: Final = ("40P01", "40001")
_STOPPING: Final = ("57P01", "57P02", "57P03")
# A writer says so at once: one that read first and writes then may be refused in the middle.
READ: Final = "BEGIN"
# Any number, the same in all versions.
_TABLES_LOCK: Final = 0x74696D5F  # "tim_"
WRITE: Final = "BEGIN IMMEDIATE"
_PRAGMAS: Final = (
    "PRAGMA synchronous=FULL",  # a commit survives the loss of power, too: what is written ahead must be there
    "PRAGMA cache_size=-24000",  # KiB; the index of a million accounts fits, and memory stays bounded
    "PRAGMA temp_store=MEMORY",
)


class Database:
    """A database that is open and, where it is to be written, locked.

    Args:
        location: path of an SQLite file, or the URL of a database as SQLAlchemy has it.
        purpose: what is done with it, for others who would like to: it is locked meanwhile. None only reads.
        owner: names this runner; others must have other names.
        patience_s: seconds that a transaction may take; None leaves it at a minute for a statement on a server.

    Attributes:
        path: the file, None on a server.
        name: what it is called in messages; without a password.

    Raises:
        LedgerError: it cannot be opened, is in use, or is no ledger.
        UsageError: the location cannot be one.
    """

    def __init__(
        self,
        location: str | PathLike[str],
        *,
        purpose: str | None = None,
        owner: str | None = None,
        patience_s: float | None = None,
    ) -> None:
        self._patience_s = patience_s
        self._url, self.path, self.name = _locate(location)
        self._purpose = purpose
        self.owner = owner or secrets.token_hex(8)
        self._lock: AbstractAsyncContextManager[object] = nullcontext()
        self._engine: AsyncEngine | None = None
        # SQLite lets one write at a time, and whoever comes second sleeps and tries again: here they queue instead.
        self._writing: AbstractAsyncContextManager[object] = asyncio.Lock() if self.path is not None else nullcontext()
        self._running: set[asyncio.Task[Any]] = set()

    @property
    def is_shared(self) -> bool:
        """Whether several owners may work on it at a time, by leases; a file has one."""
        return self.path is None

    def another_owner(self) -> Self:
        """Return a view of this database for another owner, open for as long as this one is."""
        view = copy.copy(self)
        view.owner = secrets.token_hex(8)
        return view

    @property
    def is_in_use(self) -> bool:
        """Whether a process is at work on it; of a database on a server nobody can tell from here."""
        return self.path is None or is_held(_lock_path(self.path))

    async def __aenter__(self) -> Self:
        if self.path is not None:
            # Asked first: to open a file that is not there makes one, and a status would find an empty campaign.
            if self._purpose is None and not self.path.exists():
                raise LedgerError(f"there is no ledger {self.name}")
            if self._purpose is not None:
                self._lock = FileLock(_lock_path(self.path), self._purpose)
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
                with suppress(TimeoutError):  # a server that says nothing says no goodbye
                    async with asyncio.timeout(_GOODBYE_S):
                        await engine.dispose()
        finally:
            await self._lock.__aexit__(None, None, None)

    async def _set_up(self) -> None:
        # Looked at before anything is written: what another version keeps there is none of our business.
        version = await self._look()
        if version is None and self._purpose is not None:
            if self.path is not None and await self.do(_is_foreign):
                raise LedgerError(f"{self.name} is no ledger of a campaign, but another database")
            if self.path is not None:
                await self.do(_write_ahead, begin="")
            await self.do(_make_tables, begin=WRITE)
            version = await self.do(_read_version)
        if version != str(SCHEMA_VERSION):
            found = "is no ledger of a campaign" if version is None else f"is of version {version}"
            raise LedgerError(f"{self.name} {found}; this library writes version {SCHEMA_VERSION}")

    async def _look(self) -> str | None:
        """Return the version of the ledger that is there, None without one."""
        try:
            return await self.do(_read_version)
        except LedgerError as error:
            # Also to be read, a database that is written ahead wants a file beside it, which this user may not make.
            # One without such a file is whole by itself: nobody is at work on it.
            if self._purpose is not None or self.path is None or "readonly" not in error.message or _has_wal(self.path):
                raise
        if self._engine is not None:
            await self._engine.dispose()
        self._engine = _engine(_unchanging(self.path))
        return await self.do(_read_version)

    # Transactions

    async def do(
        self, work: Callable[[AsyncConnection], Awaitable[T]], *, begin: str = READ, may_repeat: bool = False
    ) -> T:
        """Run a transaction. Cancelling does not tear it: it ends as it would have, and the cancellation goes on.

        Cancelled once more, it is torn, and whether it was entered is not known.

        Args:
            work: what it does; it is done again when it cannot have been entered.
            begin: READ, or WRITE.
            may_repeat: whether it does no harm when it was entered and is done again, as its answer was lost.
        """
        task = asyncio.create_task(self._repeat(work, begin, may_repeat or begin == READ), name="tim_async: ledger")
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
                task.exception()  # looked at: whoever was cancelled does not want to hear of it
            raise

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncConnection]:
        """Have a connection for what outlasts a transaction, outside of any."""
        if self._engine is None:
            raise UsageError("the ledger is closed")
        connection = await self.ask(self._engine.connect().start())
        try:
            await self.ask(connection.execution_options(isolation_level="AUTOCOMMIT"))
            yield connection
        finally:
            await asyncio.shield(connection.close())

    async def ask(self, answer: Awaitable[T]) -> T:
        """Await an answer of the database; tell its failure as a `LedgerError`."""
        try:
            return await answer
        except (SQLAlchemyError, OSError) as error:
            failure = self._as_ledger_error(error)
        raise failure

    def _as_ledger_error(self, error: Exception) -> LedgerError:
        failure = LedgerError(f"the ledger {self.name}: {_explain(error)}")
        failure.is_away = _is_away(error)
        return failure

    async def read(self, query: Select[Any]) -> Sequence[RowMapping]:
        """Return the rows of a query."""

        async def work(connection: AsyncConnection) -> Sequence[RowMapping]:
            rows: Sequence[RowMapping] = (await connection.execute(query)).mappings().all()
            return rows

        return await self.do(work)

    async def _repeat(self, work: Callable[[AsyncConnection], Awaitable[T]], begin: str, may_repeat: bool) -> T:
        """Run a transaction; once more where it was refused, or its connection lost, for no fault of its own."""
        for left in reversed(range(_TRIES)):
            try:
                async with asyncio.timeout(self._patience_s):
                    return await self._transact(work, begin=begin)
            except (SQLAlchemyError, OSError) as error:
                failure = self._as_ledger_error(error)
                if not left or not (_was_refused(error) or (failure.is_away and may_repeat)):
                    break
            await asyncio.sleep(random.uniform(0.02, 0.1))
        raise failure

    async def _transact(self, work: Callable[[AsyncConnection], Awaitable[T]], *, begin: str) -> T:
        if self._engine is None:
            raise UsageError("the ledger is closed")
        async with self._writing if begin == WRITE else nullcontext(), self._engine.connect() as connection:
            await connection.execution_options(tim_begin=begin)
            async with connection.begin():
                return await work(connection)


async def _is_foreign(connection: AsyncConnection) -> bool:
    """Tell whether there are tables, and none of a ledger's."""
    names = await connection.run_sync(lambda sync: sync.dialect.get_table_names(sync))
    return bool(names) and meta.name not in names


async def _write_ahead(connection: AsyncConnection) -> None:
    # Kept in the file; not to be said inside a transaction.
    await connection.exec_driver_sql("PRAGMA journal_mode=WAL")


async def _make_tables(connection: AsyncConnection) -> None:
    if connection.dialect.name == "postgresql":
        # Several may come at once, and "create if not exists" does not stand that.
        await connection.execute(select(func.pg_advisory_xact_lock(_TABLES_LOCK)))
    await connection.run_sync(metadata.create_all)
    known = (await connection.execute(select(meta.c.value).where(meta.c.key == "version"))).scalar_one_or_none()
    if known is None:
        await connection.execute(insert(meta).values(key="version", value=str(SCHEMA_VERSION)))


async def _read_version(connection: AsyncConnection) -> str | None:
    is_there = await connection.run_sync(lambda sync: sync.dialect.has_table(sync, meta.name))
    if not is_there:
        return None
    return (await connection.execute(select(meta.c.value).where(meta.c.key == "version"))).scalar_one_or_none()


def _locate(location: str | PathLike[str]) -> tuple[URL, Path | None, str]:
    """Return the URL, the path of an SQLite file, and what to call it."""
    url: URL | None = None
    if isinstance(location, str) and "://" in location:
        try:
            url = make_url(location)
        except ArgumentError:
            url = None
        if url is None:
            raise UsageError("ledger is no URL of a database", field="ledger")
        if url.get_backend_name() != "sqlite":
            return url, None, _shown(url)
        location = url.database or ""
    if not isinstance(location, str | PathLike):
        raise UsageError(f"ledger must be a path or a URL, it is {type(location).__name__}", field="ledger")
    if str(location) in ("", ":memory:"):
        raise UsageError("ledger must be a file: one in memory would not survive anything", field="ledger")
    try:
        # One file has one lock, by whatever name or link it is called.
        path = Path(location).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        problem = f"ledger is no path of a file: {error}"
    else:
        return URL.create("sqlite+aiosqlite", database=str(path)), path, str(location)
    raise UsageError(problem, field="ledger")


def _shown(url: URL) -> str:
    # The password may be in the query as well.
    return url.set(query={}).render_as_string()


def _lock_path(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _has_wal(path: Path) -> bool:
    try:
        return path.with_name(path.name + "-wal").stat().st_size > 0
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _unchanging(path: Path) -> URL:
    """Return the URL of a file that is taken for one that nobody writes to."""
    return URL.create("sqlite+aiosqlite", database=path.as_uri(), query={"immutable": "1", "uri": "true"})


def _was_refused(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _REFUSED


def _is_away(error: Exception) -> bool:
    """Tell whether a server could not be reached, fell silent, or is just being stopped or started."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, OSError)
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _STOPPING


def _engine(url: URL, patience_s: float | None = None) -> AsyncEngine:
    problem = ""
    try:
        if url.get_backend_name() != "sqlite":
            # Few connections, as there may be many workers; the server may have been restarted since they were used.
            timeouts: dict[str, float] = {}
            if url.get_driver_name() == "asyncpg":
                statement = _STATEMENT_S if patience_s is None else patience_s
                timeouts = {"timeout": min(_CONNECT_S, statement), "command_timeout": statement}
            return create_async_engine(
                url, hide_parameters=True, pool_pre_ping=True, pool_size=2, max_overflow=2, connect_args=timeouts
            )
        engine = create_async_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_S})
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        problem = str(error).splitlines()[0]
    else:
        event.listen(engine.sync_engine, "connect", _prepare)
        event.listen(engine.sync_engine, "begin", _start)
        return engine
    raise LedgerError(f"no engine for {_shown(url)}: {problem}")


def _prepare(connection: DBAPIConnection, _: object) -> None:
    # The driver's own idea of when a transaction begins is switched off: `_start` says it.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _start(connection: Connection) -> None:
    begin = connection.get_execution_options().get("tim_begin")
    if begin:
        connection.exec_driver_sql(begin)


_ADVICE: Final = (
    ("is full", "the disk is full: make room, then run the campaign again"),
    ("readonly", "it cannot be written: give it back its rights, then run the campaign again"),
    ("unable to open", "it cannot be opened: is the folder there, and may it be written?"),
    ("not a database", "the file is something else than a ledger"),
    ("malformed", "the file is damaged"),
    ("disk I/O error", "the disk refuses to write or to read"),
    ("is locked", "another process keeps it locked"),
)


def _explain(error: Exception) -> str:
    """Return what happened and what to do, without the statement and its values."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    told = (str(origin).splitlines() or [""])[0]
    if not told:
        told = "it does not answer" if isinstance(origin, TimeoutError) else type(origin).__name__
    for words, advice in _ADVICE:
        if words in told:
            return f"{advice} ({told})"
    return told
