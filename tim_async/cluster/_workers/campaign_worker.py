"""A campaign in one worker process: one chunk for each incoming work message.

A *work message* of the broker permits one chunk of a campaign to be worked on, whichever can be claimed. It is
acknowledged when that chunk is recorded, and another one is sent. So the number of in-flight chunks equals the number
of work messages, spread over all workers, and campaigns that share a queue take turns. A message that finds nothing to
do is acknowledged without a successor. A lost or repeated message changes only the number of in-flight chunks; the
worker that supervises the campaign sends new ones.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final, NamedTuple

from ..._core.client import TimClient
from ..._printable import one_line
from ...bulk._engine.context import RunContext
from ...bulk._engine.runner import Runner
from ...bulk._ledger.leases import HeldLeases
from ...bulk._ledger.ledger import Ledger
from ...bulk._ledger.presence import WorkerTask
from ...bulk._ledger.records import CampaignRow, Chunk
from ...bulk._ledger.schema import RecipientState
from ...bulk._message.rendering import MessageSource
from ...bulk.stopping import Stop
from ...errors import LedgerError, TimError
from .options import WorkOptions

logger = logging.getLogger("tim_async")

# How quickly a pause is noticed.
_POLL_INTERVAL_S: Final = 1.0
_CHUNKS_PER_CLAIM: Final = 4


class WorkResult(Enum):
    """The result of a work message."""

    DONE = "its chunk is recorded"
    NOTHING = "there is nothing to do"
    STOPPED = "the campaign was stopped, or the worker"


class InFlightChunks:
    """The chunks in flight in one process, over all its campaigns: a chunk that kills the process ends all of them.

    Attributes:
        claiming: held by the campaign worker that is claiming.
        wanted_by: the campaign worker that has only suspect chunks left, which must run alone. Until it has claimed
            one, the others claim nothing, or it would have to wait as long as they have any.
    """

    def __init__(self) -> None:
        self.claiming = asyncio.Lock()
        self.wanted_by: CampaignWorker | None = None
        self._chunks: dict[tuple[int, int], _InFlightChunk] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in flight."""
        return not self._chunks

    @property
    def has_suspect(self) -> bool:
        """Whether a suspect chunk is in flight: owners died with it, and it must run alone."""
        return any(each.is_suspect for each in self._chunks.values())

    def __len__(self) -> int:
        return len(self._chunks)

    def add(self, campaign: CampaignRow, number: int, *, is_suspect: bool, since: float) -> None:
        """Add a chunk, in flight since a time in unix seconds."""
        self._chunks[campaign.id, number] = _InFlightChunk(campaign.name, is_suspect, since)

    def remove(self, campaign_id: int, number: int) -> None:
        """Remove a chunk that is no longer in flight."""
        self._chunks.pop((campaign_id, number), None)

    def tasks(self) -> list[WorkerTask]:
        """Return the chunks in flight, by campaign."""
        found: dict[str, tuple[list[int], float]] = {}
        for (_, number), chunk in self._chunks.items():
            numbers, since = found.get(chunk.campaign, ([], chunk.since))
            found[chunk.campaign] = ([*numbers, number], min(since, chunk.since))
        return [
            WorkerTask(campaign=name, chunks=sorted(numbers), since=since) for name, (numbers, since) in found.items()
        ]


class _InFlightChunk(NamedTuple):
    campaign: str
    is_suspect: bool
    since: float


class CampaignWorker:
    """Works on one campaign as long as there are work messages; the source of chunks for its own runner.

    Args:
        client: makes the calls.
        ledger: an open ledger, on a server.
        campaign: its row in the ledger.
        messages: creates the messages.
        options: how workers run it.
        wall: returns unix seconds by the ledger's clock.
        lease_s: seconds for which a claim is valid unless it is renewed.
        most_deaths: chunks with this many deaths are left alone.
        in_flight: the chunks in flight in this process.

    Attributes:
        chunks: the chunks, as claimed by this owner.
        can_rest: see `ChunkSource`.
        is_draining: whether it accepts no more work messages.
        is_over: whether it has ended.
        idle_since: loop time since when it has had no work message, None while it has one.
        trouble: why it ended, if that may concern only this worker.
    """

    def __init__(
        self,
        client: TimClient,
        ledger: Ledger,
        campaign: CampaignRow,
        messages: MessageSource,
        options: WorkOptions,
        *,
        wall: Callable[[], float],
        lease_s: float,
        most_deaths: int,
        in_flight: InFlightChunks,
    ) -> None:
        self._shared = ledger.require_shared()
        self.chunks = self._shared.new_owner()
        self._campaigns = ledger.campaigns
        self._campaign = campaign
        self._parallel = options.parallel
        self._wall = wall
        self._leases = HeldLeases(lease_s)
        self._most_deaths = most_deaths
        self._in_flight = in_flight
        self._waiting: deque[asyncio.Future[WorkResult]] = deque()  # work messages without a chunk
        self._at_work: dict[int, asyncio.Future[WorkResult]] = {}  # work messages by chunk
        self._runner = Runner(client, ledger, campaign, messages, options.run, self, wall=wall)
        self._sent = 0
        self.can_rest = False
        self.is_draining = False
        self.is_over = False
        self.idle_since: float | None = None
        self.trouble: str | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it has no work message."""
        return not (self._waiting or self._at_work)

    @property
    def chunks_at_work(self) -> int:
        """Number of its chunks in flight."""
        return len(self._at_work)

    @property
    def has_its_leases(self) -> bool:
        """Whether the leases of all its chunks are certainly valid now."""
        return self._leases.hold

    async def run(self) -> None:
        """Work until `drain` or `stop`, a fault, or the end of the campaign's work."""
        ledger_failed = False
        try:
            await self._runner.run()
        except TimError as error:
            ledger_failed = isinstance(error, LedgerError)
            logger.warning("campaign %s: this worker stops working on it: %s", one_line(self._campaign.name), error)
        except Exception:
            logger.exception("campaign %s: this worker fails at it", one_line(self._campaign.name))
        finally:
            self.is_over = True
            for message in (*self._waiting, *self._at_work.values()):
                _resolve(message, WorkResult.STOPPED)
            for number in self._at_work:
                self._in_flight.remove(self._campaign.id, number)
            self._let_others_claim()
            self._waiting.clear()
            self._at_work.clear()
        if ledger_failed:
            await self._hand_over()

    async def _hand_over(self) -> None:
        """Release the chunks that the ledger still assigns to this owner, once it can be reached: not a death."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._leases.lease_s
        while loop.time() < end and not self._runner.is_stopped:
            try:
                await self.chunks.release(self._campaign.id)
                return
            except LedgerError:
                await asyncio.sleep(_POLL_INTERVAL_S)

    async def work(self) -> WorkResult:
        """Work on one chunk; return when it is recorded, or there is none."""
        if self.is_over or self.is_draining:
            return WorkResult.STOPPED
        message: asyncio.Future[WorkResult] = asyncio.get_running_loop().create_future()
        self._waiting.append(message)
        self.idle_since = None
        await self._runner.wake()
        return await message

    async def drain(self) -> None:
        """Accept no more work messages, and end when nothing is in flight any more."""
        self.is_draining = True
        await self._runner.wake()

    def stop(self, reason: str) -> None:
        """Start nothing more, finish what is in flight, and end."""
        self._runner.stop(reason)

    # The source of the runner's chunks

    @property
    def is_exhausted(self) -> bool:
        """Whether no more chunks will come."""
        return self.is_draining and not self._waiting

    async def prepare(self) -> None:
        """Do nothing: the campaign was submitted, and other workers may be working on it."""

    async def claim(self, limit: int) -> list[Chunk]:
        """Claim a chunk for each waiting work message, a few at a time; none if chunks must run alone."""
        while self._waiting and self._waiting[0].done():
            self._waiting.popleft()
        wanted = min(len(self._waiting), _CHUNKS_PER_CLAIM)
        if not wanted:
            self._let_others_claim()
            return []
        async with self._in_flight.claiming:
            if self._in_flight.has_suspect or not self._may_claim():
                return []  # work messages wait until that chunk is done
            is_alone = self._in_flight.is_empty
            until = self._leases.until()
            claimed = await self.chunks.claim(
                self._campaign.id,
                now=self._wall(),
                lease_s=self._leases.lease_s,
                limit=wanted,
                most_deaths=self._most_deaths,
                at_work=self._leases.numbers,
                parallel=self._parallel,
                is_alone=is_alone,
            )
            self._in_flight.wanted_by = None
            if not claimed and not is_alone and await self._has_suspects():
                self._in_flight.wanted_by = self
                return []
            for chunk in claimed:
                self._at_work[chunk.number] = self._waiting.popleft()
                self._in_flight.add(self._campaign, chunk.number, is_suspect=chunk.is_suspect, since=self._wall())
        if len(claimed) < wanted:
            while self._waiting:
                _resolve(self._waiting.popleft(), WorkResult.NOTHING)
        self._leases.add(claimed, until)
        return claimed

    def _let_others_claim(self) -> None:
        if self._in_flight.wanted_by is self:
            self._in_flight.wanted_by = None

    def _may_claim(self) -> bool:
        wanted_by = self._in_flight.wanted_by
        return wanted_by is None or (wanted_by is self and self._in_flight.is_empty)

    async def _has_suspects(self) -> bool:
        """Return whether claimable chunks are left after a claim that was not alone got none."""
        counts = await self._shared.count(self._campaign.id, now=self._wall(), most_deaths=self._most_deaths)
        return counts.claimable > 0 and counts.held < self._parallel

    async def renew(self, context: RunContext) -> None:
        """Renew the leases until cancelled."""
        while True:
            async for number, lease in self._leases.renew(self.chunks, self._campaign.id, now=self._wall()):
                await context.lose(number, lease)
            await asyncio.sleep(self._leases.lease_s / 4)

    async def look(self, context: RunContext, row: CampaignRow | None) -> None:
        """Check whether the campaign continues."""
        status = "removed" if row is None or row.id != self._campaign.id else row.status
        if status != "running":
            context.halt(Stop("interrupted", f"the campaign is {status}"))
        before, self._sent = self._sent, context.tally.by_state[RecipientState.SENT]
        if row is not None and row.reason and before and self._sent > before:
            # A worker was in trouble, and the campaign continues.
            await self._campaigns.note_trouble(self._campaign.id, None)
        if self._waiting:
            await context.wake()  # they may have waited for another campaign's chunk that had to run alone

    async def rest(self, context: RunContext) -> bool:
        """Return that it ends instead: when the campaign continues, a work message starts it again."""
        return False

    def on_close(self, number: int) -> None:
        """Acknowledge the work message of a chunk."""
        self._leases.drop(number)
        self._in_flight.remove(self._campaign.id, number)
        message = self._at_work.pop(number, None)
        if message is not None:
            _resolve(message, WorkResult.DONE)

    def stop_for(self, error: LedgerError) -> Stop:
        """Return how it ends when the ledger fails: that concerns only this worker, and is temporary."""
        return Stop("interrupted", error.message)

    async def finish(self, context: RunContext, failure: BaseException | None) -> None:
        """Release its chunks; stop the campaign if other workers would fail in the same way."""
        campaign_id, stop = self._campaign.id, context.stop
        if failure is not None:
            # Before they are released: the next owner must know that they killed this one.
            await self.chunks.note_deaths(campaign_id, list(self._at_work))
        await self.chunks.release(campaign_id)
        if stop is None or stop.status not in ("stopped", "paused", "ended") or failure is not None:
            return
        if stop.is_own:
            self.trouble = stop.reason
            trouble = f"a worker is in trouble, and tries again later: {stop.reason}"
            await self._campaigns.note_trouble(campaign_id, trouble)
        else:
            # Credentials, quota, the message: what ends one worker would soon end the others.
            await self._campaigns.switch(
                campaign_id, stop.status, stop.reason, only_from=("running",), ended_at=self._wall()
            )


def _resolve(message: asyncio.Future[WorkResult], result: WorkResult) -> None:
    if not message.done():
        message.set_result(result)
