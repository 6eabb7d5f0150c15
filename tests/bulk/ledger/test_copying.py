"""Staged rows on PostgreSQL: inserted by COPY, whatever they contain, and all or none in a transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

pytest.importorskip("asyncpg")

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from tests.services import own_database, wire_to
from tim_async import LedgerError
from tim_async.bulk._ledger import copying, staged_rows
from tim_async.bulk._ledger import staging as staging_module
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.staged_rows import StagedRow
from tim_async.bulk._ledger.staging import Staging

ROWS_READ = text(
    "SELECT coalesce(seq_tup_read, 0) FROM pg_stat_xact_user_tables WHERE relname LIKE 'tim_bulk_duplicates_%'"
)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with own_database() as made:
        yield made


async def begun(ledger: Ledger, name: str = "spring") -> Staging:
    row = await ledger.campaigns.create(name, kind="fixed", message="{}", fingerprint="f", chunk_size=50, now=1.0)
    staging = ledger.staging(row)
    await staging.begin(source="", message="f", limit=100)
    return staging


def rows_of(*accounts: str) -> list[StagedRow]:
    return [(place, place + 2, each, f'{{"n":"{place}"}}', None, None) for place, each in enumerate(accounts)]


async def finished(staging: Staging) -> None:
    await staging.end()
    await staging.sort()
    while await staging.move():
        pass
    await staging.finish()


async def accounts(ledger: Ledger, name: str = "spring") -> list[str]:
    row = await ledger.campaigns.find(name)
    assert row is not None
    return [each.account async for each in ledger.queries.recipients(row.id)]


async def test_whatever_an_account_is_made_of_is_kept(url: str) -> None:
    given = ["\\N", "\\.", "a\tb", "a\nb", "\r", '"', "'", "", "\\", "名字", "\U0001f600", "a,b", "{}"]
    async with Ledger(url, purpose="test") as ledger:
        staging = await begun(ledger)
        await staging.add(rows_of(*given))
        await finished(staging)
        assert await accounts(ledger) == given


async def test_what_the_server_refuses_is_reported_and_nothing_of_it_stays(url: str) -> None:
    async with Ledger(url, purpose="test") as ledger:
        staging = await begun(ledger)
        await staging.add(rows_of("a"))
        with pytest.raises(LedgerError, match="invalid byte sequence"):
            await staging.add([(1, 3, "b", None, None, None), (2, 4, "\0", None, None, None)])
        await staging.add([(1, 3, "c", None, None, None)])
        await finished(staging)
        assert await accounts(ledger) == ["a", "c"]


@pytest.mark.parametrize("is_before", [True, False], ids=["before it", "in the middle"])
async def test_rows_whose_connection_is_lost_are_entered_once(
    url: str, monkeypatch: pytest.MonkeyPatch, is_before: bool
) -> None:
    parsed, copied = make_url(url), []
    async with wire_to(parsed.port or 5432) as wire:
        through = parsed.set(host="127.0.0.1", port=wire.port).render_as_string(hide_password=False)

        def cut_off(connection: Connection, table: Any, rows: list[StagedRow]) -> None:
            copied.append(len(rows))
            if len(copied) > 1:
                copying.copy_rows(connection, table, rows)
                return
            if is_before:
                wire.cut()
                wire.mend()
                copying.copy_rows(connection, table, rows)
                return

            def halfway() -> Any:
                yield from rows[:1]
                wire.cut()
                wire.mend()
                yield from rows[1:]

            copying.copy_rows(connection, table, halfway())

        monkeypatch.setattr(staged_rows, "copy_rows", cut_off)
        async with Ledger(through, purpose="test") as ledger:
            staging = await begun(ledger)
            await staging.add(rows_of("a", "b", "c"))
            await finished(staging)
            assert copied == [3, 3]
            assert await accounts(ledger) == ["a", "b", "c"]


async def test_of_two_processes_that_stage_a_campaign_one_goes_on(url: str) -> None:
    """Should its lock be lost, a planner still enters nothing beside another one."""
    async with Ledger(url, purpose="test") as one, Ledger(url, purpose="test") as two:
        first = await begun(one)
        row = await two.campaigns.find("spring")
        assert row is not None
        second = two.staging(row)
        await first.add(rows_of("a", "b"))
        with pytest.raises(LedgerError, match="another process is planning the campaign 'spring'"):
            await second.add(rows_of("x"))
        row = await two.campaigns.find("spring")
        assert row is not None
        second = two.staging(row)
        await second.begin(source="", message="f", limit=100)
        with pytest.raises(LedgerError, match="another process is planning"):
            await first.add([(2, 4, "c", None, None, None)])
        await second.add(rows_of("y", "z"))
        await finished(second)
        with pytest.raises(LedgerError, match="another process is planning"):
            await first.end()
        assert await accounts(two) == ["y", "z"]


async def test_pieces_do_not_read_all_duplicates(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With tables that were never analysed the server would, for every piece: that grows with the square."""
    monkeypatch.setattr(staging_module, "ROWS_PER_COMMIT", 500)
    async with Ledger(url, purpose="test") as ledger:
        staging = await begun(ledger)
        await staging.add([(place, place, f"u{place // 2}", None, None, None) for place in range(20_000)])
        await staging.end()
        await staging.sort()
        reading = staging.open_reading()
        moved, read = await ledger.database.write(
            lambda connection: (staging._move(connection, reading), connection.execute(ROWS_READ).scalar_one())
        )
        assert (moved.moved, read) == (500, 0)
