"""Importing recipients that the service does not know: before they are written ahead again, not when they are refused.

A recipient that is refused as not imported goes to a further chunk, with the code that it was refused with, in the same
commit as the others of its batch. The feeder that takes that chunk up imports such recipients first; so nothing is
forgotten when a process dies in between, and the batch that refused them is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ...errors import TimError
from ...families.account import Account
from ...models.account import MAX_BATCH, ImportAccounts
from .._ledger.records import Chunk, RecipientRow
from ..stopping import MISSING_CODES
from .context import RunContext


async def import_missing(context: RunContext, chunk: Chunk) -> bool:
    """Import those of a chunk that were refused as missing, or let them fail; False when the run ends first."""
    missing = [recipient for recipient in chunk.recipients if recipient.code in MISSING_CODES]
    if not missing:
        return True
    work = asyncio.create_task(_import(context, missing), name="tim_async: import")
    halted = asyncio.create_task(context.halted.wait(), name="tim_async: import")
    try:
        await asyncio.wait({work, halted}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        halted.cancel()
        work.cancel()  # no harm to one that has ended
        await asyncio.wait({work, halted})
    if context.stop is not None or work.cancelled():
        return False
    if problem := work.result():
        for recipient in missing:
            await context.fail_before_sending(recipient, recipient.code, f"importing it failed: {problem}")
        chunk.recipients = [recipient for recipient in chunk.recipients if recipient.code not in MISSING_CODES]
    return True


async def _import(context: RunContext, recipients: Sequence[RecipientRow]) -> str:
    """Import accounts; return what failed, "" when nothing did."""
    accounts = [recipient.account for recipient in recipients]
    try:
        for first in range(0, len(accounts), MAX_BATCH):
            request = ImportAccounts(accounts=accounts[first : first + MAX_BATCH])
            await context.client.call(Account.import_accounts, request)
    except TimError as error:
        context.judge(error)
        return error.message
    # An account that could not be imported is refused again, and then for good.
    return ""
