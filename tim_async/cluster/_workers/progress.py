"""The progress of campaigns that other processes work on, read from the ledger from time to time."""

from __future__ import annotations

import asyncio
import inspect
from typing import Final

import msgspec

from ..._clocks import wall_time
from ..._core.client import TimClient
from ..._core.config import Settings
from ...bulk._engine.runner import OnProgress
from ...bulk._ledger.ledger import Ledger
from ...bulk._ledger.records import CampaignRow
from ...bulk._ledger.schema import Lane, RecipientState
from ...bulk._ledger.timing import StoredTiming
from ...bulk._message.rendering import from_stored
from ...bulk._plan.pacing import fresh_lanes, pace_in_force, paces
from ...bulk.progress import Tally, timed
from .options import WorkOptions

# Counting reads every recipient. A count is reused for this many times as long as it took, which limits its cost.
_REUSE_FACTOR: Final = 20.0


class Follower:
    """Reports a campaign's progress.

    Args:
        ledger: an open ledger.
        on_progress: called with a `Progress`.
        client: a worker's client, whose limits apply; None if no calls are made: then the default limits apply, and
            the rates that the service currently allows are unknown.
    """

    def __init__(self, ledger: Ledger, on_progress: OnProgress, client: TimClient | None = None) -> None:
        self._ledger = ledger
        self._client = client
        self._on_progress = on_progress
        self._began = asyncio.get_running_loop().time()
        self._before: tuple[int, int] | None = None
        self._count_again_at = 0.0
        self._tally = Tally({}, 0)

    async def report(self, row: CampaignRow) -> None:
        """Report the current progress."""
        loop, tally = asyncio.get_running_loop(), self._tally
        if loop.time() >= self._count_again_at or row.status != "running":
            began = loop.time()
            now = Tally(await self._ledger.queries.counts(row.id), row.recipients)
            self._count_again_at = loop.time() + _REUSE_FACTOR * (loop.time() - began)
            left_out = now.by_state[RecipientState.SUPPRESSED]
            settled, left_out_before = self._before = self._before or (now.settled, left_out)
            tally.total, tally.by_state, tally.codes = now.total, now.by_state, now.codes
            tally.settled_now, tally.left_out_now = now.settled - settled, left_out - left_out_before
        time = loop.time()
        client, lanes = self._client, _lanes(row)
        pace = paces(Settings() if client is None else client.settings)
        progress = tally.progress(
            row.name,
            now=time,
            elapsed_s=time - self._began,
            cap=sum(pace[lane].recipients for lane in lanes),
            in_force=None if client is None else pace_in_force(client, lanes),
        )
        if row.status == "running" and row.reason:
            progress = msgspec.structs.replace(progress, held_up=row.reason)
        progress = timed(progress, StoredTiming.decoded(row.timing).in_force, wall_time())
        result = self._on_progress(progress)
        if inspect.isawaitable(result):
            await result


def _lanes(row: CampaignRow) -> tuple[Lane, ...]:
    """Return the lanes that a campaign's chunks use."""
    messages = from_stored(row.kind, row.message)
    fixed = None if messages is None else messages.fixed
    lanes = "auto" if row.options is None else msgspec.json.decode(row.options, type=WorkOptions).run.lanes
    return fresh_lanes(lanes, is_fixed=fixed is not None, fits_a_batch=fixed is not None and fixed.fits_a_batch)
