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
WHEN_PANEL: Final = "When"

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
NotBeforeOption = Annotated[
    str | None,
    typer.Option(
        "--not-before",
        metavar="TIME",
        show_default=False,
        help="Begin then: '2026-12-01 09:00', or 09:00 for the next one. Started earlier, it waits.",
        rich_help_panel=WHEN_PANEL,
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="TIME",
        show_default=False,
        help="Send nothing more from then on, whatever is left.",
        rich_help_panel=WHEN_PANEL,
    ),
]
BetweenOption = Annotated[
    str | None,
    typer.Option(
        "--between",
        metavar="HOURS",
        show_default=False,
        help="Begin nothing outside of these hours, such as 09:00-21:00 or, over midnight, 18:00-01:00.",
        rich_help_panel=WHEN_PANEL,
    ),
]
ZoneOption = Annotated[
    str | None,
    typer.Option(
        "--time-zone",
        metavar="NAME",
        show_default=False,
        help="Whose clock shows these times, such as Asia/Shanghai.",
        rich_help_panel=WHEN_PANEL,
    ),
]
RateOption = Annotated[
    str | None,
    typer.Option(
        "--rate",
        metavar="NUMBER",
        show_default=False,
        help="Send to so many recipients a second, over all processes.",
        rich_help_panel=PACE_PANEL,
    ),
]
ShareOption = Annotated[
    str | None,
    typer.Option(
        "--share",
        metavar="PART",
        show_default=False,
        help="Use this part of the command's limit, such as 40%; of the present rate while the service slows it down.",
        rich_help_panel=PACE_PANEL,
    ),
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Shown with its status.")]
