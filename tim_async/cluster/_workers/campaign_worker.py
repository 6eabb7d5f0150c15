"""A campaign at work in one process: chunks as tickets for them come in.

A *ticket* is a message of the broker: leave to work on one chunk, whichever nobody works on. It is torn when that chunk
is recorded, and a next one is written; so as many chunks are at work as there are tickets, spread over all workers, and
campaigns that share a queue take turns. A ticket that finds nothing to do is torn without a next one. One that is lost,
or comes twice, changes nothing but how many are at work; whoever looks after the campaign writes new ones.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from enum import Enum

from ..._core.client import TimClient
from ...bulk._engine.context import RunContext
from ...bulk._engine.runner import Runner
from ...bulk._ledger.options import Options
from ...bulk._ledger.records import CampaignRow
from ...bulk._ledger.schema import RecipientState
from ...bulk._ledger.shared import SharedLedger
from ...bulk._message.messages import MessageSource
from ...bulk.breaker import Stop
from ...errors import LedgerError, TimError

logger = logging.getLogger("tim_async")

# How soon a pause is noticed.
_LOOK_S = 1.0


class WorkResult(Enum):
    """Why a ticket was torn."""

    DONE = "its chunk is recorded"
    NOTHING = "there is nothing to do"
    STOPPED = "the campaign was stopped, or the worker"


class InFlightChunks:
    """What one process has at work, over all its crews: whatever brings it down takes all of that along.

    Attributes:
        claiming: held by the crew that claims.
        wanted_by: the crew that has only chunks left that are to be alone. The others claim nothing until it did, or
            theirs would keep it waiting for as long as they have any.
    """

    def __init__(self) -> None:
        self.claiming = asyncio.Lock()
        self.wanted_by: CampaignWorker | None = None
        self._chunks: dict[tuple[int, int], bool] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is at work."""
        return not self._chunks

    @property
    def has_suspect(self) -> bool:
        """Whether a chunk is at work that others may have died of: it is to stay alone."""
        return any(self._chunks.values())

    def put(self, campaign_id: int, number: int, *, is_suspect: bool) -> None:
        """Note a chunk."""
        self._chunks[campaign_id, number] = is_suspect

    def take(self, campaign_id: int, number: int) -> None:
        """Note that a chunk is not at work any more."""
        self._chunks.pop((campaign_id, number), None)


class CampaignWorker(Runner):
    """Works on one campaign for as long as there are tickets.

    Args:
        client: sends.
        ledger: open, and this crew's own view of it: what it does is not done by another crew of the same worker.
        campaign: what the ledger says of it.
        messages: makes the messages.
        options: how it is run.
        wall: unix seconds by the ledger's clock.
        lease_s: seconds for which a claim holds without a heartbeat.
        most_deaths: chunks whose owners died so often are left alone.
        parallel: chunks at work at a time, over all workers.
        bench: what this process has at work.
    """

    def __init__(
        self,
        client: TimClient,
        ledger: SharedLedger,
        campaign: CampaignRow,
        messages: MessageSource,
        options: Options,
        *,
        wall: Callable[[], float],
        lease_s: float,
        most_deaths: int,
        parallel: int,
        bench: InFlightChunks,
    ) -> None:
        super().__init__(
            client,
            ledger,
            campaign,
            messages,
            options,
            wall=wall,
            on_progress=None,
            progress_every_s=3600,
            lease_s=lease_s,
        )
        self._shared = ledger
        self._most_deaths = most_deaths
        self._parallel = parallel
        self._bench = bench
        self._tickets: deque[asyncio.Future[WorkResult]] = deque()
        self._at_work: dict[int, asyncio.Future[WorkResult]] = {}
        self.is_closing = False
        self.idle_since: float | None = None
        self.is_over = False
        self.trouble: str | None = None  # why it ended, where that may concern this worker alone

    async def live(self) -> None:
        """Work until `close` or `stop`, a fault, or somebody stops the campaign."""
        ledger_failed = False
        try:
            await self.run()
        except TimError as error:
            ledger_failed = isinstance(error, LedgerError)
            logger.warning("campaign %s: this worker stops working on it: %s", self._campaign.name, error)
        except Exception:
            logger.exception("campaign %s: this worker fails at it", self._campaign.name)
        finally:
            self.is_over = True
            for ticket in (*self._tickets, *self._at_work.values()):
                _tear(ticket, WorkResult.STOPPED)
            for number in self._at_work:
                self._bench.take(self._campaign.id, number)
            self._let_others_claim()
            self._tickets.clear()
            self._at_work.clear()
        if ledger_failed:
            await self._hand_over()

    async def _hand_over(self) -> None:
        """Give back what the ledger still takes for this crew's, as soon as it can be reached: nobody died of it."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._lease_s
        while loop.time() < end and self._halt is None:
            try:
                await self._shared.give_back(self._campaign.id)
                return
            except LedgerError:
                await asyncio.sleep(_LOOK_S)

    async def work(self) -> WorkResult:
        """Work on one chunk; return when it is recorded, or there is none."""
        if self.is_over or self.is_closing:
            return WorkResult.STOPPED
        ticket: asyncio.Future[WorkResult] = asyncio.get_running_loop().create_future()
        self._tickets.append(ticket)
        self.idle_since = None
        await self._tell_all()
        return await ticket

    async def close(self) -> None:
        """End when nothing is at work any more."""
        self.is_closing = True
        await self._tell_all()

    @property
    def is_idle(self) -> bool:
        """Whether it has no ticket."""
        return not (self._tickets or self._at_work)

    async def _tell_all(self) -> None:
        if self._context is not None:
            async with self._context.changed:
                self._context.changed.notify_all()

    # What is other than in a run of its own.

    async def _prepare(self) -> None:
        pass

    async def _work(self, context: RunContext) -> None:
        context.on_closed = self._closed
        await super()._work(context)

    def _closed(self, number: int) -> None:
        ticket = self._at_work.pop(number, None)
        self._bench.take(self._campaign.id, number)
        if ticket is not None:
            _tear(ticket, WorkResult.DONE)

    def _is_over(self, context: RunContext) -> bool:
        return self.is_closing and not self._tickets

    async def _claim(self) -> bool:
        while self._tickets and self._tickets[0].done():
            self._tickets.popleft()
        wanted = min(len(self._tickets), 4)
        if not wanted:
            self._let_others_claim()
            return False
        async with self._bench.claiming:
            if self._bench.has_suspect or not self._may_claim():
                return False  # tickets wait until it is done
            is_alone = self._bench.is_empty
            until = self._lease_end()
            claimed = await self._shared.claim(
                self._campaign.id,
                now=self._wall(),
                lease_s=self._lease_s,
                limit=wanted,
                most_deaths=self._most_deaths,
                at_work=self._at_hand(),
                parallel=self._parallel,
                is_alone=is_alone,
            )
            self._bench.wanted_by = None
            if not claimed and not is_alone and await self._has_suspects():
                self._bench.wanted_by = self
                return False
            for chunk in claimed:
                self._at_work[chunk.number] = self._tickets.popleft()
                self._bench.put(self._campaign.id, chunk.number, is_suspect=chunk.is_suspect)
        if len(claimed) < wanted:
            while self._tickets:
                _tear(self._tickets.popleft(), WorkResult.NOTHING)
        self._sort(claimed, until)
        return bool(claimed)

    def _let_others_claim(self) -> None:
        if self._bench.wanted_by is self:
            self._bench.wanted_by = None

    def _may_claim(self) -> bool:
        wanted_by = self._bench.wanted_by
        return wanted_by is None or (wanted_by is self and self._bench.is_empty)

    async def _has_suspects(self) -> bool:
        """Tell whether chunks are left for which there is room, after a claim that was not alone got none."""
        work = await self._shared.work_left(self._campaign.id, now=self._wall(), most_deaths=self._most_deaths)
        return work.claimable > 0 and work.held < self._parallel

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        beaten, sent = 0.0, 0
        while True:
            if loop.time() - beaten >= self._lease_s / 4:
                await self._renew()
                beaten = loop.time()
            row = await self._shared.find(self._campaign.name)
            status = "removed" if row is None or row.id != self._campaign.id else row.status
            if status != "running" and self._context is not None:
                self._context.halt(Stop("interrupted", f"the campaign is {status}"))
            if self._context is not None:
                before, sent = sent, self._context.tally.by_state[RecipientState.SENT]
                if row is not None and row.reason and before and sent > before:
                    await self._shared.note(self._campaign.id, None)  # whoever was in trouble, it goes on
            if self._tickets:
                await self._tell_all()  # those that waited for a chunk of another crew that was to be alone
            await asyncio.sleep(_LOOK_S)

    def _on_ledger_error(self, error: LedgerError) -> None:
        # The database's trouble is this worker's, and passes: the campaign is not stopped by it.
        if self._context is not None:
            self._context.halt(Stop("interrupted", error.message))

    async def _sign(self, context: RunContext) -> None:
        if self._failure is not None:
            # Before it is given back: whoever has it next must know what it did to this one.
            await self._shared.note_deaths(self._campaign.id, list(self._at_work))
        await self._shared.give_back(self._campaign.id)
        stop = context.stop
        if stop is None or stop.status not in ("stopped", "paused") or self._failure is not None:
            return
        if stop.is_own:
            self.trouble = stop.reason
            await self._shared.note(self._campaign.id, f"a worker is in trouble, and tries again later: {stop.reason}")
        else:
            # Credentials, quota, the message: what ends one worker would end the others a moment later.
            await self._shared.switch(
                self._campaign.id, stop.status, stop.reason, only_from=("running",), ended_at=self._wall()
            )


def _tear(ticket: asyncio.Future[WorkResult], why: WorkResult) -> None:
    if not ticket.done():
        ticket.set_result(why)
