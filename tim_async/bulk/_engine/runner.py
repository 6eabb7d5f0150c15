"""Works through a ledger: claims chunks, writes ahead, sends, settles.

    ledger --claim--> feeder (of a lane) --write ahead--> queue --> senders --> writer --> ledger
                                                             |
                                                             +--> settlers, for what is in doubt when the window is over

A feeder renders the messages of a chunk and has them written ahead before the first of them is queued. Where a function
makes them, a lane has several feeders: some wait for the function while another queues. Queues are short: what is begun
is what is in flight when the process dies. A chunk that was begun by another run goes to the lane that it was begun in,
or to the settlers when a repeat would come too late.

At the end, whatever brought it, nothing is left hanging: calls on their way get time to finish, what was not sent goes
back to be claimed, what may have been sent stays in flight in the ledger, and all outcomes are on disk.
"""

from __future__ import annotations

import asyncio
import inspect
import math
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeAlias

import msgspec

from ..._core.client import TimClient
from ...errors import LedgerError, UsageError
from .._ledger.ledger import Ledger
from .._ledger.options import Options
from .._ledger.records import CampaignRow, Chunk, Outcome, RecipientRow, SendStart, storable
from .._ledger.schema import ChunkState, Lane, RecipientState
from .._ledger.writer import LedgerWriter
from .._message.messages import MessageSource
from .._message.rendering import Renderer
from .._plan.pacing import concurrency, fresh_lanes, paces
from ..breaker import Stop
from ..progress import Progress, Report, Tally, report
from .context import ActiveChunk, RunContext
from .importing import import_missing
from .lane_work import LaneWork
from .sending import ChunkSender
from .verification import Verifier

OnProgress: TypeAlias = Callable[[Progress], Awaitable[None] | None]

# Chunks claimed at a time: few, so that both lanes come to the end together.
_CLAIM: Final = 4
# So many that dead runs left may wait for their lane.
_MOST_REPEATS: Final = 16
_READERS: Final = 8
# A lease is taken to end a little before it does: for the way of what is sent, and clocks that do not quite agree.
_SURELY: Final = 0.9
# What is on its way when a run ends early has this long; the service itself takes at most 3 s.
_GRACE_S: Final = 20.0


class Runner:
    """One run of a campaign.

    Args:
        client: sends.
        ledger: open, and locked.
        campaign: what the ledger says of it.
        messages: makes the messages.
        options: how it is run.
        wall: unix seconds.
        on_progress: told how far it is.
        progress_every_s: how often.
        lease_s: seconds for which a claim holds without a heartbeat, where others may claim too.
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
        lease_s: float = 60.0,
    ) -> None:
        self._lease_s = lease_s
        self._client = client
        self._ledger = ledger
        self._campaign = campaign
        self._messages = messages
        self._options = options
        self._wall = wall
        self._on_progress = on_progress
        self._progress_every_s = progress_every_s
        self._halt: Stop | None = None
        self._context: RunContext | None = None
        self._fresh: deque[Chunk] = deque()
        self._failure: BaseException | None = None
        self._feeding = 0  # feeders that have a chunk which is not among the active yet, or not all of it queued
        self._idle: set[asyncio.Task[None] | None] = set()
        self._lanes: dict[Lane, LaneWork] = {}
        self._cap = 0.0

    def stop(self, reason: str = "it was told to stop") -> None:
        """Begin nothing more, and finish what is in flight."""
        self._halt = Stop("interrupted", reason)
        if self._context is not None:
            self._context.halt(self._halt)

    async def run(self) -> Report:
        """Run to the end."""
        ledger, campaign = self._ledger, self._campaign
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._prepare()
        tally = Tally(await ledger.counts(campaign.id), campaign.recipients)
        writer = LedgerWriter(ledger, campaign.id, self._on_ledger_error)
        async with writer:
            context = self._context = RunContext(self._client, campaign, self._options, writer, tally, self._wall)
            if self._halt is not None:
                context.halt(self._halt)
            try:
                await self._work(context)
            except asyncio.CancelledError:
                context.halt(Stop("interrupted", "it was cancelled"))
                raise
            finally:
                await self._hand_back(context)
                if writer.error is None:
                    await self._sign(context)
        if writer.error is not None:
            raise writer.error
        if self._failure is not None:
            raise self._failure
        await self._tell(context, loop.time() - began)
        newest = await ledger.find(campaign.name)
        return report(
            newest or campaign,
            await ledger.counts(campaign.id),
            in_flight=await ledger.in_flight(campaign.id),
            duration_s=loop.time() - began,
            settled=tally.settled_now,
        )

    async def _sign(self, context: RunContext) -> None:
        """Write how it ended."""
        stop = context.stop
        await self._ledger.give_back(self._campaign.id)
        if stop is None and self._ledger.is_shared and await self._ledger.sending(self._campaign.id):
            return  # others are still at work on it
        await self._ledger.update(
            self._campaign.id,
            status="done" if stop is None else stop.status,
            reason=None if stop is None else storable(stop.reason),
            ended_at=self._wall(),
        )

    async def _prepare(self) -> None:
        """Take over what a dead run left, and what this one is to take up again."""
        ledger, campaign = self._ledger, self._campaign
        if not ledger.is_shared:
            await ledger.give_back(campaign.id, everybody=True)
        if self._options.retry_failed:
            await ledger.retry_failed(campaign.id)
        if self._options.on_unknown != "skip":
            await ledger.reopen_unknown(campaign.id, now=self._wall())
        await ledger.update(campaign.id, status="running", reason=None, ended_at=None)

    async def _work(self, context: RunContext) -> None:
        settings = self._client.settings
        pace, most = paces(settings), concurrency(settings, self._options.concurrency)
        fixed = self._messages.fixed
        opened = fresh_lanes(
            self._options.lanes, is_fixed=fixed is not None, fits_a_batch=fixed is not None and fixed.fits_a_batch
        )
        size, is_made = self._campaign.chunk_size, self._messages.kind == "function"
        lanes = [
            LaneWork(lane, is_open=lane in opened, is_made=is_made, pace=pace[lane], size=size, most=most)
            for lane in Lane
        ]
        renderer = Renderer(self._messages, settings.body_limit, most, context.halted)
        self._cap = sum(pace[lane].recipients for lane in opened)
        verifier = Verifier(context, _READERS)
        sender = ChunkSender(context, verifier.settle)
        self._lanes = {work.lane: work for work in lanes}
        ticker = self._start(context, self._tick(context))
        heart = self._start(context, self._beat()) if self._ledger.is_shared else None
        readers = [self._start(context, verifier.run()) for _ in range(_READERS)]
        feeders = [
            self._start(context, self._feed(context, work, renderer, verifier))
            for work in lanes
            for _ in range(work.feeders)
        ]
        senders = [
            self._start(context, self._send(context, work, sender)) for work in lanes for _ in range(work.senders)
        ]
        everybody = [*readers, *feeders, *senders, ticker, *([heart] if heart else [])]
        try:
            await self._finish(context, feeders, senders, verifier)
            if context.stop is None:
                verifier.end()
                await asyncio.wait(readers)
        finally:
            for task in everybody:
                task.cancel()
            await asyncio.gather(*everybody, return_exceptions=True)

    async def _finish(
        self,
        context: RunContext,
        feeders: list[asyncio.Task[None]],
        senders: list[asyncio.Task[None]],
        verifier: Verifier,
    ) -> None:
        """Wait until all is sent; when it is to end early, only for as long as calls on their way may take."""
        halted = asyncio.create_task(context.halted.wait(), name="tim_async: campaign")
        pending: set[asyncio.Task[Any]] = {*feeders, *senders}
        try:
            while pending and not halted.done():
                _, pending = await asyncio.wait({*pending, halted}, return_when=asyncio.FIRST_COMPLETED)
                pending.discard(halted)
        finally:
            halted.cancel()
        while any(not feeder.done() for feeder in feeders):
            # What a feeder queues now was not sent, and is not going to be.
            for work in self._lanes.values():
                while not work.queue.empty():
                    work.queue.get_nowait()
            verifier.drop()
            async with context.changed:
                context.changed.notify_all()
            await asyncio.wait(feeders, timeout=0.02)
        busy = [sender for sender in senders if not sender.done() and sender not in self._idle]
        if busy:
            await asyncio.wait(busy, timeout=_GRACE_S)

    def _start(self, context: RunContext, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task whose failure ends the run in order, instead of tearing the others."""

        async def guarded() -> None:
            try:
                await work
            except LedgerError as error:
                self._on_ledger_error(error)
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001 - raised again when all is in order
                self._failure = self._failure or error
                context.halt(Stop("stopped", f"{type(error).__name__}: {error}"))

        return asyncio.create_task(guarded(), name="tim_async: campaign")

    def _on_ledger_error(self, error: LedgerError) -> None:
        if self._context is not None:
            self._context.halt(Stop("stopped", error.message))

    # Feeding

    async def _feed(self, context: RunContext, work: LaneWork, renderer: Renderer, verifier: Verifier) -> None:
        while found := await self._next(context, work):
            try:
                if not all(await asyncio.gather(*(self._render(context, renderer, chunk) for chunk in found))):
                    return
                async with work.door:
                    if context.stop is not None:
                        return
                    active = await asyncio.gather(*(self._open(context, work.lane, chunk) for chunk in found))
                    for chunk in active:
                        if chunk is not None:
                            await self._queue(context, work, verifier, chunk)
            finally:
                self._feeding -= 1
            async with context.changed:
                context.changed.notify_all()
        work.feeders -= 1
        if context.stop is None and not work.feeders:
            for _ in range(work.senders):
                await work.queue.put(None)

    async def _next(self, context: RunContext, work: LaneWork) -> list[Chunk]:
        """Return chunks for a lane; none when there will be none."""
        async with context.changed:
            while context.stop is None:
                waiting = [each.repeats for each in self._lanes.values()]
                if work.repeats or (work.is_open and self._fresh):
                    self._feeding += 1
                    source = work.repeats or self._fresh
                    # The other lane finds something, too: so both come to the end together. What a function makes goes
                    # by one lane alone.
                    is_shared = source is self._fresh and work.feeders == 1
                    share = math.ceil(len(source) / 2) if is_shared else len(source)
                    return [source.popleft() for _ in range(min(work.together, share))]
                if not self._fresh and sum(map(len, waiting)) < _MOST_REPEATS and await self._claim():
                    context.changed.notify_all()
                elif self._is_over(context) and not (context.active or self._feeding or self._fresh or any(waiting)):
                    context.changed.notify_all()
                    return []
                else:
                    await context.changed.wait()
        return []

    def _is_over(self, context: RunContext) -> bool:
        """Tell whether there is nothing more to wait for when nothing can be claimed and nobody works."""
        return True

    async def _claim(self) -> bool:
        """Claim some chunks; False when there are none."""
        lease = self._lease_s if self._ledger.is_shared else None
        limit = max(_CLAIM, *(work.together for work in self._lanes.values()))
        until = self._lease_end()
        claimed = await self._ledger.claim(
            self._campaign.id, now=self._wall(), lease_s=lease, limit=limit, at_work=self._at_hand()
        )
        self._sort(claimed, until)
        return bool(claimed)

    def _at_hand(self) -> list[int]:
        """Return the chunks that are this runner's."""
        return [] if self._context is None else list(self._context.leases)

    def _lease_end(self) -> float:
        """Return the loop time up to which a lease that is asked for now surely holds."""
        return asyncio.get_running_loop().time() + _SURELY * self._lease_s if self._ledger.is_shared else math.inf

    def _sort(self, claimed: list[Chunk], until: float) -> None:
        """Put claimed chunks where they are worked on."""
        for chunk in claimed:
            chunk.lease.until = until
            if self._context is not None:
                self._context.leases[chunk.number] = chunk.lease
            if chunk.state == ChunkState.SENDING and chunk.lane is not None:
                self._lanes[Lane(chunk.lane)].repeats.append(chunk)
            else:
                self._fresh.append(chunk)

    async def _open(self, context: RunContext, lane: Lane, chunk: Chunk) -> ActiveChunk | None:
        """Write ahead that a chunk is being sent, or take up one that was begun; None when there is nothing to send."""
        if chunk.lease.is_lost:
            return None
        is_repeat = chunk.state == ChunkState.SENDING
        if not is_repeat:
            chunk.since = self._wall()
            if not chunk.recipients:
                await context.writer.close(chunk.number, [], is_done=True)
            if not chunk.recipients or not await context.writer.begin(_begin(chunk, lane, chunk.since)):
                await context.close(chunk.number)
                return None
        active = ActiveChunk(chunk, lane, chunk.since or 0.0, context.wall, is_repeat=is_repeat)
        context.active[active.number] = active
        return active

    async def _queue(self, context: RunContext, work: LaneWork, verifier: Verifier, active: ActiveChunk) -> None:
        """Queue a chunk; whoever a repeat would come too late for goes to be settled."""
        if active.window_left() <= 0:
            await verifier.settle(active, list(active.recipients.values()))
        elif work.lane is Lane.BATCH:
            if active.recipients:
                await work.queue.put((active, None))
        else:
            for recipient in list(active.recipients.values()):
                await work.queue.put((active, recipient))
                if context.stop is not None:
                    return
        await context.close_if_settled(active)

    async def _render(self, context: RunContext, renderer: Renderer, chunk: Chunk) -> bool:
        """Make the messages of a chunk; those without one fail here. False when the run ends first."""
        if chunk.state == ChunkState.SENDING:
            return True
        if not await import_missing(context, chunk):
            return False
        if self._messages.fixed is not None:
            chunk.body = self._messages.stored
            return True
        made = await renderer.render(chunk.recipients)
        if made is None:
            return False
        left: list[RecipientRow] = []
        for recipient, body in zip(chunk.recipients, made, strict=True):
            if isinstance(body, UsageError):
                outcome = Outcome(ordinal=recipient.ordinal, state=RecipientState.FAILED, code=0, info=body.message)
                context.tally.add(outcome)
                await context.writer.put(outcome)
            else:
                left.append(msgspec.structs.replace(recipient, body=body))
        chunk.recipients = left
        return True

    async def _send(self, context: RunContext, work: LaneWork, sender: ChunkSender) -> None:
        task = asyncio.current_task()
        while context.stop is None:
            self._idle.add(task)
            item = await work.queue.get()
            self._idle.discard(task)
            if item is None:
                return
            active, recipient = item
            if recipient is None:
                await sender.send_chunk(active)
            else:
                await sender.send_one(active, recipient)
            await context.close_if_settled(active)

    async def _hand_back(self, context: RunContext) -> None:
        """Bring the chunks at work into order: what was not sent goes back, what may have been stays in flight."""
        at_work = [active for active in context.active.values() if not active.is_closing]
        for active in at_work:
            untouched = [
                recipient for recipient in active.recipients.values() if recipient.ordinal not in active.doubtful
            ]
            context.reassign(active, untouched, is_try=False)
        if context.writer.error is None:
            # All at a time: there may be many with somebody in doubt, and a commit takes its time.
            await asyncio.gather(
                *(
                    context.writer.close(
                        active.number, active.moves(), is_done=not active.recipients, is_kept=active.has_unknown
                    )
                    for active in at_work
                )
            )

    # Beside the work

    async def _tick(self, context: RunContext) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            await self._tell(context, loop.time() - began)
            await asyncio.sleep(self._progress_every_s)

    async def _tell(self, context: RunContext, elapsed_s: float) -> None:
        if self._on_progress is None:
            return
        now = asyncio.get_running_loop().time()
        told = self._on_progress(
            context.tally.progress(self._campaign.name, now=now, elapsed_s=elapsed_s, cap=self._cap)
        )
        if inspect.isawaitable(told):
            await told

    async def _beat(self) -> None:
        while True:
            await self._renew()
            await asyncio.sleep(self._lease_s / 4)

    async def _renew(self) -> None:
        """Renew the leases; leave alone what others have taken over."""
        context = self._context
        if context is None or not context.leases:
            return
        had, until = dict(context.leases), self._lease_end()
        renewed = await self._ledger.heartbeat(self._campaign.id, until=self._wall() + self._lease_s, numbers=list(had))
        for number, lease in had.items():
            if number in renewed:
                lease.until = until
            elif context.leases.get(number) is lease:
                await context.lose(number)


def _begin(chunk: Chunk, lane: Lane, since: float) -> SendStart:
    bodies = [(recipient.ordinal, recipient.body) for recipient in chunk.recipients if recipient.body is not None]
    return SendStart(number=chunk.number, lane=lane, since=since, body=chunk.body, bodies=bodies)
