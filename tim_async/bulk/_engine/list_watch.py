"""Suppression lists that change while a campaign runs: what was written ahead, and not sent yet, is left out, too.

A recipient that waits for its turn may wait for long where a campaign has a rate of its own. One that has come onto a
list meanwhile goes to a further chunk instead, whose writing ahead leaves it out as any other.
"""

from __future__ import annotations

from .._ledger.queries import Queries
from .context import RunContext


class ListWatch:
    """Looks whether the lists of a ledger have changed.

    Args:
        queries: of the ledger.
        campaign_id: the campaign.
    """

    def __init__(self, queries: Queries, campaign_id: int) -> None:
        self._queries = queries
        self._campaign_id = campaign_id
        self._mark: str | None = None

    async def begin(self) -> None:
        """Note how the lists are before anything is written ahead."""
        self._mark = await self._queries.list_mark()

    async def look(self, context: RunContext) -> None:
        """Let chunks at work know which of their recipients have come onto a list."""
        mark = await self._queries.list_mark()
        if mark == self._mark:
            return
        self._mark = mark
        for chunk in list(context.active.values()):
            waiting = [ordinal for ordinal in chunk.recipients if ordinal not in chunk.doubtful]
            if waiting:
                chunk.listed |= await self._queries.listed(self._campaign_id, waiting)
