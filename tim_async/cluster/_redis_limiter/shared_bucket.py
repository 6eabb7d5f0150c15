"""One limit that processes share, as one of them knows it."""

from __future__ import annotations

import math
from typing import Final

from ..._api.endpoint import Rate
from ..._core.bucket import burst_limit
from ..._core.grant_window import BURST_MARGIN_S
from ..._core.rate_limits import LATE_CLOCK_S
from .known_share import KnownShare
from .redis_link import MAX_CLOCK_DRIFT, US_PER_S, BucketState

# Units are rounded on their way to Redis and back.
_UNIT_ROUNDING: Final = 1.0001


def unit_s(rate: Rate, tolerance: float) -> float:
    """Return the seconds that one unit of a limit takes in its timeline.

    Calls are made up to `tolerance` after their reserved moment. The moments of the calls made in a window of `per` lie
    in a window longer by that, and all but the last call's time lie in it completely: at most `limit - max_cost` units,
    and the last call.
    """
    return (rate.per * (1 + MAX_CLOCK_DRIFT) + tolerance + LATE_CLOCK_S) / (rate.limit + 1 - rate.max_cost)


def window_s(rate: Rate, tolerance: float) -> float:
    """Return the seconds for which a reservation may matter after its moment.

    It may be used up to `tolerance` later, and bursts leave together and spread out on the way to the service.
    """
    return rate.per * (1 + MAX_CLOCK_DRIFT) + tolerance + LATE_CLOCK_S + BURST_MARGIN_S


class SharedBucket:
    """One limit as this process knows it.

    Attributes:
        rate: the limit.
        name: its key in Redis.
        label: its name in messages.
        unit: length of a unit in microseconds, by this process's settings.
        shared_unit: the length that is configured for all, which another process may have made longer.
        length: the length in force at the last reply, when refusals had made it longer still.
        share: the share of its flow that is left after refusals.
        tail: the first free moment as last reported, in microseconds of the server's clock.
        bursts_until: when the last burst leaves the window, in microseconds of the server's clock; 0.0 for no burst.
        window_s: the seconds for which a reservation may matter after its moment.
    """

    __slots__ = (
        "__weakref__",
        "_room",
        "_seen_at",
        "bursts_until",
        "label",
        "length",
        "name",
        "rate",
        "share",
        "shared_unit",
        "tail",
        "unit",
        "window_s",
    )

    def __init__(self, rate: Rate, name: str, label: str, tolerance: float) -> None:
        self.rate = rate
        self.name = name
        self.label = label
        self.unit = self.shared_unit = self.length = unit_s(rate, tolerance) * US_PER_S
        self.share = KnownShare(self.unit)
        self.tail = 0.0
        self.window_s = window_s(rate, tolerance)
        self.bursts_until = 0.0
        self._room = 0.0  # units that could burst at the last reply
        self._seen_at = -math.inf  # local time of that reply

    def update(self, state: BucketState, now: float) -> None:
        """Take a reply into account that came at a local time."""
        self.tail, self.length = state.tail, state.length
        self.shared_unit = state.unit if state.unit > self.unit * _UNIT_ROUNDING else self.unit
        self.share.update(state.share)
        self._room, self._seen_at, self.bursts_until = state.room, now, state.bursts_until

    def room(self, now: float) -> float:
        """Return the units that can burst, as far as known: what was granted meanwhile by others is not."""
        return burst_limit(self.rate) if now - self._seen_at > self.window_s else self._room


BucketPart = tuple[SharedBucket, int, float]
"""What a reservation takes of a bucket: the bucket, units, and their length in microseconds, 0.0 for a burst."""
