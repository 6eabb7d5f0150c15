"""The tables of staged rows, and their statements. `staging` explains their purpose."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Insert,
    Integer,
    MetaData,
    Select,
    SmallInteger,
    Table,
    Text,
    and_,
    case,
    func,
    insert,
    literal,
    select,
    union_all,
)

from .copying import copy_rows
from .records import StagedSizes
from .schema import RecipientState, problems, recipients

StagedRow = tuple[int, int, str, str | None, int | None, str | None]
"""A row as it was read: place in the source from 0, line, account, columns as JSON, size, problem.

The size is that of its message in bytes: None if it was not checked, -1 without a message. A row with a problem makes
no recipient.
"""


class StagedTables:
    """The tables of one campaign's staged rows, which exist only while its recipients are read.

    Args:
        campaign_id: the campaign.

    Attributes:
        rows: the rows in the order of the source.
        duplicates: the places of rows whose account was given before, in this reading or an earlier one.
    """

    def __init__(self, campaign_id: int) -> None:
        self._campaign_id = campaign_id
        self._metadata = MetaData()
        self.rows = Table(
            f"tim_bulk_staged_{campaign_id}",
            self._metadata,
            Column("place", Integer, primary_key=True, autoincrement=False),
            Column("line", Integer, nullable=False),
            Column("account", Text, nullable=False),
            Column("columns", Text),
            Column("size", Integer),
            Column("problem", Text),
        )
        self.duplicates = Table(
            f"tim_bulk_duplicates_{campaign_id}",
            self._metadata,
            Column("place", Integer, primary_key=True, autoincrement=False),
            Column("is_known", SmallInteger, nullable=False),
        )

    def make(self, connection: Connection) -> None:
        """Create them, empty."""
        self._metadata.create_all(connection, checkfirst=False)

    def drop(self, connection: Connection) -> None:
        """Drop them if they exist."""
        self._metadata.drop_all(connection)

    def append(self, connection: Connection, rows: list[StagedRow]) -> None:
        """Insert rows as they were read."""
        if not rows:
            return
        if connection.dialect.name == "sqlite":
            # Tuples go to the driver unchanged: a third of the work.
            connection.exec_driver_sql(f"INSERT INTO {self.rows.name} VALUES (?, ?, ?, ?, ?, ?)", rows)  # noqa: S608
        else:
            copy_rows(connection, self.rows, rows)

    def find_duplicates(self, connection: Connection, *, before: int) -> None:
        """Record the rows whose account was given before, by a sort of all accounts.

        Args:
            connection: in a transaction.
            before: the ordinal from which on recipients belong to this reading.
        """
        given = select(self.rows.c.account, self.rows.c.place).where(self.rows.c.problem.is_(None))
        if before:
            known = select(recipients.c.account, literal(-1, Integer).label("place"))
            known = known.where(recipients.c.campaign_id == self._campaign_id, recipients.c.ordinal < before)
            everyone = union_all(given, known).subquery()
        else:
            everyone = given.subquery()
        first = func.min(everyone.c.place).over(partition_by=everyone.c.account, order_by=everyone.c.place)
        ranked = select(everyone.c.place, first.label("first")).subquery()
        query = select(ranked.c.place, case((ranked.c.first < 0, 1), else_=0)).where(ranked.c.place > ranked.c.first)
        insertion = insert(self.duplicates).from_select(["place", "is_known"], query.order_by(ranked.c.place))
        connection.execute(insertion)


class Piece:
    """The queries about the staged rows from one place up to another."""

    def __init__(self, tables: StagedTables, first: int, last: int) -> None:
        rows, duplicates = tables.rows, tables.duplicates
        self._rows = rows
        # Stated for both: a server without statistics for the tables would read all duplicates for every piece.
        is_same = and_(rows.c.place == duplicates.c.place, duplicates.c.place >= first, duplicates.c.place < last)
        self._joined = rows.outerjoin(duplicates, is_same)
        self._within = and_(rows.c.place >= first, rows.c.place < last)
        self._first, self._last = first, last
        self._is_bad = rows.c.problem.is_not(None)
        self._is_kept = and_(rows.c.problem.is_(None), duplicates.c.place.is_(None))
        # A row that names a recipient of an earlier reading is neither new nor a duplicate.
        self._is_duplicate = and_(rows.c.problem.is_(None), duplicates.c.is_known == 0)

    def counts(self, limit: int) -> Select[Any]:
        """Return the query for the number of rows of each kind, and for the sizes of messages."""
        size = self._rows.c.size

        def count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
            return func.count().filter(*conditions)

        return self._select(
            count(self._is_kept).label("kept"),
            count(self._is_bad).label("bad"),
            count(self._is_duplicate).label("duplicates"),
            count(self._is_kept, size > limit).label("too_large"),
            count(self._is_kept, size < 0).label("not_made"),
            func.max(size).filter(self._is_kept).label("largest"),
        )

    def insert_recipients(self, campaign_id: int, kept: int, *, start: int, size: int, following: int | None) -> Insert:
        """Return the statement that makes recipients of the kept rows, in their order."""
        rows = self._rows
        # If all are kept, a row's place already gives its number: a third of the work.
        is_whole = kept == self._last - self._first
        index: ColumnElement[int] = rows.c.place - self._first
        if not is_whole:
            index = func.row_number(type_=Integer).over(order_by=rows.c.place) - 1
        query = select(rows.c.account, rows.c.columns, rows.c.line, index.label("idx"))
        query = (
            query.select_from(rows).where(self._within)
            if is_whole
            else query.select_from(self._joined).where(self._within, self._is_kept)
        )
        found = query.order_by(rows.c.place).subquery()
        chunk = (found.c.idx + start) // size if following is None else following + found.c.idx // size
        return insert(recipients).from_select(
            ["campaign_id", "ordinal", "account", "columns", "line", "chunk", "state", "tries", "round"],
            select(
                literal(campaign_id, Integer),
                found.c.idx + start,
                found.c.account,
                found.c.columns,
                found.c.line,
                chunk,
                literal(int(RecipientState.PLANNED), Integer),
                literal(0, Integer),
                literal(0, Integer),
            ),
        )

    def insert_problems(self, campaign_id: int, *, start: int) -> Insert:
        """Return the statement that records the rows that make no recipient."""
        rows = self._rows
        number = func.row_number(type_=Integer).over(order_by=rows.c.place) - 1 + start
        return insert(problems).from_select(
            ["campaign_id", "number", "line", "kind", "account", "reason"],
            self._select(
                literal(campaign_id, Integer),
                number,
                rows.c.line,
                case((self._is_bad, "bad"), else_="duplicate"),
                rows.c.account,
                func.coalesce(rows.c.problem, "a duplicate of an earlier row"),
            ).where(self._is_bad | self._is_duplicate),
        )

    def sizes(self, connection: Connection, before: StagedSizes, found: Any) -> StagedSizes:  # noqa: ANN401 - a row
        """Return the sizes of messages with those of this piece."""
        size = self._rows.c.size
        largest, not_made = before.largest, before.not_made
        if found.largest is not None and found.largest >= 0 and (largest is None or found.largest > largest[0]):
            largest = (found.largest, *self._first_where(connection, size == found.largest))
        if found.not_made and not_made is None:
            not_made = self._first_where(connection, size < 0)
        return msgspec.structs.replace(
            before,
            too_large=before.too_large + found.too_large,
            count_not_made=before.count_not_made + found.not_made,
            largest=largest,
            not_made=not_made,
        )

    def _first_where(self, connection: Connection, condition: ColumnElement[bool]) -> tuple[str, str | None]:
        query = self._select(self._rows.c.account, self._rows.c.columns).where(self._is_kept, condition)
        account, columns = connection.execute(query.order_by(self._rows.c.place).limit(1)).one()
        return account, columns

    def _select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        return select(*columns).select_from(self._joined).where(self._within)
