"""Sending without the store: each process uses its part of the limits until the store is back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

import msgspec

from .._api.endpoint import Rate
from .._core.local_limiter import LocalRateLimiter
from .._core.pool import ConnectionSlot
from .._core.rate_limits import Claim
from ..errors import LimiterUnavailableError, TimError
from .buckets import AppBuckets
from .stats import LimiterStats

logger = logging.getLogger("tim_async")

# Without the store, each process probes it this often. The first one that finds it delays reservations for longer than
# that, so that the others have found it too.
_PROBE_INTERVAL_S: Final = 0.5
_QUIET_PERIOD_S: Final = 1.0


class Fallback:
    """One process's part of the limits, used while the store is unavailable.

    Args:
        processes: the number of processes that share the limits.
        where: names the store in messages.
        apps: the buckets of each app, used to probe the store.
        stats: the counts of the limiter.
    """

    def __init__(self, processes: int, where: str, apps: Mapping[int, AppBuckets], stats: LimiterStats) -> None:
        self._processes = processes
        self._where = where
        self._apps = apps
        self._stats = stats
        self._limiter: LocalRateLimiter | None = None
        self._probe: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def limiter(self) -> LocalRateLimiter | None:
        """The limiter in use; None while the store is available."""
        return self._limiter

    def start(self, error: LimiterUnavailableError, *, used_until: float) -> None:
        """Use this process's part of the limits from now on, and probe the store.

        Args:
            error: the error that reported the outage.
            used_until: local time until which the whole limits may have been used.
        """
        if self._limiter is None and not self._is_closed:
            logger.warning("%s; continuing with 1/%d of the limits", error.message, self._processes)
            # It goes only at the pace, and so do calls after the store is back.
            self._limiter = LocalRateLimiter(used_until=used_until)
            self._probe = asyncio.create_task(self._wait_for_store(), name="tim_async: look for the store")

    async def acquire(self, limiter: LocalRateLimiter, claim: Claim, slot: ConnectionSlot) -> bool:
        """Wait for the claim's tokens; return False if the store is back before they are there."""
        try:
            divided = self._divide(claim)
            await limiter.acquire(divided, _FallbackSlot(slot, self, limiter))
            claim.granted_at = divided.granted_at
        except _StoreBackError:
            return False
        self._stats.fallback_granted += 1
        return True

    def refused(self, limiter: LocalRateLimiter, claim: Claim, code: int | None) -> float:
        """Slow down this process only. See `RateLimiter.refused`."""
        return limiter.refused(self._divide(claim), code)

    def reset(self) -> None:
        """Probe the store in the running loop, if it is gone."""
        self._is_closed = False
        self._probe = None
        if self._limiter is not None:
            self._probe = asyncio.create_task(self._wait_for_store(), name="tim_async: look for the store")

    async def close(self) -> None:
        """Stop probing the store."""
        self._is_closed = True
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.gather(self._probe, return_exceptions=True)

    async def _wait_for_store(self) -> None:
        while self._limiter is not None:
            await asyncio.sleep(_PROBE_INTERVAL_S)
            try:
                for app in self._apps.values():
                    await app.reserve([], quiet=_QUIET_PERIOD_S)
            except TimError as error:
                logger.debug("still without the store: %s", error.message)
            else:
                logger.warning("%s is back; the limits are shared again", self._where)
                self._limiter = None

    def _divide(self, claim: Claim) -> Claim:
        costs = tuple(
            msgspec.structs.replace(cost, rate=divide_rate(cost.rate, self._processes)) for cost in claim.costs
        )
        return msgspec.structs.replace(claim, costs=costs)


class _StoreBackError(Exception):
    """The store is back: a claim waiting for this process's part of the limits must not take it any more."""


class _FallbackSlot:
    """The slot of a claim served without the store. Tokens are taken right after the slot, so it checks last."""

    def __init__(self, slot: ConnectionSlot, fallback: Fallback, limiter: LocalRateLimiter) -> None:
        self._slot = slot
        self._fallback = fallback
        self._limiter = limiter

    def _check(self) -> None:
        if self._fallback.limiter is not self._limiter:
            self._slot.release()
            raise _StoreBackError

    def take_nowait(self) -> bool:
        self._check()
        return self._slot.take_nowait()

    async def take(self) -> None:
        await self._slot.take()
        self._check()

    def release(self) -> None:
        self._slot.release()


def divide_rate(rate: Rate, processes: int) -> Rate:
    """Return one process's part of a limit."""
    part = rate.limit // processes
    if part >= rate.max_cost:
        return msgspec.structs.replace(rate, limit=part)
    return msgspec.structs.replace(rate, limit=rate.max_cost, per=rate.per * processes * rate.max_cost / rate.limit)
