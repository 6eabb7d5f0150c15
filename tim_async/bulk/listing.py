"""List campaigns: those of a ledger, or of all ledgers in a user's folder."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike

import msgspec

from .._api.checks import check_whole
from .._clocks import wall_time
from ..errors import LedgerError
from ._ledger.home import default_ledgers
from ._ledger.ledger import Ledger
from ._ledger.records import CampaignRow
from ._ledger.steering import kept_counts
from .inspection import report_of


class CampaignSummary(msgspec.Struct, kw_only=True, frozen=True):
    """A campaign in a list.

    Attributes:
        name: the campaign; for an unreadable ledger, the name of its file.
        status: as in `Report`, or `deleting` if that was interrupted, or `unreadable` for an unreadable ledger.
        reason: why it is not done, or what is wrong.
        total: its recipients.
        sent: recipients that were sent to.
        failed: recipients that failed.
        unknown: recipients whose outcome is unknown.
        suppressed: recipients that were left out.
        left: recipients that are not settled.
        duplicates: rows with an account that was given before.
        bad_rows: rows without a valid account.
        app: the app's id; None before the first run.
        is_with_workers: whether it was submitted to workers.
        created_at: unix seconds at which it was planned; None for an unreadable ledger, like the other times.
        begun_at: unix seconds of the first run; None before.
        ended_at: unix seconds at which the latest run ended; None before, and during a run.
        archived_at: unix seconds at which it was archived; None if it is not.
        ledger: its location: an absolute path, or a URL without its password.
    """

    name: str
    status: str
    reason: str | None = None
    total: int = 0
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    suppressed: int = 0
    left: int = 0
    duplicates: int = 0
    bad_rows: int = 0
    app: int | None = None
    is_with_workers: bool = False
    created_at: float | None = None
    begun_at: float | None = None
    ended_at: float | None = None
    archived_at: float | None = None
    ledger: str = ""


async def list_campaigns(
    ledger: str | PathLike[str] | None = None,
    *,
    sdk_app_id: int | None = None,
    archived: bool | None = False,
    clock: Callable[[], float] = wall_time,
) -> list[CampaignSummary]:
    """Return the campaigns of a ledger, the oldest first.

    The outcomes of a campaign that has ended are stored as counts, so that they are not counted again.

    Args:
        ledger: path of an SQLite file, or URL of a database. None is the one that `TIM_LEDGER` names, otherwise all
            ledgers in the user's state folder.
        sdk_app_id: only campaigns of this app; with a ledger, also those that have not started.
        archived: True returns archived campaigns, False the others, None all.
        clock: unix seconds.

    Raises:
        UsageError: an argument is wrong.
        LedgerError: the given ledger cannot be read.
    """
    if sdk_app_id is not None:
        check_whole("sdk_app_id", sdk_app_id, 1)
    if ledger is not None:
        return await _of_ledger(Ledger(ledger), sdk_app_id, archived, clock())
    found: list[CampaignSummary] = []
    for place in default_ledgers(sdk_app_id):
        own = Ledger(place)
        try:
            found += await _of_ledger(own, sdk_app_id, archived, clock())
        except LedgerError as error:
            path = own.database.path
            if path is None or error.is_missing:  # the variable's, or one that was just removed
                raise
            found.append(
                CampaignSummary(name=path.stem, status="unreadable", reason=error.message, ledger=own.full_name)
            )
    return found


async def _of_ledger(ledger: Ledger, app: int | None, archived: bool | None, now: float) -> list[CampaignSummary]:
    async with ledger:
        rows = await ledger.campaigns.all(is_archived=archived)
        return [await _summary(ledger, row, now) for row in rows if app is None or row.app in (None, app)]


async def _summary(ledger: Ledger, row: CampaignRow, now: float) -> CampaignSummary:
    counts = await ledger.queries.counts(row.id) if row.counts is None else kept_counts(row.counts)
    found = await report_of(ledger, row, counts, 0, now)
    return CampaignSummary(
        name=row.name,
        status=row.status if row.status == "deleting" else found.status,
        reason=found.reason,
        total=found.total,
        sent=found.sent,
        failed=found.failed,
        unknown=found.unknown,
        suppressed=found.suppressed,
        left=found.left,
        duplicates=found.duplicates,
        bad_rows=found.bad_rows,
        app=row.app,
        is_with_workers=found.is_with_workers,
        created_at=row.created_at,
        begun_at=row.begun_at,
        ended_at=row.ended_at,
        archived_at=row.archived_at,
        ledger=found.ledger,
    )
