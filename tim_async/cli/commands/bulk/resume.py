"""`tim-async bulk resume`: workers continue a campaign."""

from __future__ import annotations

import asyncio

from ..._frame import make_command
from ..._options import OptionalAppIdOption, read_app_id, require
from ..._queues import BrokerOption, PrefixOption, make_queue, started
from ._campaign import make_cluster_campaign
from ._options import LedgerOption, NameOption


def resume(
    *,
    name: NameOption,
    ledger: LedgerOption = None,
    broker: BrokerOption = None,
    queue_prefix: PrefixOption = "tim_async",
    sdk_app_id: OptionalAppIdOption = None,
) -> None:
    """Continue a campaign that was paused, or stopped by a fault that is fixed."""
    url = require(broker, "--broker", "bulk resume")
    app = read_app_id(require(sdk_app_id, "--sdk-app-id", "bulk resume"))
    campaign = make_cluster_campaign(name, ledger)

    async def main() -> None:
        async with started(make_queue(url, app, queue_prefix)) as queue:
            await campaign.resume(broker=queue)

    asyncio.run(main())


command = make_command(resume, examples=("tim-async bulk resume --name spring",))
