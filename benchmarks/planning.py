"""The cost of planning per row, and whether it grows: CPU time in blocks, against the same rows in bare sqlite3.

A row's cost consists of reading it, its part of the sort that finds duplicates, and entering it. Reading and entering
are measured block by block; the sort is one step, of which every row gets the same part. The first and the last tenth
are compared: if every batch looked through all earlier rows, the last one would cost many times the first.

Ten million, planned and sent through a pool without sockets, with memory over time, takes minutes and is run by hand:

    python -m benchmarks.planning 10000000
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack, closing
from itertools import islice, pairwise
from pathlib import Path
from typing import Final, Literal

from tests.services import own_database
from tim_async import TimClient
from tim_async.bulk import Campaign, PlanProgress, Progress, Template

from .campaign import LIMITS
from .cap import APP
from .million import NoSocketPool, peak_mb, used_mb
from .processes import SECRET_KEY
from .report import Row

Kind = Literal["csv", "list"]
Order = Literal["random", "sorted", "duplicates"]
Where = Literal["sqlite", "postgresql"]

MILLION: Final = 1_000_000
BLOCKS: Final = 20
LEAST: Final[dict[Kind, int]] = {"csv": 40_000, "list": 70_000}
MAX_US_ON_A_SERVER: Final = 25
MAX_GROWTH: Final = 1.3
# Part of the rows that are compared: the first and the last.
PART: Final = 0.1
KILLED_ROWS: Final = 300_000
KILLS: Final = 10
_ROWS_PER_COMMIT: Final = 20_000
_PRIME: Final = 2_654_435_761


def account(order: Order, number: int) -> str:
    """Return the account of a row."""
    if order == "duplicates" and number % 10 < 3:
        number = number * 40_503 % (number or 1)
    return f"user-{number:010}" if order == "sorted" else f"user-{number * _PRIME % 2**32:010}"


class Accounts:
    """Accounts generated while they are read, any number of times."""

    def __init__(self, order: Order, count: int) -> None:
        self._order = order
        self._count = count

    def __iter__(self) -> Iterator[str]:
        return (account(self._order, number) for number in range(self._count))


def write_csv(path: Path, accounts: Iterable[str]) -> None:
    """Write a file of recipients, each with a name."""
    with path.open("w", encoding="utf-8") as file:
        file.write("account,name\n")
        file.writelines(f"{each},Name {number}\n" for number, each in enumerate(accounts))


class Blocks:
    """Records the CPU time of a plan at every batch, and computes the cost of blocks of rows.

    Args:
        clock: seconds; CPU time for a file, wall time if a server does the work.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._marks: dict[str, list[tuple[int, float]]] = {"reading": [], "sorting": [], "entering": []}
        self._began = self._clock()

    def note(self, progress: PlanProgress) -> None:
        """Record the time."""
        done = progress.entered if progress.stage == "entering" else progress.rows
        self._marks[progress.stage].append((done, self._clock() - self._began))

    def costs(self, count: int) -> list[float]:
        """Return the cost of a row in each of `count` blocks, in microseconds."""
        ((rows, read),), entering = self._marks["sorting"], self._marks["entering"]
        reading = [*(mark for mark in self._marks["reading"] if mark[0] < rows), (rows, read)]
        between = entering[0][1] - read
        edges = [rows * index / count for index in range(count + 1)]
        spent = [_at(reading, edge) + _at(entering, edge) for edge in edges]
        size = rows / count
        return [1e6 * ((after - before) / size + between / rows) for before, after in pairwise(spent)]


def _at(marks: list[tuple[int, float]], rows: float) -> float:
    """Return the time at which a number of rows was done."""
    before = marks[0]
    for mark in marks:
        if mark[0] >= rows:
            part = 0.0 if mark[0] == before[0] else (rows - before[0]) / (mark[0] - before[0])
            return before[1] + part * (mark[1] - before[1])
        before = mark
    return before[1]


def growth(costs: list[float]) -> float:
    """Return the cost of a row in the last tenth divided by that in the first."""
    size = max(1, round(len(costs) * PART))
    return sum(costs[-size:]) / sum(costs[:size])


async def planning(kind: Kind, order: Order, where: Where, count: int = MILLION) -> list[Row]:
    """Plan once, and judge the cost of a row."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ledger = await stack.enter_async_context(own_database()) if where == "postgresql" else folder / "plan.db"
        accounts = list(Accounts(order, count))
        write_csv(folder / "people.csv", accounts)
        campaign = (
            Campaign("plan", ledger=ledger, recipients=folder / "people.csv", message=Template("Hi $name"))
            if kind == "csv"
            else Campaign("plan", ledger=ledger, recipients=accounts, message="Hi")
        )
        blocks = Blocks(time.process_time if where == "sqlite" else time.perf_counter)
        began = time.process_time()
        plan = await campaign.plan(on_planning=blocks.note, progress_every_s=1e-9)
        cost_us = 1e6 * (time.process_time() - began) / count
        assert plan.recipients == len(set(accounts))
        assert plan.duplicates == count - plan.recipients
        costs = blocks.costs(BLOCKS)
        what = f"planning, {kind}, {order}, {where}, {count:,} rows"
        note = "us a row by block: " + " ".join(f"{cost:.1f}" for cost in costs)
        grown = Row(name=f"{what}: last tenth", value=growth(costs), unit="x first", limit=MAX_GROWTH, note=note)
        if where == "postgresql":
            return [Row(name=f"{what}: CPU", value=cost_us, unit="us a row", limit=MAX_US_ON_A_SERVER), grown]
        bare = _bare(folder / "bare.db", accounts)
        least = f"bare sqlite3, index at the end: {bare:,.0f} rows per CPU second"
        return [
            Row(name=f"{what}: rate", value=1e6 / cost_us, unit="per CPU s", limit=LEAST[kind], sense=">=", note=least),
            grown,
        ]


def _bare(path: Path, accounts: list[str]) -> float:
    """Return the rows per CPU second of the same rows in bare sqlite3, with the index built at the end."""
    book = sqlite3.connect(path, isolation_level=None)
    for line in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "CREATE TABLE people (number INTEGER PRIMARY KEY, account TEXT NOT NULL, columns TEXT, line INTEGER)",
    ):
        book.execute(line)
    began = time.process_time()
    rows = ((number, each, '{"name":"Name"}', number + 2) for number, each in enumerate(accounts))
    while some := list(islice(rows, _ROWS_PER_COMMIT)):
        book.execute("BEGIN IMMEDIATE")
        book.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", some)
        book.execute("COMMIT")
    book.execute("CREATE INDEX by_account ON people (account)")
    seconds = time.process_time() - began
    book.close()
    return len(accounts) / seconds


async def killed(count: int = KILLED_ROWS, kills: int = KILLS) -> list[Row]:
    """Kill a plan at random moments, run it again, and compare the result with an undisturbed one."""
    rng, hits = random.Random(9), 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_csv(folder / "people.csv", Accounts("duplicates", count))
        whole, cut = folder / "whole.db", folder / "cut.db"
        began = time.perf_counter()
        await (await _plan(folder, whole)).communicate()
        longest_s = time.perf_counter() - began
        for _ in range(kills):
            process = await _plan(folder, cut)
            await asyncio.sleep(rng.uniform(0.4, 1.0) * longest_s / 3)
            if process.returncode is None:
                process.kill()
            await process.communicate()
            hits += not _is_planned(cut)
        words, _ = await (await _plan(folder, cut)).communicate()
        is_same = _contents(whole) == _contents(cut)
    what = f"planning, killed {kills} times, {count:,} rows"
    if not is_same:
        print(f"{what}: {words.decode()}", file=sys.stderr)
    return [
        Row(name=f"{what}: the same recipients, chunks and problems", value=is_same, unit="of 1", limit=1, sense=">="),
        Row(name=f"{what}: met planning", value=hits, unit="kills", limit=0.6 * kills, sense=">="),
    ]


async def _plan(folder: Path, ledger: Path) -> asyncio.subprocess.Process:
    line = ["tim_async", "bulk", "plan", str(folder / "people.csv"), "--name", "plan", "--ledger", str(ledger)]
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *line, "--text", "Hi $name"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


def _is_planned(ledger: Path) -> bool:
    try:
        return bool(_ask(ledger, "SELECT is_planned FROM tim_bulk_campaigns")[0][0])
    except (sqlite3.OperationalError, IndexError):  # killed before it existed
        return False


def _contents(ledger: Path) -> list[list[tuple[object, ...]]]:
    """Return everything in a plan except its random parts."""
    return [
        _ask(ledger, f"SELECT {names} FROM tim_bulk_{table} ORDER BY 1")
        for table, names in (
            ("recipients", "ordinal, account, columns, line, chunk, state"),
            ("chunks", "number, state"),
            ("problems", "number, line, kind, account, reason"),
            ("campaigns", "recipients, duplicates, bad_rows, next_chunk, is_planned, reading, survey"),
        )
    ]


def _ask(ledger: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)) as book:
        return book.execute(query).fetchall()


async def send(folder: Path, count: int) -> None:
    """Plan a list with one text, and send it in batches through a pool without sockets; print memory over time."""
    start, began, cpu = used_mb(), time.perf_counter(), time.process_time()
    shown = 0.0

    def show(what: str, done: int) -> None:
        nonlocal shown
        now = time.perf_counter() - began
        if now - shown >= 10 or done == count:
            shown = now
            print(f"{now:7.0f} s  {what:9} {done:12,}  {used_mb() - start:7.1f} MB more", flush=True)

    def planned(progress: PlanProgress) -> None:
        show(progress.stage, progress.entered if progress.stage == "entering" else progress.rows)

    def sent(progress: Progress) -> None:
        show("sent", progress.sent)

    campaign = Campaign("big", ledger=folder / "big.db", recipients=Accounts("random", count), message="Hi")
    async with TimClient(APP, SECRET_KEY, pool=NoSocketPool(), rate_limits=LIMITS) as client:
        plan = await campaign.plan(client=client, on_planning=planned)
        cost_us = 1e6 * (time.process_time() - cpu) / count
        print(f"planned {plan.recipients:,}: {cost_us:.1f} us CPU a row, peak {peak_mb() - start:.1f} MB more")
        cpu = time.process_time()
        report = await campaign.run(client, on_progress=sent)
        cost_us = 1e6 * (time.process_time() - cpu) / count
        print(f"sent {report.sent:,}: {cost_us:.1f} us CPU a recipient, peak {peak_mb() - start:.1f} MB more")
    assert report.sent == count


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(send(Path(place), int(sys.argv[1]) if len(sys.argv) > 1 else MILLION))


if __name__ == "__main__":
    main()
