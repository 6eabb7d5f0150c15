"""Options of `tim-async emulator`: limits, faults, the clock, storage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_args

import typer

from ._errors import stop
from ._limits import read_limits, widest

if TYPE_CHECKING:
    from .._api.endpoint import Rate
    from ..emulator.control.faults import PlanFault

_LIMITS: Final = "Limits"
_FAULTS: Final = "Faults"
_STATE: Final = "State"
_WEBHOOKS: Final = "Webhooks"
_EVERY: Final = "*"
# The meaning of the value after the kind of a fault.
_VALUES: Final = {"answer": "code", "delay": "seconds", "status": "status", "garbage": "body"}
# What stands after the kind.
_SETTINGS: Final = ("after", "command", "times", "rate", "seed", "after_calls")
_LISTED_SETTINGS: Final = f"after the kind come {', '.join(_SETTINGS)}"

LimitsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        metavar="COMMAND=NUMBER",
        show_default=False,
        help="The allowed calls per second, such as openim/sendmsg=300, or *=1000 for all; with /min, deliveries "
        "per minute. May be repeated.",
        rich_help_panel=_LIMITS,
    ),
]
ToleranceOption = Annotated[
    float,
    typer.Option(
        min=0, metavar="SHARE", help="The share of a limit that is tolerated above it.", rich_help_panel=_LIMITS
    ),
]
FaultOption = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="KIND",
        show_default=False,
        help="Plan a fault: answer=20004,times=2 or delay=3,rate=0.05 or drop,after or status=502, garbage, truncate, "
        "endless, stall; with command=, times=, rate=, seed=, after_calls=. May be repeated.",
        rich_help_panel=_FAULTS,
    ),
]
ClockOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        show_default=False,
        help="The time of the clock at the start: 2027-01-31T09:00+08:00, or unix seconds.",
        rich_help_panel=_STATE,
    ),
]
StopClockOption = Annotated[bool, typer.Option("--stop-clock", help="Stop the clock.", rich_help_panel=_STATE)]
StateOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", show_default=False, help="Keep the state in this file across restarts.", rich_help_panel=_STATE
    ),
]
KeepOption = Annotated[
    list[str] | None,
    typer.Option(
        "--keep",
        metavar="WHAT=NUMBER",
        show_default=False,
        help="How many messages (100000), calls with bodies, webhooks, pushes and events (10000 each) are kept. "
        "May be repeated.",
        rich_help_panel=_STATE,
    ),
]
WebhookUrlOption = Annotated[
    str | None,
    typer.Option(
        metavar="URL", show_default=False, help="Send the app's webhooks to this URL.", rich_help_panel=_WEBHOOKS
    ),
]
WebhookCommandOption = Annotated[
    list[str] | None,
    typer.Option(
        "--webhook-command",
        metavar="NAME",
        show_default=False,
        help="Send only webhooks of this kind, such as C2C.CallbackAfterSendMsg; may be repeated.",
        rich_help_panel=_WEBHOOKS,
    ),
]
WebhookTimeoutOption = Annotated[
    float, typer.Option(metavar="SECONDS", help="How long to wait for an answer.", rich_help_panel=_WEBHOOKS)
]
WebhookRetriesOption = Annotated[
    int,
    typer.Option(
        min=0, metavar="NUMBER", help="How often an event without an answer is sent again.", rich_help_panel=_WEBHOOKS
    ),
]
WebhookOnFailureOption = Annotated[
    str,
    typer.Option(
        metavar="allow|refuse",
        help="What to do with a message if the webhook before it is not answered.",
        rich_help_panel=_WEBHOOKS,
    ),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print no line for a call.")]
LinesOption = Annotated[
    bool, typer.Option("--json", help="Print JSON: where the emulator is, then one line for a call.")
]


def read_emulated_limits(given: Sequence[str] | None) -> dict[str, int | Rate]:
    """Read COMMAND=NUMBER, with `*` for all other commands."""
    every = [each for each in given or () if each.partition("=")[0] == _EVERY]
    limits: dict[str, int | Rate] = dict(widest(read_limits([each for each in given or () if each not in every])))
    for each in every:
        limits[_EVERY] = _number("--limit", each)
    return limits


def read_keep(given: Sequence[str] | None) -> dict[str, int]:
    """Read WHAT=NUMBER."""
    from ..emulator.keep import Keep

    keep = {}
    for each in given or ():
        name = each.partition("=")[0]
        if name not in Keep.__struct_fields__:
            stop(f"--keep {each}: it must be one of {', '.join(Keep.__struct_fields__)}, such as messages=1000")
        keep[name] = _number("--keep", each)
    return keep


def _number(option: str, given: str) -> int:
    number = given.partition("=")[2]
    if not (number.isascii() and number.isdigit() and 0 < int(number) < 10**12):
        stop(f"{option} {given}: it must look like {given.partition('=')[0]}=1000")
    return int(number)


def read_fault(given: str) -> PlanFault:
    """Read KIND or KIND=VALUE with further comma-separated fields, as in the control API."""
    import msgspec

    from .._api.checks import nearest
    from ..emulator import FaultKind
    from ..emulator.control.faults import PlanFault

    first, *rest = given.split(",")
    kind, has_value, value = first.partition("=")
    if kind not in (kinds := get_args(FaultKind)):
        stop(f"--fault {given}: unknown kind {kind!r}{nearest(kind, kinds)} (the kinds are {', '.join(kinds)})")
    fields: dict[str, Any] = {"kind": kind}
    if has_value:
        if kind not in _VALUES:
            stop(f"--fault {given}: {kind} takes no value")
        fields[_VALUES[kind]] = value
    for each in rest:
        name, has_value, value = each.partition("=")
        field = "is_after" if name == "after" else name
        if field not in PlanFault.__struct_fields__:
            stop(f"--fault {given}: unknown setting {name!r}{nearest(name, _SETTINGS)} ({_LISTED_SETTINGS})")
        fields[field] = value if has_value else True
    try:
        return msgspec.convert(fields, PlanFault, strict=False)
    except (msgspec.ValidationError, UnicodeError) as error:
        stop(f"--fault {given}: {error}")


def read_clock(given: str) -> float:
    """Read a moment: unix seconds, or a date and time, in this machine's time zone unless it names one."""
    try:
        return float(given) if given.replace(".", "", 1).isdigit() else datetime.fromisoformat(given).timestamp()
    except (ValueError, OverflowError, OSError):
        stop(f"--clock {given}: it must look like 2027-01-31T09:00+08:00, or be unix seconds")


def read_on_failure(given: str) -> Literal["allow", "refuse"]:
    """Read what to do with a message without the webhook's answer."""
    if given not in ("allow", "refuse"):
        stop(f"--webhook-on-failure {given}: it must be allow or refuse")
    return "allow" if given == "allow" else "refuse"
