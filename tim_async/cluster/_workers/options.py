"""What the ledger keeps of how workers run a campaign."""

from __future__ import annotations

from typing import Final

import msgspec

from ...bulk._ledger.options import Options
from ...bulk._ledger.records import CampaignRow
from ...bulk._ledger.timing import StoredTiming
from ...bulk._plan.schedule import Phase, Schedule

DEFAULT_PARALLEL: Final = 16


class WorkOptions(msgspec.Struct, kw_only=True, frozen=True):
    """How workers run a campaign; kept in the ledger.

    Attributes:
        run: as in a run of its own.
        parallel: chunks at work at a time, over all workers.
        trace: the trace context in which it was submitted, as OpenTelemetry's propagators write it.
    """

    run: Options
    parallel: int = DEFAULT_PARALLEL
    trace: dict[str, str] = {}


def phase_of(row: CampaignRow, now: float) -> Phase:
    """Return whether something of a campaign may be begun now."""
    return Schedule(StoredTiming.decoded(row.timing).in_force).phase(now)
