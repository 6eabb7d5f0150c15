"""Work through a ledger: claim chunks, write ahead, send, settle.

    source --claim--> feeder (of a lane) --write ahead--> queue --> senders --> writer --> ledger
                                                             |
                                                             +--> verifier, for what is in doubt when the window is over

At the end, for whatever reason, nothing is left hanging: calls in transit get time to finish, unsent recipients go back
to be claimed, possibly sent ones stay in flight in the ledger, and all outcomes are on disk.
"""

from __future__ import annotations

import asyncio
import inspect
import math
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Final, TypeAlias

import msgspec

from ..._clocks import sleep
from ..._core.client import TimClient
from ...errors import LedgerError
from .._ledger.ledger import Ledger
from .._ledger.options import Options
from .._ledger.records import CampaignRow
from .._ledger.schema import Lane
from .._ledger.steering import Counts
from .._ledger.timing import Timing
from .._ledger.writer import LedgerWriter
from .._message.rendering import MessageSource, Renderer
from .._plan.pacing import concurrency, fresh_lanes, pace_in_force, paces
from ..progress import Progress, Report, Tally, report, timed
from ..stopping import Stop
from .context import RunContext
from .feeding import Feeder
from .gate import Gate
from .held_up import HeldUp
from .lane_work import LaneWork
from .list_watch import ListWatch
from .sending import ChunkSender
from .source import ChunkSource
from .verification import Verifier

OnProgress: TypeAlias = Callable[[Progress], Awaitable[None] | None]
_Task: TypeAlias = asyncio.Task[None]

# A share of the limit that is as good as all of it.
_ALL_OF_IT: Final = 0.995
LOOK_INTERVAL_S: Final = 1.0
"""How often a run checks the ledger for instructions, and the time of day; no sleep is longer."""
_VERIFIERS: Final = 8
# Grace period for calls in transit when a run ends early; the service itself takes at most 3 s.
_SHUTDOWN_TIMEOUT_S: Final = 20.0
_POLL_INTERVAL_S: Final = 0.02


class Runner:
    """One run of a campaign.

    Args:
        client: sends.
        ledger: open, and locked if it is a file.
        campaign: its row in the ledger.
        messages: makes the messages.
        options: how it is run.
        source: supplies the chunks.
        wall: unix seconds.
        on_progress: called with the progress; None for no reports.
        progress_every_s: how often.

    Attributes:
        counts: the numbers of recipients by state and code at the end of the run.
    """

    def __init__(
        self,
        client: TimClient,
        ledger: Ledger,
        campaign: CampaignRow,
        messages: MessageSource,
        options: Options,
        source: ChunkSource,
        *,
        wall: Callable[[], float],
        on_progress: OnProgress | None = None,
        progress_every_s: float = 1.0,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._campaign = campaign
        self._messages = messages
        self._options = options
        self._source = source
        self._wall = wall
        self._on_progress = on_progress
        self._progress_every_s = progress_every_s
        self.counts: Counts = {}
        self._halt: Stop | None = None
        self._context: RunContext | None = None
        self._failure: BaseException | None = None
        self._idle: set[_Task | None] = set()
        self._is_resting = False
        self._held_up: HeldUp | None = None
        self._cap = 0.0
        self._is_pace_noted = False
        self._opened: tuple[Lane, ...] = ()  # lanes for new chunks

    def stop(self, reason: str) -> None:
        """Start no further work, and finish what is in flight."""
        self._halt = Stop("interrupted", reason)
        if self._context is not None:
            self._context.halt(self._halt)

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._halt is not None

    @property
    def was_paused(self) -> bool:
        """Whether it ended because the campaign was paused."""
        stop = None if self._context is None else self._context.stop
        return stop is not None and stop.is_asked

    async def wake(self) -> None:
        """Make it look for chunks again: its source may have some now."""
        if self._context is not None:
            await self._context.wake()

    async def run(self) -> Report:
        """Run to the end, including the rests outside its sending hours."""
        ledger, campaign = self._ledger, self._campaign
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._source.prepare()
        tally = Tally(await ledger.queries.counts(campaign.id), campaign.recipients)
        row = await ledger.campaigns.find(campaign.name) or campaign  # it may have changed meanwhile
        gate = Gate(self._client, row.timing, self._wall, self._reserve_turns())
        lists = ListWatch(ledger.queries, campaign.id)
        await lists.begin()
        self._open_lanes()
        writer = LedgerWriter(self._source.chunks, campaign.id, self._on_ledger_error)
        async with writer:
            following = asyncio.create_task(self._guarded(self._follow(gate, lists)), name="tim_async: campaign")
            showing = asyncio.create_task(self._guarded(self._tick(gate, tally)), name="tim_async: campaign")
            try:
                while await self._stretch(gate, tally, writer):
                    pass
            finally:
                following.cancel()
                showing.cancel()
                await asyncio.gather(following, showing, return_exceptions=True)
        if writer.error is not None:
            raise writer.error
        if self._failure is not None:
            raise self._failure
        duration_s = loop.time() - began
        await self._report_progress(gate, tally, duration_s)
        self.counts = await ledger.queries.counts(campaign.id)
        row = await ledger.campaigns.find(campaign.name) or campaign
        return report(
            row,
            self.counts,
            in_flight=await ledger.queries.in_flight(campaign.id),
            duration_s=duration_s,
            settled=tally.settled_now,
        )

    async def _stretch(self, gate: Gate, tally: Tally, writer: LedgerWriter) -> bool:
        """Wait until work may start, then work to the end or to the next rest; return whether a rest follows.

        A rest is an orderly end: no work is started, calls in flight finish, and the rest is released to be claimed
        again.
        """
        context = self._context = RunContext(
            self._client, self._campaign, self._options, writer, tally, self._wall, gate, self._source.on_close
        )
        if self._halt is not None:
            context.halt(self._halt)
        is_rest = False
        try:
            await self._rest(context)
            await self._work(context)
        except asyncio.CancelledError:
            context.halt(Stop("interrupted", "it was cancelled"))
            raise
        finally:
            await _hand_back(context)
            if writer.error is None:
                is_rest = context.stop is not None and context.stop.is_rest and self._failure is None
                is_rest = is_rest and await self._source.rest(context)
                if not is_rest:
                    await self._source.finish(context, self._failure)
        return is_rest

    async def _rest(self, context: RunContext) -> None:
        """Wait until work may start, polling the time of day: the clock may be put forward or back."""
        self._is_resting = True
        while context.stop is None:
            stop = context.gate.stop()
            if stop is None:
                break
            if not (stop.is_rest and self._source.can_rest):
                context.halt(stop)
            await sleep(min(context.gate.seconds_to_change(), LOOK_INTERVAL_S), until=context.halted)
        self._is_resting = False

    async def _follow(self, gate: Gate, lists: ListWatch) -> None:
        """Poll the campaign's row in the ledger, and whether work may still be started."""
        loop = asyncio.get_running_loop()
        looked_at = -math.inf
        held_up = self._held_up = HeldUp(self._client, self._opened)
        while True:
            if loop.time() - looked_at >= LOOK_INTERVAL_S:
                looked_at = loop.time()
                row = await self._ledger.campaigns.find(self._campaign.name)
                if row is not None and row.id == self._campaign.id:
                    gate.take_over(row.timing)
                if self._context is not None:
                    await self._source.look(self._context, row)
                    await lists.look(self._context)
                    await self._look_at_turns(self._context, held_up)
                    await self._note_pace()
            stop = gate.stop()
            if stop is not None and self._context is not None and not self._is_resting:
                self._context.halt(stop)
            await sleep(min(gate.seconds_to_change(), LOOK_INTERVAL_S) or LOOK_INTERVAL_S)

    async def _look_at_turns(self, context: RunContext, held_up: HeldUp) -> None:
        """Check whether calls of higher priority block the run, and record that."""
        before, reason = held_up.seconds, held_up.reason
        may_begin = context.stop is None and not self._is_resting
        held_up.look(asyncio.get_running_loop().time(), settled=context.tally.settled_now, may_begin=may_begin)
        if held_up.seconds > before:
            await self._ledger.campaigns.add_held_up(self._campaign.id, held_up.seconds - before)
        if held_up.reason != reason:
            await self._ledger.campaigns.note_trouble(self._campaign.id, held_up.reason or None)

    async def _note_pace(self) -> None:
        """Record for observers what rate the service accepts, while that is below the limits."""
        in_force = pace_in_force(self._client, self._opened)
        is_limited = in_force < self._cap * _ALL_OF_IT
        if is_limited or self._is_pace_noted:
            await self._ledger.paces.note(self._campaign.id, in_force if is_limited else None, now=self._wall())
        self._is_pace_noted = is_limited

    def _reserve_turns(self) -> Callable[[int, float], Awaitable[float]] | None:
        shared = self._ledger.shared
        return None if shared is None else partial(shared.reserve_turns, self._campaign.id)

    async def _work(self, context: RunContext) -> None:
        lanes, most = self._make_lanes(context.gate.timing)
        verifier = Verifier(context, _VERIFIERS)
        sender = ChunkSender(context, verifier.settle)
        renderer = Renderer(self._messages, self._client.settings.body_limit, most, context.halted)
        feeder = Feeder(context, self._source, lanes, self._messages, renderer, verifier)
        beside = [self._start(context, self._source.renew(context))]
        verifiers = [self._start(context, verifier.run()) for _ in range(_VERIFIERS)]
        feeders = [self._start(context, feeder.run(work)) for work in lanes.values() for _ in range(work.feeders)]
        senders = [
            self._start(context, self._send(context, work, sender))
            for work in lanes.values()
            for _ in range(work.senders)
        ]
        try:
            await self._wait_for(context, feeders, senders)
            await self._drain(context, lanes, feeders, senders, verifier)
            if context.stop is None:
                verifier.end()
                await asyncio.wait(verifiers)
        finally:
            tasks = [*verifiers, *feeders, *senders, *beside]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _open_lanes(self) -> None:
        """Decide which lanes to use."""
        fixed = self._messages.fixed
        self._opened = fresh_lanes(
            self._options.lanes, is_fixed=fixed is not None, fits_a_batch=fixed is not None and fixed.fits_a_batch
        )
        pace = paces(self._client.settings)
        self._cap = sum(pace[lane].recipients for lane in self._opened)

    def _make_lanes(self, timing: Timing) -> tuple[dict[Lane, LaneWork], int]:
        """Return the lanes, and the number of concurrent calls."""
        settings, opened = self._client.settings, self._opened
        pace, most = paces(settings), concurrency(settings, self._options.concurrency)
        size, is_made = self._campaign.chunk_size, self._messages.kind == "function"
        lanes = {
            lane: LaneWork(
                lane,
                is_open=lane in opened,
                is_made=is_made,
                pace=pace[lane],
                allowed=timing.allows(pace[lane].recipients),
                size=size,
                most=most,
            )
            for lane in Lane
        }
        return lanes, most

    async def _wait_for(self, context: RunContext, feeders: list[_Task], senders: list[_Task]) -> None:
        """Wait until all is sent, or the run must end early."""
        halted = asyncio.create_task(context.halted.wait(), name="tim_async: campaign")
        pending: set[asyncio.Task[Any]] = {*feeders, *senders}
        try:
            while pending and not halted.done():
                _, pending = await asyncio.wait({*pending, halted}, return_when=asyncio.FIRST_COMPLETED)
                pending.discard(halted)
        finally:
            halted.cancel()

    async def _drain(
        self,
        context: RunContext,
        lanes: dict[Lane, LaneWork],
        feeders: list[_Task],
        senders: list[_Task],
        verifier: Verifier,
    ) -> None:
        """End the feeders, and give calls in transit time to finish."""
        while any(not feeder.done() for feeder in feeders):
            for work in lanes.values():
                work.clear()
            verifier.drop()
            await context.wake()
            await asyncio.wait(feeders, timeout=_POLL_INTERVAL_S)
        busy = [sender for sender in senders if not sender.done() and sender not in self._idle]
        if busy:
            await asyncio.wait(busy, timeout=_SHUTDOWN_TIMEOUT_S)

    async def _send(self, context: RunContext, work: LaneWork, sender: ChunkSender) -> None:
        task = asyncio.current_task()
        while context.stop is None:
            self._idle.add(task)
            item = await work.queue.get()
            self._idle.discard(task)
            if item is None:
                return
            chunk, recipient = item
            if recipient is None:
                await sender.send_chunk(chunk)
            else:
                await sender.send_one(chunk, recipient)
            await context.close_if_settled(chunk)

    def _start(self, context: RunContext, work: Coroutine[Any, Any, None]) -> _Task:
        """Start a task whose failure ends the run in order, instead of cancelling the other tasks."""
        return asyncio.create_task(self._guarded(work), name="tim_async: campaign")

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except LedgerError as error:
            self._on_ledger_error(error)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - raised again when all is in order
            self._failure = self._failure or error
            if self._context is not None:
                self._context.halt(Stop("stopped", f"{type(error).__name__}: {error}"))

    def _on_ledger_error(self, error: LedgerError) -> None:
        if self._context is not None:
            self._context.halt(self._source.stop_for(error))

    # Progress

    async def _tick(self, gate: Gate, tally: Tally) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while self._on_progress is not None:
            await self._report_progress(gate, tally, loop.time() - began)
            await asyncio.sleep(self._progress_every_s)

    async def _report_progress(self, gate: Gate, tally: Tally, elapsed_s: float) -> None:
        if self._on_progress is None:
            return
        progress = tally.progress(
            self._campaign.name,
            now=asyncio.get_running_loop().time(),
            elapsed_s=elapsed_s,
            cap=self._cap,
            in_force=pace_in_force(self._client, self._opened),
        )
        progress = timed(progress, gate.timing, self._wall())
        if self._held_up is not None and self._held_up.reason:
            progress = msgspec.structs.replace(progress, held_up=self._held_up.reason)
        result = self._on_progress(progress)
        if inspect.isawaitable(result):
            await result


async def _hand_back(context: RunContext) -> None:
    """Settle the chunks in flight: unsent recipients go back, possibly sent ones stay in flight."""
    at_work = [chunk for chunk in context.active.values() if not chunk.is_closing]
    for chunk in at_work:
        untouched = [each for each in chunk.recipients.values() if each.ordinal not in chunk.doubtful]
        context.reassign(chunk, untouched, is_try=False)
    if context.writer.error is None:
        # Concurrently: there may be many with a recipient in doubt, and each commit takes time.
        await asyncio.gather(
            *(
                context.writer.close(
                    chunk.number, chunk.reassignments(), is_done=not chunk.recipients, is_kept=chunk.has_unknown
                )
                for chunk in at_work
            )
        )
