"""A file that is not a ledger, or incomplete, is never accepted as one; one left by a crash is."""

# ruff: noqa: ASYNC240 - nothing else waits for these files

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.bulk.conftest import accounts, enter
from tim_async import LedgerError, UsageError
from tim_async.bulk import Campaign, adopt_ledger
from tim_async.bulk._ledger import opening
from tim_async.bulk._ledger import sqlite as sqlite_module
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.ledger_file import Header, look, read_header, wal_path

Make: TypeAlias = Callable[..., Campaign]

posix = pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
COPIED = (
    "{0} was copied while it was open, or lost its log: {0}-wal, with the latest sends, is missing. Put the log back "
    "beside it, or copy the ledger again after its run has ended. To use the file without it, run `tim-async bulk "
    "adopt`; recipients may then get the message twice"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spring.db"


@pytest.fixture
async def planned(campaign: Make, path: Path) -> Path:
    """A ledger that is closed."""
    await campaign(ledger=path, recipients=accounts(3), message="Hi").plan()
    return path


def header(path: Path) -> Header:
    found = read_header(path, str(path))
    assert found is not None
    return found


def beside(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


async def refused(path: Path) -> str:
    """Open it in every way; return what all say."""
    before = beside(path)
    found = set()
    for purpose in ("test", None):
        with pytest.raises(LedgerError) as caught:
            async with Ledger(path, purpose=purpose):
                pass
        found.add(caught.value.message)
    assert beside(path) == before
    [message] = found
    return message


async def crashed(path: Path) -> None:
    """Kill a process that has a ledger open and has just written to it."""
    code = (
        "import asyncio, os, signal, sys\n"
        "from tim_async.bulk._ledger.ledger import Ledger\n"
        "async def main():\n"
        "    async with Ledger(sys.argv[1], purpose='test') as ledger:\n"
        "        [name] = await ledger.campaigns.names()\n"
        "        row = await ledger.campaigns.find(name)\n"
        "        await ledger.campaigns.update(row.id, reason='last words')\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code, str(path)], check=False)


async def reason(path: Path, purpose: str | None = None) -> str | None:
    async with Ledger(path, purpose=purpose) as ledger:
        row = await ledger.campaigns.find("spring")
        assert row is not None
        return row.reason


async def test_open_ledger_says_so_in_its_own_first_bytes(planned: Path) -> None:
    closed = header(planned)
    assert not closed.is_open
    async with Ledger(planned, purpose="test"):
        assert header(planned).mark == closed.mark + 1
        async with Ledger(planned):
            pass
        assert header(planned).is_open
    assert header(planned).mark == closed.mark + 2
    assert beside(planned) == ["spring.db", "spring.db.lock"]


async def test_copy_of_an_open_ledger_without_its_log(planned: Path, tmp_path: Path) -> None:
    async with Ledger(planned, purpose="test") as ledger:
        row = await ledger.campaigns.find("spring")
        assert row is not None
        await ledger.campaigns.update(row.id, reason="last words")
        copy = tmp_path / "copy" / "spring.db"
        copy.parent.mkdir()
        shutil.copy(planned, copy)
    assert await refused(copy) == COPIED.format(copy)
    # An empty log, which reading by another program may leave, has nothing either.
    wal_path(copy).touch()
    assert await refused(copy) == COPIED.format(copy)


async def test_copy_of_an_open_ledger_with_its_log(planned: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    async with Ledger(planned, purpose="test") as ledger:
        row = await ledger.campaigns.find("spring")
        assert row is not None
        await ledger.campaigns.update(row.id, reason="last words")
        for ending in ("", "-wal"):
            shutil.copy(f"{planned}{ending}", f"{copy}{ending}")
    assert await reason(copy) == "last words"
    assert await reason(copy, "test") == "last words"


async def test_copy_of_a_closed_ledger(planned: Path, tmp_path: Path) -> None:
    shutil.copy(planned, tmp_path / "copy.db")
    assert await reason(tmp_path / "copy.db", "test") is None


@posix
async def test_crash_recovers_and_looking_at_it_changes_nothing(planned: Path) -> None:
    await crashed(planned)
    before = planned.read_bytes(), wal_path(planned).read_bytes()
    assert header(planned).is_open
    assert before[1]
    for _ in range(2):
        assert await reason(planned) == "last words"
        assert (planned.read_bytes(), wal_path(planned).read_bytes()) == before
    mark = header(planned).mark
    assert await reason(planned, "test") == "last words"
    assert header(planned).mark == mark + 3
    assert beside(planned) == ["spring.db", "spring.db.lock"]


@posix
@pytest.mark.parametrize("step", ["before the mark", "after the mark", "after the checkpoint", "while closing"])
async def test_killed_at_any_step_of_opening_and_closing_it_opens(planned: Path, step: str) -> None:
    """The log exists, and is not empty, whenever the file is marked as open."""
    code = f"""
import asyncio, os, signal, sqlite3, sys
from tim_async.bulk._ledger import opening
from tim_async.bulk._ledger.ledger import Ledger

step, seen = {step!r}, 0
real_open, real_closed = opening.mark_open, opening.mark_closed

class Spy:
    def __init__(self, driver, after):
        self.driver, self.after = driver, after
    def execute(self, text):
        found = self.driver.execute(text)
        if self.after in text and ("=" in text or "checkpoint" in text):
            os.kill(os.getpid(), signal.SIGKILL)
        return found

def mark_open(driver, path, name):
    if step == "before the mark":
        os.kill(os.getpid(), signal.SIGKILL)
    after = {{"after the mark": "user_version", "after the checkpoint": "checkpoint"}}.get(step, "never")
    real_open(Spy(driver, after), path, name)

def mark_closed(driver):
    return real_closed(Spy(driver, "user_version"))

opening.mark_open, opening.mark_closed = mark_open, mark_closed

async def main():
    async with Ledger(sys.argv[1], purpose="test") as ledger:
        await ledger.campaigns.update(1, reason="last words")
asyncio.run(main())
"""
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code, str(planned)], check=False)
    assert done.returncode == -9
    assert await reason(planned) == ("last words" if step == "while closing" else None)
    assert await reason(planned, "test") == ("last words" if step == "while closing" else None)
    assert not header(planned).is_open


async def test_reader_that_outlives_its_runner_leaves_the_log(planned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_LAST_WAIT_S", 0.0)
    other = sqlite3.connect(planned, isolation_level=None)
    reader = Ledger(planned)
    async with reader:
        async with Ledger(planned, purpose="test") as ledger:
            other.execute("BEGIN")
            other.execute("SELECT count(*) FROM tim_bulk_meta").fetchone()
            await ledger.campaigns.update(1, reason="last words")
        # The mark could not be written through.
        assert header(planned).is_open
        assert wal_path(planned).stat().st_size
        other.execute("ROLLBACK")
    assert await reason(planned, "test") == "last words"
    other.close()
    assert beside(planned) == ["spring.db", "spring.db.lock"]


async def test_run_does_not_begin_while_the_mark_cannot_be_written(
    planned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_module, "_BUSY_TIMEOUT_S", 0.01)
    other = sqlite3.connect(planned, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM tim_bulk_meta").fetchone()
    with pytest.raises(LedgerError, match=r"^another program keeps reading the ledger .*: end it, then run"):
        async with Ledger(planned, purpose="test"):
            pass
    other.close()
    async with Ledger(planned, purpose="test"):
        pass


async def test_ledger_that_cannot_be_closed_in_order_keeps_its_log(
    planned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "mark_closed", lambda driver: False)
    async with Ledger(planned, purpose="test") as ledger:
        await ledger.campaigns.update(1, reason="last words")
    monkeypatch.undo()
    assert header(planned).is_open
    assert await reason(planned, "test") == "last words"


async def test_log_without_its_ledger(planned: Path) -> None:
    async with Ledger(planned, purpose="test"):
        shutil.copy(f"{planned}-wal", f"{planned}-kept")
    planned.unlink()
    shutil.move(f"{planned}-kept", wal_path(planned))
    assert await refused(planned) == (
        f"{planned} is missing, while its log {planned}-wal is there: restore the ledger, or remove the log to start "
        "a new one"
    )


@posix
async def test_copy_that_was_put_back_over_one_that_a_crash_left_open(planned: Path, tmp_path: Path) -> None:
    shutil.copy(planned, tmp_path / "backup.db")
    await crashed(planned)
    shutil.copy(tmp_path / "backup.db", planned)
    assert await refused(planned) == (
        f"the log {planned}-wal does not belong to {planned}, which was closed: was a copy restored over an open "
        "ledger? Restore the ledger that the log belongs to, or remove the log to use the copy; recipients may then "
        "get the message twice"
    )
    wal_path(planned).unlink()
    assert await reason(planned, "test") is None


async def test_log_that_has_nothing_committed(planned: Path) -> None:
    wal_path(planned).write_bytes(b"\0" * 40)
    assert await reason(planned) is None
    assert await reason(planned, "test") is None


@pytest.mark.parametrize("size", [10, 50, 9_000])
async def test_ledger_that_is_cut_off(planned: Path, size: int) -> None:
    data = planned.read_bytes()
    planned.write_bytes(data[:size])
    whole = len(data) if size > 100 else 100
    assert await refused(planned) == (
        f"{planned} is truncated at {size:,} of {whole:,} bytes: restore a complete copy of the ledger"
    )


@posix
async def test_what_is_not_a_file_on_a_disk(path: Path) -> None:
    os.mkfifo(path)
    assert await refused(path) == (f"{path} is not a regular file: give the path of a ledger file")


@posix
async def test_file_that_cannot_be_read(planned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.open

    def refuse(self: Path, *args: Any, **options: Any) -> Any:
        if self == planned:
            raise PermissionError(13, "Permission denied")
        return real(self, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    assert await refused(planned) == f"cannot read {planned}: Permission denied"


async def test_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(
        LedgerError, match=r"^the ledger's folder .*no does not exist: create it, or give another path$"
    ):
        async with Ledger(tmp_path / "no" / "spring.db", purpose="test"):
            pass
    assert list(tmp_path.iterdir()) == []


async def test_ledger_that_is_closed_between_two_looks_is_one(planned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The header is read while it is open, its log looked for when it is closed."""
    real, marks = read_header, [header(planned).mark - 1]

    def read(path: Path, name: str) -> Header | None:
        found = real(path, name)
        return Header(mark=marks.pop(), application_id=0, has_wal=True, size_bytes=0) if marks else found

    monkeypatch.setattr("tim_async.bulk._ledger.ledger_file.read_header", read)
    found = look(planned, "spring.db")
    assert found is not None
    assert not found.is_open


@posix
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077], ids=oct)
async def test_all_of_a_ledger_is_for_its_owner_only(campaign: Make, path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        await campaign(ledger=path, recipients=accounts(3), message="Hi").plan()
        async with Ledger(path, purpose="test") as ledger:
            await ledger.campaigns.update(1, reason="x")
            assert beside(path) == [f"spring.db{each}" for each in ("", "-shm", "-wal", ".lock")]
            assert {each.stat().st_mode & 0o777 for each in path.parent.iterdir()} == {0o600}
    finally:
        os.umask(before)


async def fail_with(ledger: Ledger, *given: tuple[str, str | None, int]) -> None:
    """Open a ledger, enter a campaign with these rows, and fail."""
    async with ledger:
        row = await ledger.campaigns.create("s", kind="fixed", message="", fingerprint="", chunk_size=1, now=0.0)
        if given:
            await enter(ledger, row, list(given))
        raise UsageError("no")


async def test_ledger_that_a_failure_leaves_without_a_row_is_removed(path: Path, campaign: Make) -> None:
    with pytest.raises(UsageError):
        await campaign(ledger=path, recipients=path.with_name("no.csv"), message="Hi").plan()
    assert beside(path) == []
    with pytest.raises(UsageError, match="no"):
        await fail_with(Ledger(path, purpose="test"))
    assert beside(path) == []


async def test_ledger_with_a_row_or_from_before_is_kept_whatever_fails(path: Path) -> None:
    with pytest.raises(UsageError, match="no"):
        await fail_with(Ledger(path, purpose="test"), ("ann", None, 1))
    assert beside(path) == ["spring.db", "spring.db.lock"]
    other = path.with_name("other.db")
    async with Ledger(other, purpose="test"):
        pass
    with pytest.raises(UsageError, match="no"):
        await fail_with(Ledger(other, purpose="test"))
    assert other.exists()


async def test_two_begin_one_after_the_other_although_the_first_removes_its_lock(path: Path) -> None:
    """The second waits for the lock of a file that is removed in the meantime: it locks the new file of that name."""
    first, second = Ledger(path, purpose="one"), Ledger(path, purpose="two")
    await first.__aenter__()
    waiting = asyncio.create_task(second.__aenter__())
    await asyncio.sleep(0.03)
    await first.__aexit__(ValueError, ValueError(), None)
    await waiting
    with pytest.raises(LedgerError, match=r"in use by .* \(two\)"):
        async with Ledger(path, purpose="three"):
            pass
    await second.__aexit__(None, None, None)
    assert beside(path) == ["spring.db", "spring.db.lock"]


async def test_adopted_copy_is_a_ledger(planned: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    async with Ledger(planned, purpose="test"):
        shutil.copy(planned, copy)
        with pytest.raises(LedgerError, match=r"^the ledger .*spring\.db is in use$"):
            adopt_ledger(planned)
    assert adopt_ledger(copy) == copy
    assert await reason(copy, "test") is None
    for each in (planned, copy):
        with pytest.raises(LedgerError, match=r"is complete: nothing was changed$"):
            adopt_ledger(each)


async def test_what_cannot_be_adopted(planned: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is on a server; only a file can lack its log"):
        adopt_ledger("postgresql+asyncpg://me@127.0.0.1/db")
    with pytest.raises(LedgerError, match="does not exist"):
        adopt_ledger(tmp_path / "missing.db")
    copy = tmp_path / "copy.db"
    async with Ledger(planned, purpose="test"):
        data = bytearray(planned.read_bytes())
    page = 4096
    data[60:64] = (7).to_bytes(4, "big")
    data[2 * page : 3 * page] = b"\x55" * page
    copy.write_bytes(data)
    with pytest.raises(LedgerError, match="is damaged"):
        adopt_ledger(copy)
    copy.write_bytes(data[: 2 * page])
    with pytest.raises(LedgerError, match=r"damaged|malformed"):
        adopt_ledger(copy)
