"""The interface to the store of the shared limits: requests, answers, and its clock."""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

from .outage import Outage

US_PER_S: Final = 1e6
# A clock that is being slewed runs at most 500 ppm too fast or too slow.
MAX_CLOCK_DRIFT: Final = 0.0005


class ReserveRequest(msgspec.Struct, kw_only=True):
    """A request to the store. Times are microseconds; buckets are given by position, starting with 1.

    Attributes:
        epoch: the epoch of the reservations the caller holds, "" for none.
        number: increases with every request of a limiter, so that a repeated request gives back and reports only once.
        ahead: how far ahead reservations are usually made.
        quiet: make no reservation earlier than this long from now.
        units: the length of one unit, by bucket.
        limits: the units that a window may hold, by bucket.
        burst_limits: the units of a window that bursts may use, by bucket.
        counted: whether it has no pace and only counts, by bucket.
        windows: how long a reservation may matter after its moment, by bucket.
        tails: the first free moment as the caller last knew it, by bucket.
        batches: the reservation batches wanted, most urgent first: their number, the bucket and units of each cost, and
            how many of them (or more) may be bursts.
        back: the reservations given back: the moment, and the bucket, units and length of each cost, 0.0 for a burst.
        refused: the calls that the service refused: the bucket concerned, 0 for the app, and the call's moment.
    """

    epoch: str
    number: int
    ahead: float
    quiet: float
    units: list[float]
    limits: list[int]
    burst_limits: list[float]
    counted: list[bool]
    windows: list[float]
    tails: list[float]
    batches: list[tuple[int, list[tuple[int, int]], int]]
    back: list[tuple[float, list[tuple[int, int, float]]]]
    refused: list[tuple[int, float]]


class ShareState(msgspec.Struct, array_like=True):
    """A share as the store reports it: its value after the last cut, when that was, a beat, whether it is new."""

    base: float
    cut_at: float
    beat: float
    was_cut: bool


class BucketState(msgspec.Struct, array_like=True):
    """A bucket as the store reports it.

    Attributes:
        tail: the first free moment.
        unit: the length of a unit as configured.
        length: its length in force.
        room: the units that can burst.
        bursts_until: when the last burst leaves the window, 0 for no burst.
        share: its share.
    """

    tail: float
    unit: float
    length: float
    room: float
    bursts_until: float
    share: ShareState


class ReserveReply(msgspec.Struct):
    """The store's answer. Times are microseconds of its clock.

    Attributes:
        epoch: identifies the state; a new one means that the earlier state was lost.
        now: the server's time.
        flow: calls of the app a second that its share refers to.
        app: the app's share.
        batches: the moments reserved at the pace, by batch.
        bursts: how many more reservations are for now, by batch.
        buckets: the current state of the buckets.
    """

    epoch: str
    now: float
    flow: float
    app: ShareState
    batches: list[list[float]]
    bursts: list[int]
    buckets: list[BucketState]


class ServerClock:
    """The server's clock in terms of the local one.

    Every reply says that the server's time was `now` at some moment between sending and receiving. The difference of
    the clocks therefore lies between two bounds, and the bounds of many replies together are tighter than those of one.

    Attributes:
        low: the smallest possible difference, server minus local, in seconds.
        high: the largest possible difference.
        resets: how often a clock was found to have been set; earlier reservations are void.
    """

    def __init__(self) -> None:
        self.low = 0.0
        self.high = 0.0
        self.resets = 0
        self._observed_at: float | None = None

    def observe(self, sent: float, received: float, now: float) -> None:
        """Take one reply into account, all in seconds. A reply that contradicts the earlier ones means a reset."""
        low, high = now - received, now - sent
        if self._observed_at is not None:
            drift = MAX_CLOCK_DRIFT * (received - self._observed_at)
            kept_low, kept_high = max(low, self.low - drift), min(high, self.high + drift)
            if kept_low <= kept_high:
                self.low, self.high, self._observed_at = kept_low, kept_high, received
                return
            self.resets += 1
        self.low, self.high, self._observed_at = low, high, received

    @property
    def spread(self) -> float:
        """The distance between the bounds in seconds."""
        return self.high - self.low

    def earliest(self, at: float) -> float:
        """Return the local time from which the server's time is certainly `at` (microseconds) or later."""
        return at / US_PER_S - self.low

    def latest(self, at: float) -> float:
        """Return the local time until which the server's time is certainly `at` (microseconds) or earlier."""
        return at / US_PER_S - self.high

    def server_time(self, local: float) -> float:
        """Return the latest possible server time at a local time, in microseconds."""
        return (local + self.high) * US_PER_S


class ReservationLink(Protocol):
    """The connection to the store.

    Attributes:
        where: names the store in messages; contains no secret.
        clock: the store's clock in terms of `now`.
        round_trips: number of answered requests.
        outage: whether the store can be used.
    """

    where: str
    clock: ServerClock
    round_trips: int
    outage: Outage

    def now(self) -> float:
        """Return the local time in seconds of a monotonic clock."""
        ...

    async def reserve(self, keys: list[str], request: ReserveRequest) -> ReserveReply:
        """Make reservations in the buckets of an app.

        Args:
            keys: the names of the app and of the buckets; the last is a guard, if something is given back or refused.
            request: the request.

        Raises:
            LimiterUnavailableError: the store has been unavailable for too long.
            LimiterSetupError: waiting does not help.
        """
        ...

    async def ping(self) -> None:
        """Check whether the store answers now; raise `LimiterUnavailableError` if it does not."""
        ...

    def forget(self) -> None:
        """Drop what belongs to another event loop, or to the parent process."""
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...
