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
    """

    name: str
    held: int
    parallel: int
    claimable: int

    @property
    def tickets(self) -> int:
        """Tickets of it that should wait."""
        return max(0, min(self.claimable, self.parallel - self.held))


def missing(campaigns: Sequence[Needs], waiting: int) -> dict[str, int]:
    """Return how many tickets to write for each campaign.

    Where fewer wait than should, some were lost, and nobody knows whose: they are written for those that have the
    smallest part of what they may have at work. Whoever has nothing at work gets one in any case, as all that wait may
    be those of others. Too many do no harm, up to a point: a ticket for which there is no room is torn.
    """
    total = sum(each.tickets for each in campaigns)
    left = total - waiting
    spare = 1 if waiting < _MOST * (total + 1) else 0
    found: dict[str, int] = {}
    for each in sorted(campaigns, key=lambda needs: needs.held / needs.parallel):
        count = min(each.tickets, max(left, 0 if each.held else spare))
        found[each.name] = count
        left -= count
    return found
