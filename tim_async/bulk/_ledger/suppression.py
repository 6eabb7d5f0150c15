"""The suppression lists of a ledger: accounts that none of its campaigns sends to. `leaving_out` applies them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Select,
    Table,
    Text,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from ...errors import LedgerError
from .copying import copy_rows
from .database import Database
from .leaving_out import SUPPRESSION
from .schema import meta, suppressed, suppression_lists

# Accounts in a transaction, in the order of the table: each of its pages is written once for many of them.
ACCOUNTS_PER_COMMIT: Final = 50_000
_PAGE: Final = 5000
_ACCOUNTS_PER_QUERY: Final = 500

# A temporary table of one transaction on a server, filled by COPY.
_arriving: Final = Table(
    "tim_bulk_arriving",
    MetaData(),
    Column("account", Text, nullable=False),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)


class SuppressionList(msgspec.Struct, kw_only=True, frozen=True):
    """A suppression list of a ledger.

    Attributes:
        name: its name.
        entries: how many accounts it has.
        changed_at: unix seconds of the last change.
    """

    name: str
    entries: int
    changed_at: float


class SuppressionStore:
    """The suppression lists of a ledger.

    Args:
        database: open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lists(self) -> list[SuppressionList]:
        """Return all lists, the oldest first."""
        count = select(func.count()).where(suppressed.c.list_id == suppression_lists.c.id).scalar_subquery()
        query = select(suppression_lists.c.name, count, suppression_lists.c.changed_at).order_by(suppression_lists.c.id)
        return await self._database.read(
            lambda connection: [
                SuppressionList(name=name, entries=entries, changed_at=changed_at)
                for name, entries, changed_at in connection.execute(query)
            ]
        )

    async def source(self, name: str) -> str | None:
        """Return the identity of the file that was read into a list last; None if none was, or not to its end."""
        query = select(suppression_lists.c.source).where(suppression_lists.c.name == name)
        return await self._database.read(lambda connection: connection.execute(query).scalar_one_or_none())

    async def add(self, name: str, accounts: Sequence[str], *, now: float, source: str | None = None) -> int:
        """Add accounts to a list, which is created if missing; return how many it did not have.

        Args:
            name: the list.
            accounts: at most `ACCOUNTS_PER_COMMIT` of them.
            now: unix seconds.
            source: identifies the file whose last accounts these are; None otherwise.
        """
        ordered = sorted(set(accounts))

        def work(connection: Connection) -> int:
            own = _open(connection, name, now=now, source=source)
            if not ordered:
                return 0
            if connection.dialect.name == "sqlite":
                return connection.exec_driver_sql(
                    f"INSERT OR IGNORE INTO {suppressed.name} (account, list_id) VALUES (?, ?)",  # noqa: S608
                    [(account, own) for account in ordered],
                ).rowcount
            _arriving.create(connection)
            copy_rows(connection, _arriving, [(account,) for account in ordered])
            rows = select(_arriving.c.account, literal(own)).order_by(_arriving.c.account)
            insertion = postgresql.insert(suppressed).from_select(["account", "list_id"], rows)
            return connection.execute(insertion.on_conflict_do_nothing()).rowcount

        return await self._database.write(work)

    async def remove(self, accounts: Sequence[str], *, name: str | None, now: float) -> int:
        """Remove accounts from a list, or from all of them; return how many entries were removed."""

        def work(connection: Connection) -> int:
            own = None if name is None else self._known(connection, name)
            removed: int = 0
            for first in range(0, len(accounts), _ACCOUNTS_PER_QUERY):
                some = accounts[first : first + _ACCOUNTS_PER_QUERY]
                query = delete(suppressed).where(suppressed.c.account.in_(some))
                if own is not None:
                    query = query.where(suppressed.c.list_id == own)
                removed += connection.execute(query).rowcount
            if removed:
                changed = update(suppression_lists).values(changed_at=now)
                connection.execute(changed if own is None else changed.where(suppression_lists.c.id == own))
                _mark(connection)
            return removed

        return await self._database.write(work)

    async def remove_list(self, name: str) -> int:
        """Remove a list; return how many entries it had."""

        def work(connection: Connection) -> int:
            own = self._known(connection, name)
            removed: int = connection.execute(delete(suppressed).where(suppressed.c.list_id == own)).rowcount
            connection.execute(delete(suppression_lists).where(suppression_lists.c.id == own))
            _mark(connection)
            return removed

        return await self._database.write(work)

    async def entries(self, name: str) -> AsyncIterator[str]:
        """Yield the accounts of a list, in the order of the database."""
        own = await self._database.read(lambda connection: self._known(connection, name))
        after: str | None = None
        while True:
            query = _page(own, after)
            accounts = await self._database.read(lambda connection: list(connection.execute(query).scalars()))  # noqa: B023 - it is awaited
            for account in accounts:
                yield account
            if len(accounts) < _PAGE:
                return
            after = accounts[-1]

    def _known(self, connection: Connection, name: str) -> int:
        query = select(suppression_lists.c.id).where(suppression_lists.c.name == name)
        own: int | None = connection.execute(query).scalar_one_or_none()
        if own is None:
            names = ", ".join(connection.execute(select(suppression_lists.c.name)).scalars()) or "none"
            raise LedgerError(f"the ledger {self._database.name} has no suppression list {name!r}; it has {names}")
        return own


def _page(own: int, after: str | None) -> Select[Any]:
    query = select(suppressed.c.account).where(suppressed.c.list_id == own).order_by(suppressed.c.account).limit(_PAGE)
    return query if after is None else query.where(suppressed.c.account > after)


def _open(connection: Connection, name: str, *, now: float, source: str | None) -> int:
    """Return the number of a list that is being changed; create it if missing."""
    _insert_missing(connection, suppression_lists, name=name, changed_at=now)
    own = suppression_lists.c.name == name
    values = {"changed_at": now} if source is None else {"changed_at": now, "source": source}
    connection.execute(update(suppression_lists).where(own).values(values))
    _mark(connection)
    number: int = connection.execute(select(suppression_lists.c.id).where(own)).scalar_one()
    return number


def _mark(connection: Connection) -> None:
    """Mark the lists as changed, for campaigns to notice."""
    _insert_missing(connection, meta, key=SUPPRESSION, value="0")
    number = connection.execute(select(meta.c.value).where(meta.c.key == SUPPRESSION).with_for_update()).scalar_one()
    connection.execute(update(meta).where(meta.c.key == SUPPRESSION).values(value=str(int(number) + 1)))


def _insert_missing(connection: Connection, table: Table, **values: object) -> None:
    """Insert a row if none has its key."""
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(make(table).values(**values).on_conflict_do_nothing())
