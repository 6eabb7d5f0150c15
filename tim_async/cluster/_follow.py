"""How far campaigns are on which others work, as the ledger shows them from time to time."""

from __future__ import annotations

import asyncio
import inspect

import msgspec

from ..bulk.lanes import fresh_lanes, paces
from ..bulk.messages import from_stored
from ..bulk.progress import Tally
from ..bulk.records import CampaignRow
from ..bulk.runner import OnProgress
from ..config import Settings
from ._ledger import SharedLedger
from ._options import WorkOptions


class Follower:
    """Tells how far a campaign is.

    Args:
        ledger: open.
        on_progress: whom to tell.
    """

    def __init__(self, ledger: SharedLedger, on_progress: OnProgress) -> None:
        self._ledger = ledger
        self._on_progress = on_progress
        self._began = asyncio.get_running_loop().time()
        self._before: int | None = None
        self._tally = Tally({}, 0)

    async def tell(self, row: CampaignRow) -> None:
        """Tell how far it is now."""
        now = Tally(await self._ledger.counts(row.id), row.recipients)
        settled = sum(now.by_state.values())
        if self._before is None:
            self._before = settled
        tally = self._tally
        tally.total, tally.by_state, tally.codes = now.total, now.by_state, now.codes
        tally.settled_now = settled - self._before
        time = asyncio.get_running_loop().time()
        told = self._on_progress(
            tally.progress(row.name, now=time, elapsed_s=time - self._began, cap=_cap(row)),
        )
        if inspect.isawaitable(told):
            await told


def _cap(row: CampaignRow) -> float:
    """Return the most that the usual limits allow in a second; workers may have others."""
    maker = from_stored(row.kind, row.message)
    fixed = None if maker is None else maker.fixed
    lanes = "auto" if row.options is None else msgspec.json.decode(row.options, type=WorkOptions).run.lanes
    pace = paces(Settings())
    opened = fresh_lanes(lanes, is_fixed=fixed is not None, fits_a_batch=fixed is not None and fixed.fits_a_batch)
    return sum(pace[lane].people for lane in opened)
