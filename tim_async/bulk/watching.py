"""A running campaign as others see it, wherever it runs: read from the ledger, and from nothing else.

Counting reads every recipient, and so does a search for the last failures if there are few. The result is reused for a
multiple of the time it took: watching is cheap then, even if several observers watch a million recipients.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import select

from .. import _codes
from .._api.endpoint import Rate
from .._core.config import Settings
from ..families.c2c import C2C
from ._ledger.ledger import Ledger
from ._ledger.options import Lanes
from ._ledger.presence import WorkerInfo
from ._ledger.records import CampaignRow
from ._ledger.schema import Lane, RecipientState, recipients
from ._message.rendering import from_stored
from ._plan.definition import Definition
from ._plan.pacing import fresh_lanes, paces
from .campaign import Campaign
from .inspection import report_of
from .progress import Progress, Report, Tally, timed

_REUSE_FACTOR: Final = 5.0
# A page is drawn about every second, and is useless if much older.
_FRESH_S: Final = 0.9
_OLDEST_S: Final = 5.0
_LAST_FAILURES: Final = 20


class FailedRecipient(msgspec.Struct, kw_only=True, frozen=True):
    """A recipient that failed.

    Attributes:
        account: the recipient.
        code: the ErrorCode; 0 if nothing was sent.
        info: the text of the service, None without.
    """

    account: str
    code: int
    info: str | None


class CodeAdvice(msgspec.Struct, kw_only=True, frozen=True):
    """The meaning of a code, and what to do.

    Attributes:
        code: the ErrorCode.
        count: how many recipients failed with it.
        meaning: in English.
        meaning_zh: in Chinese.
        advice: what to do; empty without advice.
        advice_zh: in Chinese.
    """

    code: int
    count: int
    meaning: str
    meaning_zh: str
    advice: str
    advice_zh: str


class CampaignView(msgspec.Struct, kw_only=True, frozen=True):
    """A campaign at one moment.

    Attributes:
        at: unix seconds.
        report: the report from the ledger.
        progress: its rate and the time left.
        codes: the codes of failed recipients, the most frequent first.
        failures: the last failed recipients in the order of the plan.
        workers: the workers of its app that are alive, or died recently; None without workers.
    """

    at: float
    report: Report
    progress: Progress
    codes: list[CodeAdvice]
    failures: list[FailedRecipient]
    workers: list[WorkerInfo] | None


class _RunOptions(msgspec.Struct):
    lanes: Lanes = "auto"


class _WorkOptions(msgspec.Struct):
    """The options that are read of how workers run a campaign."""

    run: _RunOptions = msgspec.field(default_factory=_RunOptions)


class CampaignWatch:
    """Reads a campaign for any number of observers.

    Args:
        definition: of the campaign.
        settings: the settings whose limits apply: the client's, as far as they are known here.
        clock: unix seconds.
    """

    def __init__(
        self, definition: Definition, settings: Settings | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._definition = definition
        self._settings = settings or Settings()
        self._clock = clock
        self._tally = Tally({}, 0)
        self._first: tuple[int, int] | None = None
        self._began = time.monotonic()
        self._found: CampaignView | None = None
        self._good_until = 0.0
        self._failures: tuple[int, list[FailedRecipient]] = (0, [])
        self._turn = asyncio.Lock()

    async def look(self) -> CampaignView:
        """Return the campaign as it is, or was a moment ago.

        Raises:
            LedgerError: the ledger cannot be read, or has no such campaign.
        """
        async with self._turn:
            if self._found is None or time.monotonic() >= self._good_until:
                async with self._definition.open() as ledger:
                    began = time.monotonic()
                    self._found = await self._read(ledger, await self._definition.find(ledger))
                now = time.monotonic()
                self._good_until = now + min(max(_FRESH_S, _REUSE_FACTOR * (now - began)), _OLDEST_S)
            return self._found

    def forget(self) -> None:
        """Read again the next time: something was changed."""
        self._good_until = 0.0

    async def _read(self, ledger: Ledger, row: CampaignRow) -> CampaignView:
        now = self._clock()
        in_flight = await ledger.queries.in_flight(row.id)
        counts = await ledger.queries.counts(row.id)
        report = await report_of(ledger, row, counts, in_flight, now)
        if report.failed != self._failures[0]:
            self._failures = report.failed, await _last_failures(ledger, row.id)
        workers = None
        if ledger.shared is not None:
            workers = await ledger.shared.workers.list(now=now + await ledger.shared.clock_offset(), app=row.app)
        allowed = await ledger.paces.of(row.id, now=now) if report.status == "running" else None
        return CampaignView(
            at=now,
            report=report,
            progress=self._progress(row, report, Tally(counts, row.recipients), now, allowed),
            codes=[_advice(each.code, each.count) for each in report.codes],
            failures=self._failures[1],
            workers=workers,
        )

    def _progress(
        self, row: CampaignRow, report: Report, now_there: Tally, now: float, allowed: float | None
    ) -> Progress:
        tally, left_out = self._tally, now_there.by_state[RecipientState.SUPPRESSED]
        settled, left_out_before = self._first = self._first or (now_there.settled, left_out)
        tally.total, tally.by_state, tally.codes = now_there.total, now_there.by_state, now_there.codes
        tally.settled_now, tally.left_out_now = now_there.settled - settled, left_out - left_out_before
        moment = time.monotonic()
        pace = paces(self._settings)
        cap = sum(pace[lane].recipients for lane in _lanes(row))
        # Without a note, the service accepts all that the limits allow while a process sends.
        in_force = min(allowed or cap, cap) if report.status == "running" else None
        progress = tally.progress(row.name, now=moment, elapsed_s=moment - self._began, cap=cap, in_force=in_force)
        if report.status == "running" and row.reason:
            progress = msgspec.structs.replace(progress, held_up=row.reason)
        return timed(progress, report.timing, now)


def watch_of(campaign: Campaign, rate_limits: Mapping[str, int | Rate | Sequence[Rate]] | None = None) -> CampaignWatch:
    """Return the watcher of a campaign.

    Args:
        campaign: the campaign.
        rate_limits: the limits of the client that sends, if they are not the defaults.
    """
    return CampaignWatch(campaign._definition, Settings(rate_limits=rate_limits or {}))


def _lanes(row: CampaignRow) -> Sequence[Lane]:
    messages = from_stored(row.kind, row.message)
    fixed = None if messages is None else messages.fixed
    lanes = "auto" if row.options is None else msgspec.json.decode(row.options, type=_WorkOptions).run.lanes
    return fresh_lanes(lanes, is_fixed=fixed is not None, fits_a_batch=fixed is not None and fixed.fits_a_batch)


async def _last_failures(ledger: Ledger, campaign_id: int) -> list[FailedRecipient]:
    query = (
        select(recipients.c.account, recipients.c.code, recipients.c.info)
        .where(recipients.c.campaign_id == campaign_id, recipients.c.state == RecipientState.FAILED)
        .order_by(recipients.c.ordinal.desc())
        .limit(_LAST_FAILURES)
    )
    rows = await ledger.database.read(lambda connection: connection.execute(query).all())
    return [FailedRecipient(account=account, code=code or 0, info=info) for account, code, info in rows]


def _advice(code: int, count: int) -> CodeAdvice:
    row = _codes.lookup(C2C.send.service, code)
    if row is None:
        return CodeAdvice(code=code, count=count, meaning="", meaning_zh="", advice="", advice_zh="")
    return CodeAdvice(
        code=code,
        count=count,
        meaning=row.meaning,
        meaning_zh=row.meaning_zh,
        advice=row.advice,
        advice_zh=row.advice_zh,
    )
