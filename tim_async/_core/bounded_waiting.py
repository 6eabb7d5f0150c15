"""A bound on the calls of a command that wait for their turn: further calls are refused immediately.

A call that waits longer than its caller is wasted work, and when calls arrive faster than the limit allows, every call
ends up like that. The bound counts the calls ahead of a new call: for an interactive call the interactive ones, for a
background call all calls of the command. A retry has already been admitted.
"""

from __future__ import annotations

import logging

from ..errors import WaitTooLongError
from .pool import ConnectionSlot
from .rate_limits import Claim, RateLimiter

logger = logging.getLogger("tim_async")


class _Queue:
    """The waiting calls of a command.

    Attributes:
        waiting: their number, by priority class.
        refused: total number of refused calls.
        series: calls refused since the bound was reached, 0 while it is not.
    """

    __slots__ = ("refused", "series", "waiting")

    def __init__(self) -> None:
        self.waiting = [0, 0]
        self.refused = 0
        self.series = 0


class BoundedWaiting:
    """Wraps a limiter and lets at most `max_waiting` calls of a command wait.

    Args:
        limiter: decides about the admitted calls.
        max_waiting: maximum number of calls ahead of a new one.
    """

    def __init__(self, limiter: RateLimiter, max_waiting: int) -> None:
        self._limiter = limiter
        self._max_waiting = max_waiting
        self._queues: dict[str, _Queue] = {}

    async def acquire(self, claim: Claim, slot: ConnectionSlot) -> None:
        """Wait for the claim's turn, unless too many calls are waiting. See `RateLimiter.acquire`."""
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
            # Log once half of the waiting calls have gone, not at every call that goes while others are refused.
            if queue.series and 2 * sum(waiting) <= self._max_waiting:
                logger.warning("%s: calls may wait again, %d were refused", claim.command, queue.series)
                queue.series = 0

    def _refuse(self, claim: Claim, queue: _Queue, waiting: int) -> None:
        if not queue.series:
            logger.warning("%s: %d calls are waiting (max_waiting), more are refused", claim.command, waiting)
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

    def reset(self) -> None:
        """Forget the waiting calls: their event loop is closed."""
        for queue in self._queues.values():
            queue.waiting = [0, 0]
            queue.series = 0
