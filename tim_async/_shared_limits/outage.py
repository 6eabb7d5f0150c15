"""Outages of the store: short ones are waited out, long ones are reported."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from ..errors import LimiterUnavailableError

logger = logging.getLogger("tim_async")

# Waits between attempts to use the store.
MIN_BACKOFF_S: Final = 0.02
MAX_BACKOFF_S: Final = 0.25


class Outage:
    """Whether the store can be used, and if not, since when and why.

    Args:
        where: names the store in messages; contains no secret.
        patience: seconds of an outage after which requests fail.
        now: the local time.

    Attributes:
        count: number of outages.
        failed_at: local time of the last failed attempt.
        reason: why it failed.
    """

    def __init__(self, where: str, patience: float, now: Callable[[], float]) -> None:
        self._where = where
        self._patience = patience
        self._now = now
        self._down_since: float | None = None
        self.count = 0
        self.failed_at = 0.0
        self.reason = ""

    @property
    def available_until(self) -> float:
        """The local time at which the current outage began; the present time if there is none."""
        return self._now() if self._down_since is None else self._down_since

    def check(self) -> None:
        """Raise at once if an outage has lasted too long and the last attempt was a moment ago."""
        now = self._now()
        if self._down_since is not None and now - self.failed_at < MAX_BACKOFF_S:
            self.raise_after_patience(now)

    def begin_request(self) -> None:
        """Record that a request is made: an outage since which there was none may be over."""
        if self._down_since is not None and self._now() - self.failed_at > self._patience + MAX_BACKOFF_S:
            self._down_since = None

    def raise_after_patience(self, now: float) -> None:
        """Raise `LimiterUnavailableError` if the outage has lasted too long."""
        if self._down_since is not None and now - self._down_since >= self._patience:
            raise LimiterUnavailableError(
                f"{self._where}, which keeps the shared limits, has been unavailable for "
                f"{now - self._down_since:.1f} s ({self.reason}); nothing was sent"
            )

    def fail(self, reason: str, problem: str) -> None:
        """Record a failed attempt: the reason, and what it means for the store, such as "cannot be reached"."""
        now = self._now()
        if self._down_since is None:
            self._down_since = now
            self.count += 1
            logger.warning("%s %s: %s; calls wait for it up to %.1f s", self._where, problem, reason, self._patience)
        self.failed_at = now
        self.reason = reason

    def succeed(self, now: float) -> None:
        """Record a successful attempt."""
        if self._down_since is not None:
            logger.warning(
                "%s is available again after %.1f s; the last error was: %s",
                self._where,
                now - self._down_since,
                self.reason,
            )
            self._down_since = None
