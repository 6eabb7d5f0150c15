"""`tim-async bulk status`: show the status of a campaign."""

from __future__ import annotations

from ..._frame import make_command
from ..._loop import run_async
from ..._options import OptionalAppIdOption
from ..._output import JsonOption, show_facts
from ._campaign import make_campaign
from ._options import LedgerOption, NameOption


def status(
    *,
    name: NameOption,
    ledger: LedgerOption = None,
    sdk_app_id: OptionalAppIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the status of a campaign, also while it runs."""
    show_facts(run_async(make_campaign(name, ledger, app=sdk_app_id).status()), as_json=as_json)


command = make_command(
    status, examples=("tim-async bulk status --name spring", "tim-async bulk status --name spring --json")
)
