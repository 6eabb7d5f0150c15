"""What can be asked about a campaign without sending anything: its plan, its status, and what became of recipients."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

import msgspec

from .._api.endpoint import Rate
from .._core.client import TimClient
from .._core.config import Settings
from . import export
from ._plan.definition import Definition
from ._plan.planning import Plan, make_plan
from .progress import Report, report


async def plan(
    definition: Definition,
    client: TimClient | None,
    rate_limits: Mapping[str, int | Rate | Sequence[Rate]] | None,
    clock: Callable[[], float],
) -> Plan:
    """Read the recipients into the ledger and return what the campaign will be."""
    settings = client.settings if client is not None else Settings(rate_limits=rate_limits or {})
    options = definition.options
    async with definition.open(f"plan of {definition.name}") as ledger:
        async with ledger.alone_with(definition.name):
            campaign, messages = await definition.ensure_planned(ledger, settings, clock())
        return await make_plan(ledger, campaign, messages, settings, options.lanes, options.concurrency)


async def status(definition: Definition, clock: Callable[[], float]) -> Report:
    """Return what the ledger knows of a campaign."""
    async with definition.open() as ledger:
        campaign = await definition.find(ledger)
        begun, ended = campaign.begun_at, campaign.ended_at
        duration = 0.0 if begun is None else max((clock() if ended is None else ended) - begun, 0.0)
        found = report(
            campaign,
            await ledger.queries.counts(campaign.id),
            in_flight=await ledger.queries.in_flight(campaign.id),
            duration_s=duration,
        )
        if found.status == "running" and not ledger.database.is_in_use:
            reason = "the process that ran it died; run it again to carry on"
            return msgspec.structs.replace(found, status="interrupted", reason=reason)
        return found


async def outcomes(definition: Definition) -> AsyncIterator[export.RecipientOutcome]:
    """Yield what became of every recipient, in the order of the plan; then the rows without a valid account."""
    async with definition.open() as ledger:
        async for outcome in export.outcomes(ledger.queries, await definition.find(ledger)):
            yield outcome
