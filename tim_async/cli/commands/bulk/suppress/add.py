"""`tim-async bulk suppress add`: add accounts that are no longer sent to."""

from __future__ import annotations

from ...._frame import make_command
from ...._loop import run_async
from ...._options import OptionalAppIdOption
from ...._output import JsonOption, echo, one_line, print_json
from .._options import ColumnOption, DelimiterOption, EncodingOption, LedgerOption
from ._lists import AccountsOption, CampaignOption, FileArgument, ListOption, given, open_lists


def add(
    source: FileArgument = None,
    *,
    accounts: AccountsOption = None,
    list_name: ListOption = None,
    ledger: LedgerOption = None,
    name: CampaignOption = None,
    account_column: ColumnOption = "account",
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    sdk_app_id: OptionalAppIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add accounts to a suppression list; no campaign of the ledger sends to them.

    It applies at once to everything that was not written ahead, also in campaigns that run elsewhere. Accounts leave a
    list only by `suppress remove`.
    """
    lists = open_lists(ledger, name, sdk_app_id)
    own = given(source, accounts, account_column=account_column, encoding=encoding, delimiter=delimiter)
    change = run_async(lists.add(own, list_name=list_name, account_column=account_column))
    if as_json:
        print_json(change)
        return
    echo(f"list {one_line(change.list_name)}: {change.added:,} of {change.accounts:,} accounts are new")
    if change.first_problem is not None:
        from .....bulk._plan.wording import counted

        echo(
            f"{counted(change.bad_rows, 'bad row')}, the first in line {change.first_problem.line}: "
            f"{one_line(change.first_problem.reason)}",
            err=True,
        )


command = make_command(
    add,
    examples=(
        "tim-async bulk suppress add unsubscribed.csv",
        "tim-async bulk suppress add --account lumotuwe2 --list 'asked by phone'",
    ),
)
