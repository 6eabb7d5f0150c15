"""How many tickets are missing, as far as that can be told: the broker counts those of an app, and not by campaign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

# So many times the tickets that should wait may do so before none are written on suspicion.
_MOST: Final = 4


class Needs(msgspec.Struct, kw_only=True, frozen=True):
    """What a campaign has and could have.

    Attributes:
        name: the campaign.
        held: its chunks at work.
        parallel: how many may be, over all workers.
        claimable: its chunks that nobody works on.
        is_starved: whether it has had nothing at work for long.
    """

    name: str
    held: int
    parallel: int
    claimable: int
    is_starved: bool = False

    @property
    def tickets(self) -> int:
        """Tickets of it that should wait."""
        return max(0, min(self.claimable, self.parallel - self.held))


def missing(campaigns: Sequence[Needs], waiting: int) -> dict[str, int]:
    """Return how many tickets to write for each campaign.

    All that wait may be its own: it gets what would be missing then. Fewer than all should have are no sign of a loss,
    as some are on their way; but whoever is starved has lost its own, and gets what is missing over all, or one at
    least. Too many do no harm, up to a point: a ticket for which there is no room is torn.
    """
    total = sum(each.tickets for each in campaigns)
    spare = max(total - waiting, 1 if waiting < _MOST * (total + 1) else 0)
    return {each.name: min(each.tickets, max(0, each.tickets - waiting, spare * each.is_starved)) for each in campaigns}
