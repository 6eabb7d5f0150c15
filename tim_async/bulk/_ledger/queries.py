"""Read the outcomes of a campaign's recipients, also while a process works on them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import Column, Connection, CursorResult, RowMapping, Select, Table, bindparam, func, select

from .accounts import find_account
from .chunks import RECIPIENT_COLUMNS, VALUES_PER_QUERY, of
from .database import Database
from .leaving_out import count_left_out, list_mark, listed
from .records import ChunkRow, Problem, RecipientRow
from .schema import ChunkState, RecipientState, chunks, problems, recipients

OUTCOME_COLUMNS: Final = ("ordinal", "account", "state", "chunk", "code", "info", "msg_key", "msg_time", "line")
OutcomeRow: TypeAlias = tuple[int, str, int, int, int | None, str | None, str | None, int | None, int]

_OUTCOMES: Final = (
    select(*(recipients.c[name] for name in OUTCOME_COLUMNS))
    .where(recipients.c.campaign_id == bindparam("campaign"), recipients.c.ordinal > bindparam("after"))
    .order_by(recipients.c.ordinal)
    .limit(bindparam("page"))
)


class Queries:
    """Queries about recipients; they change nothing.

    Args:
        database: open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counts(self, campaign_id: int) -> dict[tuple[RecipientState, int | None], int]:
        """Return the numbers of recipients by state and code."""
        query = (
            select(recipients.c.state, recipients.c.code, func.count())
            .where(recipients.c.campaign_id == campaign_id)
            .group_by(recipients.c.state, recipients.c.code)
        )
        return await self._database.read(
            lambda connection: {
                (RecipientState(state), code): count for state, code, count in connection.execute(query)
            }
        )

    async def recipient(self, campaign_id: int, account: str) -> tuple[RecipientRow, ChunkRow] | None:
        """Return the recipient with an account, and its chunk; None if there is none."""

        def work(connection: Connection) -> tuple[RecipientRow, ChunkRow] | None:
            found = find_account(connection, campaign_id, account)
            if found is None:
                return None
            query = select(*(chunks.c[name] for name in ChunkRow.__struct_fields__)).where(
                chunks.c.campaign_id == campaign_id, chunks.c.number == found.chunk
            )
            return found, ChunkRow(*connection.execute(query).one())

        return await self._database.read(work)

    async def bad_row(self, campaign_id: int, account: str) -> Problem | None:
        """Return the first row with this account that was refused as invalid."""
        query = (
            select(problems)
            .where(problems.c.campaign_id == campaign_id, problems.c.kind == "bad", problems.c.account == account)
            .order_by(problems.c.number)
            .limit(1)
        )
        rows = await self._database.read(partial(_rows, query=query))
        return next(
            (Problem(line=row["line"], kind="bad", account=account, reason=row["reason"]) for row in rows), None
        )

    async def in_flight(self, campaign_id: int) -> int:
        """Return how many recipients are in flight, or were when their process died."""

        def work(connection: Connection) -> int:
            sending = sorted(_sending(connection, campaign_id))
            total = 0
            for first in range(0, len(sending), VALUES_PER_QUERY):
                query = (
                    select(func.count())
                    .select_from(recipients)
                    .where(
                        of(recipients, campaign_id),
                        recipients.c.chunk.in_(sending[first : first + VALUES_PER_QUERY]),
                        recipients.c.state == RecipientState.PLANNED,
                    )
                )
                total += connection.execute(query).scalar_one()
            return total

        return await self._database.read(work)

    async def left_out(self, campaign_id: int, *, now: float) -> int:
        """Return how many recipients were left out, or would be if they were sent to now."""
        return await self._database.read(lambda connection: count_left_out(connection, campaign_id, now=now))

    async def list_mark(self) -> str | None:
        """Return the version of the suppression lists; None before there are any."""
        return await self._database.read(list_mark)

    async def listed(self, campaign_id: int, ordinals: Sequence[int]) -> set[int]:
        """Return which recipients are on a suppression list."""
        return await self._database.read(partial(listed, campaign_id=campaign_id, ordinals=ordinals))

    async def sending(self, campaign_id: int) -> set[int]:
        """Return the chunks that are being sent, or were when their process died."""
        return await self._database.read(lambda connection: _sending(connection, campaign_id))

    async def outcomes(self, campaign_id: int, *, page: int = 1000) -> AsyncIterator[Sequence[OutcomeRow]]:
        """Yield the outcomes of the recipients, page by page in the order of the plan, as `OUTCOME_COLUMNS`."""
        after = -1
        while True:
            rows = await self._database.read(partial(_outcomes, campaign_id=campaign_id, after=after, page=page))
            if rows:
                yield rows
            if len(rows) < page:
                return
            after = rows[-1][0]

    async def recipients(self, campaign_id: int, *, page: int = 1000) -> AsyncIterator[RecipientRow]:
        """Yield all recipients in the order of the plan; page by page, so that runners are not blocked."""
        async for row in self._pages(recipients, recipients.c.ordinal, RECIPIENT_COLUMNS, campaign_id, page):
            yield RecipientRow(**row)

    async def problems(self, campaign_id: int, *, page: int = 1000) -> AsyncIterator[Problem]:
        """Yield the rows that made no recipient, in the order of the source."""
        async for row in self._pages(problems, problems.c.number, [*problems.c], campaign_id, page):
            yield Problem(line=row["line"], kind=row["kind"], account=row["account"], reason=row["reason"])

    async def _pages(
        self, table: Table, key: Column[int], columns: list[Any], campaign_id: int, page: int
    ) -> AsyncIterator[RowMapping]:
        after = -1
        while True:
            query = select(*columns).where(table.c.campaign_id == campaign_id, key > after).order_by(key).limit(page)
            rows = await self._database.read(partial(_rows, query=query))
            for row in rows:
                yield row
            if len(rows) < page:
                return
            after = rows[-1][key]


def _outcomes(connection: Connection, campaign_id: int, after: int, page: int) -> Sequence[OutcomeRow]:
    result = connection.execute(_OUTCOMES, {"campaign": campaign_id, "after": after, "page": page})
    # Raw rows of the driver: none of these types needs a conversion, and a million rows are read as fast as possible.
    return cast("CursorResult[Any]", result).cursor.fetchall()


def _rows(connection: Connection, query: Select[Any]) -> Sequence[RowMapping]:
    return connection.execute(query).mappings().all()


def _sending(connection: Connection, campaign_id: int) -> set[int]:
    query = select(chunks.c.number).where(of(chunks, campaign_id), chunks.c.state == ChunkState.SENDING)
    return set(connection.execute(query).scalars())
