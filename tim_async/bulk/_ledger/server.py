"""A ledger on a server, such as PostgreSQL: a few connections of an asynchronous driver, for many workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeVar

import greenlet  # noqa: F401 - some versions of SQLAlchemy ask for it only when a statement runs
from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ..._randomness import uniform
from ...errors import LedgerError, UsageError
from .failures import as_ledger_error, was_refused
from .location import shown

T = TypeVar("T")

# A server that does not answer for so long is away: seconds to connect, and for a statement, some of which are long.
_CONNECT_TIMEOUT_S: Final = 10.0
_STATEMENT_TIMEOUT_S: Final = 60.0
_CLOSE_TIMEOUT_S: Final = 5.0
_MAX_ATTEMPTS: Final = 3


class Server:
    """A database on a server.

    Args:
        url: where it is.
        name: what it is called in messages; without a password.
        patience_s: seconds that a transaction may take; None is a minute for each statement.
    """

    def __init__(self, url: URL, name: str, patience_s: float | None) -> None:
        self._url = url
        self._name = name
        self._patience_s = patience_s
        self._engine: AsyncEngine | None = None
        self._running: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        """Prepare for connections, which are made when they are needed."""
        problem = ""
        # Few connections, as there may be many workers; the server may have been restarted since they were used.
        timeouts: dict[str, float] = {}
        try:
            if self._url.get_driver_name() == "asyncpg":
                statement = _STATEMENT_TIMEOUT_S if self._patience_s is None else self._patience_s
                timeouts = {"timeout": min(_CONNECT_TIMEOUT_S, statement), "command_timeout": statement}
            self._engine = create_async_engine(
                self._url, hide_parameters=True, pool_pre_ping=True, pool_size=2, max_overflow=2, connect_args=timeouts
            )
        except (SQLAlchemyError, ModuleNotFoundError) as error:
            problem = str(error).splitlines()[0]
        if problem:
            raise LedgerError(f"the database {shown(self._url)} cannot be used: {problem}")

    async def close(self) -> None:
        """Close all connections, when all is done that was asked for."""
        if self._running:
            await asyncio.wait(self._running)
        engine, self._engine = self._engine, None
        if engine is not None:
            with suppress(TimeoutError):  # a server that does not answer is left as it is
                async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                    await engine.dispose()

    def submit(self, work: Callable[[Connection], T], *, writes: bool, may_repeat: bool) -> asyncio.Future[T]:
        """Return what becomes the result of a transaction.

        Args:
            work: what it does; it is done again when the transaction was certainly not committed.
            writes: whether it writes, which makes no difference here.
            may_repeat: whether doing it again is harmless also where it was committed and the answer was lost.
        """
        task = asyncio.create_task(self._repeat(work, may_repeat), name="tim_async: ledger")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _repeat(self, work: Callable[[Connection], T], may_repeat: bool) -> T:
        """Run a transaction; once more where it was refused, or its connection lost, through no fault of its own."""
        for left in reversed(range(_MAX_ATTEMPTS)):
            try:
                async with asyncio.timeout(self._patience_s), self._open_engine().begin() as connection:
                    return await connection.run_sync(work)
            except (SQLAlchemyError, OSError) as error:
                failure = as_ledger_error(self._name, error)
                if not left or not (was_refused(error) or (failure.is_away and may_repeat)):
                    break
            await asyncio.sleep(uniform(0.02, 0.1))
        raise failure

    def _open_engine(self) -> AsyncEngine:
        if self._engine is None:
            raise UsageError("the ledger is closed")
        return self._engine

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
            failure = as_ledger_error(self._name, error)
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
