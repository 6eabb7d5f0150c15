"""The queues of the two lanes, sendmsg and batchsendmsg."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import Final

from .._ledger.records import Chunk, RecipientRow
from .._ledger.schema import Lane
from .._plan.pacing import Pace
from .context import ActiveChunk

# An answer may take seconds; most take a tenth of one.
_USUAL_ANSWER_S: Final = 0.5
# Where limits are high, commits must not slow a campaign down.
_SECONDS_PER_COMMIT: Final = 0.25
_MAX_CHUNKS_PER_COMMIT: Final = 16

QueuedItem = tuple[ActiveChunk, RecipientRow | None]


class LaneWork:
    """The queue of a lane.

    Attributes:
        lane: which one.
        is_open: whether new chunks go here.
        senders: tasks that make calls.
        feeders: tasks that make its messages, each for a few chunks at a time: one, unless a function makes them.
        queueing: held by the feeder that writes ahead and queues: what is written ahead must not wait for long.
        chunks_per_commit: chunks that are written ahead in one commit: what is sent in a quarter of a second.
        queue: what is to be sent: a recipient of a chunk, or a whole chunk; None ends a sender.
        repeats: chunks that were started here and are to be continued.
    """

    def __init__(
        self, lane: Lane, *, is_open: bool, is_made: bool, pace: Pace, allowed: float, size: int, most: int
    ) -> None:
        self.lane = lane
        self.is_open = is_open
        if lane is Lane.SINGLE:
            self.senders = most
        else:
            calls = min(pace.calls, pace.recipients / size)
            # Each holds a chunk that the other lane could have: no more than are needed.
            self.senders = min(max(2, math.ceil(calls * _USUAL_ANSWER_S) + 1), most)
        # For single sends, some chunks' worth waits here, so that a slow disk blocks no sender: the next chunk is
        # written ahead meanwhile. A batch is a whole chunk already.
        self.queue: asyncio.Queue[QueuedItem | None] = asyncio.Queue(max(most, 2 * size) if lane is Lane.SINGLE else 1)
        chunks = math.ceil(allowed * _SECONDS_PER_COMMIT / size)
        self.chunks_per_commit = min(max(1, chunks), _MAX_CHUNKS_PER_COMMIT)
        # As many as the function makes concurrently, plus one feeder that queues and one that finishes its chunk.
        self.feeders = math.ceil(most / (size * self.chunks_per_commit)) + 2 if is_open and is_made else 1
        self.queueing = asyncio.Lock()
        self.repeats: deque[Chunk] = deque()

    def clear(self) -> None:
        """Drop what is queued: it was not sent, and will not be."""
        while not self.queue.empty():
            self.queue.get_nowait()
