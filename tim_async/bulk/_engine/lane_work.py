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
_ANSWER_S: Final = 0.5
# Where limits are high, commits must not be what holds a campaign up.
_TOGETHER_S: Final = 0.25
_MOST_TOGETHER: Final = 16

Item = tuple[ActiveChunk, RecipientRow | None]


class LaneWork:
    """What waits in a lane.

    Attributes:
        lane: which one.
        is_open: whether chunks that were not begun go here.
        senders: calls at a time.
        feeders: who make its messages, each for some chunks at a time: one, but where a function makes them.
        door: those who write ahead and queue pass it one by one: what is written ahead is not to wait for long.
        together: chunks that are written ahead in one go: a quarter of a second's worth.
        queue: what is to be sent: a recipient of a chunk, or a whole chunk; None ends a sender.
        repeats: chunks that were begun here and are to be carried on.
    """

    def __init__(self, lane: Lane, *, is_open: bool, is_made: bool, pace: Pace, size: int, most: int) -> None:
        self.lane = lane
        self.is_open = is_open
        if lane is Lane.SINGLE:
            self.senders = most
        else:
            calls = min(pace.calls, pace.recipients / size)
            # Each has a chunk that the other lane could have: no more than are needed.
            self.senders = min(max(2, math.ceil(calls * _ANSWER_S) + 1), most)
        # One by one, chunks' worth waits here, so that a slow disk holds nobody up: the next one is written ahead
        # meanwhile. A batch is a chunk's worth by itself.
        self.queue: asyncio.Queue[Item | None] = asyncio.Queue(max(most, 2 * size) if lane is Lane.SINGLE else 1)
        self.together = min(max(1, math.ceil(pace.recipients * _TOGETHER_S / size)), _MOST_TOGETHER)
        # As many as a function makes at a time, while one feeder queues and another is at the end of its chunk.
        self.feeders = math.ceil(most / (size * self.together)) + 2 if is_open and is_made else 1
        self.door = asyncio.Lock()
        self.repeats: deque[Chunk] = deque()
