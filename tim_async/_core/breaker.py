"""The breaker: while the service does not answer, calls fail immediately instead of waiting for their timeout.

Words. An *answer* is anything from the service, including a refusal, and a gateway's "too many calls". A *failure* is
an attempt without one: no connection, a timeout, a lost connection, another page. A *look* is the single call that is
let through to see whether the service answers again.

The breaker opens after a number of failed attempts in a row, over a number of seconds, without an answer to any
command. It closes at the first answer, to the look or to a call that was under way. An attempt that was cancelled or
got no turn has no result: the next call then becomes the look.

`BreakerState` uses no loop and no clock: the time is passed in, in seconds of any monotonic clock.
"""

from __future__ import annotations

import logging
import math

import msgspec

from .._api.checks import check_seconds, check_whole
from ..errors import BreakerOpenError

logger = logging.getLogger("tim_async")


class Breaker(msgspec.Struct, frozen=True, kw_only=True):
    """When calls fail immediately because the service does not answer: `TimClient(..., breaker=Breaker(after_s=20))`.

    Attributes:
        after_s: seconds without an answer after which it opens, above 0.
        failures: failed attempts in a row that are also required, at least 1: a single timeout on an idle client is
            not enough.
        look_every_s: seconds between looks, above 0.
    """

    after_s: float = 10.0
    failures: int = 5
    look_every_s: float = 5.0

    def __post_init__(self) -> None:
        check_seconds("after_s", self.after_s)
        check_whole("failures", self.failures, 1)
        check_seconds("look_every_s", self.look_every_s)


class BreakerStats(msgspec.Struct, kw_only=True):
    """The breaker of a client.

    Attributes:
        is_open: whether calls fail immediately.
        silent_s: seconds since the first of the failed attempts in a row, 0.0 if the last attempt was answered.
        failures: failed attempts in a row.
        opened: number of times it opened.
        refused: total number of calls that failed immediately.
    """

    is_open: bool
    silent_s: float
    failures: int
    opened: int
    refused: int


class BreakerState:
    """The state of a breaker.

    Attributes:
        is_open: whether calls fail immediately.
    """

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker
        self._opened = self._refused = 0
        self._refused_earlier = 0  # before it last opened
        self.reset()

    def reset(self) -> None:
        """Close and forget the service's state; the clock may show a different time from now on."""
        self.is_open = False
        self._answered_at = -math.inf
        self._silent_since = math.inf
        self._failures = 0
        self._look_at = math.inf
        self._is_looking = False

    def admit(self, now: float) -> bool:
        """Let an attempt through; return whether it is the look.

        Raises:
            BreakerOpenError: it is open and no look is due.
        """
        if not self.is_open:
            return False
        if not self._is_looking and now >= self._look_at:
            self._is_looking = True
            return True
        raise self.refuse(now)

    def refuse(self, now: float) -> BreakerOpenError:
        """Count a call that is refused, or ended while it waits; return its error."""
        self._refused += 1
        return BreakerOpenError(
            silent_s=now - self._silent_since,
            failures=self._failures,
            look_in_s=None if self._is_looking else max(self._look_at - now, 0.0),
        )

    def answered(self, now: float) -> None:
        """Record an answer to any attempt."""
        if self.is_open:
            logger.warning(
                "the service answers again after %.1f s; %d calls failed immediately meanwhile",
                now - self._silent_since,
                self._refused - self._refused_earlier,
            )
        self.reset()
        self._answered_at = now

    def failed(self, now: float, began: float) -> bool:
        """Record an attempt without an answer and the time it began; return whether the breaker opens now."""
        if not self._failures:
            self._silent_since = max(began, self._answered_at)
        self._failures += 1
        breaker = self._breaker
        silent_s = now - self._silent_since
        if self.is_open or self._failures < breaker.failures or silent_s < breaker.after_s:
            return False
        self.is_open = True
        self._look_at = now + breaker.look_every_s
        self._opened += 1
        self._refused_earlier = self._refused
        logger.warning(
            "no answer from the service for %.1f s (%d attempts in a row failed): calls fail immediately, except one "
            "every %g s that checks whether it answers again",
            silent_s,
            self._failures,
            breaker.look_every_s,
        )
        return True

    def end_look(self, now: float, *, has_failed: bool) -> None:
        """Record the end of an unanswered look; the next is due after the interval, or at once if it had no result."""
        self._is_looking = False
        self._look_at = now + self._breaker.look_every_s if has_failed else now

    def stats(self, now: float | None) -> BreakerStats:
        """Return its numbers; `now` is None when no event loop is open."""
        return BreakerStats(
            is_open=self.is_open,
            silent_s=now - self._silent_since if self._failures and now is not None else 0.0,
            failures=self._failures,
            opened=self._opened,
            refused=self._refused,
        )
