"""What one process knows of an app's buckets, and the requests it makes to Redis for them."""

from __future__ import annotations

import logging
from typing import Final, Protocol
from weakref import WeakValueDictionary

from ..._api.endpoint import Rate
from ..._core.rate_limits import LATE_CLOCK_S, BucketKey
from .redis_link import MAX_CLOCK_DRIFT, US_PER_S, RedisLink, ReserveReply, ReserveRequest

logger = logging.getLogger("tim_async")

# Units are rounded on their way to Redis and back.
_UNIT_ROUNDING: Final = 1.0001

# The pause after "too many calls". The service sends no Retry-After: it starts short and doubles while they go on.
PAUSE_S: Final = 1.0
MAX_PAUSE_S: Final = 60.0


def unit_s(rate: Rate, tolerance: float) -> float:
    """Return the seconds that one unit of a limit takes in its timeline.

    Calls are made up to `tolerance` after their reserved moment. The moments of the calls made in a window of `per` lie
    in a window longer by that, and all but the last call's time lie in it completely: at most `limit - max_cost` units,
    and the last call.
    """
    return (rate.per * (1 + MAX_CLOCK_DRIFT) + tolerance + LATE_CLOCK_S) / (rate.limit + 1 - rate.max_cost)


class Pausing(Protocol):
    """A limit that pauses all its calls after "too many calls"."""

    paused_until: float
    last_pause: float


def lengthen(bucket: Pausing, now: float) -> float:
    """Return the seconds for which a bucket pauses; store them, to double them when that was not enough."""
    if now < bucket.paused_until:
        return bucket.paused_until - now  # an answer to a call that was on its way when the pause began
    again = bucket.last_pause > 0.0 and now < bucket.paused_until + bucket.last_pause
    bucket.last_pause = min(bucket.last_pause * 2, MAX_PAUSE_S) if again else PAUSE_S
    return bucket.last_pause


class SharedBucket:
    """One limit as this process knows it.

    Attributes:
        rate: the limit.
        name: its key in Redis.
        unit: length of a unit in microseconds, by this process's settings.
        shared_unit: the length in force, which another process may have made longer.
        tail: the first free moment as last reported, in microseconds of the server's clock.
        paused_until: local time until which no call may be made.
        last_pause: length of the last pause in seconds.
    """

    __slots__ = ("__weakref__", "last_pause", "name", "paused_until", "rate", "shared_unit", "tail", "unit")

    def __init__(self, rate: Rate, name: str, tolerance: float) -> None:
        self.rate = rate
        self.name = name
        self.unit = self.shared_unit = unit_s(rate, tolerance) * US_PER_S
        self.tail = 0.0
        self.paused_until = 0.0
        self.last_pause = 0.0


class AppBuckets:
    """An app's buckets, its epoch and its pauses.

    Args:
        app: the app's id.
        prefix: what all keys begin with.
        limiter_id: identifies this limiter in the key that guards against giving back twice.
        ahead: how far ahead reservations are usually made, in seconds.

    Attributes:
        app: the app's id.
        epoch: identifies the state in Redis, "" until the first reply.
        paused_until: local time until which no call of the app may be made.
        last_pause: length of the app's last pause in seconds.
    """

    def __init__(
        self, app: int, link: RedisLink, *, prefix: str, limiter_id: str, ahead: float, tolerance: float
    ) -> None:
        self._link = link
        self._ahead = ahead * US_PER_S
        self._tolerance = tolerance
        self._number = 0
        # The braces make Redis Cluster keep all keys of an app in one slot.
        self._stem = f"{{{prefix}:{app}}}"
        self._guard = f"{self._stem}:back:{limiter_id}"
        self.app = app
        self.epoch = ""
        self.paused_until = 0.0
        self.last_pause = 0.0
        self._buckets: WeakValueDictionary[BucketKey, SharedBucket] = WeakValueDictionary()
        self._warned: set[str] = set()

    @property
    def generation(self) -> tuple[int, str]:
        """Identifies clock and state: reservations of an earlier generation are void."""
        return self._link.clock.resets, self.epoch

    def bucket(self, key: BucketKey, rate: Rate) -> SharedBucket:
        """Return a bucket; it is forgotten when nothing uses it, as Redis keeps what matters."""
        bucket = self._buckets.get(key)
        if bucket is None:
            _, command, index, value = key
            bucket = SharedBucket(rate, f"{self._stem}:{command}:{index}:{value}", self._tolerance)
            self._buckets[key] = bucket
        return bucket

    async def reserve(
        self,
        buckets: list[SharedBucket],
        *,
        batches: list[tuple[int, list[tuple[int, int]]]] | None = None,
        back: list[tuple[int, float, float]] | None = None,
        paused: list[int] | None = None,
        quiet: float = 0.0,
    ) -> list[list[float]]:
        """Send one request for some buckets, and update them from the reply; return the reserved moments, by batch.

        The arguments are those of `ReserveRequest`; `quiet` is in seconds.
        """
        epoch = self.epoch
        self._number += 1
        keys = [f"{self._stem}:app", *(bucket.name for bucket in buckets)]
        if back:
            keys.append(self._guard)
        reply = await self._link.reserve(
            keys,
            ReserveRequest(
                epoch=epoch,
                number=self._number,
                ahead=self._ahead,
                quiet=quiet * US_PER_S,
                units=[bucket.unit for bucket in buckets],
                windows=[bucket.rate.per * US_PER_S for bucket in buckets],
                tails=[bucket.tail for bucket in buckets],
                batches=batches or [],
                back=back or [],
                paused=paused or [],
                first_pause=PAUSE_S * US_PER_S,
                max_pause=MAX_PAUSE_S * US_PER_S,
            ),
        )
        if self.epoch not in (epoch, reply.epoch):
            return [[] for _ in reply.batches]  # sent in an earlier epoch; a later request has learned of the next one
        if reply.epoch != epoch and epoch:
            logger.warning(
                "%s lost its state (flushed, restarted or failed over); the limits of app %d start afresh in %.2f s",
                self._link.where,
                self.app,
                max(0.0, reply.quiet - reply.now) / US_PER_S,
            )
        self.epoch = reply.epoch
        self._update(buckets, reply)
        return reply.batches

    def _update(self, buckets: list[SharedBucket], reply: ReserveReply) -> None:
        clock = self._link.clock
        if reply.pause > reply.now:
            self.paused_until = max(self.paused_until, clock.earliest(reply.pause))
            self.last_pause = reply.length / US_PER_S
        for bucket, state in zip(buckets, reply.buckets, strict=True):
            bucket.tail = state.tail
            bucket.shared_unit = state.unit
            if state.pause > reply.now:
                bucket.paused_until = max(bucket.paused_until, clock.earliest(state.pause))
                bucket.last_pause = state.length / US_PER_S
            if state.unit > bucket.unit * _UNIT_ROUNDING and bucket.name not in self._warned:
                self._warned.add(bucket.name)
                logger.warning(
                    "%s: another process has a smaller limit than %d per %g s, or a larger tolerance_s; "
                    "the smaller limit applies to both",
                    bucket.name,
                    bucket.rate.limit,
                    bucket.rate.per,
                )
