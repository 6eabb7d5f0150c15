"""How many work messages are missing, as far as that can be known: the broker counts them by app, not by campaign.

A work message permits one chunk to be worked on, so too few of them leave workers idle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

# With this many times the messages that should wait, none are sent on suspicion.
_MAX_SURPLUS: Final = 4


class Demand(msgspec.Struct, kw_only=True, frozen=True):
    """A campaign's chunks in flight, and its demand.

    Attributes:
        name: the campaign.
        held: its chunks in flight.
        parallel: their maximum, over all workers.
        claimable: its chunks that can be claimed.
        is_starved: whether it has had nothing in flight for long.
    """

    name: str
    held: int
    parallel: int
    claimable: int
    is_starved: bool = False

    @property
    def messages(self) -> int:
        """The number of its work messages that should wait."""
        return max(0, min(self.claimable, self.parallel - self.held))


def missing(campaigns: Sequence[Demand], waiting: int) -> dict[str, int]:
    """Return how many work messages to send for each campaign.

    All waiting messages may belong to it: then it gets what would be missing. Fewer than all should have does not prove
    a loss, because some are in flight; but a starved campaign has lost its own, and gets what is missing in total, or
    at least one. Too many are harmless, up to a point: a message that finds no room is acknowledged without work.
    """
    total = sum(each.messages for each in campaigns)
    spare = max(total - waiting, 1 if waiting < _MAX_SURPLUS * (total + 1) else 0)
    return {
        each.name: min(each.messages, max(0, each.messages - waiting, spare * each.is_starved)) for each in campaigns
    }
