"""The cost of a ledger on PostgreSQL: a recipient of a campaign beyond the call itself, and a plan against bare `COPY`.

A recipient is measured over a pool without sockets, in CPU time of this process, without the server's. A plan is
measured in wall time, because the server does most of the work, and compared with `COPY` of the same rows from memory
in the same run. A plan also reads and weighs the rows, and removes duplicate accounts: so the `COPY` table has the
ledger's columns and keys, and a unique index on accounts. The note has the time without that index.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import asyncpg
from sqlalchemy import Index, MetaData
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement

from tests.services import own_database
from tim_async.bulk import Campaign, Template
from tim_async.bulk._ledger.schema import recipients

from .campaign import write_people
from .planning import Accounts, write_csv
from .recipient import calls_alone, run_cost, shown
from .report import Row

COLUMNS: Final = ("campaign_id", "ordinal", "account", "columns", "line", "chunk", "state", "tries", "round")


async def cost(count: int = 10_000, rounds: int = 5) -> list[Row]:
    """A recipient's cost beyond the call itself, one by one, and in batches."""
    alone, single, batch = list[float](), list[float](), list[float]()
    asked: dict[bool, Counter[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        people = Path(folder) / "people.csv"
        write_people(people, count)
        for _ in range(rounds):
            alone.append(await calls_alone(count))
            for is_batch, found in ((False, single), (True, batch)):
                async with own_database() as url:
                    seconds, asked[is_batch] = await run_cost(url, people, count, is_batch=is_batch)
                found.append(seconds)
    beyond = [run - call for run, call in zip(single, alone, strict=True)]
    call_us = 1e6 * statistics.median(alone)
    return [
        Row(
            name=f"a recipient on PostgreSQL {name}",
            value=1e6 * statistics.median(found),
            unit="us of CPU",
            limit=200,
            note=f"the call {call_us:.1f} us; median of {rounds} runs; {shown(asked[is_batch], count)}",
        )
        for name, found, is_batch in (
            ("beyond the call itself, one by one", beyond, False),
            ("in batches", batch, True),
        )
    ]


async def copy(count: int = 500_000) -> list[Row]:
    """A plan from CSV with a template, accounts in random order, against a bare `COPY` before it and after it."""
    accounts = list(Accounts("random", count))
    with tempfile.TemporaryDirectory() as folder:
        people = Path(folder) / "people.csv"
        write_csv(people, accounts)
        before = await _copied(accounts, is_unique=True)
        async with own_database() as url:
            campaign = Campaign("plan", ledger=url, recipients=people, message=Template("Hi $name"))
            began, cpu = time.perf_counter(), time.process_time()
            plan = await campaign.plan()
            wall, cpu = time.perf_counter() - began, time.process_time() - cpu
        assert plan.recipients == count
        after = await _copied(accounts, is_unique=True)
        without = await _copied(accounts, is_unique=False)
    note = f"{count / wall:,.0f} rows/s; without the index {without:.2f} s; client {1e6 * cpu / count:.1f} us CPU a row"
    return [
        Row(
            name=f"planning into PostgreSQL beside a bare COPY, {count:,} rows",
            value=wall,
            unit="s",
            baseline=(before + after) / 2,
            limit=2,
            note=note,
        )
    ]


async def _copied(accounts: Sequence[str], *, is_unique: bool) -> float:
    """Return how long a `COPY` of the rows into a table like the ledger's takes."""
    rows = [
        (1, place, each, f'{{"name":"Name {place}"}}', place + 2, place // 50, 0, 0, 0)
        for place, each in enumerate(accounts)
    ]
    table = recipients.to_metadata(MetaData())
    if is_unique:
        Index("once", table.c.account, table.c.campaign_id, unique=True)
    async with own_database() as url:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        statements: list[DDLElement] = [CreateTable(table), *map(CreateIndex, table.indexes)]
        for statement in statements:
            await connection.execute(str(statement.compile(dialect=postgresql.dialect())))  # type: ignore[no-untyped-call]  # SQLAlchemy's
        began = time.perf_counter()
        await connection.copy_records_to_table(table.name, records=rows, columns=COLUMNS)
        seconds = time.perf_counter() - began
        await connection.close()
    return seconds
