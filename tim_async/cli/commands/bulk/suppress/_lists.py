"""What the commands for suppression lists share."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...._errors import stop
from ...._options import LEDGER_VARIABLE, read_app_id
from .._campaign import read_file

if TYPE_CHECKING:
    from .....bulk import SuppressionLists
    from .....bulk._plan.files import RecipientFile

FileArgument = Annotated[
    Path | None,
    typer.Argument(metavar="FILE", show_default=False, help="The accounts: .csv with a header line, .jsonl or .txt."),
]
AccountsOption = Annotated[
    list[str] | None,
    typer.Option("--account", metavar="ACCOUNT", show_default=False, help="An account; may be repeated."),
]
ListOption = Annotated[
    str | None,
    typer.Option("--list", metavar="NAME", show_default=False, help="The list; by default named after the file."),
]
CampaignOption = Annotated[
    str | None,
    typer.Option(
        "--name", metavar="NAME", show_default=False, help="The campaign whose default ledger to use, without --ledger."
    ),
]


def open_lists(ledger: str | None, name: str | None, app: str | int | None) -> SuppressionLists:
    """Return the lists of a ledger."""
    from .....bulk import SuppressionLists

    if ledger is None and name is None:
        stop("TIM_LEDGER (or --ledger) is missing; or give --name NAME for a campaign's default ledger")
    named = None if ledger == os.environ.get(LEDGER_VARIABLE) else ledger
    return SuppressionLists(named, campaign=name, sdk_app_id=None if app is None else read_app_id(app))


def given(
    source: Path | None,
    accounts: Sequence[str] | None,
    *,
    account_column: str,
    encoding: str | None,
    delimiter: str | None,
) -> Path | RecipientFile | list[str]:
    """Return the accounts given to a command."""
    if (source is None) == (not accounts):
        stop("give either FILE or --account ACCOUNT")
    for option, value in (("--encoding", encoding), ("--delimiter", delimiter)):
        if source is None and value is not None:
            stop(f"{option} is for FILE")
    if source is None:
        return list(accounts or ())
    if encoding is None and delimiter is None:
        return source
    return read_file(source, account_column=account_column, encoding=encoding, delimiter=delimiter, file_format=None)
