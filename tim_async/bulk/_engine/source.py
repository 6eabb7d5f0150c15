"""Where a run takes its chunks from, and how it keeps them.

    FileSource     a file, whose lock this process holds: every chunk is its own
    LeasedSource   a database on a server, where several runs take chunks side by side

Workers have a third source, see `tim_async.cluster`.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Final, Protocol

from ...errors import LedgerError
from .._ledger.leases import HeldLeases
from .._ledger.ledger import Ledger
from .._ledger.looks import why_paused
from .._ledger.options import Options
from .._ledger.records import CampaignRow, Chunk, storable
from .._ledger.shared import SharedLedger
from .._ledger.writer import AppliesChanges
from ..stopping import Stop
from .context import RunContext

LEASE_S: Final = 60.0
"""Seconds for which a run on a server holds a chunk without renewing its lease."""
ALIVE_S: Final = LEASE_S
"""Seconds without a heartbeat after which a run on a server counts as ended."""
_SIGN_INTERVAL_S: Final = ALIVE_S / 4


class ChunkSource(Protocol):
    """Where a run takes its chunks from.

    Attributes:
        chunks: the store that takes changes of the chunks.
    """

    @property
    def chunks(self) -> AppliesChanges: ...

    @property
    def is_exhausted(self) -> bool:
        """Whether no more chunks will come when none could be claimed and none is in flight."""
        ...

    async def prepare(self) -> None:
        """Take over what earlier runs left, before the first claim."""
        ...

    async def claim(self, limit: int) -> list[Chunk]:
        """Claim about `limit` chunks; an empty list if there are none now."""
        ...

    async def renew(self, context: RunContext) -> None:
        """Keep the chunks while the run goes on; cancelled at the end."""
        ...

    async def look(self, context: RunContext, row: CampaignRow | None) -> None:
        """Follow the campaign's row in the ledger; called about once a second, also while the run rests.

        Args:
            context: of the run.
            row: the campaign; None when it was removed.
        """
        ...

    @property
    def can_rest(self) -> bool:
        """Whether the run itself waits for its sending hours."""
        ...

    async def rest(self, context: RunContext) -> bool:
        """Release all chunks for a rest after which the run goes on; False if it does not."""
        ...

    def on_close(self, number: int) -> None:
        """Report that a chunk no longer belongs to the run."""
        ...

    def stop_for(self, error: LedgerError) -> Stop:
        """Return how a run ends when the ledger fails."""
        ...

    async def finish(self, context: RunContext, failure: BaseException | None) -> None:
        """Record how the run ended, and release its remaining chunks.

        Args:
            context: of the run; its `stop` is why it ended early.
            failure: what a part of the run raised.
        """
        ...


def source_for(
    ledger: Ledger, campaign: CampaignRow, options: Options, wall: Callable[[], float]
) -> FileSource | LeasedSource:
    """Return the source of chunks for a run without workers."""
    if ledger.shared is None:
        return FileSource(ledger, campaign, options, wall)
    return LeasedSource(ledger, ledger.shared, campaign, options, wall)


class FileSource:
    """The chunks of a file, of which this process is the only user.

    Args:
        ledger: open, and locked.
        campaign: its row in the ledger.
        options: how it is run.
        wall: unix seconds.
    """

    def __init__(self, ledger: Ledger, campaign: CampaignRow, options: Options, wall: Callable[[], float]) -> None:
        self.chunks = ledger.chunks
        self.is_exhausted = self.can_rest = True
        self._ledger = ledger
        self._campaign = campaign
        self._options = options
        self._wall = wall

    async def prepare(self) -> None:
        """Take over what earlier runs left."""
        await self.chunks.release_all(self._campaign.id)
        await _begin(self._ledger, self._campaign, self._options, self._wall())

    async def claim(self, limit: int) -> list[Chunk]:
        """Claim up to `limit` chunks."""
        return await self.chunks.claim(self._campaign.id, limit=limit)

    async def renew(self, context: RunContext) -> None:
        """Do nothing: the lock of the file is enough."""

    async def look(self, context: RunContext, row: CampaignRow | None) -> None:
        """Check whether the campaign goes on."""
        context.follow(row)

    async def rest(self, context: RunContext) -> bool:
        """Release what was claimed."""
        await self.chunks.release_all(self._campaign.id)
        return True

    def on_close(self, number: int) -> None:
        """Do nothing: a chunk that is done is not claimed again."""

    def stop_for(self, error: LedgerError) -> Stop:
        """Return how a run ends when the ledger fails."""
        return Stop("stopped", error.message)

    async def finish(self, context: RunContext, failure: BaseException | None) -> None:
        """Record how the run ended."""
        await _end(self._ledger, self._campaign, context.stop, self._wall())


class LeasedSource:
    """The chunks of a database on a server, which several runs share.

    Args:
        ledger: open.
        shared: the part of the ledger for several owners.
        campaign: its row in the ledger.
        options: how it is run.
        wall: unix seconds.
        lease_s: seconds for which a claim is valid unless renewed.
    """

    def __init__(
        self,
        ledger: Ledger,
        shared: SharedLedger,
        campaign: CampaignRow,
        options: Options,
        wall: Callable[[], float],
        *,
        lease_s: float = LEASE_S,
    ) -> None:
        self.chunks = shared.new_owner()
        self.is_exhausted = self.can_rest = True
        self._ledger = ledger
        self._campaign = campaign
        self._options = options
        self._wall = wall
        self._leases = HeldLeases(lease_s)
        self._signed_at = -math.inf

    async def prepare(self) -> None:
        """Reopen the recipients that this run is to try again."""
        await _begin(self._ledger, self._campaign, self._options, self._wall())

    async def claim(self, limit: int) -> list[Chunk]:
        """Claim up to `limit` chunks, each with a lease."""
        until = self._leases.until()
        claimed = await self.chunks.claim(
            self._campaign.id,
            now=self._wall(),
            lease_s=self._leases.lease_s,
            limit=limit,
            at_work=self._leases.numbers,
        )
        self._leases.add(claimed, until)
        return claimed

    async def renew(self, context: RunContext) -> None:
        """Renew the leases, four times in the length of one."""
        while True:
            async for number, lease in self._leases.renew(self.chunks, self._campaign.id, now=self._wall()):
                await context.lose(number, lease)
            await asyncio.sleep(self._leases.lease_s / 4)

    async def look(self, context: RunContext, row: CampaignRow | None) -> None:
        """Check whether the campaign goes on, and send a heartbeat."""
        context.follow(row)
        now = asyncio.get_running_loop().time()
        if now - self._signed_at >= _SIGN_INTERVAL_S:
            await self._ledger.steering.keep_alive(self._campaign.id, ALIVE_S)
            self._signed_at = now

    async def rest(self, context: RunContext) -> bool:
        """Release what was claimed: another run may take it first."""
        await self.chunks.release(self._campaign.id)
        return True

    def on_close(self, number: int) -> None:
        """Forget the lease of a chunk."""
        self._leases.drop(number)

    def stop_for(self, error: LedgerError) -> Stop:
        """Return how a run ends when the ledger fails."""
        return Stop("stopped", error.message)

    async def finish(self, context: RunContext, failure: BaseException | None) -> None:
        """Record how the run ended, unless others go on."""
        campaign, stop = self._campaign, context.stop
        await self.chunks.release(campaign.id)
        if stop is None and await self._ledger.queries.sending(campaign.id):
            return
        await _end(self._ledger, campaign, stop, self._wall())


async def _begin(ledger: Ledger, campaign: CampaignRow, options: Options, now: float) -> None:
    if options.retry_failed:
        await ledger.campaigns.retry_failed(campaign.id)
    if options.on_unknown != "skip":
        await ledger.campaigns.reopen_unknown(campaign.id, now=now)


async def _end(ledger: Ledger, campaign: CampaignRow, stop: Stop | None, now: float) -> None:
    if stop is None:
        row = await ledger.campaigns.find(campaign.name)
        why = None if row is None else why_paused(row)
        if why is not None:
            await ledger.steering.pause(campaign.id, why, now=now)
            return
    status, reason = ("done", None) if stop is None else (stop.status, storable(stop.reason))
    await ledger.steering.end(campaign.id, status, reason, now=now)
