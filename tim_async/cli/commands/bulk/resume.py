"""`tim-async bulk resume`: resume a paused campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._frame import make_command
from ..._loop import run_async
from ..._options import OptionalAppIdOption, read_app_id, require
from ..._output import JsonOption
from ..._queues import BrokerOption, PrefixOption, make_queue, started
from ._campaign import make_campaign, make_cluster_campaign
from ._options import LedgerOption, NameOption
from ._steering import show_change
from ._this_line import bulk_line

if TYPE_CHECKING:
    from ....bulk import Report


def resume(
    *,
    name: NameOption,
    ledger: LedgerOption = None,
    broker: BrokerOption = None,
    queue_prefix: PrefixOption = "tim_async",
    sdk_app_id: OptionalAppIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Resume a paused campaign, or one of workers that was stopped by a fault which is fixed.

    A waiting process continues. Without one, use `run` to continue. A campaign of workers also needs --broker and
    --sdk-app-id.
    """
    campaign = make_campaign(name, ledger, app=sdk_app_id)

    async def with_workers() -> bool:
        url = require(broker, "--broker", "bulk resume")
        app = read_app_id(require(sdk_app_id, "--sdk-app-id", "bulk resume"))
        async with started(make_queue(url, app, queue_prefix)) as queue:
            return await make_cluster_campaign(name, ledger).resume(broker=queue)

    async def main() -> tuple[bool, Report]:
        before = await campaign.status()
        is_changed = await (with_workers() if before.is_with_workers else campaign.resume())
        return is_changed, await campaign.status()

    is_changed, report = run_async(main())
    if report.status == "running":
        did = "resumed"
    else:
        did = f"resumed, but no process is waiting; to continue: {bulk_line('run', name)}"
    show_change(
        report,
        is_changed=is_changed,
        did=did,
        otherwise=f"campaign {name!r} is {report.status}",
        as_json=as_json,
    )


command = make_command(resume, examples=("tim-async bulk resume --name spring",))
