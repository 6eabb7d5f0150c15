"""The ways to run a campaign: in this process, as a rehearsal, or by workers."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..._errors import EXIT_FAILED, stop
from ..._limits import widest
from ..._loop import run_async
from ..._output import echo, one_line, show_facts
from ..._progress import shown
from ..._queues import started
from ..._signals import stopped_in_order
from ._campaign import find_place
from ._this_line import bulk_line, how_to_carry_on, this_line

if TYPE_CHECKING:
    from taskiq_aio_pika import AioPikaBroker

    from ...._api.endpoint import Rate
    from ...._core.client import TimClient
    from ....bulk import Campaign, Report
    from ....cluster import ClusterCampaign
    from ....models.c2c import SendMsgResult


async def send(campaign: Campaign, client: TimClient, *, allow_new: bool) -> Report:
    """Send from this process; the first signal finishes what is in flight."""
    place = await find_place(campaign, client=client, allow_new=allow_new)
    state = "new" if place.is_new else "continued"
    echo(f"campaign {one_line(campaign.name)} ({state}), ledger: {place.ledger}", err=True)
    return await _send(campaign, client)


async def _send(campaign: Campaign, client: TimClient) -> Report:
    async with client:
        with stopped_in_order(lambda name: campaign.stop(f"interrupted by {name}")), shown() as show:
            return await campaign.run(client, on_progress=show, on_planning=show)


async def rehearse(make: Callable[[Path], Campaign], limits: Mapping[str, tuple[Rate, ...]]) -> Report:
    """Send to an emulator, with a temporary ledger."""
    import tempfile

    import msgspec

    from ...._core.client import TimClient
    from ....emulator import DEFAULT_SECRET_KEY, Emulator

    with tempfile.TemporaryDirectory(prefix="tim-async-") as folder:
        campaign = make(Path(folder) / "rehearsal.db")
        async with Emulator(auto_import=True, rate_limits=widest(limits)) as served:
            echo(f"rehearsing against an emulator at {served.url}: nothing is sent to the service", err=True)
            client = TimClient(served.sdk_app_id, DEFAULT_SECRET_KEY, base_url=served.url, rate_limits=limits)
            return msgspec.structs.replace(await _send(campaign, client), ledger="")


async def send_trial(campaign: Campaign, client: TimClient, account: str) -> SendMsgResult:
    """Send the first recipient's message to a test account."""
    async with client:
        return await campaign.send_to_me(client, account)


def show_trial(sent: SendMsgResult, account: str) -> None:
    """Print that a message was sent to a test account."""
    echo(f"sent to {one_line(account)}, outside of the campaign: MsgKey {sent.msg_key}")


async def submit(
    campaign: ClusterCampaign,
    client: TimClient,
    make_queue: Callable[[], AioPikaBroker],
    parallel: int,
    *,
    as_json: bool,
) -> Report:
    """Submit a campaign to workers, and watch it; with `as_json`, stdout is for the report alone."""
    async with client:
        async with started(make_queue()) as broker:
            with shown() as show:
                plan = await campaign.submit(client, broker=broker, parallel=parallel, on_planning=show)
            echo(str(plan), err=as_json)
        if campaign.is_left_alone:
            echo("the campaign was already started; nothing was changed", err=True)
        with shown() as show:
            return await campaign.watch(on_progress=show)


def run_here(main: Coroutine[Any, Any, Report]) -> Report:
    """Run a campaign that this process sends; if a second signal ends it, print how to continue."""
    from asyncio import CancelledError

    try:
        return run_async(main)
    except CancelledError:
        stop(f"stopped at once; {how_to_carry_on()}", EXIT_FAILED)


def run_watching(main: Coroutine[Any, Any, Report]) -> Report:
    """Run what watches workers; they continue when Ctrl-C ends it."""
    try:
        return run_async(main)
    except KeyboardInterrupt:
        stop(f"the workers continue; to watch again: {this_line()}", EXIT_FAILED)


def show_report(report: Report, *, as_json: bool = False, is_rehearsal: bool = False) -> None:
    """Print the report of a campaign; the exit code is 0 only if every row was sent."""
    show_facts(report, as_json=as_json)
    if report.is_complete:
        return
    if report.needs_resume:
        echo(f"to continue it: {bulk_line('resume', report.name)}", err=True)
    elif report.status == "ended" and report.left:
        echo(f"to send the rest, set a later end: {bulk_line('set', report.name)} --until TIME", err=True)
    elif not is_rehearsal and report.status != "cancelled" and (report.left or report.unknown):
        echo(how_to_carry_on(), err=True)
    hints = [f"not every row was sent: {report.shortfall}"]
    if not is_rehearsal:
        if report.failed:
            hints.append("use --retry-failed to try the failed ones again")
        hints.append("tim-async bulk export lists all of them")
    stop("; ".join(hints), EXIT_FAILED)
