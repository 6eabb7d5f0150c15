"""The clock of an emulator: another clock that can be set, moved and stopped."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import UsageError


class SteerableClock:
    """Shows the time of another clock until it is steered.

    Args:
        base: unix seconds.
    """

    def __init__(self, base: Callable[[], float]) -> None:
        self._base = base
        self._ahead = 0.0
        self._stopped_at: float | None = None

    def __call__(self) -> float:
        """Return unix seconds."""
        return self._base() + self._ahead if self._stopped_at is None else self._stopped_at

    @property
    def is_steered(self) -> bool:
        """Whether its time differs from the clock below it."""
        return self._stopped_at is not None or self._ahead != 0.0

    @property
    def is_stopped(self) -> bool:
        """Whether it is stopped."""
        return self._stopped_at is not None

    @property
    def ahead_s(self) -> float:
        """Seconds that it is ahead of the clock below it."""
        return self() - self._base() if self.is_steered else 0.0

    def set(self, now: float, *, stopped: bool = False) -> None:
        """Set the time; continue from there, or stop.

        Raises:
            UsageError: the time is not from 0 to the year 9999.
        """
        if not 0 <= now <= 253_402_300_799:
            raise UsageError(f"now must be unix seconds from 0 to 253402300799, not {now!r}", field="now")
        self._stopped_at = float(now) if stopped else None
        self._ahead = now - self._base()

    def forward(self, seconds: float) -> None:
        """Move it; a stopped clock stays stopped.

        Raises:
            UsageError: it would leave its range.
        """
        self.set(self() + seconds, stopped=self.is_stopped)

    def follow(self) -> None:
        """Follow the clock below it again."""
        self._ahead, self._stopped_at = 0.0, None
