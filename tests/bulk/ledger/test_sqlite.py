"""Transactions on a file: what a cancellation, a close and other processes do to them."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from tim_async import LedgerError, UsageError
from tim_async.bulk._ledger import sqlite as module
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.schema import meta

FOREVER = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spring.db"


class Gate:
    """A transaction that writes a row and then waits until it may go on."""

    def __init__(self) -> None:
        self.is_in = threading.Event()
        self.may_go = threading.Event()

    def __call__(self, connection: Connection) -> None:
        connection.execute(insert(meta).values(key="gate", value="1"))
        self.is_in.set()
        self.may_go.wait()


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.may_go.set()


async def begin(ledger: Ledger, gate: Gate) -> asyncio.Task[None]:
    task = asyncio.create_task(ledger.database.write(gate))
    await asyncio.to_thread(gate.is_in.wait)
    return task


def kept(path: Path) -> bool:
    with sqlite3.connect(path) as other:
        found = other.execute("select value from tim_bulk_meta where key = 'gate'").fetchall()
    other.close()
    return found == [("1",)]


async def test_cancelled_once_it_waits_for_the_commit(path: Path, gate: Gate) -> None:
    async with Ledger(path, purpose="test") as ledger:
        task = await begin(ledger, gate)
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        gate.may_go.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert kept(path)


async def test_cancelled_twice_it_does_not_wait(path: Path, gate: Gate) -> None:
    async with Ledger(path, purpose="test") as ledger:
        task = await begin(ledger, gate)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not kept(path)
        gate.may_go.set()
    assert kept(path)  # it ended normally, and closing waited for that


async def test_lock_is_kept_until_the_last_transaction_is_over(
    path: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it takes, no other process can write in between."""
    monkeypatch.setattr(module, "_CLOSE_TIMEOUT_S", 0.01)
    monkeypatch.setattr(module, "_MAX_INTERRUPTS", 1)
    async with Ledger(path, purpose="one") as ledger:
        task = await begin(ledger, gate)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
    with pytest.raises(LedgerError, match=r"in use by .* \(one\)"):
        async with Ledger(path, purpose="two"):
            pass
    gate.may_go.set()
    for each in threading.enumerate():
        if each.name == "tim_async: ledger":
            each.join(10)
    async with Ledger(path, purpose="two"):
        pass


async def test_closing_breaks_off_a_statement_that_does_not_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CLOSE_TIMEOUT_S", 0.01)
    async with Ledger(path, purpose="test") as ledger:
        task = asyncio.create_task(ledger.database.read(lambda connection: connection.exec_driver_sql(FOREVER)))
        await asyncio.sleep(0)
    with pytest.raises(LedgerError, match="interrupted"):
        await task
    async with Ledger(path, purpose="test"):
        pass


async def test_closed_ledger_is_refused(path: Path) -> None:
    ledger = Ledger(path, purpose="test")
    with pytest.raises(UsageError, match="the ledger is closed"):
        await ledger.campaigns.names()
    async with ledger:
        pass
    with pytest.raises(UsageError, match="the ledger is closed"):
        await ledger.campaigns.names()


async def test_failed_transaction_leaves_nothing_and_the_next_one_runs(path: Path) -> None:
    def fail(connection: Connection) -> None:
        connection.execute(insert(meta).values(key="gate", value="1"))
        raise ValueError("no")

    async with Ledger(path, purpose="test") as ledger:
        with pytest.raises(ValueError, match="no"):
            await ledger.database.write(fail)
        assert not kept(path)
        rows = await ledger.database.read(lambda connection: connection.execute(select(meta.c.key)).scalars().all())
        assert rows == ["version"]


async def test_file_that_another_process_keeps_locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Ledger(path, purpose="test"):
        pass
    monkeypatch.setattr(module, "_BUSY_TIMEOUT_S", 0.01)
    async with Ledger(path, purpose="test") as ledger:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("begin immediate")
        with pytest.raises(LedgerError, match="another process has locked it"):
            await ledger.campaigns.update(1, status="running")
        other.execute("rollback")
        other.close()
        await ledger.campaigns.update(1, status="running")


def test_ledger_goes_on_in_the_next_loop(path: Path) -> None:
    ledger = Ledger(path, purpose="test")

    async def names() -> list[str]:
        return await ledger.campaigns.names()

    asyncio.run(ledger.__aenter__())
    assert asyncio.run(names()) == []
    asyncio.run(ledger.__aexit__(None, None, None))


async def test_ledger_on_a_server_names_the_extra_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "greenlet", None)
    monkeypatch.delitem(sys.modules, "tim_async.bulk._ledger.server", raising=False)
    with pytest.raises(LedgerError, match=r'requires: pip install "tim-async\[cluster\]"'):
        Ledger("postgresql+asyncpg://me@127.0.0.1/db")
