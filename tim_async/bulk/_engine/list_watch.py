"""Suppression lists that change while a campaign runs: recipients written ahead but not sent yet are left out, too.

A recipient may wait for its turn for a long time if a campaign has a rate of its own. If it is added to a list in the
meantime, it moves to a further chunk, and the write-ahead of that chunk leaves it out like any other.
"""

from __future__ import annotations

from .._ledger.queries import Queries
from .context import RunContext


class ListWatch:
    """Checks whether the lists of a ledger have changed.

    Args:
        queries: of the ledger.
        campaign_id: the campaign.
    """

    def __init__(self, queries: Queries, campaign_id: int) -> None:
        self._queries = queries
        self._campaign_id = campaign_id
        self._mark: str | None = None

    async def begin(self) -> None:
        """Remember the state of the lists before anything is written ahead."""
        self._mark = await self._queries.list_mark()

    async def look(self, context: RunContext) -> None:
        """Mark recipients of chunks in flight that were added to a list."""
        mark = await self._queries.list_mark()
        if mark == self._mark:
            return
        self._mark = mark
        for chunk in list(context.active.values()):
            waiting = [ordinal for ordinal in chunk.recipients if ordinal not in chunk.doubtful]
            if waiting:
                chunk.listed |= await self._queries.listed(self._campaign_id, waiting)
