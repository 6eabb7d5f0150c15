"""`tim-async bulk export`: the outcome of every recipient."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ..._errors import stop
from ..._frame import make_command
from ..._loop import run_async
from ..._options import OptionalAppIdOption
from ..._output import JsonOption, echo, for_data, print_json
from ._campaign import make_campaign
from ._options import LedgerOption, NameOption


def export(
    target: Annotated[
        str, typer.Argument(metavar="FILE", show_default=False, help="The file: .csv or .jsonl; - is standard output.")
    ],
    *,
    name: NameOption,
    ledger: LedgerOption = None,
    sdk_app_id: OptionalAppIdOption = None,
    file_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            show_default=False,
            help="csv or jsonl, if the file's name does not end with it.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the outcome of every recipient: state, code, MsgKey, time.

    Rows without a valid account come last. The file appears only when it is complete, readable by you only. In a CSV
    file, cells that a spreadsheet would execute have an apostrophe in front, and control characters are escaped; JSON
    lines have every value unchanged.
    """
    if as_json and target == "-":
        stop("--json and - cannot be combined: the rows go to standard output; use --format jsonl for JSON")
    campaign = make_campaign(name, ledger, app=sdk_app_id)

    async def main() -> int:
        from ....bulk.export import format_of

        if target == "-":
            return await campaign.export(for_data(sys.stdout), file_format=format_of("", file_format or "csv"))
        return await campaign.export(target, file_format=format_of(target, file_format))

    count = run_async(main())
    if as_json:
        print_json({"campaign": name, "rows": count, "file": target})
    else:
        echo(f"{count:,} rows in {target}", err=True)


command = make_command(
    export,
    examples=(
        "tim-async bulk export outcomes.csv --name spring",
        "tim-async bulk export - --format jsonl --name spring | grep failed",
    ),
)
