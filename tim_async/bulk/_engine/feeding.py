"""Feeding: takes chunks from their source, makes their messages, writes them ahead and queues them in the lanes.

A feeder makes all messages of a chunk and writes them ahead before it queues the first. If a function makes the
messages, a lane has several feeders: some wait for the function while another queues. Queues are short, because all
that was started is in flight if the process dies. A chunk that another run started goes to the lane it was started in,
or to the verifier if it is too late for a repeat.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Mapping
from typing import Final

import msgspec

from ...errors import UsageError
from .._ledger.records import Chunk, RecipientRow, SendStart
from .._ledger.schema import ChunkState, Lane
from .._message.rendering import MessageSource, Renderer
from .context import ActiveChunk, RunContext
from .importing import import_missing
from .lane_work import LaneWork
from .source import ChunkSource
from .verification import Verifier

# Chunks claimed at a time: few, so that both lanes finish together.
_CHUNKS_PER_CLAIM: Final = 4
# Chunks left by other runs that may wait for their lane.
_MAX_REPEATS: Final = 16
# At a low rate of the campaign's own: the seconds' worth written ahead, and how often to check whether it was sent.
_MAX_BACKLOG_S: Final = 5.0
_BACKLOG_INTERVAL_S: Final = 0.2


class Feeder:
    """Feeds the lanes of a run: `run` is the loop of one feeder.

    Args:
        context: of the run.
        source: supplies the chunks.
        lanes: the queues of each lane.
        messages: makes the messages.
        renderer: renders the messages of a chunk.
        verifier: takes recipients for which a repeat would be too late.
    """

    def __init__(
        self,
        context: RunContext,
        source: ChunkSource,
        lanes: Mapping[Lane, LaneWork],
        messages: MessageSource,
        renderer: Renderer,
        verifier: Verifier,
    ) -> None:
        self._context = context
        self._source = source
        self._lanes = lanes
        self._messages = messages
        self._renderer = renderer
        self._verifier = verifier
        self._claim_limit = max(_CHUNKS_PER_CLAIM, *(work.chunks_per_commit for work in lanes.values()))
        self._fresh: deque[Chunk] = deque()
        self._feeding = 0  # feeders whose chunk is not active yet, or not fully queued

    async def run(self, work: LaneWork) -> None:
        """Feed a lane until there is nothing more, or the run ends."""
        context = self._context
        while found := await self._next(work):
            try:
                if not all(await asyncio.gather(*(self._make_messages(chunk) for chunk in found))):
                    return
                async with work.queueing:
                    if context.gate.rates:
                        await self._wait_for_turns(work)
                    if context.stop is not None:
                        return
                    for chunk in await asyncio.gather(*(self._open(work.lane, chunk) for chunk in found)):
                        if chunk is not None:
                            await self._queue(work, chunk)
            finally:
                self._feeding -= 1
            await context.wake()
        work.feeders -= 1
        if context.stop is None and not work.feeders:
            for _ in range(work.senders):
                await work.queue.put(None)

    async def _wait_for_turns(self, work: LaneWork) -> None:
        """Wait while the campaign's own rate is low: messages that are written ahead must be sent soon."""
        context, size = self._context, 1 if work.lane is Lane.SINGLE else self._context.campaign.chunk_size
        while context.gate.backlog_s(work.lane, size * work.queue.qsize()) > _MAX_BACKLOG_S:
            if await context.pause(_BACKLOG_INTERVAL_S):
                return

    async def _next(self, work: LaneWork) -> list[Chunk]:
        """Return chunks for a lane; an empty list at the end of the run."""
        context = self._context
        async with context.changed:
            while context.stop is None:
                repeats = sum(len(each.repeats) for each in self._lanes.values())
                if work.repeats or (work.is_open and self._fresh):
                    self._feeding += 1
                    return self._share(work)
                if not self._fresh and repeats < _MAX_REPEATS and await self._claim():
                    context.changed.notify_all()
                elif self._source.is_exhausted and not (context.active or self._feeding or self._fresh or repeats):
                    context.changed.notify_all()
                    return []
                else:
                    await context.changed.wait()
        return []

    def _share(self, work: LaneWork) -> list[Chunk]:
        """Return a lane's share of the chunks that are waiting."""
        waiting = work.repeats or self._fresh
        # Leave some for the other lane, so that both finish together. With a message function, one lane takes them all.
        is_shared = waiting is self._fresh and work.feeders == 1
        share = math.ceil(len(waiting) / 2) if is_shared else len(waiting)
        return [waiting.popleft() for _ in range(min(work.chunks_per_commit, share))]

    async def _claim(self) -> bool:
        """Claim some chunks and add them to those waiting; False when there are none."""
        claimed = await self._source.claim(self._claim_limit)
        for chunk in claimed:
            if chunk.state == ChunkState.SENDING and chunk.lane is not None:
                self._lanes[Lane(chunk.lane)].repeats.append(chunk)
            else:
                self._fresh.append(chunk)
        return bool(claimed)

    async def _make_messages(self, chunk: Chunk) -> bool:
        """Make the messages of a chunk; recipients without a message fail here. False if the run ends first."""
        if chunk.state == ChunkState.SENDING:
            return True
        if self._context.options.import_missing and not await import_missing(self._context, chunk):
            return False
        if self._messages.fixed is not None:
            chunk.body = self._messages.stored
            return True
        made = await self._renderer.render(chunk.recipients)
        if made is None:
            return False
        left: list[RecipientRow] = []
        for recipient, body in zip(chunk.recipients, made, strict=True):
            if isinstance(body, UsageError):
                await self._context.fail_before_sending(recipient, 0, body.message)
            else:
                left.append(msgspec.structs.replace(recipient, body=body))
        chunk.recipients = left
        return True

    async def _open(self, lane: Lane, chunk: Chunk) -> ActiveChunk | None:
        """Write a chunk ahead, or resume one that was started; None if there is nothing to send."""
        context = self._context
        if chunk.lease.is_lost:
            return None
        is_repeat = chunk.state == ChunkState.SENDING
        if not is_repeat:
            chunk.since = context.wall()
            is_ours = True
            if chunk.recipients:
                left_out = await context.writer.start(_start(chunk, lane, chunk.since))
                is_ours = left_out is not None
                if left_out:
                    context.leave_out(chunk, left_out)
            if is_ours and not chunk.recipients:
                await context.writer.close(chunk.number, [], is_done=True)
            if not is_ours or not chunk.recipients:
                await context.close(chunk.number)
                return None
        active = ActiveChunk(chunk, lane, chunk.since or 0.0, context.wall, is_repeat=is_repeat)
        context.active[active.number] = active
        return active

    async def _queue(self, work: LaneWork, chunk: ActiveChunk) -> None:
        """Queue a chunk; recipients for which a repeat would be too late go to the verifier."""
        if chunk.window_left() <= 0:
            await self._verifier.settle(chunk, list(chunk.recipients.values()))
        elif work.lane is Lane.BATCH:
            if chunk.recipients:
                await work.queue.put((chunk, None))
        else:
            for recipient in list(chunk.recipients.values()):
                await work.queue.put((chunk, recipient))
                if self._context.stop is not None:
                    return
        await self._context.close_if_settled(chunk)


def _start(chunk: Chunk, lane: Lane, since: float) -> SendStart:
    bodies = [(recipient.ordinal, recipient.body) for recipient in chunk.recipients if recipient.body is not None]
    return SendStart(number=chunk.number, lane=lane, since=since, body=chunk.body, bodies=bodies)
