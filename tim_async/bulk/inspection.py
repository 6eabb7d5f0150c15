"""Queries about a campaign that send nothing: its plan, its status, and the outcomes of its recipients."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from os import PathLike
from typing import TextIO

import msgspec

from .._api.checks import check_account
from .._api.endpoint import Rate
from .._core.client import TimClient
from .._core.config import Settings
from ..errors import LedgerError
from ..families.c2c import C2C
from ..models.c2c import SendMsgResult
from . import export
from ._ledger.ledger import Ledger
from ._ledger.records import CampaignRow
from ._ledger.steering import Counts
from ._ledger.timing import StoredTiming
from ._plan.definition import Definition
from ._plan.plan import Plan, at_its_times, make_plan
from ._plan.reading import OnPlanning
from ._plan.schedule import Schedule
from ._plan.wording import counted
from .progress import Report, report


class CampaignLocation(msgspec.Struct, kw_only=True, frozen=True):
    """The location of a campaign.

    Attributes:
        ledger: the absolute path of its ledger, or the URL of a database without its password.
        is_default: whether neither the campaign nor `TIM_LEDGER` names it.
        is_new: whether the campaign does not exist there yet.
    """

    ledger: str
    is_default: bool
    is_new: bool


async def locate(definition: Definition, app: int | None) -> CampaignLocation:
    """Find where a campaign is kept, and whether it exists; nothing is created or changed."""
    ledger = definition.open(app=app)
    try:
        async with ledger:
            is_new = await ledger.campaigns.find(definition.name) is None
    except LedgerError as error:
        if not error.is_missing:
            raise
        is_new = True
    return CampaignLocation(ledger=ledger.full_name, is_default=definition.has_default_ledger, is_new=is_new)


async def plan(
    definition: Definition,
    client: TimClient | None,
    rate_limits: Mapping[str, int | Rate | Sequence[Rate]] | None,
    clock: Callable[[], float],
    on_planning: OnPlanning | None = None,
    progress_every_s: float = 1.0,
) -> Plan:
    """Read the recipients into the ledger and return the forecast."""
    settings = client.settings if client is not None else Settings(rate_limits=rate_limits or {})
    options = definition.options
    app = None if client is None else client.sdk_app_id
    async with definition.open(f"plan of {definition.name}", app=app) as ledger:
        async with ledger.alone_with(definition.name):
            is_new = await ledger.campaigns.find(definition.name) is None
            campaign, messages = await definition.ensure_planned(
                ledger, settings, clock(), on_planning=on_planning, progress_every_s=progress_every_s
            )
        if campaign.begun_at is None:
            campaign = await definition.settle_timing(ledger, campaign, clock())
        made = await make_plan(
            ledger, campaign, messages, settings, options.lanes, options.concurrency, now=clock(), look=definition.look
        )
        made = at_its_times(made, StoredTiming.decoded(campaign.timing).in_force, clock())
        return msgspec.structs.replace(made, ledger=ledger.full_name, is_new=is_new)


async def send_to_me(
    definition: Definition, client: TimClient, account: str, clock: Callable[[], float]
) -> SendMsgResult:
    """Send the message of a campaign's first recipient to a test account, outside the campaign."""
    check_account("to_me", account)
    request = await definition.rendered_for(account, client, clock())
    return await client.call(C2C.send, request)


async def status(definition: Definition, clock: Callable[[], float]) -> Report:
    """Return the status of a campaign in the ledger."""
    async with definition.open() as ledger:
        campaign = await definition.find(ledger)
        # In this order: an outcome between the two queries is counted; otherwise it would be in neither of them.
        in_flight = await ledger.queries.in_flight(campaign.id)
        counts = await ledger.queries.counts(campaign.id)
        return await report_of(ledger, campaign, counts, in_flight, clock())


async def report_of(ledger: Ledger, campaign: CampaignRow, counts: Counts, in_flight: int, now: float) -> Report:
    """Return the report of a campaign in an open ledger."""
    begun, ended = campaign.begun_at, campaign.ended_at
    duration = 0.0 if begun is None else max((now if ended is None else ended) - begun, 0.0)
    found = report(campaign, counts, in_flight=in_flight, duration_s=duration)
    found = msgspec.structs.replace(found, ledger=ledger.full_name)
    is_in_use = ledger.database.is_in_use
    if campaign.open_reading is not None or not campaign.is_planned:
        return _while_planning(found, campaign, is_file=ledger.shared is None, is_in_use=is_in_use)
    if found.status == "running" and not await _has_process(ledger, campaign):
        reason = "the process that ran it died; run it again to continue"
        return msgspec.structs.replace(found, status="interrupted", reason=reason)
    phase = Schedule(found.timing).phase(now)
    if found.status == "running" and not (phase.is_open or phase.is_over):
        return msgspec.structs.replace(found, rests_until=phase.changes_at)
    return found


async def _has_process(ledger: Ledger, campaign: CampaignRow) -> bool:
    """Return whether a process works on a running campaign; workers come and go."""
    if ledger.shared is None:
        return ledger.database.is_in_use
    return campaign.options is not None or await ledger.steering.is_alive(campaign.id)


def _while_planning(found: Report, campaign: CampaignRow, *, is_file: bool, is_in_use: bool) -> Report:
    """Return the report of a campaign whose recipients are being read, or whose reading was interrupted."""
    reading = campaign.open_reading
    rows = counted(0 if reading is None else reading.rows, "row")
    if is_file and is_in_use:
        reason = f"{rows} read so far"
    else:
        # For a server, whether a process is reading is unknown.
        happened = "the process that planned it died" if is_file else "unless a process is still planning it"
        if reading is not None and reading.is_read:
            advice = "run it again to continue"
        elif reading is not None and reading.source:
            advice = "run it again with the same file to continue"
        else:
            advice = "plan it again"
        reason = f"{rows} read; {happened}: {advice}" if is_file else f"{rows} read; {happened}, {advice}"
    status = "planning" if campaign.begun_at is None else "interrupted"
    return msgspec.structs.replace(found, status=status, reason=reason)


async def outcomes(definition: Definition) -> AsyncIterator[export.RecipientOutcome]:
    """Yield the outcome of every recipient, in the order of the plan; then the rows without a valid account."""
    async with definition.open() as ledger:
        async for outcome in export.outcomes(export.pages(ledger.queries, await definition.find(ledger))):
            yield outcome


async def write_outcomes(
    definition: Definition, target: str | PathLike[str] | TextIO, file_format: export.Format | None
) -> int:
    """Write `outcomes` to a path or an open file; return how many rows."""
    path = target if isinstance(target, str | PathLike) else ""
    found = export.format_of(path, file_format)
    async with definition.open() as ledger:
        pages = export.pages(ledger.queries, await definition.find(ledger))
        if isinstance(target, str | PathLike):
            return await export.write_file(pages, target, found)
        return await export.write(pages, target, found)
