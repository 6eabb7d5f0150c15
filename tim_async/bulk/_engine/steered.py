"""A campaign's runs in one process: one after the other, waiting in between while a user has paused it.

The process keeps the ledger while it waits, so that it continues when the pause ends. A run that is started while the
campaign is paused waits as well: a restart of the machine does not override a user's pause.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from typing import Final

import msgspec

from ..._clocks import sleep
from ..._core.client import TimClient
from ..._printable import one_line
from ...errors import UsageError
from .._ledger.ledger import Ledger
from .._ledger.options import Options
from .._ledger.records import CampaignRow
from .._message.rendering import MessageSource
from ..progress import Report, report
from .runner import LOOK_INTERVAL_S, OnProgress, Runner
from .source import ALIVE_S, source_for

logger = logging.getLogger("tim_async")

_SIGN_INTERVAL_S: Final = ALIVE_S / 4


class SteeredRun:
    """The runs of a campaign in this process.

    Args:
        client: sends.
        ledger: open, and locked where it is a file.
        campaign: its row in the ledger.
        messages: makes the messages.
        options: how it is run.
        wall: unix seconds.
        on_progress: called with the progress; None for no reports.
        progress_every_s: how often.
    """

    def __init__(
        self,
        client: TimClient,
        ledger: Ledger,
        campaign: CampaignRow,
        messages: MessageSource,
        options: Options,
        *,
        wall: Callable[[], float],
        on_progress: OnProgress | None,
        progress_every_s: float,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._campaign = campaign
        self._messages = messages
        self._options = options
        self._wall = wall
        self._on_progress = on_progress
        self._progress_every_s = progress_every_s
        self._runner: Runner | None = None
        self._stopped = asyncio.Event()

    def stop(self, reason: str) -> None:
        """Start no further work, finish what is in flight, and do not wait."""
        self._stopped.set()
        if self._runner is not None:
            self._runner.stop(reason)

    async def run(self) -> Report:
        """Run to the end; a pause by a user is not the end.

        Raises:
            UsageError: the campaign was cancelled.
        """
        try:
            return await self._run()
        finally:
            if self._ledger.shared is not None:
                await self._ledger.steering.sign_off(self._campaign.id)

    async def _run(self) -> Report:
        ledger, campaign = self._ledger, self._campaign
        while await self._begin():
            runner = self._runner = Runner(
                self._client,
                ledger,
                campaign,
                self._messages,
                self._options,
                source_for(ledger, campaign, self._options, self._wall),
                wall=self._wall,
                on_progress=self._on_progress,
                progress_every_s=self._progress_every_s,
            )
            try:
                found = await runner.run()
            finally:
                self._runner = None
            await ledger.steering.keep_counts(campaign.id, runner.counts)
            # The first of these runs has reopened those that failed in earlier runs.
            self._options = msgspec.structs.replace(self._options, retry_failed=False)
            row = await ledger.campaigns.find(campaign.name)
            if self._stopped.is_set() or row is None:
                return found
            if row.status == "cancelled" != found.status:  # since the runner ended
                return await self._report()
            if row.paused_at is None:
                if not runner.was_paused:
                    return found
            elif not found.left:  # it was paused after all was done
                await ledger.steering.end(campaign.id, "done", None, now=self._wall())
                return await self._report()
        return await self._report()

    async def _begin(self) -> bool:
        """Record that the campaign runs, once it is no longer paused; False if it ends before."""
        ledger, campaign, is_logged, given_at = self._ledger, self._campaign, False, -math.inf
        loop = asyncio.get_running_loop()
        while not await ledger.steering.begin(campaign.id, alive_s=ALIVE_S):
            row = await ledger.campaigns.find(campaign.name)
            if row is None or row.id != campaign.id:
                raise UsageError(f"the campaign {campaign.name!r} was removed in the meantime", field="name")
            if row.status == "cancelled":
                raise UsageError(f"the campaign {campaign.name!r} was cancelled", field="name")
            if not is_logged:
                is_logged = True
                logger.warning(
                    "campaign %s is paused (%s): this process waits until `tim-async bulk resume`",
                    *(one_line(campaign.name), one_line(row.reason or "no reason was given")),
                )
            if ledger.shared is not None and loop.time() - given_at >= _SIGN_INTERVAL_S:
                await ledger.steering.keep_alive(campaign.id, ALIVE_S)
                given_at = loop.time()
            await sleep(LOOK_INTERVAL_S, until=self._stopped)
            if self._stopped.is_set():
                return False
        return True

    async def _report(self) -> Report:
        """Return the report of a campaign that sends no more."""
        ledger, campaign = self._ledger, self._campaign
        return report(
            await ledger.campaigns.find(campaign.name) or campaign,
            await ledger.queries.counts(campaign.id),
            in_flight=await ledger.queries.in_flight(campaign.id),
            duration_s=0.0,
            settled=0,
        )
