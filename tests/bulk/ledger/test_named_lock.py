"""Locks on a PostgreSQL ledger that outlast a transaction, of processes that live, are held up, or were killed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

pytest.importorskip("asyncpg")

from sqlalchemy import Connection, select, text, update

from tests.services import own_database
from tim_async import LedgerError
from tim_async.bulk._ledger import named_lock, shared
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.named_lock import LOCK_S, NamedLock
from tim_async.bulk._ledger.records import CampaignRow
from tim_async.bulk._ledger.schema import locks


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with own_database() as made:
        yield made


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[Ledger]:
    async with Ledger(url, purpose="test") as made:
        yield made


@pytest.fixture
async def other(ledger: Ledger, url: str) -> AsyncIterator[Ledger]:
    """The same, as another process has it."""
    async with Ledger(url, purpose="test") as made:
        yield made


async def planned(ledger: Ledger) -> CampaignRow:
    return await ledger.campaigns.create("spring", kind="fixed", message="{}", fingerprint="f", chunk_size=9, now=1.0)


async def expire(ledger: Ledger) -> None:
    """Let the time of all locks pass."""
    await ledger.database.write(lambda connection: connection.execute(update(locks).values(held_until=0.0)))


async def held_until(ledger: Ledger) -> list[float]:
    query = select(locks.c.held_until)
    return await ledger.database.read(lambda connection: list(connection.execute(query).scalars()))


async def owners(ledger: Ledger) -> list[str]:
    query = select(locks.c.owner)
    return await ledger.database.read(lambda connection: list(connection.execute(query).scalars()))


async def test_one_process_has_a_lock_at_a_time(ledger: Ledger, other: Ledger) -> None:
    one, two = NamedLock(ledger.database, "x"), NamedLock(other.database, "x")
    assert await one.take()
    assert await one.take()  # the answer was lost
    assert not await two.take()
    assert await NamedLock(other.database, "y").take()
    async with one.kept():
        assert not await two.take()
    assert await two.take()


async def test_lock_of_a_killed_process_is_free_after_a_while(ledger: Ledger, other: Ledger) -> None:
    one, two = NamedLock(ledger.database, "x"), NamedLock(other.database, "x")
    assert await one.take()
    [until] = await held_until(ledger)
    now = (await ledger.require_shared().clock_offset()) + time.time()
    assert 0 < until - now <= LOCK_S
    await expire(ledger)
    assert await two.take()
    assert not await one.take()


async def test_lock_is_renewed_while_its_holder_lives(
    ledger: Ledger, other: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named_lock, "_RENEWAL_INTERVAL_S", 0.01)
    lock = NamedLock(ledger.database, "x")
    assert await lock.take()
    await expire(ledger)
    async with lock.kept(), asyncio.timeout(60):
        while await held_until(other) == [0.0]:
            pass
        assert not await NamedLock(other.database, "x").take()


async def test_renewal_that_fails_is_tried_again(
    ledger: Ledger, other: Ledger, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(named_lock, "_RENEWAL_INTERVAL_S", 0.01)
    caplog.set_level("INFO", "tim_async")
    lock = NamedLock(ledger.database, "x")
    assert await lock.take()
    write, failures = ledger.database.write, [LedgerError("it is away"), LedgerError("it is away")]

    async def failing(*args: Any, **options: Any) -> Any:
        if failures:
            raise failures.pop()
        return await write(*args, **options)

    monkeypatch.setattr(ledger.database, "write", failing)
    await expire(other)
    async with lock.kept(), asyncio.timeout(60):
        while await held_until(other) == [0.0]:
            pass
        failures.append(LedgerError("it is away"))  # giving it back fails, too
    assert caplog.text.count("was not renewed: it is away") == 2
    assert "is free in 15 s" in caplog.text


async def test_what_a_process_writes_whose_lock_was_lost_is_undone(ledger: Ledger, other: Ledger) -> None:
    row = await planned(ledger)
    async with ledger.require_shared().alone_with("spring"):
        await ledger.campaigns.update(row.id, reason="mine")
        await expire(other)  # it is held up for longer than the lock is kept
        async with other.require_shared().alone_with("spring"):
            with pytest.raises(LedgerError, match=r"stalled for more than 15 s, and another one has taken over"):
                await ledger.campaigns.update(row.id, reason="still mine")
            await other.campaigns.update(row.id, reason="theirs")
        with pytest.raises(LedgerError, match="taken over"):  # no process holds it any more, but much may have happened
            await ledger.campaigns.update(row.id, reason="still mine")
    found = await other.campaigns.find("spring")
    assert found is not None
    assert found.reason == "theirs"
    assert await owners(other) == []
    await ledger.campaigns.update(row.id, reason="outside of the block")


async def test_lock_is_not_taken_over_in_the_middle_of_a_transaction(ledger: Ledger, other: Ledger) -> None:
    """A transaction that relies on the lock has looked; until it is over, no one gets the lock."""
    lock, taking = NamedLock(ledger.database, "x"), NamedLock(other.database, "x")
    assert await lock.take()
    await expire(ledger)
    tasks: list[asyncio.Task[bool]] = []

    def work(connection: Connection) -> bool:
        lock.check(connection)
        tasks.append(asyncio.create_task(taking.take()))
        waits = text(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        while not connection.execute(waits).scalar_one():
            pass
        return tasks[0].done()

    async with asyncio.timeout(60):
        assert not await ledger.database.write(work)
        assert await tasks[0]


async def test_process_that_waits_says_so_and_does_not_wait_for_ever(
    ledger: Ledger, other: Ledger, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "tim_async")
    monkeypatch.setattr(shared, "_POLL_INTERVAL_S", 0.01)
    monkeypatch.setattr(shared, "_PLANNING_TIMEOUT_S", 0.1)
    async with ledger.require_shared().alone_with("spring"):
        async with other.require_shared().alone_with("summer"):
            pass
        with pytest.raises(LedgerError, match="another process has been planning the campaign 'spring'"):
            async with other.require_shared().alone_with("spring"):
                pytest.fail("it is not alone")
    assert caplog.text.count("campaign spring: another process is planning it") == 1
    async with other.require_shared().alone_with("spring"):
        pass
