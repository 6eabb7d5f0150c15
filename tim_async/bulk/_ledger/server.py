"""A ledger on a PostgreSQL server: a few connections of an asynchronous driver, for many workers.

A pooler such as PgBouncer may sit in between and give every transaction any free connection. So nothing here outlasts a
transaction: locks that do are rows (`named_lock`), and statements have no names. The driver parses a statement each
time it executes it, in the same message to the server, and caches only what it learned of the statement's types, which
costs no round trip.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

import greenlet  # noqa: F401 - some versions of SQLAlchemy ask for it only when a statement runs
from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from ..._randomness import uniform
from ...errors import LedgerError, UsageError
from .failures import as_ledger_error, was_refused
from .location import shown

T = TypeVar("T")

_DRIVER: Final = "postgresql+asyncpg"
# Seconds after which a silent server counts as gone: to connect, and for a statement, some of which take long.
_CONNECT_TIMEOUT_S: Final = 10.0
_STATEMENT_TIMEOUT_S: Final = 60.0
_CLOSE_TIMEOUT_S: Final = 5.0
_MAX_ATTEMPTS: Final = 3


class Server:
    """A database on a server.

    Args:
        url: its URL.
        name: its name in messages, without a password.
        patience_s: seconds that a transaction may take; None is a minute for each statement.
    """

    def __init__(self, url: URL, name: str, patience_s: float | None) -> None:
        self._url = url
        self._name = name
        self._patience_s = patience_s
        self._engine: AsyncEngine | None = None
        self._running: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        """Prepare for connections, which are made when needed."""
        if self._url.drivername != _DRIVER:
            raise LedgerError(
                f"the ledger {self._name} cannot be used: on a server it is {_DRIVER}://user@host/database"
            )
        statement_s = _STATEMENT_TIMEOUT_S if self._patience_s is None else self._patience_s
        arguments = {
            "timeout": min(_CONNECT_TIMEOUT_S, statement_s),
            "command_timeout": statement_s,
            "statement_cache_size": 0,  # so that statements have no names
        }
        problem = ""
        try:
            # Few connections, because there may be many workers.
            self._engine = create_async_engine(
                self._url, hide_parameters=True, pool_size=2, max_overflow=2, connect_args=arguments
            )
        except (SQLAlchemyError, ModuleNotFoundError) as error:
            problem = str(error).splitlines()[0]
        if problem:
            raise LedgerError(f"the database {shown(self._url)} cannot be used: {problem}")

    async def close(self) -> None:
        """Close all connections after all requested work is done."""
        if self._running:
            await asyncio.wait(self._running)
        engine, self._engine = self._engine, None
        if engine is not None:
            with suppress(TimeoutError):  # do not wait for a server that does not answer
                async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                    await engine.dispose()

    def submit(self, work: Callable[[Connection], T], *, writes: bool, may_repeat: bool) -> asyncio.Future[T]:
        """Return the future result of a transaction.

        Args:
            work: the function; it is repeated if the transaction was certainly not committed.
            writes: whether it writes, which makes no difference here.
            may_repeat: whether a repeat is harmless even if it was committed and the answer was lost.
        """
        task = asyncio.create_task(self._repeat(work, may_repeat), name="tim_async: ledger")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _repeat(self, work: Callable[[Connection], T], may_repeat: bool) -> T:
        """Run a transaction; retry it if it was refused, or its connection lost, through no fault of its own.

        Connections are not checked before use, which would cost as much as a small transaction. If one was lost since
        its last use because the server restarted, it is replaced here, together with all others.
        """
        for left in reversed(range(_MAX_ATTEMPTS)):
            is_committing = False
            try:
                async with asyncio.timeout(self._patience_s), self._open_engine().begin() as connection:
                    result = await connection.run_sync(work)
                    is_committing = True
                return result
            except (SQLAlchemyError, OSError) as error:
                failure = as_ledger_error(self._name, error)
                # A lost connection rolls back its transaction, unless that was just being committed. A transaction that
                # took too long is rolled back as well, but would take too long again.
                is_lost = failure.is_away and not isinstance(error, TimeoutError)
                is_undone = was_refused(error) or (is_lost and not is_committing)
                if not left or not (is_undone or (failure.is_away and may_repeat)):
                    break
            await asyncio.sleep(uniform(0.02, 0.1))
        raise failure

    def _open_engine(self) -> AsyncEngine:
        if self._engine is None:
            raise UsageError("the ledger is closed")
        return self._engine
