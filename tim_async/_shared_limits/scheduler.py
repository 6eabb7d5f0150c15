"""The scheduler of a command: when to request reservations, for which request classes, and what to give back.

It requests reservation batches from the store, for the most urgent classes first, and requests more when the last
held reservation is near: reservations requested late can still go to urgent claims that arrive late.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from ..errors import LimiterUnavailableError, TimError
from .request_class import ClassKey, RequestClass, Reservation
from .stats import LimiterStats

if TYPE_CHECKING:
    from .buckets import AppBuckets
    from .lateness import Lateness
    from .link import ReservationLink
    from .shared_bucket import BucketPart, SharedBucket

logger = logging.getLogger("tim_async")

# More is requested when the last held reservation is this near: longer than the round trip to the store.
_REQUEST_LEAD_S: Final = 0.02
# The maximum number of classes (such as groups) in one request.
_MAX_CLASSES: Final = 64
# A reservation given back must reach the store this long before its moment, to be of use to others.
_MIN_RETURN_LEAD_S: Final = 0.005


class CommandScheduler:
    """Requests reservations for all request classes of one command of an app.

    Args:
        app: the app's buckets.
        link: the connection to the store.
        stats: the counts of the limiter.
        batch_s: seconds' worth of reservations in a batch.
        ahead: how far ahead reservations are usually made, in seconds.
        lateness: the lateness of this process.
    """

    def __init__(
        self,
        app: AppBuckets,
        link: ReservationLink,
        stats: LimiterStats,
        *,
        batch_s: float,
        ahead: float,
        lateness: Lateness,
    ) -> None:
        self.app = app
        self.link = link
        self.stats = stats
        self.batch_s = batch_s
        self.ahead = ahead
        self.lateness = lateness
        self.loop = asyncio.get_running_loop()
        self.classes: dict[ClassKey, RequestClass] = {}
        self.active: dict[RequestClass, None] = {}  # classes with claims
        self._pending: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._last_held = 0.0  # local time of the last held reservation, except those that a key moves far away
        self._returns: list[tuple[float, list[BucketPart]]] = []
        self._returns_generation: tuple[int, str] = (0, "")
        self.is_closed = False

    @property
    def is_idle(self) -> bool:
        """Whether no request is in flight and nothing is left to give back."""
        return self._pending is None and not self._returns

    def request(self, wanting: RequestClass) -> None:
        """Request reservations when it is time; interactive claims do not wait behind those held for background.

        Raises:
            LimiterUnavailableError: the store has been unavailable for too long.
        """
        self.link.outage.check()
        if wanting.is_interactive:
            for other in self._held_for_background(wanting):
                self.give_back(other, len(other.held), later_than=2 * _REQUEST_LEAD_S)
        self.schedule()

    def _held_for_background(self, but: RequestClass) -> list[RequestClass]:
        """Return the other classes that hold reservations for background claims only."""
        return [other for other in self.active if other is not but and other.held and not other.is_interactive]

    def first_held_for_background(self, but: RequestClass, default: float) -> float:
        """Return the local time of the first reservation that an interactive claim of a class may take from others."""
        return min(
            (self.link.clock.earliest(other.held[0].at) for other in self._held_for_background(but)), default=default
        )

    def claim_entered(self, request_class: RequestClass) -> None:
        """Record that a class has claims."""
        self.active[request_class] = None

    def claim_left(self, request_class: RequestClass) -> None:
        """Give back what a class no longer needs after a claim has left it, and request more when it is time."""
        self.give_back(request_class, len(request_class.held) - request_class.claims)
        if not request_class.claims:
            self.active.pop(request_class, None)
            if request_class.is_keyed:  # there may be any number of keys, and the store keeps their state
                self.stats.expired += len(request_class.held)
                request_class.held.clear()
                if self.classes.get(request_class.key) is request_class:
                    del self.classes[request_class.key]
        self.schedule()

    def give_back(self, holder: RequestClass, count: int, *, later_than: float = _MIN_RETURN_LEAD_S) -> None:
        """Give back the last `count` reservations of a class that are late enough for others to use."""
        if count <= 0 or self.is_closed:
            return
        holder.drop_void()
        earliest = self.link.clock.server_time(self.link.now() + later_than)
        before = self.stats.given_back
        while count > 0 and holder.held and (holder.held[-1].is_burst or holder.held[-1].at > earliest):
            self.add_return(holder, holder.held.pop())
            count -= 1
            self.stats.given_back += 1
        if self.stats.given_back > before:
            self.update_last_held()
            self.schedule()

    def add_return(self, holder: RequestClass, reservation: Reservation, *, min_remainder: float = 0.0) -> None:
        """Give back the rest of one reservation with the next request, unless it is under `min_remainder`.

        A burst is given back whole at any time, and so is a reservation that takes no time of a counted limit.
        """
        if self._returns_generation != self.app.generation:
            self._returns.clear()
            self._returns_generation = self.app.generation
        earliest = self.link.clock.server_time(self.link.now() + min_remainder)
        parts = holder.parts(reservation)
        if min_remainder and not reservation.is_burst:
            parts = [part for part in parts if not part[2] or reservation.at + part[2] > earliest]
        if parts:
            self._returns.append((reservation.at, parts))

    def update_last_held(self) -> None:
        """Determine which of the held reservations is the last."""
        ends = (self.link.clock.earliest(each.held[-1].at) for each in self.active if each.held)
        self._last_held = max(ends, default=0.0)

    def schedule(self) -> None:
        """Send a request if there is a reason and it is time; otherwise set a timer for it."""
        if self._pending is not None or self.is_closed:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        early = self._last_held - _REQUEST_LEAD_S - self.link.now()
        if early > 0 and not self._returns:
            if self.active:
                self._timer = self.loop.call_later(early, self.schedule)
            return
        is_time = early <= 0
        if self._returns or (is_time and any(each.wanted for each in self.active)):
            self._pending = self.loop.create_task(self._send(is_time=is_time), name="tim_async: reserve")
            self._pending.add_done_callback(self._on_reply)

    def _choose(self) -> list[tuple[RequestClass, int, int]]:
        """Return the classes to request for, most urgent first, with the number of reservations for each.

        The numbers are: at the pace, and in all that may be bursts; bursts need no room in the batch.
        """
        chosen: list[tuple[RequestClass, int, int]] = []
        room = 1.0  # the remaining part of a request
        for each in sorted((each for each in self.active if each.wanted), key=lambda each: each.rank):
            each.adapt_batch()
            count = max(1, min(each.wanted, int(room * each.batch))) if room > 0 else 0
            bursts = each.wanted_bursts
            if count or bursts:
                chosen.append((each, count, bursts))
            room -= count / each.batch
            if len(chosen) >= _MAX_CLASSES:
                break
        return chosen

    async def _send(self, *, is_time: bool) -> None:
        # Chosen only now: everything that many tasks want at once goes into one request.
        chosen = self._choose() if is_time else []
        positions: dict[SharedBucket, int] = {}

        def position(bucket: SharedBucket) -> int:
            return positions.setdefault(bucket, len(positions) + 1)

        returns = self._returns if self._returns_generation == self.app.generation else []
        self._returns = []
        wanted = [
            (count, [(position(bucket), cost) for bucket, cost in zip(each.buckets, each.costs, strict=True)], bursts)
            for each, count, bursts in chosen
        ]
        if not (wanted or returns):
            return  # the claims have left
        batches = await self.app.reserve(list(positions), batches=wanted, back=returns)
        horizon = self.link.now() + self.ahead
        for (each, _, _), batch in zip(chosen, batches, strict=True):
            self.stats.reserved += batch.bursts + len(batch.moments)
            each.add(batch)
            if batch.moments:
                last = self.link.clock.earliest(batch.moments[-1])
                if not each.is_keyed or last <= horizon:
                    self._last_held = max(self._last_held, last)
            if each not in self.active:
                self.claim_left(each)  # its claims left while the request was in flight
            each.wake()

    def _on_reply(self, request: asyncio.Task[None]) -> None:
        self._pending = None
        if request.cancelled():
            return
        error = request.exception()
        if error is None:
            for each in list(self.active):
                self.give_back(each, len(each.held) - each.claims)
            self.schedule()
            return
        if isinstance(error, TimError):
            failure = error
        else:
            logger.error("the shared limiter failed", exc_info=error)
            failure = LimiterUnavailableError(
                f"the shared limiter failed with {type(error).__name__}, see the log; nothing was sent"
            )
        for each in list(self.active):
            each.fail(_copy(failure))

    async def close(self) -> None:
        """Cancel the request in flight; claims that still wait get an error."""
        self.is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._pending is not None:
            self._pending.cancel()
            await asyncio.gather(self._pending, return_exceptions=True)
        for each in list(self.active):
            each.wake()


def _copy(error: TimError) -> TimError:
    """Return a copy of an error: several calls fail for one reason, each with its own traceback and attributes."""
    rebuild, facts = error.__reduce__()
    copied: TimError = rebuild(*facts)
    return copied
