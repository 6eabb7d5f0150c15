"""`tim-async bulk retry`: retry recipients that failed, are unknown or were given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..._errors import EXIT_FAILED, stop
from ..._frame import make_command
from ..._loop import run_async
from ..._options import OptionalAppIdOption
from ..._output import JsonOption, echo, one_line, print_json
from ._campaign import make_campaign
from ._options import LedgerOption, NameOption
from ._this_line import bulk_line

if TYPE_CHECKING:
    from ....bulk import Report, Retried, Retryable


def retry(
    *,
    name: NameOption,
    failed: Annotated[bool, typer.Option("--failed", help="Failed recipients, which is the default.")] = False,
    unknown: Annotated[bool, typer.Option("--unknown", help="Recipients whose outcome is unknown.")] = False,
    given_up: Annotated[bool, typer.Option("--given-up", help="Recipients of chunks that were given up.")] = False,
    code: Annotated[
        list[int] | None,
        typer.Option(
            "--code",
            metavar="NUMBER",
            show_default=False,
            help="Only those that failed with this code, 0 for failures before sending; may be repeated.",
        ),
    ] = None,
    ledger: LedgerOption = None,
    sdk_app_id: OptionalAppIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the next run retry recipients that failed, are unknown or were given up.

    Nothing is sent here. Failed recipients get a message with a new identity, which the service does not take for a
    repeat. Unknown recipients may have the message: within 120 s it is repeated with the same identity, later the
    --on-unknown of the run decides. Refused while the campaign is running.
    """
    campaign = make_campaign(name, ledger, app=sdk_app_id)
    given: list[tuple[bool, Retryable]] = [(failed, "failed"), (unknown, "unknown"), (given_up, "given_up")]
    what = [each for is_given, each in given if is_given] or ["failed"]

    async def main() -> tuple[Retried, Report]:
        return await campaign.retry(what, codes=code), await campaign.status()

    found, report = run_async(main())
    if as_json:
        print_json({"campaign": name, "retried": found, "report": report})
    elif found.total:
        line = bulk_line("resume" if report.needs_resume or report.is_with_workers else "run", name)
        echo(
            f"campaign {one_line(name)}: {found.failed:,} failed, {found.unknown:,} unknown and {found.given_up:,} "
            f"given-up recipients will be retried; to send: {line}"
        )
    if not found.total:
        stop("nothing was changed: no recipient to retry", EXIT_FAILED)


command = make_command(
    retry,
    examples=(
        "tim-async bulk retry --name spring --code 70107",
        "tim-async bulk retry --name spring --failed --unknown",
    ),
)
