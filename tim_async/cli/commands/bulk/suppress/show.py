"""`tim-async bulk suppress list`: the suppression lists of a ledger, or the accounts of one."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from typing import Annotated

import typer

from ....._printable import json_text
from ...._frame import make_command
from ...._loop import run_async
from ...._options import OptionalAppIdOption
from ...._output import JsonOption, echo, for_data, one_line, print_json, show_time
from .._options import LedgerOption
from ._lists import CampaignOption, open_lists


def show(
    *,
    list_name: Annotated[
        str | None,
        typer.Option(
            "--list", metavar="NAME", show_default=False, help="Print the accounts of this list, one per line."
        ),
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
        async for line in _lines(lists.accounts(wanted), as_json=as_json):
            out.write(line)

    if list_name is not None:
        run_async(print_accounts(list_name))
        return
    found = run_async(lists.all())
    if as_json:
        print_json(found)
        return
    for each in found:
        noun = "account" if each.entries == 1 else "accounts"
        echo(f"{one_line(each.name)}: {each.entries:,} {noun}, changed {show_time(each.changed_at)}")
    if not found:
        echo("the ledger has no suppression lists")


async def _lines(accounts: AsyncIterator[str], *, as_json: bool) -> AsyncIterator[str]:
    """Yield the lines of a list, which may be long: one account each, or with --json one array over all of them."""
    import msgspec

    if not as_json:
        async for account in accounts:
            yield f"{account}\n"
        return
    before = "["
    async for account in accounts:
        yield before + json_text(msgspec.json.encode(account).decode())
        before = ",\n"
    yield "[]\n" if before == "[" else "]\n"


command = make_command(
    show,
    name="list",
    examples=("tim-async bulk suppress list", "tim-async bulk suppress list --list unsubscribed > unsubscribed.txt"),
)
