"""`tim-async bulk suppress remove`: remove accounts, which may then be sent to again."""

from __future__ import annotations

from typing import Annotated

import typer

from ...._errors import stop
from ...._frame import make_command
from ...._loop import run_async
from ...._options import OptionalAppIdOption
from ...._output import JsonOption, echo, print_json
from .._options import ColumnOption, DelimiterOption, EncodingOption, LedgerOption
from ._lists import AccountsOption, CampaignOption, FileArgument, ListOption, given, open_lists


def remove(
    source: FileArgument = None,
    *,
    accounts: AccountsOption = None,
    list_name: ListOption = None,
    whole: Annotated[bool, typer.Option("--whole", help="Remove the whole list that --list names.")] = False,
    ledger: LedgerOption = None,
    name: CampaignOption = None,
    account_column: ColumnOption = "account",
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    sdk_app_id: OptionalAppIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove accounts from a suppression list, or from all lists without --list.

    Recipients who were left out stay left out; later campaigns send to them.
    """
    lists = open_lists(ledger, name, sdk_app_id)
    if whole:
        if list_name is None or source is not None or accounts:
            stop("--whole needs --list, and no accounts")
        removed = run_async(lists.remove_list(list_name))
    else:
        own = given(source, accounts, account_column=account_column, encoding=encoding, delimiter=delimiter)
        removed = run_async(lists.remove(own, list_name=list_name, account_column=account_column))
    if as_json:
        print_json({"removed": removed})
    else:
        echo("1 entry removed" if removed == 1 else f"{removed:,} entries removed")


command = make_command(
    remove,
    examples=(
        "tim-async bulk suppress remove --account lumotuwe2",
        "tim-async bulk suppress remove --list unsubscribed --whole",
    ),
)
