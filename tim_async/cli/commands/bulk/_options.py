"""Options that several commands of `bulk` have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from ..._limits import PACE_PANEL
from ..._options import LEDGER_VARIABLE

RECIPIENTS_PANEL: Final = "Recipients"
MESSAGE_PANEL: Final = "Message"
CAMPAIGN_PANEL: Final = "Campaign"

SourceArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE",
        show_default=False,
        help="The recipients: .csv with a line of column names, .jsonl, or .txt with an account a line, also with .gz "
        "after it; - is standard input. Not needed to carry on.",
    ),
]
NameOption = Annotated[
    str,
    typer.Option(
        "--name",
        metavar="NAME",
        show_default=False,
        help="The campaign, in its ledger.",
        rich_help_panel=CAMPAIGN_PANEL,
    ),
]
LedgerOption = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        envvar=LEDGER_VARIABLE,
        metavar="FILE",
        show_default=False,
        help="The ledger, an SQLite file or the URL of a database; without it, one by app and NAME in your folder for "
        "state, whatever folder you are in.",
        rich_help_panel=CAMPAIGN_PANEL,
    ),
]
NewOption = Annotated[
    bool,
    typer.Option(
        "--new",
        help="Begin a campaign that names no ledger also where standard input is no terminal, as under cron.",
        rich_help_panel=CAMPAIGN_PANEL,
    ),
]
TextOption = Annotated[
    str | None,
    typer.Option(
        "--text",
        metavar="TEXT",
        show_default=False,
        help="The message; $name or ${name} is the row's column of that name, $account the recipient, $$ a dollar.",
        rich_help_panel=MESSAGE_PANEL,
    ),
]
MessageOption = Annotated[
    Path | None,
    typer.Option(
        "--message",
        metavar="FILE",
        show_default=False,
        help="The message as JSON with the service's field names (MsgBody ...), placeholders as above.",
        rich_help_panel=MESSAGE_PANEL,
    ),
]
PlainOption = Annotated[
    bool,
    typer.Option(
        "--plain",
        help="Send every $ as it stands: the message is not a template.",
        rich_help_panel=MESSAGE_PANEL,
    ),
]
ColumnOption = Annotated[
    str,
    typer.Option(
        "--account-column",
        metavar="COLUMN",
        help="The column that has the account.",
        rich_help_panel=RECIPIENTS_PANEL,
    ),
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        show_default=False,
        help="csv, jsonl or txt, where the file's name does not say it.",
        rich_help_panel=RECIPIENTS_PANEL,
    ),
]
EncodingOption = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        show_default=False,
        help="The file's encoding, such as gb18030; without it, UTF-8. A byte order mark decides.",
        rich_help_panel=RECIPIENTS_PANEL,
    ),
]
DelimiterOption = Annotated[
    str | None,
    typer.Option(
        "--delimiter",
        metavar="CHARACTER",
        show_default=False,
        help="What stands between two cells of a CSV, or tab; without it, a comma, or what a first line sep=; says.",
        rich_help_panel=RECIPIENTS_PANEL,
    ),
]
LanesOption = Annotated[
    str,
    typer.Option(
        "--lanes",
        metavar="WAY",
        help="auto: the same message in batches, personal ones one by one; single, batch; both: side by side.",
        rich_help_panel=PACE_PANEL,
    ),
]
BatchOption = Annotated[
    int | None,
    typer.Option(
        "--batch-size",
        min=1,
        max=500,
        metavar="NUMBER",
        show_default=False,
        help="Recipients in a batch.",
        rich_help_panel=PACE_PANEL,
    ),
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Shown with its status.")]
