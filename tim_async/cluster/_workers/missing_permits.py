"""How many work messages are missing, as far as that can be known: the broker counts those of an app, not by campaign.

A work message permits one chunk to be worked on, so too few of them leave workers idle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

# With so many times the messages that should wait, none are written on suspicion.
_MAX_SURPLUS: Final = 4


class Demand(msgspec.Struct, kw_only=True, frozen=True):
    """What a campaign has at work, and could have.

    Attributes:
        name: the campaign.
        held: its chunks at work.
        parallel: how many may be, over all workers.
        claimable: its chunks that can be claimed.
        is_starved: whether it has had nothing at work for long.
    """

    name: str
    held: int
    parallel: int
    claimable: int
    is_starved: bool = False

    @property
    def messages(self) -> int:
        """Work messages of it that should wait."""
        return max(0, min(self.claimable, self.parallel - self.held))


def missing(campaigns: Sequence[Demand], waiting: int) -> dict[str, int]:
    """Return how many work messages to write for each campaign.

    All that wait may be its own: it gets what would be missing then. Fewer than all should have do not prove a loss,
    as some are on their way; but a starved campaign has lost its own, and gets what is missing over all, or one at
    least. Too many are harmless, up to a point: a message for which there is no room is acknowledged without work.
    """
    total = sum(each.messages for each in campaigns)
    spare = max(total - waiting, 1 if waiting < _MAX_SURPLUS * (total + 1) else 0)
    return {
        each.name: min(each.messages, max(0, each.messages - waiting, spare * each.is_starved)) for each in campaigns
    }
