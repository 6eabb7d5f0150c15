"""The breaker: while the service does not answer, calls fail at once instead of each waiting for its timeout.

Words. An *answer* is whatever comes from the service, a refusal included, and "too many calls" of a gateway. A
*failure* is an attempt without one: no connection, a timeout, a lost connection, another page. A *look* is the one call
that is let through to see whether the service answers again.

It opens when so many attempts in a row have failed, over so many seconds, without an answer to any command. It closes
with the first answer, to the look or to a call that was on its way. An attempt that was cancelled, or got no turn,
says nothing: the next call looks then.

`BreakerState` knows no loop and no clock: the time is passed in, in seconds of any clock that does not go back.
"""

from __future__ import annotations

import logging
import math

import msgspec

from .._api.checks import check_seconds, check_whole
from ..errors import BreakerOpenError

logger = logging.getLogger("tim_async")


class Breaker(msgspec.Struct, frozen=True, kw_only=True):
    """When calls fail at once, as the service does not answer: `TimClient(..., breaker=Breaker(after_s=20))`.

    Attributes:
        after_s: seconds without an answer after which it opens.
        failures: attempts in a row that must have failed by then, at least 1: one call that times out on an idle
            client is no reason.
        look_every_s: seconds from one look to the next.
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
        is_open: whether calls fail at once.
        silent_s: seconds since attempts began to fail that no answer came between, 0.0 when the last one was answered.
        failures: attempts in a row that failed.
        opened: how many times it opened.
        refused: calls that failed at once, in all.
    """

    is_open: bool
    silent_s: float
    failures: int
    opened: int
    refused: int


class BreakerState:
    """A breaker at work.

    Attributes:
        is_open: whether calls fail at once.
    """

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker
        self._opened = self._refused = 0
        self._refused_earlier = 0  # before it opened last
        self.begin_again()

    def begin_again(self) -> None:
        """Close, and forget what is known of the service; the clock may show another time from now on."""
        self.is_open = False
        self._answered_at = -math.inf
        self._silent_since = math.inf
        self._failures = 0
        self._look_at = math.inf
        self._is_looking = False

    def admit(self, now: float) -> bool:
        """Let an attempt through; return whether it is the look.

        Raises:
            BreakerOpenError: it is open, and no look is due.
        """
        if not self.is_open:
            return False
        if not self._is_looking and now >= self._look_at:
            self._is_looking = True
            return True
        raise self.refuse(now)

    def refuse(self, now: float) -> BreakerOpenError:
        """Count a call that is not let through, or is ended while it waits; return its error."""
        self._refused += 1
        return BreakerOpenError(
            silent_s=now - self._silent_since,
            failures=self._failures,
            look_in_s=None if self._is_looking else max(self._look_at - now, 0.0),
        )

    def answered(self, now: float) -> None:
        """Note an answer to any attempt."""
        if self.is_open:
            logger.warning(
                "the service answers again after %.1f s; %d calls failed at once meanwhile",
                now - self._silent_since,
                self._refused - self._refused_earlier,
            )
        self.begin_again()
        self._answered_at = now

    def failed(self, now: float, began: float) -> bool:
        """Note an attempt without an answer, which began at that time; return whether it opens now."""
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
            "no answer from the service for %.1f s (%d attempts in a row failed): calls fail at once, and one every "
            "%g s looks whether it answers again",
            silent_s,
            self._failures,
            breaker.look_every_s,
        )
        return True

    def end_look(self, now: float, *, has_failed: bool) -> None:
        """Note the end of the look that was not answered: the next one is due later, or at once if it has no result."""
        self._is_looking = False
        self._look_at = now + self._breaker.look_every_s if has_failed else now

    def stats(self, now: float | None) -> BreakerStats:
        """Return its numbers; `now` is None where no event loop is open that it could be silent in."""
        return BreakerStats(
            is_open=self.is_open,
            silent_s=now - self._silent_since if self._failures and now is not None else 0.0,
            failures=self._failures,
            opened=self._opened,
            refused=self._refused,
        )
