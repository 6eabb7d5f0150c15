"""Feeds the service's own alerts to the limiter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..errors import UsageError
from .events.service import RequestOverLimit


class SlowsDown(Protocol):
    """What is needed of a limiter; `tim_async.LocalRateLimiter` has it."""

    def slow_down(self, app: int, command: str, *, rate: float, seconds: float) -> None:
        """Let through at most `rate` calls a second of a command, for `seconds` from now."""
        ...


def slow_down(limiter: SlowsDown, *, share: float = 0.75, seconds: float = 10.0) -> Callable[[RequestOverLimit], None]:
    """Make a handler that slows a command down when the service says that it comes near its limit.

        limiter = LocalRateLimiter()
        client = TimClient(..., limiter=limiter)
        router.on(RequestOverLimit)(slow_down(limiter))

    The limit is the app's, and a limiter knows of its own process alone: where several share an app, the alert is how
    one learns of the others. It comes at 80 % of the limit, so a share below that ends the alerts.

    Args:
        limiter: the one that the client was given.
        share: the part of the limit that is left to us, above 0 and up to 1.
        seconds: for how long, counted from the last alert.

    Raises:
        UsageError: an argument does not fit.
    """
    if not 0 < share <= 1:
        raise UsageError(f"share is {share!r}, it must be above 0 and up to 1", field="share")
    if not seconds > 0:
        raise UsageError(f"seconds is {seconds!r}, it must be above 0", field="seconds")

    def heed(event: RequestOverLimit) -> None:
        if event.limit > 0:
            command = f"{event.service_name}/{event.command}"
            limiter.slow_down(event.params.sdk_app_id, command, rate=event.limit * share, seconds=seconds)

    return heed
