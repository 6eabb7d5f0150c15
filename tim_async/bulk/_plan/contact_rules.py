"""How often an account is sent to, and who is sent to first: the arguments of a campaign, checked and stored."""

from __future__ import annotations

from typing import Final

import msgspec

from ..._api.checks import check_range, check_whole
from ...errors import UsageError
from .._ledger.leaving_out import AtMost
from .._ledger.ledger import Ledger
from .._ledger.looks import Look
from .._ledger.records import CampaignRow

_MAX_DAYS: Final = 3650
_MAX_LOOK: Final = 1_000_000


def read_at_most(given: tuple[int, int] | None) -> AtMost | None:
    """Return how many messages an account gets within how many days.

    Raises:
        UsageError: it is not two whole numbers of at least 1.
    """
    if given is None:
        return None
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise UsageError("at_most must be (messages, days), such as (1, 7) for one a week", field="at_most")
    count, days = given
    check_whole("at_most", count, 1, 1_000_000)
    check_whole("at_most", days, 1, _MAX_DAYS)
    return AtMost(count, days)


def read_look(first: int | None, sample: int | None, seed: int | None) -> Look | None:
    """Return the sample that a campaign starts with; None without.

    Raises:
        UsageError: a number is out of bounds, or the arguments do not go together.
    """
    check_range("first", first, 1, _MAX_LOOK)
    check_range("sample", sample, 1, _MAX_LOOK)
    check_range("seed", seed, 0, 2**63 - 1)
    if first is not None and sample is not None:
        raise UsageError("first and sample are both given: give one of them", field="first")
    if seed is not None and sample is None:
        raise UsageError("seed and sample go together: the seed decides which recipients the sample has", field="seed")
    if first is not None:
        return Look(kind="first", size=first)
    return None if sample is None else Look(kind="sample", size=sample, seed=seed)


async def enter_at_most(ledger: Ledger, campaign: CampaignRow, at_most: AtMost | None) -> CampaignRow:
    """Store how often an account is sent to; return the campaign's row."""
    if at_most is None or AtMost.decoded(campaign.at_most) == at_most:
        return campaign
    stored = at_most.encoded()
    await ledger.campaigns.limit_contacts(campaign.id, stored)
    return msgspec.structs.replace(campaign, at_most=stored)
