"""How late a process comes to its reservations, and what it does about that.

On a processor that is busy with something else, a process gets its turn some milliseconds after it asked for it: four
workers beside two busy loops came 10 to 70 ms late to half of their reservations. With a tolerance of 10 ms those
expire, the limit is used up by reservations that no call has, and each message costs several requests.

A larger tolerance for all would cost all a part of the limit, so a process asks for it only while it is *starved*: when
a tenth of its reservations expired, twice in a row. From then on it makes its reservations farther apart, which all
processes of the app do with it (see `SharedBucket.note_spacing`), and uses those that are certainly among no others
up to `late_tolerance` after their moment. When hardly any has come late for a while, it goes back.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Final

logger = logging.getLogger("tim_async")

# So many reservations, over so many seconds at least, are judged together.
_JUDGED: Final = 50
_JUDGED_S: Final = 1.0
# Where so large a part of them expired, twice in a row, the process is starved: one stall expires a few in one go.
_STARVED_PART: Final = 0.1
_STARVED_IN_A_ROW: Final = 2
# Where so small a part would have expired with the usual tolerance, for so many seconds, it is not any more.
_CALM_PART: Final = 0.01
_CALM_S: Final = 30.0
# A line in the log about reservations that expired comes at most this often.
_LOG_INTERVAL_S: Final = 60.0


class Lateness:
    """What one process knows of its own lateness.

    Args:
        tolerance: seconds after its moment for which a reservation can be used.
        late_tolerance: the same while the process is starved; no more than `tolerance` for never.
        clock: seconds that do not go back.

    Attributes:
        tolerance: as given.
        late_tolerance: as given, `tolerance` at least.
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
        self._unlogged = [0, 0]  # expired, and all, since the last line in the log
        self._logged_at = -math.inf

    @property
    def in_force(self) -> float:
        """Seconds after its moment for which a reservation can be used now, where those around it allow it."""
        return self.late_tolerance if self.is_starved else self.tolerance

    def use(self, late_s: float) -> None:
        """Note a reservation that was used, so many seconds after its moment."""
        self._used += 1
        if late_s > self.tolerance:
            self._late += 1
        if self._used + self._expired >= _JUDGED:
            self._judge()

    def expire(self) -> None:
        """Note a reservation that a call waited for, and that came too late."""
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
                "this process gets its processor too late for its calls; reservations can be used for %.0f ms instead "
                "of %.0f, which takes a few percent of the limits, until that is over",
                *(1000 * self.late_tolerance, 1000 * self.tolerance),
            )
        else:
            logger.warning("this process is in time again; reservations can be used for %.0f ms", 1000 * self.tolerance)

    def _log(self, now: float, total: int) -> None:
        """Log now and then how many reservations expired, where those are not just a few."""
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
