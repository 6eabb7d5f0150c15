"""Import recipients that the service does not know, before they are written ahead again.

A recipient that is refused as not imported moves to a further chunk, together with the code it was refused with, in the
same commit as the rest of its batch. The feeder that takes that chunk imports such recipients first. So nothing is
forgotten if a process dies in between, and the batch that refused them is finished.
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
    """Import recipients of a chunk that were refused as missing, or let them fail; False if the run ends first."""
    missing = [recipient for recipient in chunk.recipients if recipient.code in MISSING_CODES]
    if not missing:
        return True
    work = asyncio.create_task(_import(context, missing), name="tim_async: import")
    halted = asyncio.create_task(context.halted.wait(), name="tim_async: import")
    try:
        await asyncio.wait({work, halted}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        halted.cancel()
        work.cancel()  # no effect on a task that has ended
        await asyncio.wait({work, halted})
    if context.stop is not None or work.cancelled():
        return False
    if problem := work.result():
        for recipient in missing:
            await context.fail_before_sending(recipient, recipient.code, f"importing it failed: {problem}")
        chunk.recipients = [recipient for recipient in chunk.recipients if recipient.code not in MISSING_CODES]
    return True


async def _import(context: RunContext, recipients: Sequence[RecipientRow]) -> str:
    """Import accounts; return what failed, or "" if nothing did."""
    accounts = [recipient.account for recipient in recipients]
    try:
        for first in range(0, len(accounts), MAX_BATCH):
            request = ImportAccounts(accounts=accounts[first : first + MAX_BATCH])
            await context.client.call(Account.import_accounts, request)
    except TimError as error:
        context.judge(error)
        return error.message
    # The service refuses an account that could not be imported again, this time for good.
    return ""
