"""`tim-async bulk archive`: archive a campaign, or restore it."""

from __future__ import annotations

from typing import Annotated

import typer

from ..._errors import EXIT_FAILED, stop
from ..._frame import make_command
from ..._loop import run_async
from ..._options import OptionalAppIdOption
from ..._output import JsonOption, echo, one_line, print_json
from ._campaign import make_campaign
from ._confirm import YesOption, confirm
from ._options import LedgerOption, NameOption


def archive(
    *,
    name: NameOption,
    undo: Annotated[bool, typer.Option("--undo", help="Restore it from the archive.")] = False,
    ledger: LedgerOption = None,
    sdk_app_id: OptionalAppIdOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Archive a campaign: it is no longer listed, and cannot be run.

    Its data is kept. Asks for confirmation, unless --yes is given. Refused while it is running.
    """
    campaign = make_campaign(name, ledger, app=sdk_app_id)
    report = run_async(campaign.status())
    if not undo:
        left = f", {report.left:,} of its {report.total:,} recipients are still to do" if report.left else ""
        confirm(f"Archive campaign {name!r}? It is {report.status}{left}.", is_given=yes)
    is_changed = run_async(campaign.unarchive() if undo else campaign.archive())
    state = "not archived" if undo else "archived"
    if as_json:
        print_json({"campaign": name, "is_changed": is_changed, "is_archived": not undo})
    elif is_changed:
        after = "run it again to continue" if undo else "tim-async bulk list --archived shows it"
        echo(f"campaign {one_line(name)} is now {state}; {after}")
    if not is_changed:
        stop(f"nothing was changed: campaign {name!r} is {state}", EXIT_FAILED)


command = make_command(
    archive, examples=("tim-async bulk archive --name spring", "tim-async bulk archive --name spring --undo")
)
