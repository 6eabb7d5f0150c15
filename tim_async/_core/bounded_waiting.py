"""At most so many calls of a command wait for their turn: one more is refused at once.

A call that would wait longer than its caller does is work for nothing, and where more come than the limit lets through,
every one of them does. The bound counts the calls that wait before a call: of an interactive one those that are
interactive themselves, of a background one all of the command. A repeat has been let in already.
"""

from __future__ import annotations

import logging

from ..errors import WaitTooLongError
from .pool import ConnectionSlot
from .rate_limits import Claim, RateLimiter

logger = logging.getLogger("tim_async")


class _Queue:
    """The calls of a command that wait.

    Attributes:
        waiting: their number, by class of priority.
        refused: calls that were refused, in all.
        series: calls that were refused since there were too many, 0 when there are not.
    """

    __slots__ = ("refused", "series", "waiting")

    def __init__(self) -> None:
        self.waiting = [0, 0]
        self.refused = 0
        self.series = 0


class BoundedWaiting:
    """What calls wait at in the place of a limiter: at most `max_waiting` of a command do.

    Args:
        limiter: decides about those that may wait.
        max_waiting: most calls that wait before another one.
    """

    def __init__(self, limiter: RateLimiter, max_waiting: int) -> None:
        self._limiter = limiter
        self._max_waiting = max_waiting
        self._queues: dict[str, _Queue] = {}

    async def acquire(self, claim: Claim, slot: ConnectionSlot) -> None:
        """Wait for the claim's turn, unless too many wait for theirs. See `RateLimiter.acquire`."""
        queue = self._queues.get(claim.command)
        if queue is None:
            queue = self._queues[claim.command] = _Queue()
        rank = claim.rank[0]
        before = sum(queue.waiting[: rank + 1])
        if before >= self._max_waiting and not claim.is_repeat:
            self._refuse(claim, queue, before)
        waiting = queue.waiting
        waiting[rank] += 1
        try:
            await self._limiter.acquire(claim, slot)
        finally:
            waiting[rank] -= 1
            # Not at each call that goes while others are refused: half of them must have gone.
            if queue.series and 2 * sum(waiting) <= self._max_waiting:
                logger.warning("%s: calls may wait again, %d were refused", claim.command, queue.series)
                queue.series = 0

    def _refuse(self, claim: Claim, queue: _Queue, waiting: int) -> None:
        if not queue.series:
            logger.warning("%s: %d calls wait (max_waiting), more are refused", claim.command, waiting)
        queue.refused += 1
        queue.series += 1
        rates = self._limiter.rates(claim.app, claim.command)
        raise WaitTooLongError(
            wait=(waiting + 1) / rates[0].rate if rates else None,
            remaining=None,
            waiting=waiting,
            max_waiting=self._max_waiting,
        )

    def turned_away(self, command: str) -> int:
        """Return how many calls of a command were refused."""
        queue = self._queues.get(command)
        return 0 if queue is None else queue.refused

    def begin_again(self) -> None:
        """Forget who waits: the event loop that they waited in is closed."""
        for queue in self._queues.values():
            queue.waiting = [0, 0]
            queue.series = 0
