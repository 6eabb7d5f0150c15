"""The workers of an app, as recorded in their ledger."""

from __future__ import annotations

import time
from os import PathLike

from ..bulk._ledger.ledger import Ledger
from ..bulk._ledger.presence import WorkerInfo


async def list_workers(ledger: str | PathLike[str], *, sdk_app_id: int | None = None) -> list[WorkerInfo]:
    """Return the workers that are alive, and those that died within the last day without an orderly end.

    Args:
        ledger: URL of the workers' database.
        sdk_app_id: the app; None for those of all apps.

    Raises:
        UsageError: the ledger is a file, on which no workers work.
        LedgerError: the ledger cannot be used.
    """
    opened = Ledger(ledger)
    shared = opened.require_shared()
    async with opened:
        now = time.time() + await shared.clock_offset()
        return await shared.workers.list(now=now, app=sdk_app_id)
