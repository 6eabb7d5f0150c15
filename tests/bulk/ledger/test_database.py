"""The file of a ledger: the names that open it, its users, and what is done before it is identified."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.bulk.conftest import accounts
from tests.services import own_database
from tim_async import LedgerError, UsageError
from tim_async.bulk._ledger.ledger import Ledger
from tim_async.bulk._ledger.location import locate
from tim_async.bulk._ledger.schema import SCHEMA_VERSION

NO_USER = 65534


@pytest.fixture
def path(tmp_path):
    return tmp_path / "spring.db"


@pytest.fixture
def shelf():
    """A folder that every user may look into."""
    folder = Path(tempfile.mkdtemp(prefix="tim-async-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def as_reader(shelf):
    """Take the right to write; root has to become another user for that."""
    is_root = os.geteuid() == 0

    def become():
        for file in shelf.iterdir():
            file.chmod(0o444)
        if is_root:
            os.seteuid(NO_USER)
        else:
            shelf.chmod(0o555)

    yield become
    if is_root:
        os.seteuid(0)
    shelf.chmod(0o755)


async def test_link_to_a_ledger_has_the_same_lock(path, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    async with Ledger(path, purpose="one"):
        (tmp_path / "link.db").symlink_to(path)
        (tmp_path / "other").symlink_to(tmp_path, target_is_directory=True)
        for name in (tmp_path / "link.db", tmp_path / "other" / "spring.db", folder / ".." / "spring.db"):
            with pytest.raises(LedgerError, match=r"in use by process .* \(one\)"):
                async with Ledger(name, purpose="two"):
                    pass
    assert not (tmp_path / "link.db.lock").exists()


async def test_link_to_itself_is_no_ledger(tmp_path):
    (tmp_path / "loop.db").symlink_to(tmp_path / "loop.db")
    with pytest.raises((UsageError, LedgerError)):
        async with Ledger(tmp_path / "loop.db", purpose="test"):
            pass


@pytest.mark.parametrize("purpose", ["test", None])
async def test_ledger_of_a_newer_version_is_not_written_to(path, purpose):
    file = sqlite3.connect(path)
    file.executescript(
        "CREATE TABLE tim_bulk_meta (key TEXT PRIMARY KEY, value TEXT); "
        "INSERT INTO tim_bulk_meta VALUES ('version', '999'); CREATE TABLE tim_bulk_rows (x);"
    )
    file.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match=f"has version 999, but this tim_async needs version {SCHEMA_VERSION}"):
        async with Ledger(path, purpose=purpose):
            pass
    assert path.read_bytes() == before


@pytest.mark.parametrize("url", ["postgresql+psycopg://me@db/x", "mysql+aiomysql://me@db/x"])
async def test_server_without_its_driver_is_answered_with_how_it_is_called(url):
    pytest.importorskip("asyncpg")
    with pytest.raises(
        LedgerError, match=r"cannot be used: on a server it is postgresql\+asyncpg://user@host/database"
    ):
        async with Ledger(url):
            pass


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("postgresql://me:pw@db:5433/x", "postgresql+asyncpg://me:pw@db:5433/x"),
        ("postgres://me@db/x?sslmode=require", "postgresql+asyncpg://me@db/x?ssl=require"),
        ("postgresql+asyncpg://me@db/x?ssl=require", "postgresql+asyncpg://me@db/x?ssl=require"),
    ],
)
def test_url_that_names_no_driver_is_read_as_asyncpgs(given, url):
    assert locate(given).url.render_as_string(hide_password=False) == url


async def test_ledger_on_a_server_by_the_url_of_other_programs():
    async with own_database() as url, Ledger(url.replace("+asyncpg", "") + "?sslmode=prefer", purpose="test") as ledger:
        assert await ledger.campaigns.find("spring") is None


async def test_ledger_that_may_only_be_read(shelf, campaign, client, as_reader):
    """A user without write access can query its status and export its outcomes."""
    path = shelf / "spring.db"
    await campaign(ledger=path, recipients=accounts(5), message="Hi").run(client)
    assert not path.with_name("spring.db-wal").exists()
    before = path.read_bytes()
    as_reader()
    status = await campaign(ledger=path).status()
    assert (status.status, status.sent) == ("done", 5)
    assert [row.state async for row in campaign(ledger=path).outcomes()] == ["sent"] * 5
    with pytest.raises(LedgerError, match="Permission denied"):
        await campaign(ledger=path).run(client)
    assert path.read_bytes() == before


async def test_ledger_of_a_dead_runner_that_may_only_be_read(shelf, campaign, client, as_reader):
    """The log beside it is read; a user who may not lock the file sees that no process holds the lock."""
    path, left = shelf / "spring.db", shelf / "left.db"
    await campaign(ledger=path, recipients=accounts(5), message="Hi").plan()
    async with Ledger(path, purpose="test") as ledger:
        row = await ledger.campaigns.find("spring")
        await ledger.campaigns.update(row.id, status="running", begun_at=1.0)
        for ending in ("", "-wal", "-shm"):
            shutil.copy(str(path) + ending, str(left) + ending)
    left.with_name("left.db.lock").write_text("process 1 (run of spring)\n")
    as_reader()
    assert (await campaign(ledger=left).status()).status == "interrupted"


async def test_looking_at_a_dead_run_does_not_keep_a_runner_from_starting(path):
    async with Ledger(path, purpose="test"):
        pass
    looking = os.open(path.with_name("spring.db.lock"), os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    asyncio.get_running_loop().call_later(0.03, os.close, looking)
    async with Ledger(path, purpose="test") as ledger:
        assert ledger.database.is_in_use
    async with Ledger(path) as ledger:
        assert not ledger.database.is_in_use


async def test_two_that_look_do_not_take_each_other_for_a_runner(path):
    async with Ledger(path, purpose="test"):
        pass
    looking = os.open(path.with_name("spring.db.lock"), os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    async with Ledger(path) as ledger:
        assert not ledger.database.is_in_use
    os.close(looking)
    path.with_name("spring.db.lock").unlink()
    async with Ledger(path) as ledger:
        assert not ledger.database.is_in_use


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forking")
def test_lock_of_a_process_that_is_killed_is_free_although_one_that_it_forked_lives(path):
    async def opened():
        async with Ledger(path, purpose="next"):
            pass

    code = (
        "import asyncio, os, sys\n"
        "from tim_async.bulk._ledger.ledger import Ledger\n"
        "async def main():\n"
        "    async with Ledger(sys.argv[1], purpose='test'):\n"
        "        if os.fork():\n"
        "            os._exit(0)\n"
        "        print('lives', flush=True)\n"
        "        sys.stdin.read()\n"
        "        os._exit(0)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"lives\n"
        process.wait(30)
        asyncio.run(opened())


async def test_cancelled_while_it_waits_for_the_lock(path):
    async with Ledger(path, purpose="test"):
        second = Ledger(path, purpose="second")
        waiting = asyncio.create_task(second.__aenter__())
        await asyncio.sleep(0.02)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with second:
        pass


async def test_name_with_marks_that_mean_something_in_a_url(shelf, campaign, client, as_reader):
    path = shelf / "spring ?#%41 2.db"
    await campaign(ledger=path, recipients=accounts(2), message="Hi").run(client)
    as_reader()
    assert (await campaign(ledger=path).status()).sent == 2
