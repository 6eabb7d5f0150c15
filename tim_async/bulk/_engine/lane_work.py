"""What waits in each of the two lanes, the two ways to the service."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import Final

from .._ledger.records import Chunk, RecipientRow
from .._ledger.schema import Lane
from .._plan.pacing import Pace
from .context import ActiveChunk

# The service may take seconds for an answer; most take a tenth of one.
_USUAL_ANSWER_S: Final = 0.5
# Where limits are high, commits must not be what holds a campaign up.
_SECONDS_PER_COMMIT: Final = 0.25
_MAX_CHUNKS_PER_COMMIT: Final = 16

QueuedItem = tuple[ActiveChunk, RecipientRow | None]


class LaneWork:
    """What waits in a lane.

    Attributes:
        lane: which one.
        is_open: whether chunks that were not started go here.
        senders: tasks that make calls.
        feeders: tasks that make its messages, each for some chunks at a time: one, unless a function makes them.
        queueing: held by the feeder that writes ahead and queues: what is written ahead is not to wait for long.
        chunks_per_commit: chunks that are written ahead in one go: what is sent in a quarter of a second.
        queue: what is to be sent: a recipient of a chunk, or a whole chunk; None ends a sender.
        repeats: chunks that were started here and are to be carried on.
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
            # Each has a chunk that the other lane could have: no more than are needed.
            self.senders = min(max(2, math.ceil(calls * _USUAL_ANSWER_S) + 1), most)
        # One by one, chunks' worth waits here, so that a slow disk holds no sender up: the next one is written ahead
        # meanwhile. A batch is a chunk's worth by itself.
        self.queue: asyncio.Queue[QueuedItem | None] = asyncio.Queue(max(most, 2 * size) if lane is Lane.SINGLE else 1)
        chunks = math.ceil(allowed * _SECONDS_PER_COMMIT / size)
        self.chunks_per_commit = min(max(1, chunks), _MAX_CHUNKS_PER_COMMIT)
        # As many as a function makes at a time, while one feeder queues and another is at the end of its chunk.
        self.feeders = math.ceil(most / (size * self.chunks_per_commit)) + 2 if is_open and is_made else 1
        self.queueing = asyncio.Lock()
        self.repeats: deque[Chunk] = deque()

    def clear(self) -> None:
        """Forget what is queued: it was not sent, and is not going to be."""
        while not self.queue.empty():
            self.queue.get_nowait()
