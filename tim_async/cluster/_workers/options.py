"""How workers run a campaign, as stored in the ledger."""

from __future__ import annotations

from typing import Final

import msgspec

from ...bulk._ledger.options import Options
from ...bulk._ledger.records import CampaignRow
from ...bulk._ledger.timing import StoredTiming
from ...bulk._plan.schedule import Phase, Schedule

DEFAULT_PARALLEL: Final = 16


class WorkOptions(msgspec.Struct, kw_only=True, frozen=True):
    """How workers run a campaign; stored in the ledger.

    Attributes:
        run: as in a run without workers.
        parallel: maximum number of chunks in flight, over all workers.
        trace: the trace context in which it was submitted, as written by OpenTelemetry's propagators.
    """

    run: Options
    parallel: int = DEFAULT_PARALLEL
    trace: dict[str, str] = {}


def phase_of(row: CampaignRow, now: float) -> Phase:
    """Return whether work on a campaign may begin now."""
    return Schedule(StoredTiming.decoded(row.timing).in_force).phase(now)
