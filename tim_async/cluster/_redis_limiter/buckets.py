"""What one process knows of an app's buckets, and how it asks Redis about them."""

from __future__ import annotations

import logging
from weakref import WeakValueDictionary

from ..._api.endpoint import Rate
from ..._core.rate_limits import LATE_CLOCK_S, MAX_PAUSE_S, PAUSE_S, BucketKey
from .redis_link import DRIFT, US, Ask, Link, Reply

logger = logging.getLogger("tim_async")


def unit_s(rate: Rate, tolerance: float) -> float:
    """Return the seconds one unit of a limit takes in the line of time.

    Calls are made up to `tolerance` after their turn. Those made in a window of `per` have their turns in one that is
    longer by that, and all but the last of them lie in it as a whole: at most `limit - max_cost` units and the last.
    """
    return (rate.per * (1 + DRIFT) + tolerance + LATE_CLOCK_S) / (rate.limit + 1 - rate.max_cost)


class SharedBucket:
    """One limit as this process knows it.

    Attributes:
        rate: the limit.
        name: its key in Redis.
        unit: length of a unit in microseconds, by this process's settings.
        told_unit: the one in force, which another process may have made longer.
        tail: the first free moment as last heard, in microseconds of the server's clock.
        paused_until: local time until which everyone holds back.
        last_pause: length of the last pause in seconds.
    """

    __slots__ = ("__weakref__", "last_pause", "name", "paused_until", "rate", "tail", "told_unit", "unit")

    def __init__(self, rate: Rate, name: str, tolerance: float) -> None:
        self.rate = rate
        self.name = name
        self.unit = self.told_unit = unit_s(rate, tolerance) * US
        self.tail = 0.0
        self.paused_until = 0.0
        self.last_pause = 0.0


class Book:
    """An app's buckets, its epoch and its pauses.

    Args:
        app: the app's id.
        prefix: what all keys begin with.
        owner: names this limiter in the guard of what it gives back.
        ahead: how far ahead turns are usually reserved, in seconds.
    """

    def __init__(self, app: int, link: Link, *, prefix: str, owner: str, ahead: float, tolerance: float) -> None:
        self._link = link
        self._ahead = ahead * US
        self._tolerance = tolerance
        self._number = 0
        # The braces make Redis Cluster keep all keys of an app in one slot.
        self._stem = f"{{{prefix}:{app}}}"
        self._guard = f"{self._stem}:back:{owner}"
        self.app = app
        self.epoch = ""
        self.paused_until = 0.0
        self.last_pause = 0.0
        self._buckets: WeakValueDictionary[BucketKey, SharedBucket] = WeakValueDictionary()
        self._has_told: set[str] = set()

    @property
    def life(self) -> tuple[int, str]:
        """What turns belong to: they are void when the state was lost or the server's clock was set."""
        return self._link.clock.life, self.epoch

    def bucket(self, key: BucketKey, rate: Rate) -> SharedBucket:
        """Return a bucket; it is forgotten when nothing uses it, Redis keeps what matters."""
        bucket = self._buckets.get(key)
        if bucket is None:
            _, command, index, value = key
            bucket = SharedBucket(rate, f"{self._stem}:{command}:{index}:{value}", self._tolerance)
            self._buckets[key] = bucket
        return bucket

    async def ask(
        self,
        buckets: list[SharedBucket],
        *,
        items: list[tuple[int, list[tuple[int, int]]]] | None = None,
        back: list[tuple[int, float, float]] | None = None,
        paused: list[int] | None = None,
        quiet: float = 0.0,
    ) -> list[list[float]]:
        """Ask Redis about some buckets and take in what it answers; return the turns, by item.

        Buckets are named by their place, beginning with 1.
        """
        epoch = self.epoch
        self._number += 1
        keys = [f"{self._stem}:app", *(bucket.name for bucket in buckets)]
        if back:
            keys.append(self._guard)
        reply = await self._link.ask(
            keys,
            Ask(
                epoch=epoch,
                number=self._number,
                ahead=self._ahead,
                quiet=quiet * US,
                units=[bucket.unit for bucket in buckets],
                spans=[bucket.rate.per * US for bucket in buckets],
                tails=[bucket.tail for bucket in buckets],
                items=items or [],
                back=back or [],
                paused=paused or [],
                pause=PAUSE_S * US,
                longest_pause=MAX_PAUSE_S * US,
            ),
        )
        if self.epoch not in (epoch, reply.epoch):
            return [[] for _ in reply.turns]  # asked in an earlier life, and overtaken by the news of the next
        if reply.epoch != epoch and epoch:
            logger.warning(
                "%s lost its state (flushed, restarted or failed over); the limits of app %d start anew in %.2f s",
                self._link.where,
                self.app,
                max(0.0, reply.quiet - reply.now) / US,
            )
        self.epoch = reply.epoch
        self._take_in(buckets, reply)
        return reply.turns

    def _take_in(self, buckets: list[SharedBucket], reply: Reply) -> None:
        clock = self._link.clock
        if reply.pause > reply.now:
            self.paused_until = max(self.paused_until, clock.earliest(reply.pause))
            self.last_pause = reply.length / US
        for bucket, told in zip(buckets, reply.buckets, strict=True):
            bucket.tail = told.tail
            bucket.told_unit = told.unit
            if told.pause > reply.now:
                bucket.paused_until = max(bucket.paused_until, clock.earliest(told.pause))
                bucket.last_pause = told.length / US
            if told.unit > bucket.unit * 1.0001 and bucket.name not in self._has_told:
                self._has_told.add(bucket.name)
                logger.warning(
                    "%s: another process has a smaller limit than %s, or a larger tolerance; the smaller limit counts",
                    bucket.name,
                    bucket.rate,
                )
