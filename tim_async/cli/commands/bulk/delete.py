"""`tim-async bulk delete`: delete a campaign with all data of its recipients."""

from __future__ import annotations

from ..._frame import make_command
from ..._loop import run_async
from ..._options import OptionalAppIdOption
from ..._output import JsonOption, echo, one_line, print_json
from ._campaign import make_campaign
from ._confirm import YesOption, confirm
from ._options import LedgerOption, NameOption


def delete(
    *,
    name: NameOption,
    ledger: LedgerOption = None,
    sdk_app_id: OptionalAppIdOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Delete a campaign with all data of its recipients, and its file if that has no other campaign.

    Asks for confirmation, unless --yes is given: a campaign of that name that is started again sends to all recipients
    again. Refused while it is running.
    """
    campaign = make_campaign(name, ledger, app=sdk_app_id)
    report = run_async(campaign.status())
    sent = f"{report.sent:,} of its {report.total:,} recipients were sent to"
    confirm(
        f"Delete campaign {name!r} from {report.ledger}? It is {report.status}, {sent}. Their outcomes are lost, "
        "and a new campaign of that name sends to all of them again.",
        is_given=yes,
    )
    run_async(campaign.delete())
    if as_json:
        print_json({"campaign": name, "is_changed": True, "recipients": report.total, "ledger": report.ledger})
    else:
        echo(f"campaign {one_line(name)} is deleted: {report.total:,} recipients, {report.sent:,} of them sent to")


command = make_command(delete, examples=("tim-async bulk delete --name spring", "tim-async bulk delete --name x --yes"))
