"""`tim-async bulk watch`: a web page that shows a running campaign, wherever it runs, and steers it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ..._browser import open_address
from ..._frame import make_command
from ..._limits import LimitOption, read_limits
from ..._loop import run_async
from ..._options import OptionalAppIdOption, read_app_id, require
from ..._output import echo, one_line
from ..._queues import BrokerOption, PrefixOption, make_queue, started
from ..._signals import handled
from ._campaign import make_campaign, make_cluster_campaign
from ._options import LedgerOption, NameOption
from ._this_line import bulk_line

if TYPE_CHECKING:
    from ....bulk.watching import CampaignView

DEFAULT_PORT: Final = 8902


def watch(
    *,
    name: NameOption,
    ledger: LedgerOption = None,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, metavar="NUMBER", help="Port of the page; 0 picks a free one.")
    ] = DEFAULT_PORT,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    limit: LimitOption = None,
    broker: BrokerOption = None,
    queue_prefix: PrefixOption = "tim_async",
    sdk_app_id: OptionalAppIdOption = None,
) -> None:
    """Show a running campaign on a web page: progress, rate, time left, codes, failures and workers.

    The data comes from the ledger, so it does not matter which process runs the campaign. The page pauses and resumes
    it and sets its rate. It listens on this machine only, and answers only requests with the printed address. --limit
    sets the limits of the client that sends, if they are not the defaults. Resuming a campaign of workers needs
    --broker and --sdk-app-id.
    """
    limits = read_limits(limit)
    campaign = make_campaign(name, ledger, app=sdk_app_id)

    from ....bulk.watching import watch_of

    watching = watch_of(campaign, limits)

    class Watched:
        """The campaign as the page uses it."""

        async def look(self) -> CampaignView:
            return await watching.look()

        async def pause(self, reason: str) -> bool:
            is_changed = await campaign.pause(reason)
            watching.forget()
            return is_changed

        async def resume(self) -> bool:
            report = await campaign.status()
            is_changed = await (_resume_workers() if report.is_with_workers else campaign.resume())
            watching.forget()
            return is_changed

        async def set_rate(self, rate: float | None) -> None:
            await campaign.set_timing(rate=rate)
            watching.forget()

    async def _resume_workers() -> bool:
        from ....errors import UsageError

        if broker is None or sdk_app_id is None:
            raise UsageError(
                f"the campaign belongs to workers: {bulk_line('resume', name)} --broker URL --sdk-app-id NUMBER"
            )
        app = read_app_id(require(sdk_app_id, "--sdk-app-id", "bulk watch"))
        async with started(make_queue(broker, app, queue_prefix)) as queue:
            return await make_cluster_campaign(name, ledger).resume(broker=queue)

    async def main() -> None:
        import asyncio

        from ...._pages.server import PageServer
        from ..._watch.site import make_serve, watch_assets, watch_page

        await watching.look()  # an error of the ledger ends the command
        stopping = asyncio.Event()
        with handled(lambda _: stopping.set()):
            async with PageServer(watch_page(), watch_assets(), make_serve(Watched()), port=port) as server:
                echo(f"Campaign {one_line(name)} is shown at this address until Ctrl-C:\n\n  {server.address}\n")
                if open_browser:
                    open_address(server.token.address_once(server.url))
                await stopping.wait()
        echo("stopped; the campaign is not affected")

    with suppress(KeyboardInterrupt):
        run_async(main())


command = make_command(
    watch,
    examples=(
        "tim-async bulk watch --name spring",
        "tim-async bulk watch --name spring --port 8902 --no-open",
    ),
)
