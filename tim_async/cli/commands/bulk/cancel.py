"""`tim-async bulk cancel`: end a campaign permanently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._frame import make_command
from ..._loop import run_async
from ..._options import OptionalAppIdOption
from ..._output import JsonOption
from ._campaign import make_campaign
from ._options import LedgerOption, NameOption, ReasonOption
from ._steering import show_change

if TYPE_CHECKING:
    from ....bulk import Report


def cancel(
    *,
    name: NameOption,
    ledger: LedgerOption = None,
    sdk_app_id: OptionalAppIdOption = None,
    reason: ReasonOption = "it was cancelled",
    as_json: JsonOption = False,
) -> None:
    """End a campaign permanently, wherever it runs.

    Recipients who were not sent to yet do not get the message.
    """
    campaign = make_campaign(name, ledger, app=sdk_app_id)

    async def main() -> tuple[bool, Report]:
        return await campaign.cancel(reason), await campaign.status()

    is_changed, report = run_async(main())
    show_change(
        report,
        is_changed=is_changed,
        did="cancelled: what is in flight is finished, and recipients who were not sent to do not get the message",
        otherwise=f"campaign {name!r} is {report.status}",
        as_json=as_json,
    )


command = make_command(cancel, examples=("tim-async bulk cancel --name spring",))
