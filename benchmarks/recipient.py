"""The cost of a campaign's recipient beyond the call itself, the cost of reading outcomes, and waiting times.

Everything runs over a pool without sockets and is measured in CPU time, including the ledger's thread. The baselines
are measured in the same run: the calls alone, and bare `sqlite3` doing the necessary work.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, event

from tim_async import TimClient
from tim_async.bulk import Campaign, Template
from tim_async.bulk._ledger.ledger import Ledger

from .campaign import LIMITS, write_people
from .cap import APP
from .million import NoSocketPool
from .processes import SECRET_KEY
from .report import Row

# Number of parallel calls of a campaign with the client's default settings.
TASKS: Final = 37
CHUNK: Final = 50
BODY: Final = '{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"Hi Name 123456"}}]}'
MSG_KEY: Final = "1000000_123456_1700000000"


def new_client() -> TimClient:
    return TimClient(APP, SECRET_KEY, pool=NoSocketPool(), rate_limits=LIMITS)


async def calls_alone(count: int) -> float:
    """Return the CPU of one call of the client."""
    numbers = iter(range(count))
    async with new_client() as client:

        async def work() -> None:
            for number in numbers:
                await client.c2c.send_text(f"user-{number}", f"Hi Name {number}")

        began = time.process_time()
        await asyncio.gather(*(work() for _ in range(TASKS)))
        return (time.process_time() - began) / count


async def run_cost(ledger: Path | str, people: Path, count: int, *, is_batch: bool) -> tuple[float, Counter[str]]:
    """Return the CPU per recipient of a run on a new ledger, and the run's database statements."""
    asked: Counter[str] = Counter()
    message = "Hi, beauty" if is_batch else Template("Hi $name")
    campaign = Campaign("spring", ledger=ledger, recipients=people, message=message)
    async with new_client() as client:
        await campaign.plan(client=client)
        with counting(asked):
            began = time.process_time()
            report = await campaign.run(client)
            seconds = time.process_time() - began
    assert report.sent == count
    return seconds / count, asked


class counting:  # noqa: N801 - used as a function
    """Counts the database requests during a block: statements, of many rows or of one, and transactions."""

    def __init__(self, counts: Counter[str]) -> None:
        self._listeners = {
            "before_cursor_execute": lambda *_: counts.update(["statements"]),
            "commit": lambda *_: counts.update(["commits"]),
        }

    def __enter__(self) -> None:
        for name, listener in self._listeners.items():
            event.listen(Engine, name, listener)

    def __exit__(self, *_: object) -> None:
        for name, listener in self._listeners.items():
            event.remove(Engine, name, listener)


def _bare(path: Path) -> float:
    """Write ahead and settle all recipients of a planned ledger with bare `sqlite3`; return the CPU of each."""
    with closing(sqlite3.connect(path, isolation_level=None)) as book:
        book.execute("PRAGMA synchronous=FULL")
        book.execute("PRAGMA cache_size=-24000")
        chunks = [number for (number,) in book.execute("SELECT number FROM tim_bulk_chunks ORDER BY number")]
        count = 0
        began = time.process_time()
        for number in chunks:
            found = book.execute("SELECT campaign_id, ordinal FROM tim_bulk_recipients WHERE chunk = ?", (number,))
            keys = found.fetchall()
            count += len(keys)
            book.execute("BEGIN IMMEDIATE")
            book.execute("UPDATE tim_bulk_chunks SET state = 2, since = ? WHERE number = ?", (time.time(), number))
            book.executemany(
                "UPDATE tim_bulk_recipients SET body = ? WHERE campaign_id = ? AND ordinal = ?",
                [(BODY, *key) for key in keys],
            )
            book.execute("COMMIT")
            book.execute("BEGIN IMMEDIATE")
            book.executemany(
                "UPDATE tim_bulk_recipients SET state = 1, msg_key = ?, msg_time = 1, body = NULL "
                "WHERE campaign_id = ? AND ordinal = ?",
                [(MSG_KEY, *key) for key in keys],
            )
            book.execute("UPDATE tim_bulk_chunks SET state = 3 WHERE number = ?", (number,))
            book.execute("COMMIT")
        return (time.process_time() - began) / count


async def cost(count: int = 10_000, rounds: int = 5) -> list[Row]:
    """A recipient's cost beyond the call itself, one by one and in batches."""
    bare, alone, single, batch = list[float](), list[float](), list[float](), list[float]()
    asked: dict[str, Counter[str]] = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            alone.append(await calls_alone(count))
            people = folder / "people.csv"
            write_people(people, count)
            seconds, asked["one by one"] = await run_cost(folder / "single.db", people, count, is_batch=False)
            single.append(seconds)
            seconds, asked["in batches"] = await run_cost(folder / "batch.db", people, count, is_batch=True)
            batch.append(seconds)
            campaign = Campaign(
                "bare", ledger=folder / "bare.db", recipients=people, message=Template("Hi $name"), batch_size=CHUNK
            )
            await campaign.plan()
            bare.append(_bare(folder / "bare.db"))
    beyond = [run - call for run, call in zip(single, alone, strict=True)]
    note = f"bare write-ahead and settle {_us(bare):.1f} us, the call {_us(alone):.1f} us; median of {rounds} runs"
    return [
        Row(
            name="a recipient beyond the call itself, one by one",
            value=_us(beyond),
            unit="us of CPU",
            limit=100,
            note=f"{note}; {shown(asked['one by one'], count)}",
        ),
        Row(
            name="a recipient in batches",
            value=_us(batch),
            unit="us of CPU",
            limit=100,
            note=f"{note}; {shown(asked['in batches'], count)}",
        ),
    ]


def _us(seconds: list[float]) -> float:
    return 1e6 * statistics.median(seconds)


def shown(asked: Counter[str], count: int) -> str:
    return ", ".join(f"{1000 * asked[what] / count:.1f} {what}" for what in ("statements", "commits")) + " for 1,000"


async def _make_ledger(path: Path, count: int, *, settled: int) -> None:
    """Create a ledger as left by a run that sent to some of the recipients: faster than planning and sending."""
    async with Ledger(path, purpose="benchmark") as ledger:
        campaign = await ledger.campaigns.create(
            "big",
            kind="fixed",
            message='{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"Hi"}}]}',
            fingerprint="",
            chunk_size=CHUNK,
            now=time.time(),
        )
        await ledger.campaigns.update(
            campaign.id, is_planned=1, recipients=count, next_chunk=-(-count // CHUNK), source="", begun_at=time.time()
        )
    own = campaign.id
    with closing(sqlite3.connect(path)) as book, book:
        book.executemany(
            "INSERT INTO tim_bulk_recipients (campaign_id, ordinal, account, line, chunk, state, tries, round, "
            "msg_key, msg_time) VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?, ?)",
            (
                (
                    own,
                    n,
                    f"user-{n}",
                    n + 1,
                    n // CHUNK,
                    *((1, MSG_KEY, 1700000000) if n < settled else (0, None, None)),
                )
                for n in range(count)
            ),
        )
        book.executemany(
            "INSERT INTO tim_bulk_chunks (campaign_id, number, state, lease_until, deaths) VALUES (?, ?, ?, 0, 0)",
            ((own, n, 3 if n * CHUNK < settled else 0) for n in range(-(-count // CHUNK))),
        )


async def export(count: int = 1_000_000) -> list[Row]:
    """Export of a ledger, against reading the same columns with bare `sqlite3`."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "big.db"
        await _make_ledger(path, count, settled=count)
        bare, own = list[float](), list[float]()
        for _ in range(3):
            began = time.process_time()
            with closing(sqlite3.connect(path)) as book:
                found = book.execute(
                    "SELECT account, state, chunk, code, info, msg_key, msg_time, line FROM tim_bulk_recipients "
                    "WHERE campaign_id = 1 ORDER BY ordinal"
                )
                assert sum(1 for _ in found) == count
            bare.append(time.process_time() - began)
            began = time.process_time()
            assert await Campaign("big", ledger=path).export(Path(place) / "out.csv") == count
            own.append(time.process_time() - began)
    return [
        Row(
            name=f"export of {count:,} against the bare iteration",
            value=statistics.median(own),
            unit="s of CPU",
            baseline=statistics.median(bare),
            limit=3,
            note="median of 3 runs",
        )
    ]


async def start(count: int = 1_000_000) -> list[Row]:
    """The first call of a run on a half-sent ledger, and the end of a run that is stopped."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "big.db"
        await _make_ledger(path, count, settled=count // 2)
        pool = NoSocketPool()
        async with TimClient(APP, SECRET_KEY, pool=pool) as client:
            campaign = Campaign("big", ledger=path)
            began, cpu = time.perf_counter(), time.process_time()
            running = asyncio.create_task(campaign.run(client))
            while not pool.calls and not running.done():  # noqa: ASYNC110 - a call sets no event
                await asyncio.sleep(0.001)
            first, first_cpu = time.perf_counter() - began, time.process_time() - cpu
            began, cpu = time.perf_counter(), time.process_time()
            campaign.stop()
            report = await running
            last, last_cpu = time.perf_counter() - began, time.process_time() - cpu
    assert report.status == "interrupted", report
    return [
        Row(name=name, value=used, unit="s of CPU", limit=1.0, note=f"{seconds:.2f} s on the clock")
        for name, seconds, used in (
            (f"first call on a ledger of {count:,}", first, first_cpu),
            ("end of a run on it that is stopped", last, last_cpu),
        )
    ]
