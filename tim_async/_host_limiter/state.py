"""The buckets of an app, as stored in the file and while a request is answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from .._shared_limits.link import BucketState, ReserveRequest
from .share import Share, StoredShare
from .timeline import Gaps, Timeline
from .window import Slice, Slices, width_of

_SECOND: Final = 1_000_000.0
# Another process's smaller limit counts for this long after its last request.
_SMALLER_LIMIT: Final = 60 * _SECOND
# How much longer than it matters a bucket is kept.
_BUCKET_TTL: Final = 2 * _SECOND
# A call younger than this is not counted yet: its refusal would not have been reported.
ANSWER_US: Final = 150_000.0
# A window of an hour or more is a quota: a lost one starts with nothing used, because no call can wait for its end.
_QUOTA: Final = 3600 * _SECOND
# If more of a window than this is used, nothing bursts: the pace is nearly as fast, and calls after a burst would wait.
_CALM_PART: Final = 0.75


class StoredApp(msgspec.Struct, array_like=True):
    """An app as it is stored. Times are microseconds.

    Attributes:
        epoch: identifies the state.
        seen: time of the last request.
        quiet: nothing is reserved before this time.
        lost_at: when an earlier state was lost: until then there may be bursts that this one does not know.
        unknown_until: the same for other reservations.
        slices: the reservations of all commands.
        flow: calls a second that its share refers to.
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
    """A bucket as it is stored. Times are microseconds; see `ReserveRequest` for most of the fields.

    Attributes:
        epoch: epoch of the state that it belongs to.
        kept_until: when a new one would be equivalent.
        unit_at: time of the last request by a process with this unit.
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
    """Stores an app and its buckets by name."""

    def app(self, name: str) -> StoredApp | None:
        """Return the app; None if it is not stored."""
        ...

    def bucket(self, name: str) -> StoredBucket | None:
        """Return a bucket; None if it is not stored."""
        ...

    def save(self, name: str, app: StoredApp, buckets: Sequence[tuple[str, StoredBucket]]) -> None:
        """Store the result of a request."""
        ...


class Bucket:
    """A bucket while a request is answered.

    Args:
        stored: its stored form; None for a new one.
        request: the request.
        index: its position among the buckets of the request, starting with 0.
        epoch: epoch of the state.
        now: the time.

    Attributes:
        part: the part of the configured flow that is in force.
        length: the length of a unit in force; 0.0 without a pace.
        held: units in the window.
        bursts: units of bursts in the window.
        bursts_until: when the last burst has left.
        paced_from: nothing is reserved before this time.
        bursts_from: nothing bursts before this time.
        is_calm: whether so little of the window is used that bursts are allowed.
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
            # Another process has a smaller limit: it applies to all processes while that one is active.
            self.unit, self.unit_at = stored.unit, stored.unit_at
            self.limit, self.burst_limit, self.window = stored.limit, stored.burst_limit, stored.window
        else:
            self.unit, self.unit_at = unit, now
            self.limit, self.burst_limit = request.limits[index], request.burst_limits[index]
            self.window = request.windows[index]
        self.width = width_of(self.window)
        # Without a pace, grants are only counted: they take no time of the timeline, and every reservation is a burst.
        self.is_counted = request.counted[index]
        if stored is None:
            self.timeline, self.slices = Timeline(0.0, 0.0, [], now), Slices([], self.width, now)
            self.share = Share(StoredShare(), self.unit)
        else:
            self.timeline = Timeline(stored.tail, stored.last, stored.gaps, now)
            self.slices = Slices(stored.slices, self.width, now - self.window)
            self.share = Share(stored.share, self.unit)
        if request.epoch != epoch:
            # The caller may hold or know reservations of an earlier epoch: their time must not be taken again.
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
        """Sum up what it holds, and determine its current speed."""
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
            # A burst uses only part of a long window. Its units would be missing at the end, so calls after it go
            # slower.
            taken = self.burst_limit if now < app.lost_at + self.window else self.bursts
            self.length /= max(1 - taken / self.limit, 1 - self.burst_limit / self.limit)

    def opens_at(self, start: float, units: int) -> float:
        """Return the first moment from `start` on with room for the units, whether or not the timeline is free then."""
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
        """Return whether a call may go now, regardless of the pace: nothing is reserved later, and there is room."""
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
        """Return its stored form."""
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
        """Return its state for the answer."""
        room = self.burst_limit * self.part - self.held if now >= self.bursts_from and self.is_calm else 0.0
        return BucketState(
            self.timeline.tail, self.unit, self.length, max(room, 0.0), self.bursts_until, self.share.state
        )
