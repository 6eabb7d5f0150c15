"""Reading a ledger, also while somebody works on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from .database import Database
from .records import CampaignRow, Problem, RecipientRow
from .schema import ChunkState, RecipientState, campaigns, chunks, problems, recipients

RECIPIENT_COLUMNS: Final = [recipients.c[name] for name in RecipientRow.__struct_fields__]


# Values in one query.
AT_A_TIME: Final = 500


def of(table: Table, campaign_id: int) -> ColumnElement[bool]:
    """Let a query find rows of a campaign by whatever else it says of them: their chunk or their state.

    Asked for the campaign as such, SQLite, which has no statistics, takes it for the best that there is to go by, and
    reads a million recipients to find fifty. It cannot go by an expression.
    """
    return table.c.campaign_id + 0 == campaign_id


class Reader(Database):
    """What can be asked of a ledger."""

    async def find(self, name: str) -> CampaignRow | None:
        """Return what is known of a campaign."""

        async def work(connection: AsyncConnection) -> CampaignRow | None:
            row = (await connection.execute(select(campaigns).where(campaigns.c.name == name))).mappings().one_or_none()
            return None if row is None else CampaignRow(**row)

        return await self.do(work)

    async def names(self) -> list[str]:
        """Return the names of its campaigns in the order of their making."""

        async def work(connection: AsyncConnection) -> list[str]:
            return list((await connection.execute(select(campaigns.c.name).order_by(campaigns.c.id))).scalars())

        return await self.do(work)

    async def counts(self, campaign_id: int) -> dict[tuple[RecipientState, int | None], int]:
        """Return the numbers of recipients by state and code."""

        async def work(connection: AsyncConnection) -> dict[tuple[RecipientState, int | None], int]:
            query = (
                select(recipients.c.state, recipients.c.code, func.count())
                .where(recipients.c.campaign_id == campaign_id)
                .group_by(recipients.c.state, recipients.c.code)
            )
            return {(RecipientState(state), code): count for state, code, count in await connection.execute(query)}

        return await self.do(work)

    async def in_flight(self, campaign_id: int) -> int:
        """Return how many recipients are in flight, or were when their runner died."""

        sending = sorted(await self.sending(campaign_id))

        async def work(connection: AsyncConnection) -> int:
            total = 0
            for first in range(0, len(sending), AT_A_TIME):
                query = (
                    select(func.count())
                    .select_from(recipients)
                    .where(
                        of(recipients, campaign_id),
                        recipients.c.chunk.in_(sending[first : first + AT_A_TIME]),
                        recipients.c.state == RecipientState.PLANNED,
                    )
                )
                total += (await connection.execute(query)).scalar_one()
            return total

        return await self.do(work)

    async def sending(self, campaign_id: int) -> set[int]:
        """Return the chunks that are being sent, or were when their runner died."""
        query = select(chunks.c.number).where(of(chunks, campaign_id), chunks.c.state == ChunkState.SENDING)
        return {row["number"] for row in await self.read(query)}

    async def recipients(self, campaign_id: int, *, page: int = 1000) -> AsyncIterator[RecipientRow]:
        """Yield all recipients in the order of the plan; page by page, so that runners are not held up."""
        after = -1
        while True:
            query = (
                select(*RECIPIENT_COLUMNS)
                .where(recipients.c.campaign_id == campaign_id, recipients.c.ordinal > after)
                .order_by(recipients.c.ordinal)
                .limit(page)
            )

            found = [RecipientRow(**row) for row in await self.read(query)]
            for recipient in found:
                yield recipient
            if len(found) < page:
                return
            after = found[-1].ordinal

    async def problems(self, campaign_id: int, *, page: int = 1000) -> AsyncIterator[Problem]:
        """Yield the rows that made no recipient, in the order in which they were met."""
        after = -1
        while True:
            query = (
                select(problems)
                .where(problems.c.campaign_id == campaign_id, problems.c.number > after)
                .order_by(problems.c.number)
                .limit(page)
            )

            rows = await self.read(query)
            for row in rows:
                yield Problem(line=row["line"], kind=row["kind"], account=row["account"], reason=row["reason"])
            if len(rows) < page:
                return
            after = rows[-1]["number"]
