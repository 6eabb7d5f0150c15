"""`tim-async bulk suppress list`: the suppression lists of a ledger, or the accounts of one."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from ...._frame import make_command
from ...._options import OptionalAppIdOption
from ...._output import JsonOption, echo, for_data, one_line, print_json, show_time
from .._options import LedgerOption
from ._lists import CampaignOption, open_lists


def show(
    *,
    list_name: Annotated[
        str | None,
        typer.Option("--list", metavar="NAME", show_default=False, help="Print the accounts of this list, one a line."),
    ] = None,
    ledger: LedgerOption = None,
    name: CampaignOption = None,
    sdk_app_id: OptionalAppIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the suppression lists of a ledger, or the accounts of one."""
    lists = open_lists(ledger, name, sdk_app_id)

    async def print_accounts(wanted: str) -> None:
        out = for_data(sys.stdout)
        async for account in lists.accounts(wanted):
            out.write(f"{account}\n")

    if list_name is not None:
        asyncio.run(print_accounts(list_name))
        return
    found = asyncio.run(lists.all())
    if as_json:
        print_json(found)
        return
    for each in found:
        echo(f"{one_line(each.name)}: {each.entries:,} accounts, changed {show_time(each.changed_at)}")
    if not found:
        echo("the ledger has no suppression lists")


command = make_command(
    show,
    name="list",
    examples=("tim-async bulk suppress list", "tim-async bulk suppress list --list unsubscribed > unsubscribed.txt"),
)
