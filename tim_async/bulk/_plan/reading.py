"""Reading: the rows of a source are staged in a ledger, and then become recipients."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, TypeAlias

import msgspec

from .._ledger.records import Problem
from .._ledger.staged_rows import StagedRow
from .._ledger.staging import ROWS_PER_COMMIT, Staging
from .account_lints import AccountLints
from .opening import Position
from .rows import Row
from .sources import IterableReader, Source, batches, position_in
from .survey import Weigher

PlanStage: TypeAlias = Literal["reading", "sorting", "entering"]


class PlanProgress(msgspec.Struct, kw_only=True, frozen=True):
    """The progress of planning a campaign.

    Attributes:
        name: the campaign.
        stage: `reading` the source, `sorting` accounts to find duplicates, `entering` recipients.
        rows: rows that were read, including those of an interrupted plan that is continued.
        entered: rows that became recipients or problems.
        rate: rows read per second, by this process.
        bytes_read: how much of the file was read, None without a file.
        bytes_total: the size of the file.
        elapsed_s: seconds since this process began.
    """

    name: str
    stage: PlanStage
    rows: int
    entered: int
    rate: float
    bytes_read: int | None
    bytes_total: int | None
    elapsed_s: float


OnPlanning: TypeAlias = Callable[[PlanProgress], Awaitable[None] | None]


class PlanWatch:
    """Reports the progress of planning periodically.

    Args:
        name: the campaign.
        on_planning: called with a `PlanProgress` at the beginning, in between, and at the end; None for no reports.
        every_s: seconds in between.
    """

    def __init__(self, name: str, on_planning: OnPlanning | None, every_s: float) -> None:
        self._name = name
        self._on_planning = on_planning
        self._every_s = every_s
        self._began = self._reported = asyncio.get_running_loop().time()
        self._rate = 0.0
        self._skipped = 0
        self._position = Position()

    def begin(self, skipped: int, position: Position) -> None:
        """Record how many rows an earlier process has read, and the position in the file."""
        self._skipped = skipped
        self._position = position

    async def report(self, stage: PlanStage, rows: int, entered: int = 0, *, is_due: bool = False) -> None:
        """Report, if a report is due."""
        now = asyncio.get_running_loop().time()
        if self._on_planning is None or not (is_due or now - self._reported >= self._every_s):
            return
        self._reported = now
        elapsed = now - self._began
        if stage == "reading" and elapsed > 0:
            self._rate = (rows - self._skipped) / elapsed
        progress = PlanProgress(
            name=self._name,
            stage=stage,
            rows=rows,
            entered=entered,
            rate=self._rate,
            bytes_read=self._position.read,
            bytes_total=self._position.total,
            elapsed_s=elapsed,
        )
        result = self._on_planning(progress)
        if inspect.isawaitable(result):
            await result


async def stage(staging: Staging, source: Source, account_column: str, weigher: Weigher, watch: PlanWatch) -> None:
    """Read a source to its end, skipping the rows that are staged already."""
    before, position = staging.open_reading(), position_in(source)
    lints = AccountLints.decoded(before.account_lints)
    waiting: list[Row] = []

    async def enter() -> None:
        rows = await asyncio.to_thread(_staged, waiting, staging.open_reading().rows, weigher, lints)
        await staging.add(rows, account_lints=lints.encoded())
        waiting.clear()

    watch.begin(before.rows, position)
    await watch.report("reading", before.rows, is_due=True)
    async for batch in batches(source, account_column, skip=before.rows, position=position):
        waiting += batch
        if len(waiting) >= ROWS_PER_COMMIT:
            await enter()
        await watch.report("reading", staging.open_reading().rows + len(waiting))
    if waiting:
        await enter()
    await staging.end()
    if isinstance(source, IterableReader):
        source.end()


def _staged(rows: Sequence[Row], place: int, weigher: Weigher, lints: AccountLints) -> list[StagedRow]:
    measure = weigher.measure
    lints.look([row[0] for row in rows if not isinstance(row, Problem)])
    staged: list[StagedRow] = [
        (place, row.line, row.account, None, None, row.reason)
        if isinstance(row, Problem)
        else (place, row[2], row[0], row[1], None if measure is None else measure(row[0], row[1]), None)
        for place, row in enumerate(rows, place)
    ]
    lints.add_pushes(weigher.pushes)
    weigher.pushes.clear()
    return staged


async def settle(staging: Staging, watch: PlanWatch) -> None:
    """Make recipients of the staged rows."""
    reading = staging.open_reading()
    if not reading.is_sorted:
        await watch.report("sorting", reading.rows, is_due=True)
        await staging.sort()
    is_more = True
    while is_more:
        await watch.report("entering", reading.rows, staging.open_reading().moved)
        is_more = await staging.move()
    await watch.report("entering", reading.rows, reading.rows, is_due=True)
