"""The buckets of an app as they are kept in the file, and as they are while a request is answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from .._shared_limits.link import BucketState, ReserveRequest
from .share import Share, StoredShare
from .timeline import Gaps, Timeline
from .window import Slice, Slices, width_of

_SECOND: Final = 1_000_000.0
# The smaller limit of another process counts for this long after its last request.
_SMALLER_LIMIT: Final = 60 * _SECOND
# How much longer than it matters a bucket is kept.
_BUCKET_TTL: Final = 2 * _SECOND
# A call that is this young is not counted yet: its refusal would not have been reported.
ANSWER_US: Final = 150_000.0
# A window from an hour on is a quota: one that was lost begins again with nothing used, as no call can wait for its
# end.
_QUOTA: Final = 3600 * _SECOND
# Where more of a window is in use, nothing bursts: the pace is nearly as fast, and those after a burst would wait.
_CALM_PART: Final = 0.75


class StoredApp(msgspec.Struct, array_like=True):
    """An app as it is kept. Times are microseconds.

    Attributes:
        epoch: identifies the state.
        seen: when the last request came.
        quiet: nothing is reserved before.
        lost_at: when an earlier state was lost: there may be bursts until then that this one does not know.
        unknown_until: the same for other reservations.
        slices: the reservations of all commands.
        flow: calls a second that its share is of.
        share: its share.
    """

    epoch: str
    seen: float
    quiet: float
    lost_at: float
    unknown_until: float
    slices: list[Slice]
    flow: float
    share: StoredShare


class StoredBucket(msgspec.Struct, array_like=True):
    """A bucket as it is kept. Times are microseconds; most are explained in `ReserveRequest`.

    Attributes:
        epoch: of the state that it belongs to.
        kept_until: when a new one would be just the same.
        unit_at: when a process with this unit last made a request.
    """

    epoch: str
    kept_until: float
    tail: float
    last: float
    gaps: Gaps
    slices: list[Slice]
    unit: float
    unit_at: float
    limit: int
    burst_limit: float
    window: float
    share: StoredShare


class Store(Protocol):
    """Keeps an app and its buckets by their names."""

    def app(self, name: str) -> StoredApp | None:
        """Return the app; None if it is not kept."""
        ...

    def bucket(self, name: str) -> StoredBucket | None:
        """Return a bucket; None if it is not kept."""
        ...

    def save(self, name: str, app: StoredApp, buckets: Sequence[tuple[str, StoredBucket]]) -> None:
        """Keep what a request left."""
        ...


class Bucket:
    """A bucket while a request is answered.

    Args:
        stored: as it is kept; None for a new one.
        request: what is asked for.
        index: its position among the buckets of the request, beginning with 0.
        epoch: of the state.
        now: the time.

    Attributes:
        part: which part of what is configured is in force.
        length: the length of a unit in force; 0.0 without a pace.
        held: units in the window.
        bursts: those of bursts.
        bursts_until: when the last burst has left.
        paced_from: nothing is reserved before.
        bursts_from: nothing bursts before.
        is_calm: whether so little of the window is in use that there may be bursts.
    """

    __slots__ = (
        "burst_limit",
        "bursts",
        "bursts_from",
        "bursts_until",
        "held",
        "is_calm",
        "is_counted",
        "length",
        "limit",
        "paced_from",
        "part",
        "share",
        "slices",
        "timeline",
        "unit",
        "unit_at",
        "width",
        "window",
    )

    def __init__(
        self, stored: StoredBucket | None, request: ReserveRequest, index: int, *, epoch: str, now: float
    ) -> None:
        unit = request.units[index]
        if stored is not None and stored.unit > unit and now - stored.unit_at < _SMALLER_LIMIT:
            # Another process has a smaller limit: it applies to all for as long as that process is active.
            self.unit, self.unit_at = stored.unit, stored.unit_at
            self.limit, self.burst_limit, self.window = stored.limit, stored.burst_limit, stored.window
        else:
            self.unit, self.unit_at = unit, now
            self.limit, self.burst_limit = request.limits[index], request.burst_limits[index]
            self.window = request.windows[index]
        self.width = width_of(self.window)
        # What has no pace is only counted: it takes no time of the timeline, and every reservation is a burst.
        self.is_counted = request.counted[index]
        if stored is None:
            self.timeline, self.slices = Timeline(0.0, 0.0, [], now), Slices([], self.width, now)
            self.share = Share(StoredShare(), self.unit)
        else:
            self.timeline = Timeline(stored.tail, stored.last, stored.gaps, now)
            self.slices = Slices(stored.slices, self.width, now - self.window)
            self.share = Share(stored.share, self.unit)
        if request.epoch != epoch:
            # The caller may hold reservations of an earlier epoch, or know of some: their time must not be taken again.
            self.timeline.tail = max(self.timeline.tail, min(request.tails[index], now + self.window))
            self.timeline.last = max(self.timeline.last, self.timeline.tail)
        self.share.ahead, self.share.units_ahead = self.slices.sum_after(now + self.width - ANSWER_US)
        self.held = self.bursts = 0
        self.bursts_until = self.paced_from = self.bursts_from = 0.0
        self.part, self.length, self.is_calm = 1.0, self.unit, True

    def give_back(self, now: float, at: float, units: int, length: float) -> None:
        """Take back a reservation; one that took no time was a burst."""
        self.timeline.release(now, at, at + length)
        if self.slices.take_off(at, units, 0 if length else units):
            self.share.count_return(at, units)

    def prepare(self, app: StoredApp, now: float, app_part: float) -> None:
        """Sum up what it holds, and how fast it goes now."""
        for ends, units, bursts, _ in self.slices.slices:
            self.held += units
            self.bursts += bursts
            if bursts:
                self.bursts_until = ends + self.window
        self.part = self.share.at(now) * app_part
        self.length = self.unit / self.part
        self.paced_from, self.bursts_from = app.quiet, app.unknown_until + self.window
        self.is_calm = self.held <= _CALM_PART * self.limit * self.part
        if self.is_counted:
            self.length, self.is_calm = 0.0, True
            if self.window < _QUOTA:
                self.paced_from = max(app.quiet, app.lost_at + self.window)
            self.bursts_from = self.paced_from
        elif self.burst_limit >= self.limit:
            # A burst may have used up the window.
            self.paced_from = max(app.quiet, app.lost_at + self.window)
        else:
            # Of a long window a burst leaves a part. What it took would be missing at the end, so those after it go
            # slower.
            taken = self.burst_limit if now < app.lost_at + self.window else self.bursts
            self.length /= max(1 - taken / self.limit, 1 - self.burst_limit / self.limit)

    def opens_at(self, start: float, units: int) -> float:
        """Return the first moment from `start` on with room for so many units, though nothing need be free then."""
        if start >= self.bursts_until:
            return start
        excess, opens = self.held + units - self.limit * self.part, start
        for ends, held, _, _ in self.slices.slices:
            if excess <= 0:
                break
            excess -= held
            opens = max(start, ends + self.window)
        return min(opens, self.bursts_until)

    def may_burst(self, now: float, units: int) -> bool:
        """Return whether a call may go now, whatever the pace says: nothing is reserved beyond, and there is room."""
        is_next = self.is_counted or self.timeline.last <= now or self.timeline.earliest(now, self.length) == now
        has_room = self.held + units <= self.burst_limit * self.part
        return is_next and has_room and self.is_calm and now >= self.bursts_from

    def reserve(self, now: float, at: float, units: int, *, is_burst: bool) -> None:
        """Give a reservation."""
        if not (is_burst or self.is_counted):
            self.timeline.take(now, at, units * self.length, self.unit)
        bursts = units if is_burst or self.is_counted else 0
        ends = self.slices.add(at, units, bursts)
        self.held += units
        self.bursts += bursts
        if bursts:
            self.bursts_until = max(self.bursts_until, ends + self.window)
        self.share.count_grant(now, at, units)

    def stored(self, epoch: str, now: float) -> StoredBucket:
        """Return it as it is kept."""
        slices, timeline = self.slices.slices, self.timeline
        newest = slices[-1][0] + self.window - now if slices else 0.0
        left = max(0.0, timeline.tail - now, self.share.kept_for, newest)
        return StoredBucket(
            epoch,
            now + left + _BUCKET_TTL,
            timeline.tail,
            timeline.last,
            timeline.gaps,
            slices,
            self.unit,
            self.unit_at,
            self.limit,
            self.burst_limit,
            self.window,
            self.share.stored,
        )

    def state(self, now: float) -> BucketState:
        """Return it as it is answered."""
        room = self.burst_limit * self.part - self.held if now >= self.bursts_from and self.is_calm else 0.0
        return BucketState(
            self.timeline.tail, self.unit, self.length, max(room, 0.0), self.bursts_until, self.share.state
        )
