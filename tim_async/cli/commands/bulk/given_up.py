"""`tim-async bulk given-up`: show the chunks that were given up, and retry them."""

from __future__ import annotations

from typing import Annotated

import typer

from ..._errors import EXIT_FAILED, stop
from ..._frame import make_command
from ..._loop import run_async
from ..._options import OptionalAppIdOption, read_app_id, require
from ..._output import JsonOption, echo, print_json, show_time
from ..._queues import BrokerOption, PrefixOption, make_queue, started
from ._campaign import make_cluster_campaign
from ._options import LedgerOption, NameOption


def given_up(
    *,
    name: NameOption,
    ledger: LedgerOption = None,
    retry: Annotated[bool, typer.Option("--retry", help="Let workers work on them again.")] = False,
    chunk: Annotated[
        list[int] | None,
        typer.Option("--chunk", metavar="NUMBER", show_default=False, help="Only this chunk; may be repeated."),
    ] = None,
    broker: BrokerOption = None,
    queue_prefix: PrefixOption = "tim_async",
    sdk_app_id: OptionalAppIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the chunks that were given up, or let workers retry them.

    A chunk is given up after several workers died or failed with it. Its recipients are failed if nothing was sent to
    them, and unknown otherwise; with --retry workers continue with it as with any chunk left by a dead worker.
    """
    campaign = make_cluster_campaign(name, ledger)
    numbers = set(chunk) if chunk else None
    if retry:
        url = require(broker, "--broker", "bulk given-up")
        app = read_app_id(require(sdk_app_id, "--sdk-app-id", "bulk given-up"))

        async def open_again() -> int:
            async with started(make_queue(url, app, queue_prefix)) as queue:
                return await campaign.retry_given_up(broker=queue, chunks=numbers)

        recipients = run_async(open_again())
        if not recipients:
            which = "that is named" if numbers else "of it"
            stop(f"campaign {name!r} has no given-up chunk {which}: nothing was changed", EXIT_FAILED)
        if as_json:
            print_json({"campaign": name, "recipients": recipients})
        else:
            echo(f"workers continue with {recipients:,} recipients of campaign {name!r}")
        return
    found = [each for each in run_async(campaign.given_up()) if numbers is None or each.chunk in numbers]
    if as_json:
        print_json({"campaign": name, "chunks": found})
        return
    echo(f"{len(found):,} {'chunk' if len(found) == 1 else 'chunks'} of campaign {name!r} given up")
    for each in found:
        echo(
            f"  chunk {each.chunk}: {show_time(each.given_up_at)}, {each.deaths} workers failed with it, "
            f"{each.unknown:,} recipients unknown, {each.failed:,} failed"
        )


command = make_command(
    given_up, examples=("tim-async bulk given-up --name spring", "tim-async bulk given-up --name spring --retry")
)
