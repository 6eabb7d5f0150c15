"""Options that several commands of `bulk` share."""

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
        help="The recipients: .csv with a header line, .jsonl, or .txt with one account per line, also compressed "
        "(.gz); - is standard input. Not needed to continue.",
    ),
]
NameOption = Annotated[
    str,
    typer.Option(
        "--name",
        metavar="NAME",
        show_default=False,
        help="The name of the campaign in its ledger.",
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
        help="The ledger, an SQLite file or the URL of a database; without it, a file by app and NAME in your state "
        "folder, independent of the working folder.",
        rich_help_panel=CAMPAIGN_PANEL,
    ),
]
NewOption = Annotated[
    bool,
    typer.Option(
        "--new",
        help="Start a campaign without --ledger even if standard input is not a terminal, as under cron.",
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
        help="Send every $ unchanged: the message is not a template.",
        rich_help_panel=MESSAGE_PANEL,
    ),
]
ColumnOption = Annotated[
    str,
    typer.Option(
        "--account-column",
        metavar="COLUMN",
        help="The column with the account.",
        rich_help_panel=RECIPIENTS_PANEL,
    ),
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        show_default=False,
        help="csv, jsonl or txt, if the file's name does not end with it.",
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
        help="The separator of CSV cells, or tab; by default a comma, or what a first line sep=; says.",
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
        help="Start at this time: '2026-12-01 09:00', or 09:00 for the next one. A run that is started earlier waits.",
        rich_help_panel=WHEN_PANEL,
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="TIME",
        show_default=False,
        help="Send nothing after this time, whatever is left.",
        rich_help_panel=WHEN_PANEL,
    ),
]
BetweenOption = Annotated[
    str | None,
    typer.Option(
        "--between",
        metavar="HOURS",
        show_default=False,
        help="Send only within these hours, such as 09:00-21:00 or, over midnight, 18:00-01:00.",
        rich_help_panel=WHEN_PANEL,
    ),
]
ZoneOption = Annotated[
    str | None,
    typer.Option(
        "--time-zone",
        metavar="NAME",
        show_default=False,
        help="The time zone of these times, such as Asia/Shanghai.",
        rich_help_panel=WHEN_PANEL,
    ),
]
RateOption = Annotated[
    str | None,
    typer.Option(
        "--rate",
        metavar="NUMBER",
        show_default=False,
        help="Send to this many recipients per second, over all processes.",
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
