"""Locks on a server that outlast a transaction: one row for each, with its holder and its expiry.

A lock of the server's own would belong to a connection. Behind a pooler such as PgBouncer every transaction may use
another connection, so the lock would stay with a connection that others use, and its holder would lose it.

A row is held for `LOCK_S` and renewed while its holder lives; if the holder is killed, others can take it after that
time. A holder that stalls for longer loses it without noticing. So `check` belongs at the end of every transaction that
relies on the lock: it raises if the lock is lost, and otherwise keeps it until the transaction is over.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy import ColumnElement, Connection, Double, and_, cast, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from ..._clocks import sleep
from ...errors import LedgerError
from .database import Database
from .schema import locks

logger = logging.getLogger("tim_async")

LOCK_S: Final = 15.0
"""Seconds after which the lock of a process that was killed is free."""
_RENEWAL_INTERVAL_S: Final = LOCK_S / 3


class NamedLock:
    """A lock that one process has at a time.

    Args:
        database: open, on a server.
        name: what is locked.
    """

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._owner = secrets.token_hex(8)

    async def take(self) -> bool:
        """Take the lock for `LOCK_S`; False if another process has it."""
        until = server_now() + LOCK_S
        taken = (
            insert(locks)
            .values(name=self._name, owner=self._owner, held_until=until)
            .on_conflict_do_update(
                index_elements=[locks.c.name],
                set_={"owner": self._owner, "held_until": until},
                # The second condition: it was taken before, and the answer was lost.
                where=or_(locks.c.held_until <= server_now(), locks.c.owner == self._owner),
            )
            .returning(locks.c.name)
        )
        return await self._database.write(
            lambda connection: connection.execute(taken).one_or_none() is not None, may_repeat=True
        )

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Renew the lock, which must have been taken, during the block, and release it at the end."""
        renewing = asyncio.create_task(self._renew_always(), name=f"tim_async: lock {self._name}")
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.wait([renewing])
            if not renewing.cancelled():
                renewing.exception()  # retrieve it, or asyncio would log it: `check` decides
            try:
                await self._database.write(
                    lambda connection: connection.execute(delete(locks).where(self._is_own)), may_repeat=True
                )
            except LedgerError as error:
                logger.info("the lock of %r is free in %.0f s: %s", self._name, LOCK_S, error)

    def check(self, connection: Connection) -> None:
        """Keep the lock until the transaction ends.

        Raises:
            LedgerError: another may have taken it.
        """
        query = select(locks.c.name).where(self._is_own).with_for_update(read=True)
        if connection.execute(query).one_or_none() is None:
            raise LedgerError(
                f"this process stalled for more than {LOCK_S:.0f} s, and another one has taken over; check the "
                "status of the campaign, then run it again"
            )

    async def _renew_always(self) -> None:
        renewal = update(locks).where(self._is_own).values(held_until=server_now() + LOCK_S)
        while True:
            await sleep(_RENEWAL_INTERVAL_S)
            try:
                await self._database.write(lambda connection: connection.execute(renewal), may_repeat=True)
            except LedgerError as error:
                # If it is lost, `check` notices before anything is committed.
                logger.info("the lock of %r was not renewed: %s", self._name, error)

    @property
    def _is_own(self) -> ColumnElement[bool]:
        return and_(locks.c.name == self._name, locks.c.owner == self._owner)


def server_now() -> ColumnElement[float]:
    """Return the server's clock, which is the same for all processes."""
    return cast(func.extract("epoch", func.clock_timestamp()), Double)
