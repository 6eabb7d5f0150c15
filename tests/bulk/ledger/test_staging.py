"""Staged rows: their results after any interruption, and the cost of finding duplicates."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from tests.bulk.conftest import enter
from tests.services import own_database
from tim_async import LedgerError
from tim_async.bulk._ledger import staging as staging_module
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.records import CampaignRow, StagedSizes
from tim_async.bulk._ledger.staged_rows import StagedRow
from tim_async.bulk._ledger.staging import Staging

NOW = 1_800_000_000.0
LIMIT = 100


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging_module, "ROWS_PER_COMMIT", 7)


@pytest.fixture(params=["file", "server"])
async def location(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Path | str]:
    if request.param == "file":
        yield tmp_path / "spring.db"
        return
    async with own_database() as url:
        yield url


async def create(ledger: Ledger, name: str = "spring", *, size: int = 4) -> CampaignRow:
    return await ledger.campaigns.create(name, kind="fixed", message="{}", fingerprint="f", chunk_size=size, now=NOW)


async def found(ledger: Ledger, name: str = "spring") -> CampaignRow:
    row = await ledger.campaigns.find(name)
    assert row is not None
    return row


def staged(rows: list[str | None], sizes: list[int | None] | None = None) -> list[StagedRow]:
    """Rows of these accounts; None is a bad row."""
    return [
        (place, place + 2, "?", None, None, "no account") if account is None
        else (place, place + 2, account, f'{{"n":{place}}}', sizes[place] if sizes else None, None)
        for place, account in enumerate(rows)
    ]  # fmt: skip


async def contents(ledger: Ledger, name: str = "spring") -> tuple[object, ...]:
    """All that a plan has made of its rows."""
    row = await found(ledger, name)
    recipients = [
        (each.ordinal, each.account, each.columns, each.line, each.chunk)
        async for each in ledger.queries.recipients(row.id)
    ]
    problems = [(each.line, each.kind, each.account, each.reason) async for each in ledger.queries.problems(row.id)]
    left = await ledger.chunks.claim(row.id, limit=1000)
    claimed = [(each.number, len(each.recipients)) for each in left]
    await ledger.chunks.release_all(row.id)
    counts = (row.recipients, row.duplicates, row.bad_rows, row.next_chunk, row.is_planned, row.reading)
    return recipients, problems, claimed, counts


def expected(
    rows: list[str | None], *, known: list[str] | None = None, first_chunk: int = 0, size: int = 4, piece: int = 7
) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """The expected results of rows, computed in the simplest way."""
    before = list(known or ())
    seen: set[str] = set()
    kept: list[tuple[object, ...]] = []
    problems: list[tuple[object, ...]] = []
    chunk, in_chunk = first_chunk, 0
    for place, account in enumerate(rows):
        if known is not None and place % piece == 0 and in_chunk:
            chunk, in_chunk = (
                chunk + 1,
                0,
            )  # added recipients may be in flight already: the next piece has its own chunks
        if account is None:
            problems.append((place + 2, "bad", "?", "no account"))
        elif account in before:
            pass
        elif account in seen:
            problems.append((place + 2, "duplicate", account, "a duplicate of an earlier row"))
        else:
            seen.add(account)
            if in_chunk == size:
                chunk, in_chunk = chunk + 1, 0
            kept.append((len(before) + len(kept), account, f'{{"n":{place}}}', place + 2, chunk))
            in_chunk += 1
    return kept, problems


async def read(staging: Staging, rows: list[StagedRow]) -> None:
    await staging.begin(source="", message="f", limit=LIMIT)
    await staging.add(rows)
    await staging.end()


async def settle(staging: Staging) -> None:
    await staging.sort()
    while await staging.move():
        pass
    await staging.finish()


ROWS = st.lists(st.one_of(st.sampled_from("abcdefgh"), st.none()), max_size=40)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=ROWS, more=ROWS)
async def test_first_of_each_account_counts_in_the_order_of_the_source(
    first: list[str | None], more: list[str | None]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with Ledger(Path(folder) / "spring.db", purpose="test") as ledger:
            await create(ledger)
            staging = ledger.staging(await found(ledger))
            await read(staging, staged(first))
            await settle(staging)
            kept, problems = expected(first)
            recipients, noted, _, counts = await contents(ledger)
            assert (recipients, noted) == (kept, problems)
            chunks = -(-len(kept) // 4)
            assert counts == (len(kept), *_counts(problems), chunks, 1, None)

            staging = ledger.staging(await found(ledger))
            await read(staging, staged(more))
            await settle(staging)
            added, problems = expected(more, known=[str(each[1]) for each in kept], first_chunk=chunks)
            recipients, noted, _, _ = await contents(ledger)
            assert (recipients, noted) == ([*kept, *added], problems)


def _counts(problems: list[tuple[object, ...]]) -> tuple[int, int]:
    duplicates = sum(each[1] == "duplicate" for each in problems)
    return duplicates, len(problems) - duplicates


MIXED: list[str | None] = ["b", "a", "b", None, "c", "a", "d", "e", None, "f", "g", "b", "h", "i", "c", "j", "k", "l"]


async def test_reading_is_carried_on_after_whichever_step_the_process_died(location: Path | str) -> None:
    async with Ledger(location, purpose="test") as ledger:
        await create(ledger)

        async def after_a_death() -> Staging:
            return ledger.staging(await found(ledger))

        rows = staged(MIXED)
        await (await after_a_death()).begin(source="", message="f", limit=LIMIT)
        for first in range(0, len(rows), 5):
            staging = await after_a_death()
            assert staging.open_reading().rows == first
            await staging.add(rows[first : first + 5])
        await (await after_a_death()).end()
        await (await after_a_death()).sort()
        moves = 1
        while await (await after_a_death()).move():
            moves += 1
        assert moves == 3
        await (await after_a_death()).finish()
        kept, problems = expected(MIXED)
        recipients, noted, chunks, counts = await contents(ledger)
        assert (recipients, noted) == (kept, problems)
        assert chunks == [(0, 4), (1, 4), (2, 4)]
        assert counts == (12, 4, 2, 3, 1, None)


async def test_nothing_staged_is_left_behind(location: Path | str) -> None:
    names = "SELECT count(*) FROM sqlite_master WHERE name LIKE 'tim_bulk_staged%' OR name LIKE 'tim_bulk_duplicates%'"
    if isinstance(location, str):
        names = names.replace("sqlite_master", "pg_class").replace(" name", " relname")
    async with Ledger(location, purpose="test") as ledger:

        async def tables() -> int:
            return int(await ledger.database.read(lambda connection: connection.exec_driver_sql(names).scalar_one()))

        await create(ledger)
        staging = ledger.staging(await found(ledger))
        await read(staging, staged(MIXED))
        assert await tables()
        await settle(staging)
        assert await tables() == 0
        await read(ledger.staging(await found(ledger)), staged(MIXED))
        await create(ledger)  # planned again, as its source or message changed
        assert await tables() == 0


async def test_two_processes_cannot_read_for_one_campaign_at_a_time(location: Path | str) -> None:
    async with Ledger(location, purpose="test") as ledger:
        await create(ledger)
        one, two = [ledger.staging(await found(ledger)) for _ in range(2)]
        await one.begin(source="", message="f", limit=LIMIT)
        with pytest.raises(LedgerError, match="another process is planning the campaign 'spring'"):
            await two.begin(source="", message="f", limit=LIMIT)
        two = ledger.staging(await found(ledger))
        await one.add(staged(["a"]))
        with pytest.raises(LedgerError, match="another process is planning"):
            await two.add(staged(["b"]))
        await one.end()
        await settle(one)
        recipients, *_ = await contents(ledger)
        assert recipients == [(0, "a", '{"n":0}', 2, 0)]


async def test_campaigns_of_one_ledger_do_not_know_of_each_other(location: Path | str) -> None:
    async with Ledger(location, purpose="test") as ledger:
        for name in ("spring", "summer"):
            campaign = await create(ledger, name)
            assert await enter(ledger, campaign, [("a", None, 1), ("b", None, 2), ("a", None, 3)]) == (2, 1)


async def test_sizes_are_those_of_recipients_only(location: Path | str) -> None:
    async with Ledger(location, purpose="test") as ledger:
        await create(ledger)
        staging = ledger.staging(await found(ledger))
        accounts: list[str | None] = ["a", "b", "a", None, "c", "b", "d", "e", "f", "d"]
        sizes: list[int | None] = [10, -1, 900, None, 101, 800, 300, 300, -1, 700]
        await read(staging, staged(accounts, sizes))
        await staging.sort()
        while await staging.move():
            pass
        assert staging.open_reading().sizes == StagedSizes(
            limit=LIMIT, too_large=3, count_not_made=2, largest=(300, "d", '{"n":6}'), not_made=("b", '{"n":1}')
        )


async def steps_of_a_plan(path: Path, name: str, count: int, others: int = 0) -> int:
    """Return how many steps SQLite takes to plan this many recipients, besides those of another campaign."""
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    async with Ledger(path, purpose="test") as ledger:
        if others:
            other = ledger.staging(await create(ledger, "another", size=50))
            await read(other, staged([f"u{number}" for number in range(others)]))
            await settle(other)
        campaign = await create(ledger, name, size=50)

        def watch(connection: Connection) -> None:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.set_progress_handler(step, 10)

        await ledger.database.read(watch)
        staging = ledger.staging(campaign)
        await staging.begin(source="", message="f", limit=LIMIT)
        # In random order, as it were: each next one is far from the last.
        rows = staged([f"u{number * 7919 % 100_003}" for number in range(count)])
        for first in range(0, count, 100):
            await staging.add(rows[first : first + 100])
        await staging.end()
        await settle(staging)
    return steps


async def test_work_for_a_row_does_not_depend_on_how_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging_module, "ROWS_PER_COMMIT", 100)
    few = await steps_of_a_plan(tmp_path / "few.db", "spring", 500)
    many = await steps_of_a_plan(tmp_path / "many.db", "spring", 4000)
    assert many / 4000 < 1.1 * few / 500
    beside = await steps_of_a_plan(tmp_path / "beside.db", "spring", 500, others=4000)
    assert beside < 1.1 * few


async def test_sort_takes_little_memory(tmp_path: Path) -> None:
    """Data that does not fit into the cache goes to files, and SQLite needs as much again for a sort."""
    async with Ledger(tmp_path / "spring.db", purpose="test") as ledger:

        def pragma(connection: Connection, name: str) -> int:
            return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())

        files, most_kib = 0, 10_000
        assert await ledger.database.read(lambda connection: pragma(connection, "temp_store")) == files
        assert 0 < -await ledger.database.read(lambda connection: pragma(connection, "cache_size")) <= most_kib
