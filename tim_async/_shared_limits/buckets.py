"""What one process knows about an app's buckets, and its requests to the store for them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from itertools import repeat
from operator import attrgetter
from typing import Final, NamedTuple
from weakref import WeakValueDictionary

from .._api.endpoint import Rate
from .._core.bucket import burst_limit
from .._core.rate_limits import BucketKey, RateInForce
from .._printable import one_line
from ..errors import TimError
from .known_share import KnownShare
from .lateness import Lateness
from .link import US_PER_S, ReservationLink, ReserveReply, ReserveRequest
from .shared_bucket import BucketPart, SharedBucket

logger = logging.getLogger("tim_async")

# Refusals are sent with the next request, or alone after this time.
_REFUSAL_DELAY_S: Final = 0.05


class ReservedBatch(NamedTuple):
    """The result of a request: how many reservations for now, `now`, and the moments of others."""

    bursts: int
    now: float
    moments: list[float]


class AppBuckets:
    """An app's buckets, its epoch and its share.

    Args:
        app: the app's id.
        prefix: prefix of all keys.
        limiter_id: identifies this limiter in the key that guards against giving back twice.
        ahead: how far ahead reservations are usually made, in seconds.
        lateness: the lateness of this process.

    Attributes:
        app: the app's id.
        epoch: identifies the state in the store, "" until the first reply.
        share: the share of its calls that is left after refusals that concern the whole app.
    """

    def __init__(
        self, app: int, link: ReservationLink, *, prefix: str, limiter_id: str, ahead: float, lateness: Lateness
    ) -> None:
        self._link = link
        self._ahead = ahead * US_PER_S
        self._lateness = lateness
        self._number = 0
        # The braces make Redis Cluster keep all keys of an app in one slot.
        self._stem = f"{{{prefix}:{app}}}"
        self._guard = f"{self._stem}:back:{limiter_id}"
        self.app = app
        self.epoch = ""
        self.share = KnownShare(US_PER_S)
        self._buckets: WeakValueDictionary[BucketKey, SharedBucket] = WeakValueDictionary()
        self._warned: set[str] = set()
        self._refused: list[tuple[SharedBucket | None, float]] = []  # the bucket, None for the app; local time
        self._timer: asyncio.TimerHandle | None = None
        self._reports: set[asyncio.Task[None]] = set()

    @property
    def generation(self) -> tuple[int, str]:
        """Identifies clock and state: reservations of an earlier generation are void."""
        return self._link.clock.resets, self.epoch

    def bucket(self, key: BucketKey, rate: Rate) -> SharedBucket:
        """Return a bucket; it is dropped when nothing uses it, because the store keeps its state."""
        bucket = self._buckets.get(key)
        if bucket is None:
            _, command, index, value = key
            name = f"{self._stem}:{command}:{index}:{value}"
            bucket = SharedBucket(rate, name, f"{command} of {value}" if value else command, self._lateness)
            self._buckets[key] = bucket
        return bucket

    # Speed

    def _part(self, bucket: SharedBucket) -> float:
        """Return the share of a bucket that its own refusals and the app's leave now."""
        now = self._link.clock.server_time(self._link.now())
        return bucket.share.at(now) * self.share.at(now)

    def unit_s(self, bucket: SharedBucket) -> float:
        """Return the current length of a bucket's unit in seconds."""
        return bucket.shared_unit / US_PER_S / self._part(bucket)

    def rates(self, command: str) -> list[RateInForce]:
        """Return the rates in force of a command's limits; see `RateLimiter.rates`."""
        found = [
            # The configured rate of all processes together: another one may have a smaller limit.
            RateInForce(bucket.rate, self._part(bucket) * US_PER_S / bucket.shared_unit, US_PER_S / bucket.shared_unit)
            for key, bucket in list(self._buckets.items())
            if key[1] == command and not key[3]
        ]
        return sorted(found, key=attrgetter("share"))

    # Refusals

    def refused(self, buckets: Sequence[SharedBucket | None], granted_at: float) -> None:
        """Report a refused call with the next request, or after a moment.

        Args:
            buckets: the buckets that the refusal concerns; None is the app.
            granted_at: local time of the call's reservation.
        """
        self._refused += [(bucket, granted_at) for bucket in buckets]
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_REFUSAL_DELAY_S, self._start_report)

    def _start_report(self) -> None:
        self._timer = None
        if self._refused:
            task = asyncio.create_task(self._report(), name="tim_async: report refusals")
            self._reports.add(task)
            task.add_done_callback(self._reports.discard)

    async def _report(self) -> None:
        try:
            await self.reserve([])
        except TimError as error:
            logger.warning("could not report refused calls to the other processes: %s", error)

    async def close(self) -> None:
        """Stop reporting."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._reports:
            task.cancel()
        await asyncio.gather(*self._reports, return_exceptions=True)

    # Requests

    async def reserve(
        self,
        buckets: list[SharedBucket],
        *,
        batches: list[tuple[int, list[tuple[int, int]], int]] | None = None,
        back: Sequence[tuple[float, list[BucketPart]]] = (),
        quiet: float = 0.0,
    ) -> list[ReservedBatch]:
        """Send one request for some buckets, and update them from the reply; return what is reserved, by batch.

        Args:
            buckets: those that `batches` refers to by position, starting with 1.
            batches: as in `ReserveRequest`.
            back: the reservations given back: the moment, and what each takes of its buckets.
            quiet: seconds from now without reservations.
        """
        epoch = self.epoch
        self._number += 1
        refused, self._refused = self._refused, []
        named = [*buckets, *(bucket for bucket, _ in refused if bucket is not None)]
        named += [bucket for _, parts in back for bucket, _, _ in parts]
        positions = {bucket: index for index, bucket in enumerate(dict.fromkeys(named), 1)}
        keys = [f"{self._stem}:app", *(bucket.name for bucket in positions)]
        if back or refused:
            keys.append(self._guard)
        low = self._link.clock.low
        units, sent_at = [bucket.unit for bucket in positions], self._link.now()
        reply = await self._link.reserve(
            keys,
            ReserveRequest(
                epoch=epoch,
                number=self._number,
                ahead=self._ahead,
                quiet=quiet * US_PER_S,
                units=units,
                limits=[bucket.rate.limit for bucket in positions],
                burst_limits=[burst_limit(bucket.rate) for bucket in positions],
                counted=[bucket.rate.is_counted for bucket in positions],
                windows=[bucket.window_s * US_PER_S for bucket in positions],
                tails=[bucket.tail for bucket in positions],
                batches=batches or [],
                back=[
                    (at, [(positions[bucket], units, length) for bucket, units, length in parts]) for at, parts in back
                ],
                refused=[
                    (0 if bucket is None else positions[bucket], (granted_at + low) * US_PER_S)
                    for bucket, granted_at in refused
                ],
            ),
        )
        if self.epoch not in (epoch, reply.epoch):
            # It was sent in an earlier epoch; a later request has already learned of the next one.
            return [ReservedBatch(0, reply.now, []) for _ in reply.batches]
        if reply.epoch != epoch and epoch:
            logger.warning(
                "%s lost its state (flushed, restarted or failed over); the limits of app %d start afresh once "
                "earlier grants have expired",
                self._link.where,
                self.app,
            )
        if reply.epoch != self.epoch:
            for bucket in list(self._buckets.values()):
                bucket.forget_spacing()
        self.epoch = reply.epoch
        for bucket, unit, state in zip(positions, units, reply.buckets, strict=True):
            bucket.note_spacing(unit, state.tail, sent_at=sent_at, received_at=self._link.now())
        self._update(list(positions), reply)
        return [ReservedBatch(*made) for made in zip(reply.bursts, repeat(reply.now), reply.batches, strict=False)]

    def _update(self, buckets: list[SharedBucket], reply: ReserveReply) -> None:
        self.share.update(reply.app)
        if reply.app.was_cut:
            _warn_of_cut(f"all commands of app {self.app}", reply.app.base, reply.flow)
        for bucket, state in zip(buckets, reply.buckets, strict=True):
            bucket.update(state, self._link.now())
            if state.share.was_cut:
                _warn_of_cut(bucket.label, state.share.base, US_PER_S / state.unit)
            if bucket.has_smaller_limit_elsewhere and bucket.name not in self._warned:
                self._warned.add(bucket.name)
                logger.warning(
                    "%s: another process has a smaller limit than %d per %g s, or a larger tolerance_s; "
                    "the smaller limit applies to both",
                    one_line(bucket.name),
                    bucket.rate.limit,
                    bucket.rate.per,
                )


def _warn_of_cut(what: str, part: float, flow: float) -> None:
    logger.warning(
        "%s: too many calls for the service, all processes slow down to %.3g of %.3g a second",
        *(one_line(what), part * flow, flow),
    )
