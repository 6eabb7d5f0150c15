"""The two ways to the service, how fast each may be, and how many calls keep it busy."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from ..._api.endpoint import Endpoint, Rate
from ..._core.config import Settings
from ..._core.rate_limits import shape
from ...families.c2c import C2C
from ...models.c2c import MAX_BATCH
from .._ledger.options import Lanes
from .._ledger.records import Chunk, Person
from .._ledger.schema import Lane
from .context import Job

# The service may take seconds for an answer; most take a tenth of one.
_ANSWER_S: Final = 0.5
_MIN_CHUNK: Final = 50
# Where limits are high, commits must not be what holds a campaign up.
_TOGETHER_S: Final = 0.25
_MOST_TOGETHER: Final = 16
# Interactive calls of the same client want connections, too.
_OF_POOL: Final = 0.75

Item = tuple[Job, Person | None]


class Pace(msgspec.Struct, kw_only=True, frozen=True):
    """How fast a lane may be.

    Attributes:
        calls: calls a second.
        people: recipients a second, whatever is in a call.
    """

    calls: float
    people: float

    def seconds(self, recipients: int, in_a_call: int) -> float:
        """Return how long so many recipients take."""
        return max(recipients / self.people, math.ceil(recipients / in_a_call) / self.calls)


def paces(settings: Settings) -> Mapping[Lane, Pace]:
    """Return how fast the lanes are at the limits in force, as the limiter keeps them."""
    return {
        Lane.SINGLE: _pace(settings, C2C.send),
        Lane.BATCH: _pace(settings, C2C.send_batch),
    }


def _pace(settings: Settings, endpoint: Endpoint[..., Any]) -> Pace:
    rates: Sequence[Rate] = settings.rates(endpoint.command, endpoint.limits)
    calls = min((shape(rate)[1] for rate in rates if rate.cost is None), default=math.inf)
    people = min((shape(rate)[1] for rate in rates if rate.cost is not None), default=math.inf)
    if settings.app_rate is not None:
        calls = min(calls, shape(settings.app_rate)[1])
    if endpoint is C2C.send:
        people = min(people, calls)
    return Pace(calls=calls, people=min(people, calls * MAX_BATCH))


def chunk_size(pace: Pace, given: int | None) -> int:
    """Return how many recipients a chunk has.

    Enough for a batch lane that is held up by deliveries and not by calls, twice over; and not more than that, as a
    chunk is the unit that is repeated, verified, and shared between the lanes.
    """
    if given is not None:
        return given
    return min(max(_MIN_CHUNK, math.ceil(2 * pace.people / pace.calls)), MAX_BATCH)


def fresh_lanes(lanes: Lanes, *, is_fixed: bool, fits_a_batch: bool) -> tuple[Lane, ...]:
    """Return the lanes for chunks that were not begun."""
    may_batch = is_fixed and fits_a_batch
    if lanes == "auto":
        return (Lane.BATCH,) if may_batch else (Lane.SINGLE,)
    if lanes == "both" and may_batch:
        return (Lane.SINGLE, Lane.BATCH)
    return (Lane.BATCH,) if lanes == "batch" else (Lane.SINGLE,)


def concurrency(settings: Settings, given: int | None) -> int:
    """Return how many calls are made at a time."""
    return given or max(1, int(settings.pool_size * _OF_POOL))


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
            calls = min(pace.calls, pace.people / size)
            # Each has a chunk that the other lane could have: no more than are needed.
            self.senders = min(max(2, math.ceil(calls * _ANSWER_S) + 1), most)
        # One by one, chunks' worth waits here, so that a slow disk holds nobody up: the next one is written ahead
        # meanwhile. A batch is a chunk's worth by itself.
        self.queue: asyncio.Queue[Item | None] = asyncio.Queue(max(most, 2 * size) if lane is Lane.SINGLE else 1)
        self.together = min(max(1, math.ceil(pace.people * _TOGETHER_S / size)), _MOST_TOGETHER)
        # As many as a function makes at a time, while one feeder queues and another is at the end of its chunk.
        self.feeders = math.ceil(most / (size * self.together)) + 2 if is_open and is_made else 1
        self.door = asyncio.Lock()
        self.repeats: deque[Chunk] = deque()
