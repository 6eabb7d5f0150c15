"""The clock: set, moved forward, stopped."""

from __future__ import annotations

import msgspec

from .context import Control
from .routes import Asked, route


class ClockView(msgspec.Struct, kw_only=True):
    """The clock.

    Attributes:
        now: unix seconds.
        ahead_s: seconds that it is ahead of the host's clock.
        is_stopped: whether it is stopped.
    """

    now: float
    ahead_s: float
    is_stopped: bool


class SetClock(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The time to set.

    Attributes:
        now: unix seconds; None follows the host's clock again.
        is_stopped: whether to stop it there.
    """

    now: float | None = None
    is_stopped: bool = False


class Forward(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How far to move the clock.

    Attributes:
        seconds: forward; a negative number moves it backward.
    """

    seconds: float


def _view(control: Control) -> ClockView:
    clock = control.clock
    return ClockView(now=clock(), ahead_s=clock.ahead_s, is_stopped=clock.is_stopped)


@route("GET", "/clock", answer=ClockView, summary="The time of the emulator's clock.")
def clock(control: Control, asked: Asked[None, None]) -> ClockView:
    """Return the clock."""
    return _view(control)


@route("PUT", "/clock", body=SetClock, answer=ClockView, summary="Set the clock, stop it, or let it follow the host's.")
def set_clock(control: Control, asked: Asked[None, SetClock]) -> ClockView:
    """Set the clock."""
    if asked.body.now is not None:
        control.clock.set(asked.body.now, stopped=asked.body.is_stopped)
    elif asked.body.is_stopped:
        control.clock.set(control.clock(), stopped=True)
    else:
        control.clock.follow()
    return _changed(control)


@route("POST", "/clock/forward", body=Forward, answer=ClockView, summary="Move the clock.")
def forward(control: Control, asked: Asked[None, Forward]) -> ClockView:
    """Move the clock."""
    control.clock.forward(asked.body.seconds)
    return _changed(control)


def _changed(control: Control) -> ClockView:
    view = _view(control)
    control.events.publish("clock", lambda: view)
    return view
