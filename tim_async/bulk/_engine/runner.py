"""Works through a ledger: claims chunks, writes ahead, sends, settles.

    ledger --claim--> feeder (of a lane) --write ahead--> queue --> senders --> recorder --> ledger
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
from .._ledger.records import Begin, CampaignRow, Chunk, Outcome, Person, storable
from .._ledger.schema import ChunkState, Lane, RecipientState
from .._ledger.writer import Recorder
from .._message.messages import Maker
from .._message.rendering import Renderer
from .._plan.pacing import concurrency, fresh_lanes, paces
from ..breaker import Stop
from ..progress import Progress, Report, Tally, report
from .context import Desk, Job
from .importing import import_missing
from .lane_work import LaneWork
from .sending import Sender
from .verification import Settler

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
        maker: makes the messages.
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
        maker: Maker,
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
        self._maker = maker
        self._options = options
        self._wall = wall
        self._on_progress = on_progress
        self._progress_every_s = progress_every_s
        self._halt: Stop | None = None
        self._desk: Desk | None = None
        self._fresh: deque[Chunk] = deque()
        self._failure: BaseException | None = None
        self._feeding = 0  # feeders that have a chunk which is not among the jobs yet, or not all of it queued
        self._idle: set[asyncio.Task[None] | None] = set()
        self._lanes: dict[Lane, LaneWork] = {}
        self._cap = 0.0

    def stop(self, reason: str = "it was told to stop") -> None:
        """Begin nothing more, and finish what is in flight."""
        self._halt = Stop("interrupted", reason)
        if self._desk is not None:
            self._desk.halt(self._halt)

    async def run(self) -> Report:
        """Run to the end."""
        ledger, campaign = self._ledger, self._campaign
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._prepare()
        tally = Tally(await ledger.counts(campaign.id), campaign.recipients)
        recorder = Recorder(ledger, campaign.id, self._on_ledger_error)
        async with recorder:
            desk = self._desk = Desk(self._client, campaign, self._options, recorder, tally, self._wall)
            if self._halt is not None:
                desk.halt(self._halt)
            try:
                await self._work(desk)
            except asyncio.CancelledError:
                desk.halt(Stop("interrupted", "it was cancelled"))
                raise
            finally:
                await self._hand_back(desk)
                if recorder.error is None:
                    await self._sign(desk)
        if recorder.error is not None:
            raise recorder.error
        if self._failure is not None:
            raise self._failure
        await self._tell(desk, loop.time() - began)
        newest = await ledger.find(campaign.name)
        return report(
            newest or campaign,
            await ledger.counts(campaign.id),
            in_flight=await ledger.in_flight(campaign.id),
            duration_s=loop.time() - began,
            settled=tally.settled_now,
        )

    async def _sign(self, desk: Desk) -> None:
        """Write how it ended."""
        stop = desk.stop
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

    async def _work(self, desk: Desk) -> None:
        settings = self._client.settings
        pace, most = paces(settings), concurrency(settings, self._options.concurrency)
        fixed = self._maker.fixed
        opened = fresh_lanes(
            self._options.lanes, is_fixed=fixed is not None, fits_a_batch=fixed is not None and fixed.fits_a_batch
        )
        size, is_made = self._campaign.chunk_size, self._maker.kind == "function"
        lanes = [
            LaneWork(lane, is_open=lane in opened, is_made=is_made, pace=pace[lane], size=size, most=most)
            for lane in Lane
        ]
        renderer = Renderer(self._maker, settings.body_limit, most, desk.halted)
        self._cap = sum(pace[lane].people for lane in opened)
        settler = Settler(desk, _READERS)
        sender = Sender(desk, settler.settle)
        self._lanes = {work.lane: work for work in lanes}
        ticker = self._start(desk, self._tick(desk))
        heart = self._start(desk, self._beat()) if self._ledger.is_shared else None
        readers = [self._start(desk, settler.run()) for _ in range(_READERS)]
        feeders = [
            self._start(desk, self._feed(desk, work, renderer, settler)) for work in lanes for _ in range(work.feeders)
        ]
        senders = [self._start(desk, self._send(desk, work, sender)) for work in lanes for _ in range(work.senders)]
        everybody = [*readers, *feeders, *senders, ticker, *([heart] if heart else [])]
        try:
            await self._finish(desk, feeders, senders, settler)
            if desk.stop is None:
                settler.end()
                await asyncio.wait(readers)
        finally:
            for task in everybody:
                task.cancel()
            await asyncio.gather(*everybody, return_exceptions=True)

    async def _finish(
        self, desk: Desk, feeders: list[asyncio.Task[None]], senders: list[asyncio.Task[None]], settler: Settler
    ) -> None:
        """Wait until all is sent; when it is to end early, only for as long as calls on their way may take."""
        halted = asyncio.create_task(desk.halted.wait(), name="tim_async: campaign")
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
            settler.drop()
            async with desk.changed:
                desk.changed.notify_all()
            await asyncio.wait(feeders, timeout=0.02)
        busy = [sender for sender in senders if not sender.done() and sender not in self._idle]
        if busy:
            await asyncio.wait(busy, timeout=_GRACE_S)

    def _start(self, desk: Desk, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
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
                desk.halt(Stop("stopped", f"{type(error).__name__}: {error}"))

        return asyncio.create_task(guarded(), name="tim_async: campaign")

    def _on_ledger_error(self, error: LedgerError) -> None:
        if self._desk is not None:
            self._desk.halt(Stop("stopped", error.message))

    # Feeding

    async def _feed(self, desk: Desk, work: LaneWork, renderer: Renderer, settler: Settler) -> None:
        while found := await self._next(desk, work):
            try:
                if not all(await asyncio.gather(*(self._render(desk, renderer, chunk) for chunk in found))):
                    return
                async with work.door:
                    if desk.stop is not None:
                        return
                    jobs = await asyncio.gather(*(self._open(desk, work.lane, chunk) for chunk in found))
                    for job in jobs:
                        if job is not None:
                            await self._queue(desk, work, settler, job)
            finally:
                self._feeding -= 1
            async with desk.changed:
                desk.changed.notify_all()
        work.feeders -= 1
        if desk.stop is None and not work.feeders:
            for _ in range(work.senders):
                await work.queue.put(None)

    async def _next(self, desk: Desk, work: LaneWork) -> list[Chunk]:
        """Return chunks for a lane; none when there will be none."""
        async with desk.changed:
            while desk.stop is None:
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
                    desk.changed.notify_all()
                elif self._is_over(desk) and not (desk.jobs or self._feeding or self._fresh or any(waiting)):
                    desk.changed.notify_all()
                    return []
                else:
                    await desk.changed.wait()
        return []

    def _is_over(self, desk: Desk) -> bool:
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
        return [] if self._desk is None else list(self._desk.leases)

    def _lease_end(self) -> float:
        """Return the loop time up to which a lease that is asked for now surely holds."""
        return asyncio.get_running_loop().time() + _SURELY * self._lease_s if self._ledger.is_shared else math.inf

    def _sort(self, claimed: list[Chunk], until: float) -> None:
        """Put claimed chunks where they are worked on."""
        for chunk in claimed:
            chunk.lease.until = until
            if self._desk is not None:
                self._desk.leases[chunk.number] = chunk.lease
            if chunk.state == ChunkState.SENDING and chunk.lane is not None:
                self._lanes[Lane(chunk.lane)].repeats.append(chunk)
            else:
                self._fresh.append(chunk)

    async def _open(self, desk: Desk, lane: Lane, chunk: Chunk) -> Job | None:
        """Write ahead that a chunk is being sent, or take up one that was begun; None when there is nothing to send."""
        if chunk.lease.is_lost:
            return None
        is_repeat = chunk.state == ChunkState.SENDING
        if not is_repeat:
            chunk.since = self._wall()
            if not chunk.people:
                await desk.recorder.close(chunk.number, [], is_done=True)
            if not chunk.people or not await desk.recorder.begin(_begin(chunk, lane, chunk.since)):
                await desk.close(chunk.number)
                return None
        job = Job(chunk, lane, chunk.since or 0.0, desk.wall, is_repeat=is_repeat)
        desk.jobs[job.number] = job
        return job

    async def _queue(self, desk: Desk, work: LaneWork, settler: Settler, job: Job) -> None:
        """Queue a chunk; whoever a repeat would come too late for goes to be settled."""
        if job.window_left() <= 0:
            await settler.settle(job, list(job.people.values()))
        elif work.lane is Lane.BATCH:
            if job.people:
                await work.queue.put((job, None))
        else:
            for person in list(job.people.values()):
                await work.queue.put((job, person))
                if desk.stop is not None:
                    return
        await desk.close_if_settled(job)

    async def _render(self, desk: Desk, renderer: Renderer, chunk: Chunk) -> bool:
        """Make the messages of a chunk; those without one fail here. False when the run ends first."""
        if chunk.state == ChunkState.SENDING:
            return True
        if not await import_missing(desk, chunk):
            return False
        if self._maker.fixed is not None:
            chunk.body = self._maker.stored
            return True
        made = await renderer.render(chunk.people)
        if made is None:
            return False
        left: list[Person] = []
        for person, body in zip(chunk.people, made, strict=True):
            if isinstance(body, UsageError):
                outcome = Outcome(ordinal=person.ordinal, state=RecipientState.FAILED, code=0, info=body.message)
                desk.tally.add(outcome)
                await desk.recorder.put(outcome)
            else:
                left.append(msgspec.structs.replace(person, body=body))
        chunk.people = left
        return True

    async def _send(self, desk: Desk, work: LaneWork, sender: Sender) -> None:
        task = asyncio.current_task()
        while desk.stop is None:
            self._idle.add(task)
            item = await work.queue.get()
            self._idle.discard(task)
            if item is None:
                return
            job, person = item
            if person is None:
                await sender.send_chunk(job)
            else:
                await sender.send_one(job, person)
            await desk.close_if_settled(job)

    async def _hand_back(self, desk: Desk) -> None:
        """Bring the chunks at work into order: what was not sent goes back, what may have been stays in flight."""
        at_work = [job for job in desk.jobs.values() if not job.is_closing]
        for job in at_work:
            untouched = [person for person in job.people.values() if person.ordinal not in job.doubtful]
            desk.send_anew(job, untouched, is_try=False)
        if desk.recorder.error is None:
            # All at a time: there may be many with somebody in doubt, and a commit takes its time.
            await asyncio.gather(
                *(
                    desk.recorder.close(job.number, job.moves(), is_done=not job.people, is_kept=job.has_unknown)
                    for job in at_work
                )
            )

    # Beside the work

    async def _tick(self, desk: Desk) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            await self._tell(desk, loop.time() - began)
            await asyncio.sleep(self._progress_every_s)

    async def _tell(self, desk: Desk, elapsed_s: float) -> None:
        if self._on_progress is None:
            return
        now = asyncio.get_running_loop().time()
        told = self._on_progress(desk.tally.progress(self._campaign.name, now=now, elapsed_s=elapsed_s, cap=self._cap))
        if inspect.isawaitable(told):
            await told

    async def _beat(self) -> None:
        while True:
            await self._renew()
            await asyncio.sleep(self._lease_s / 4)

    async def _renew(self) -> None:
        """Renew the leases; leave alone what others have taken over."""
        desk = self._desk
        if desk is None or not desk.leases:
            return
        had, until = dict(desk.leases), self._lease_end()
        renewed = await self._ledger.heartbeat(self._campaign.id, until=self._wall() + self._lease_s, numbers=list(had))
        for number, lease in had.items():
            if number in renewed:
                lease.until = until
            elif desk.leases.get(number) is lease:
                await desk.lose(number)


def _begin(chunk: Chunk, lane: Lane, since: float) -> Begin:
    bodies = [(person.ordinal, person.body) for person in chunk.people if person.body is not None]
    return Begin(number=chunk.number, lane=lane, since=since, body=chunk.body, bodies=bodies)
