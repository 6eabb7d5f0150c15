"""Steer a campaign while it runs: pause, resume and cancel it, from any process.

The instruction is written to the ledger, even to a file that another process uses, which checks it every second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from types import TracebackType
from typing import Final, Self, TypeVar

from sqlalchemy import Connection

from .._clocks import sleep
from ..errors import LedgerError, UsageError
from ._ledger.ledger import Ledger
from ._ledger.records import CampaignRow, storable
from ._ledger.sqlite import ClosedMeanwhileError
from ._ledger.timing import StoredTiming, Timing
from ._plan.definition import Definition
from ._plan.timing_given import TimingGiven

T = TypeVar("T")

# Opening a file, or closing one that others read, takes no longer.
_TIMEOUT_S: Final = 10.0
_POLL_INTERVAL_S: Final = 0.05


async def steered(definition: Definition, purpose: str, work: Callable[[Ledger], Awaitable[T]]) -> T:
    """Change something about a campaign, even beside the process that runs it.

    Args:
        definition: the campaign.
        purpose: what for, shown to other processes in the meantime.
        work: changes it, in one transaction; repeated if the process that had the file has just closed it.

    Raises:
        LedgerError: the ledger does not exist, or what `work` raises.
    """
    async with SteeredLedger(definition, f"{purpose} {definition.name}") as ledger:
        return await ledger.change(work)


class SteeredLedger:
    """A ledger that is changed one transaction at a time, even beside the process that works on it.

    Args:
        definition: of the campaign with the ledger.
        purpose: what for, shown to other processes in the meantime.
        may_make: whether to create a missing file.
    """

    def __init__(self, definition: Definition, purpose: str, *, may_make: bool = False) -> None:
        self._definition = definition
        self._purpose = purpose
        self._may_make = may_make
        self._ledger: Ledger | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        ledger, self._ledger = self._ledger, None
        if ledger is not None:
            await ledger.__aexit__(exc_type, exc, traceback)

    async def change(self, work: Callable[[Ledger], Awaitable[T]]) -> T:
        """Change something in one transaction; repeat it if the process that had the file has just closed it.

        Raises:
            LedgerError: the ledger does not exist, or what `work` raises.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + _TIMEOUT_S
        while True:
            try:
                return await work(await self._open())
            except ClosedMeanwhileError:
                await self.__aexit__(None, None, None)
                if loop.time() >= end:
                    raise
            await sleep(_POLL_INTERVAL_S)

    async def _open(self) -> Ledger:
        if self._ledger is None:
            ledger = self._definition.open(self._purpose, may_be_beside=True)
            try:
                await ledger.__aenter__()
            except LedgerError as error:
                if not (self._may_make and error.is_missing):
                    raise
                ledger = self._definition.open(self._purpose)
                await ledger.__aenter__()
            self._ledger = ledger
        return self._ledger


async def pause(definition: Definition, reason: str, clock: Callable[[], float]) -> bool:
    """Pause a campaign; return whether it was to go on until now."""

    async def work(ledger: Ledger) -> bool:
        row = await definition.find(ledger)
        return await ledger.steering.pause(row.id, storable(reason), now=clock())

    return await steered(definition, "pause", work)


async def resume(definition: Definition) -> bool:
    """Resume a paused campaign of a process; return whether it was paused."""

    async def work(ledger: Ledger) -> bool:
        row = await definition.find(ledger)
        if row.options is not None:
            raise UsageError(
                f"the campaign {row.name!r} was submitted to workers: resume it with ClusterCampaign", field="name"
            )
        return await ledger.steering.resume(row.id, is_at_work=ledger.is_beside)

    return await steered(definition, "resume", work)


async def set_timing(definition: Definition, given: TimingGiven, clock: Callable[[], float]) -> Timing:
    """Change when and how fast a campaign sends; return the new timing."""

    async def work(ledger: Ledger) -> Timing:
        row = await definition.find(ledger)
        after = given.changed(StoredTiming.decoded(row.timing), clock())
        await ledger.campaigns.update(row.id, timing=after.encoded())
        return after.in_force

    return await steered(definition, "set", work)


async def cancel(definition: Definition, reason: str, clock: Callable[[], float]) -> bool:
    """Cancel a campaign; return whether it had not ended."""

    async def work(ledger: Ledger) -> bool:
        row = await definition.find(ledger)
        return await ledger.steering.cancel(row.id, storable(reason), now=clock())

    return await steered(definition, "cancel", work)


def check_at_rest(connection: Connection, row: CampaignRow, ledger: Ledger, *, may_be_paused: bool) -> None:
    """Raise if a process works on a campaign, in the transaction that changes it.

    Args:
        connection: in that transaction.
        row: the campaign, as it was found.
        ledger: open.
        may_be_paused: whether a process may wait for it to be resumed.

    Raises:
        UsageError: it is running, cancelled, or half deleted.
    """
    now = ledger.steering.look(connection, row.id)
    if may_be_paused and now.status in ("deleting", "cancelled"):
        problem = "half deleted: delete it again" if now.status == "deleting" else "cancelled"
        raise UsageError(f"the campaign {row.name!r} is {problem}", field="name")
    is_dead = now.status == "running" and not now.has_process and row.options is None
    waits = now.status == "paused" and now.has_process
    if (now.status == "running" and not is_dead) or now.has_leases or now.is_read or (waits and not may_be_paused):
        advice = "pause it, or wait until it is done" if may_be_paused else "cancel it, or wait until it is done"
        what = "paused, and a process waits to continue it" if waits else "running"
        raise UsageError(f"the campaign {row.name!r} is {what}: {advice}", field="name")


async def archive(definition: Definition, clock: Callable[[], float]) -> bool:
    """Archive a campaign; return whether it was not archived."""
    return await _archive(definition, clock())


async def unarchive(definition: Definition) -> bool:
    """Unarchive a campaign; return whether it was archived."""
    return await _archive(definition, None)


async def _archive(definition: Definition, archived_at: float | None) -> bool:
    async def work(ledger: Ledger) -> bool:
        row = await definition.find(ledger)
        check = partial(check_at_rest, row=row, ledger=ledger, may_be_paused=False)
        return await ledger.removing.archive(row.id, archived_at, check)

    return await steered(definition, "archive", work)


async def delete(definition: Definition) -> None:
    """Delete a campaign with all data of its recipients, and its ledger if that has no other."""

    async def work(ledger: Ledger) -> None:
        row = await definition.find(ledger)
        check = partial(check_at_rest, row=row, ledger=ledger, may_be_paused=False)
        await ledger.removing.delete(row.id, check)
        if not await ledger.campaigns.names():
            ledger.database.remove_if_bare()

    await steered(definition, "delete", work)
