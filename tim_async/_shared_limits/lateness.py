"""How late a process comes to its reservations, and what it does about that.

On a busy processor, a process runs some milliseconds later than it asked to: four workers next to two busy loops were
10 to 70 ms late for half of their reservations. With a tolerance of 10 ms those expire, the limit is used up by
reservations that no call uses, and each message costs several requests.

A larger tolerance costs part of the limit, so a process asks for it only while it is *starved*: when a tenth of its
reservations expired, twice in a row. From then on it spaces its reservations farther apart, as do all processes of the
app (see `SharedBucket.note_spacing`), and uses those that are certain to lie among such reservations up to
`late_tolerance` after their moment. When hardly any has been late for a while, it returns to the usual tolerance.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Final

logger = logging.getLogger("tim_async")

# Reservations judged together, and the minimum seconds that they cover.
_JUDGED: Final = 50
_JUDGED_S: Final = 1.0
# If at least this part of them expired, twice in a row, the process is starved: a single stall expires a few at once.
_STARVED_PART: Final = 0.1
_STARVED_IN_A_ROW: Final = 2
# If at most this part would have expired with the usual tolerance, for this many seconds, it no longer is.
_CALM_PART: Final = 0.01
_CALM_S: Final = 30.0
# Expired reservations are logged at most this often.
_LOG_INTERVAL_S: Final = 60.0


class Lateness:
    """What one process knows about its own lateness.

    Args:
        tolerance: seconds after its moment for which a reservation can be used.
        late_tolerance: the same while the process is starved; a value up to `tolerance` turns it off.
        clock: monotonic seconds.

    Attributes:
        tolerance: as given.
        late_tolerance: as given, at least `tolerance`.
        is_starved: whether the larger one is wanted.
    """

    __slots__ = (
        "_calm_since",
        "_clock",
        "_expired",
        "_late",
        "_logged_at",
        "_since",
        "_starved_in_a_row",
        "_unlogged",
        "_used",
        "is_starved",
        "late_tolerance",
        "tolerance",
    )

    def __init__(self, tolerance: float, late_tolerance: float, clock: Callable[[], float]) -> None:
        self.tolerance = tolerance
        self.late_tolerance = max(tolerance, late_tolerance)
        self.is_starved = False
        self._clock = clock
        self._used = self._late = self._expired = 0
        self._since = clock()
        self._starved_in_a_row = 0
        self._calm_since: float | None = None
        self._unlogged = [0, 0]  # expired, and all, since the last log line
        self._logged_at = -math.inf

    @property
    def in_force(self) -> float:
        """Seconds after its moment for which a reservation can be used now, if its neighbours allow it."""
        return self.late_tolerance if self.is_starved else self.tolerance

    def use(self, late_s: float) -> None:
        """Record a reservation that was used, and how many seconds after its moment."""
        self._used += 1
        if late_s > self.tolerance:
            self._late += 1
        if self._used + self._expired >= _JUDGED:
            self._judge()

    def expire(self) -> None:
        """Record a reservation that a call waited for and that expired."""
        self._expired += 1
        if self._used + self._expired >= _JUDGED:
            self._judge()

    def _judge(self) -> None:
        now = self._clock()
        if now - self._since < _JUDGED_S:
            return
        total = self._used + self._expired
        expired, late = self._expired / total, (self._expired + self._late) / total
        self._log(now, total)
        self._since, self._used, self._late, self._expired = now, 0, 0, 0
        if not self.is_starved:
            self._starved_in_a_row = self._starved_in_a_row + 1 if expired >= _STARVED_PART else 0
            if self._starved_in_a_row >= _STARVED_IN_A_ROW and self.late_tolerance > self.tolerance:
                self._change(is_starved=True)
        elif late > _CALM_PART:
            self._calm_since = None
        elif self._calm_since is None:
            self._calm_since = now
        elif now - self._calm_since >= _CALM_S:
            self._change(is_starved=False)

    def _change(self, *, is_starved: bool) -> None:
        self.is_starved = is_starved
        self._starved_in_a_row, self._calm_since = 0, None
        if is_starved:
            logger.warning(
                "this process runs too late for its calls because its processor is busy; reservations can be used for "
                "%.0f ms instead of %.0f, which costs a few percent of the limits, until that is over",
                *(1000 * self.late_tolerance, 1000 * self.tolerance),
            )
        else:
            logger.warning("this process is on time again; reservations can be used for %.0f ms", 1000 * self.tolerance)

    def _log(self, now: float, total: int) -> None:
        """Log from time to time how many reservations expired, if more than a few did."""
        self._unlogged[0] += self._expired
        self._unlogged[1] += total
        if self._expired < _STARVED_PART * total or now - self._logged_at < _LOG_INTERVAL_S:
            return
        expired, of = self._unlogged
        logger.warning(
            "%d of %d reservations expired: the event loop of this process, or its processor, was busy for longer than "
            "%.0f ms",
            *(expired, of, 1000 * self.in_force),
        )
        self._unlogged, self._logged_at = [0, 0], now
