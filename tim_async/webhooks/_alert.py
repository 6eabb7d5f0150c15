"""Slows a limiter down when the service sends an alert."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from .._api.checks import check_seconds
from ..errors import UsageError
from .events.service import RequestOverLimit


class SlowsDown(Protocol):
    """A limiter that can be slowed down, such as `tim_async.LocalRateLimiter`."""

    def slow_down(self, app: int, command: str, *, rate: float, seconds: float) -> None:
        """Allow at most `rate` calls a second of a command, for `seconds` from now.

        Args:
            app: the SDKAppID.
            command: the command, such as `openim/sendmsg`.
            rate: calls a second.
            seconds: how long.
        """
        ...


def slow_down(limiter: SlowsDown, *, share: float = 0.75, seconds: float = 10.0) -> Callable[[RequestOverLimit], None]:
    """Create a handler that slows a command down when the service reports that it is near its limit.

        limiter = LocalRateLimiter()
        client = TimClient(..., limiter=limiter)
        router.on(RequestOverLimit)(slow_down(limiter))

    The limit applies to the app, but a limiter knows only the calls of its own process: if several processes share an
    app, the alert shows that the others are sending too. It is sent at 80 % of the limit, so a share below 0.8 ends
    the alerts.

    Args:
        limiter: the limiter that the client was given.
        share: the fraction of the limit to use, above 0 and at most 1.
        seconds: how long to stay slow after the last alert, above 0.

    Returns:
        A handler for `router.on(RequestOverLimit)`.

    Raises:
        UsageError: an argument is invalid; `field` names it.
    """
    if not 0 < share <= 1:
        raise UsageError(f"share must be above 0 and at most 1, not {share!r}", field="share")
    check_seconds("seconds", seconds)

    def on_alert(event: RequestOverLimit) -> None:
        if event.limit > 0:
            command = f"{event.service_name}/{event.command}"
            limiter.slow_down(event.params.sdk_app_id, command, rate=event.limit * share, seconds=seconds)

    return on_alert
