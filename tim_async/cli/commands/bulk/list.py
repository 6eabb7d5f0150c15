"""`tim-async bulk list`: list campaigns."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Annotated

import typer

from ..._frame import make_command
from ..._loop import run_async
from ..._options import LEDGER_VARIABLE, OptionalAppIdOption, read_app_id
from ..._output import JsonOption, echo, is_terminal, one_line, print_json, show_rows, show_time
from ._options import LedgerOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ....bulk import CampaignSummary

_TITLES = ("CAMPAIGN", "STATE", "RECIPIENTS", "SENT", "FAILED", "UNKNOWN", "TO DO", "PLANNED", "STARTED", "ENDED")
_RIGHT = range(2, 7)


def list_all(
    *,
    ledger: LedgerOption = None,
    sdk_app_id: OptionalAppIdOption = None,
    archived: Annotated[bool, typer.Option("--archived", help="List archived campaigns.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the campaigns of a ledger, or all of yours, with state, counts and dates.

    Without --ledger: those of the ledger that TIM_LEDGER names, otherwise of all ledgers in your state folder.
    """
    from ....bulk import list_campaigns

    named = None if ledger == os.environ.get(LEDGER_VARIABLE) else ledger
    app = None if sdk_app_id is None or ledger is not None else read_app_id(sdk_app_id)
    found = run_async(list_campaigns(named, sdk_app_id=app, archived=archived))
    if as_json:
        print_json({"campaigns": found})
        return
    _show(found)


def _show(found: Sequence[CampaignSummary]) -> None:
    rows = [_TITLES, *map(_cells, found)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_TITLES))]
    if is_terminal() and sum(widths) + 2 * len(widths) > shutil.get_terminal_size().columns:
        for each in found:
            _show_one(each)
    elif found:
        for row in rows:
            cells = [
                cell.rjust(width) if place in _RIGHT else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            echo("  ".join(cells).rstrip())
    for each in found:
        if each.status == "unreadable":
            echo(f"{one_line(each.ledger)}: {one_line(each.reason or '')}", err=True)
    echo(f"{len(found):,} {'campaign' if len(found) == 1 else 'campaigns'}", err=True)


def _show_one(each: CampaignSummary) -> None:
    """Print a campaign without a table, if the terminal is too narrow for one."""
    counts = f"{each.sent:,} of {each.total:,}, {each.failed:,} failed, {each.unknown:,} unknown, {each.left:,} to do"
    dates = (("planned", each.created_at), ("started", each.begun_at), ("ended", each.ended_at))
    shown = [(name, show_time(date)) for name, date in dates if date is not None]
    show_rows(f"{one_line(each.name)}: {each.status}", [("sent", counts), *shown])


def _cells(each: CampaignSummary) -> tuple[str, ...]:
    counts = (each.total, each.sent, each.failed, each.unknown, each.left)
    dates = (each.created_at, each.begun_at, each.ended_at)
    return (
        one_line(each.name),
        each.status,
        *(f"{count:,}" for count in counts),
        *("-" if date is None else show_time(date).removesuffix(" UTC") for date in dates),
    )


command = make_command(
    list_all, name="list", examples=("tim-async bulk list", "tim-async bulk list --ledger spring.db --json")
)
