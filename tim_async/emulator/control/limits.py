"""The limits of the commands: their use, refused calls, and changes of limits."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from ..._api.endpoint import Rate
from ...errors import UsageError
from ..dispatch import ENDPOINTS
from ..server.limits import EVERY
from .context import Control
from .routes import Asked, route


class LimitView(msgspec.Struct, kw_only=True):
    """One limit of a command; its fullest window, if there is one window per value of a field.

    Attributes:
        command: the command.
        limit: the most that any window of `per_s` seconds may hold, without the tolerance.
        per_s: seconds.
        counts: what is counted: `calls`, or the field whose items are.
        key: the field with a separate window for each value, None for none.
        set_as: the command, or `*`, that it was set for; None for a documented one.
        held: what the window holds now.
        capacity: the most it may hold, with the tolerance.
        worst: the most that it ever held.
        refused: the calls that it refused.
    """

    command: str
    limit: int
    per_s: float
    counts: str
    key: str | None
    set_as: str | None
    held: int
    capacity: int
    worst: int
    refused: int


class PaceView(msgspec.Struct, kw_only=True):
    """How many calls of a command arrived in each of the last 60 seconds; the current second is the last.

    Attributes:
        command: the command.
        passed: calls that passed its limits.
        refused: calls that were refused.
    """

    command: str
    passed: list[int]
    refused: list[int]


class SetLimit(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A limit to set.

    Attributes:
        command: the command, or `*` for all without a limit of their own.
        limit: calls in any window; None restores the documented limits.
        per_s: length of the window in seconds.
    """

    command: str
    limit: Annotated[int, Meta(ge=1)] | None
    per_s: Annotated[float, Meta(gt=0)] = 1.0


@route(
    "GET",
    "/limits",
    answer=list[LimitView],
    summary="The limits of the commands that were called, and of those that were set.",
)
def limits(control: Control, asked: Asked[None, None]) -> list[LimitView]:
    """Return the limits of every command that was called or whose limit was set here."""
    now = control.window_clock()
    found = []
    for command in sorted(control.limits.called):
        for rate, state in control.limits.look(ENDPOINTS[command], now):
            found.append(
                LimitView(
                    command=command,
                    limit=rate.limit,
                    per_s=rate.per,
                    counts=rate.cost or "calls",
                    key=rate.key,
                    set_as=control.limits.set_as(command),
                    held=state.held,
                    capacity=state.capacity,
                    worst=state.worst,
                    refused=state.refused,
                )
            )
    return found


@route("GET", "/limits/history", answer=list[PaceView], summary="The calls of each of the last 60 seconds, by command.")
def limit_history(control: Control, asked: Asked[None, None]) -> list[PaceView]:
    """Return the calls of the last seconds."""
    paces = control.limits.paces(control.window_clock())
    return [PaceView(command=command, passed=paces[command][0], refused=paces[command][1]) for command in sorted(paces)]


@route("PUT", "/limits", body=SetLimit, answer=list[LimitView], summary="Set the limit of a command.")
def set_limit(control: Control, asked: Asked[None, SetLimit]) -> list[LimitView]:
    """Set a limit; the windows of the command start empty."""
    body = asked.body
    if body.command != EVERY and body.command not in ENDPOINTS:
        raise UsageError(f"unknown command {body.command!r}", field="command")
    control.limits.replace(body.command, None if body.limit is None else Rate(body.limit, body.per_s))
    return limits(control, Asked({}, None, None, asked.request))
