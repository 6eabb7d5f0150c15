"""Supervision of an app's campaigns: missing work messages, chunks to give up, the end, and progress.

One of the workers does it for all, for a while at a time, by an entry in the ledger.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from taskiq_aio_pika import AioPikaBroker

from ..._core.client import TimClient
from ..._printable import one_line
from ...bulk._engine.gate import over_text
from ...bulk._engine.runner import OnProgress
from ...bulk._ledger.leases import ChunkCounts
from ...bulk._ledger.ledger import Ledger
from ...bulk._ledger.records import CampaignRow
from ...bulk._ledger.timing import StoredTiming
from . import broker as work_queue
from .missing_permits import Demand, missing
from .options import WorkOptions, phase_of
from .progress import Follower

logger = logging.getLogger("tim_async")

# A campaign without chunks in flight for this long has lost its work messages, whatever others are waiting.
_STARVED_AFTER_S: Final = 5.0
# A worker's supervision entry expires before the next round, so that any worker may be the next.
_WATCH_SHARE: Final = 0.8


class Supervisor:
    """Supervises the campaigns of an app, in rounds.

    Args:
        ledger: an open ledger, on a server.
        broker: a started broker.
        app: the app whose campaigns it supervises.
        now: returns unix seconds by the ledger's clock.
        most_deaths: a chunk is given up after this many owners died with it.
        on_progress: called with a `Progress` of each campaign; None to skip that.
        client: the client whose limits the progress shows; None for the default limits.

    Attributes:
        given_up: number of chunks that it gave up.
    """

    def __init__(
        self,
        ledger: Ledger,
        broker: AioPikaBroker,
        app: int,
        *,
        now: Callable[[], float],
        most_deaths: int,
        on_progress: OnProgress | None,
        client: TimClient | None = None,
    ) -> None:
        self._ledger = ledger
        self._shared = ledger.require_shared()
        self._broker = broker
        self._app = app
        self._now = now
        self._most_deaths = most_deaths
        self._on_progress = on_progress
        self._client = client
        self._followers: dict[str, Follower] = {}
        self.given_up = 0
        self._idle_since: dict[str, float] = {}  # campaigns that were found without chunks in flight

    async def look(self, every_s: float) -> None:
        """Supervise all running campaigns that no other worker supervises.

        Args:
            every_s: seconds between two rounds.
        """
        running = await self._ledger.campaigns.running(self._app)
        await self._report_ended({row.name for row in running})
        for row in running:
            until = self._now() + _WATCH_SHARE * every_s
            if await self._ledger.campaigns.take_watch(row.id, now=self._now(), until=until):
                await self._look_after(row, running)
                await self._report(row)

    async def finish(self, name: str) -> None:
        """Mark a campaign as done, or as paused for review, if nothing of it is left."""
        row = await self._ledger.campaigns.find(name)
        if row is None:
            return
        status = await self._shared.finish(row.id, now=self._now(), most_deaths=self._most_deaths)
        if status is not None:
            logger.info("campaign %s: %s", one_line(name), status)
            await self._ledger.steering.keep_counts(row.id, await self._ledger.queries.counts(row.id))

    async def _look_after(self, row: CampaignRow, running: Sequence[CampaignRow]) -> None:
        """Give up chunks that kill workers, end a campaign with nothing left, or send missing work messages."""
        counts = await self._count(row)
        if counts.poisoned:
            await self.give_up_poisoned(row)
        elif counts.is_empty:
            await work_queue.send(self._broker, work_queue.FINISH, row.name)
        elif (phase := phase_of(row, self._now())).is_over:
            await self._end(row)
        elif counts.claimable and phase.is_open:
            demands = [await self._demand(each, counts if each.id == row.id else None) for each in running]
            for _ in range(missing(demands, await work_queue.count_waiting(self._broker))[row.name]):
                await work_queue.send(self._broker, work_queue.RUN_CHUNK, row.name)

    async def _end(self, row: CampaignRow) -> None:
        """Mark a campaign as ended because its end time has come; chunks in flight may still finish."""
        reason = over_text(StoredTiming.decoded(row.timing).in_force)
        await self._ledger.campaigns.switch(row.id, "ended", reason, only_from=("running",), ended_at=self._now())
        logger.info("campaign %s: %s", one_line(row.name), reason)

    async def give_up_poisoned(self, row: CampaignRow) -> None:
        """Give up the chunks that too many owners died with; each goes to the dead-letter queue first.

        A worker killed in between sends the dead letter twice, rather than never.
        """
        async with self._shared.giving_up(row) as is_alone:
            if not is_alone:
                return
            for poisoned in await self._shared.poisoned(row, now=self._now(), most_deaths=self._most_deaths):
                await work_queue.send_dead_letter(self._broker, poisoned)
                logger.error(
                    "campaign %s: chunk %d was given up, %d workers failed with it; %d recipients are affected",
                    *(one_line(poisoned.campaign), poisoned.chunk, poisoned.deaths, poisoned.recipients),
                )
                await self._shared.give_up(row.id, poisoned.chunk, now=self._now(), most_deaths=self._most_deaths)
                self.given_up += 1

    async def _count(self, row: CampaignRow) -> ChunkCounts:
        return await self._shared.count(row.id, now=self._now(), most_deaths=self._most_deaths)

    async def _demand(self, row: CampaignRow, counts: ChunkCounts | None) -> Demand:
        counts = counts or await self._count(row)
        parallel = 1 if row.options is None else msgspec.json.decode(row.options, type=WorkOptions).parallel
        now = time.monotonic()
        since = now if counts.held else self._idle_since.get(row.name, now)
        is_starved = now - since >= _STARVED_AFTER_S
        self._idle_since[row.name] = now if is_starved else since
        return Demand(
            name=row.name, held=counts.held, parallel=parallel, claimable=counts.claimable, is_starved=is_starved
        )

    async def _report(self, row: CampaignRow) -> None:
        if self._on_progress is not None:
            if row.name not in self._followers:
                self._followers[row.name] = Follower(self._ledger, self._on_progress, self._client)
            await self._followers[row.name].report(row)

    async def _report_ended(self, running: set[str]) -> None:
        """Report how supervised campaigns have ended."""
        for name in set(self._followers) - running:
            row = await self._ledger.campaigns.find(name)
            if row is not None:
                await self._followers[name].report(row)
            del self._followers[name]
