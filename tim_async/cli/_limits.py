"""The option `--limit`: COMMAND=NUMBER calls per second, COMMAND=NUMBER/min deliveries per minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ._errors import stop

if TYPE_CHECKING:
    from .._api.endpoint import Rate

PACE_PANEL: Final = "Pace"

LimitOption = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        metavar="COMMAND=NUMBER",
        show_default=False,
        help="Calls per second that the app may make, such as openim/sendmsg=300; with /min, deliveries per minute: "
        "openim/batchsendmsg=24000/min. May be repeated.",
        rich_help_panel=PACE_PANEL,
    ),
]


def read_limits(given: Sequence[str] | None) -> dict[str, tuple[Rate, ...]]:
    """Read COMMAND=NUMBER and COMMAND=NUMBER/min."""
    from .._api.endpoint import Rate
    from ..families.c2c import C2C

    limits: dict[str, tuple[Rate, ...]] = {}
    for each in given or ():
        command, count, is_deliveries = _read(each)
        usual = limits.get(command) or (C2C.send_batch.limits if command == C2C.send_batch.command else (Rate(200),))
        if is_deliveries and not any(rate.cost for rate in usual):
            stop(f"--limit {each}: only {C2C.send_batch.command} has a limit of deliveries per minute")
        new = Rate(count, 60, cost="to_account", max_cost=min(500, count)) if is_deliveries else Rate(count)
        limits[command] = tuple(new if bool(rate.cost) == is_deliveries else rate for rate in usual)
    return limits


def _read(given: str) -> tuple[str, int, bool]:
    """Return the command, the number, and whether it counts deliveries per minute."""
    from .._api.checks import nearest
    from .._core.config import check_command
    from ..errors import UsageError
    from ..families._registry import endpoints

    command, _, number = given.partition("=")
    number, slash, span = number.partition("/")
    if not (number.isascii() and number.isdigit() and int(number)) or (slash and span != "min"):
        stop(f"--limit {given}: it must look like openim/sendmsg=300 or openim/batchsendmsg=24000/min")
    try:
        check_command(command)
    except UsageError as error:
        stop(f"--limit {given}: {error}")
    if command not in endpoints():
        stop(f"--limit {given}: unknown command {command!r}{nearest(command, endpoints())}")
    return command, int(number), bool(slash)


def widest(limits: Mapping[str, tuple[Rate, ...]]) -> dict[str, Rate]:
    """Return one limit of each command for the emulator, which takes only one: the deliveries if given."""
    return {command: next((rate for rate in rates if rate.cost), rates[-1]) for command, rates in limits.items()}
