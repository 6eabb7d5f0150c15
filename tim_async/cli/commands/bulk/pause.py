"""`tim-async bulk pause`: stop sending a campaign for now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._frame import make_command
from ..._loop import run_async
from ..._options import OptionalAppIdOption
from ..._output import JsonOption
from ._campaign import make_campaign
from ._options import LedgerOption, NameOption, ReasonOption
from ._steering import show_change
from ._this_line import bulk_line

if TYPE_CHECKING:
    from ....bulk import Report


def pause(
    *,
    name: NameOption,
    ledger: LedgerOption = None,
    sdk_app_id: OptionalAppIdOption = None,
    reason: ReasonOption = "it was paused",
    as_json: JsonOption = False,
) -> None:
    """Pause a campaign, wherever it runs; `resume` continues it.

    Calls in flight are finished, and the limits become available to others. The process that runs it waits, and so does
    one that is started in the meantime; workers leave it alone.
    """
    campaign = make_campaign(name, ledger, app=sdk_app_id)

    async def main() -> tuple[bool, Report]:
        return await campaign.pause(reason), await campaign.status()

    is_changed, report = run_async(main())
    show_change(
        report,
        is_changed=is_changed,
        did=f"paused: what is in flight is finished; to continue it: {bulk_line('resume', name)}",
        otherwise=f"campaign {name!r} is {report.status}",
        as_json=as_json,
    )


command = make_command(pause, examples=("tim-async bulk pause --name spring --reason 'price is wrong'",))
