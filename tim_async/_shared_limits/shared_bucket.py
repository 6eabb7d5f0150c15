"""One limit that processes share, as one of them knows it."""

from __future__ import annotations

import math
from typing import Final

from .._api.endpoint import Rate
from .._core.bucket import burst_limit
from .._core.grant_window import BURST_MARGIN_S
from .._core.rate_limits import LATE_CLOCK_S
from .known_share import KnownShare
from .lateness import Lateness
from .link import MAX_CLOCK_DRIFT, US_PER_S, BucketState

# Units are rounded on their way to the store and back.
_UNIT_ROUNDING: Final = 1.0001
# The part of a limit that a larger tolerance may cost.
_LARGEST_LATE_PART: Final = 0.1
# The state in the store outlives the last request by 2 s; after a longer pause others may have started a new one.
_LONGEST_PAUSE_S: Final = 1.5


def unit_s(rate: Rate, tolerance: float) -> float:
    """Return the seconds that one unit of a limit takes in its timeline.

    Calls are made up to `tolerance` after their reserved moment. The moments of the calls made in a window of `per` lie
    in a window longer by that, and all but the last call's time lie completely in it: at most `limit - max_cost` units,
    plus the last call. A limit without a pace has no timeline; the result is then the unit's part of the window.
    """
    largest = 1 if rate.is_counted else rate.max_cost
    return (rate.per * (1 + MAX_CLOCK_DRIFT) + tolerance + LATE_CLOCK_S) / (rate.limit + 1 - largest)


def window_s(rate: Rate, tolerance: float) -> float:
    """Return the seconds for which a reservation may matter after its moment.

    It may be used up to `tolerance` later, and bursts leave together and spread out on the way to the service.
    """
    return rate.per * (1 + MAX_CLOCK_DRIFT) + tolerance + LATE_CLOCK_S + BURST_MARGIN_S


class SharedBucket:
    """One limit as this process knows it.

    Attributes:
        rate: the limit.
        name: its name in the store.
        label: its name in messages.
        late_unit: length of a unit in microseconds while a process is starved.
        shared_unit: the length configured for all, which another process may have made longer.
        length: the length in force at the last reply, when refusals had made it longer still.
        share: the share of its flow that is left after refusals.
        tail: the first free moment as last reported, in microseconds of the server's clock.
        bursts_until: when the last burst leaves the window, in microseconds of the server's clock; 0.0 for no burst.
    """

    __slots__ = (
        "__weakref__",
        "_late_tolerance",
        "_late_window_s",
        "_lateness",
        "_room",
        "_seen_at",
        "_spaced_from",
        "_spacing_sent_at",
        "_unit",
        "_window_s",
        "bursts_until",
        "label",
        "late_unit",
        "length",
        "name",
        "rate",
        "share",
        "shared_unit",
        "tail",
    )

    def __init__(self, rate: Rate, name: str, label: str, lateness: Lateness) -> None:
        self.rate = rate
        self.name = name
        self.label = label
        late = self._late_tolerance = max(
            lateness.tolerance, min(lateness.late_tolerance, _LARGEST_LATE_PART * rate.per)
        )
        self._lateness = lateness
        self._unit, self._window_s = unit_s(rate, lateness.tolerance) * US_PER_S, window_s(rate, lateness.tolerance)
        self.late_unit, self._late_window_s = unit_s(rate, late) * US_PER_S, window_s(rate, late)
        self._spaced_from = math.inf
        self._spacing_sent_at = -math.inf
        self.shared_unit = self.length = self.unit
        self.share = KnownShare(self.unit)
        self.tail = 0.0
        self.bursts_until = 0.0
        self._room = 0.0  # units that could burst at the last reply
        self._seen_at = -math.inf  # local time of that reply

    @property
    def unit(self) -> float:
        """Length of a unit in microseconds, by this process's settings and lateness."""
        return self.late_unit if self._lateness.is_starved else self._unit

    @property
    def window_s(self) -> float:
        """The seconds for which a reservation may matter after its moment."""
        return self._late_window_s if self._lateness.is_starved else self._window_s

    def note_spacing(self, unit: float, tail: float, *, sent_at: float, received_at: float) -> None:
        """Record that a request asked for a unit, and which moments were reserved until then.

        The larger tolerance is valid for reservations among those that lie farther apart: all from the `tail` that the
        first request for that unit found. A window that begins with late calls of those contains no others. One that
        begins earlier has calls with the usual tolerance at its beginning, and is no fuller than usual. The state in
        the store keeps a longer unit for a minute after the last request for it, when late calls have left the window.

        Args:
            unit: the unit that the request asked for.
            tail: the first free moment after it.
            sent_at: local time.
            received_at: local time.
        """
        if unit < self.late_unit:
            self._spaced_from = math.inf
        elif self._spaced_from == math.inf or received_at - self._spacing_sent_at > _LONGEST_PAUSE_S:
            self._spaced_from = tail
        self._spacing_sent_at = sent_at

    def forget_spacing(self) -> None:
        """Record that the store has lost its state."""
        self._spaced_from = math.inf

    def tolerance_at(self, at: float) -> float:
        """Return the seconds for which a reservation at the moment `at` can be used."""
        # If others have a longer unit still, another limit is in force, and their tolerance is unknown.
        is_spaced = at >= self._spaced_from and self.shared_unit <= self.unit * _UNIT_ROUNDING
        return self._late_tolerance if is_spaced and self._lateness.is_starved else self._lateness.tolerance

    @property
    def has_smaller_limit_elsewhere(self) -> bool:
        """Whether another process has a smaller limit, or a larger tolerance than a starved one."""
        return self.shared_unit > self.late_unit * _UNIT_ROUNDING

    def update(self, state: BucketState, now: float) -> None:
        """Take into account a reply that arrived at a local time."""
        self.tail, self.length = state.tail, state.length
        self.shared_unit = state.unit if state.unit > self.unit * _UNIT_ROUNDING else self.unit
        self.share.update(state.share)
        self._room, self._seen_at, self.bursts_until = state.room, now, state.bursts_until

    def room(self, now: float) -> float:
        """Return the units that can burst, as far as known: grants of others since then are not."""
        return burst_limit(self.rate) if now - self._seen_at > self.window_s else self._room


BucketPart = tuple[SharedBucket, int, float]
"""What a reservation takes of a bucket: the bucket, units, and their length in microseconds, 0.0 for a burst."""
