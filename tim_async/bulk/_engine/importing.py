"""Importing recipients that are not: before they are written ahead a second time, not when they are refused.

Whoever is refused as not imported goes to a further chunk in the same commit as the others of the batch, with the code
that tells why. Whoever takes that chunk up imports them first; so nothing is forgotten when a process dies in between,
and the batch that refused them is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ...errors import TimError
from ...families.account import Account
from ...models.account import MAX_BATCH, ImportAccounts
from .._ledger.records import Chunk, Outcome, Person
from .._ledger.schema import RecipientState
from ..breaker import MISSING_CODES
from .context import Desk


async def import_missing(desk: Desk, chunk: Chunk) -> bool:
    """Import those of a chunk that were refused for it; they fail where that fails. False when the run ends first."""
    missing = [person for person in chunk.people if person.code in MISSING_CODES]
    if not missing or not desk.options.import_missing:
        return True
    work = asyncio.create_task(_import(desk, missing), name="tim_async: import")
    halted = asyncio.create_task(desk.halted.wait(), name="tim_async: import")
    try:
        await asyncio.wait({work, halted}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        halted.cancel()
        work.cancel()  # no harm to one that has ended
        await asyncio.wait({work, halted})
    if desk.stop is not None or work.cancelled():
        return False
    if problem := work.result():
        for person in missing:
            info = f"importing it failed: {problem}"
            outcome = Outcome(ordinal=person.ordinal, state=RecipientState.FAILED, code=person.code, info=info)
            desk.tally.add(outcome)
            await desk.recorder.put(outcome)
        chunk.people = [person for person in chunk.people if person.code not in MISSING_CODES]
    return True


async def _import(desk: Desk, people: Sequence[Person]) -> str:
    """Import accounts; return what went wrong, "" when nothing did."""
    accounts = [person.account for person in people]
    try:
        for first in range(0, len(accounts), MAX_BATCH):
            request = ImportAccounts(accounts=accounts[first : first + MAX_BATCH])
            await desk.client.call(Account.import_accounts, request)
    except TimError as error:
        desk.judge(error)
        return error.message
    # An account that could not be imported is refused again, and then for good.
    return ""
