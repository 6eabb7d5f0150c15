"""The file of a ledger: made whole, marked as open while it may change, and left behind tidy.

What the mark is for, and why the log always shows whether a ledger was left open or is a copy, stands in `ledger_file`.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from os import PathLike
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from ...errors import LedgerError, UsageError
from .ledger_file import APPLICATION_ID, look, read_header, wal_path, wal_size
from .location import file_url, locate, lock_path
from .lock import held_for_a_moment
from .schema import campaigns, meta
from .whole_file import whole_file

# At its end a run waits so long for those that read; a log that is left is harmless.
_LAST_WAIT_S: Final = 1.0


def make(path: Path, make_tables: Callable[[Connection], None]) -> None:
    """Make a ledger: it appears with its tables, or not at all, for its owner only.

    Raises:
        OSError: it cannot be made, or is there.
    """
    with tempfile.TemporaryDirectory(prefix="tim-async-") as folder:
        template = Path(folder) / "ledger.db"
        engine = create_engine(file_url(template), poolclass=StaticPool)
        with engine.begin() as connection:
            make_tables(connection)
        engine.dispose()
        with closing(sqlite3.connect(template, isolation_level=None)) as driver:
            driver.execute(f"PRAGMA application_id={APPLICATION_ID}")
            driver.execute("PRAGMA journal_mode=WAL")
        data = template.read_bytes()
    with whole_file(path, may_replace=False) as file:
        file.write(data)


def mark_open(driver: sqlite3.Connection, path: Path, name: str) -> None:
    """Let the file itself say that it is open, before anything else is written.

    Raises:
        LedgerError: it cannot, as long as another program reads it.
    """
    driver.execute("PRAGMA journal_mode=WAL")  # the file keeps that; one that others vacuumed may have lost it
    [mark] = driver.execute("PRAGMA user_version").fetchone()
    mark += 1 + mark % 2
    driver.execute(f"PRAGMA user_version={mark}")
    # Not TRUNCATE: an empty log would look like that of a copy.
    driver.execute("PRAGMA wal_checkpoint(FULL)")
    header = read_header(path, name)
    if header is None or header.mark != mark:
        driver.execute(f"PRAGMA user_version={mark + 1}")  # or that program, when it ends, would write the mark
        raise LedgerError(f"another program keeps reading the ledger {name}: end it, then run the campaign again")


def is_marked_open(driver: sqlite3.Connection) -> bool:
    """Return whether the file says that it is open; in a transaction that writes, it goes on saying so."""
    [mark] = driver.execute("PRAGMA user_version").fetchone()
    return bool(mark % 2)


def mark_closed(driver: sqlite3.Connection) -> bool:
    """Let the file say that it is all there is, as the last thing that is written; return whether that was written."""
    try:
        [mark] = driver.execute("PRAGMA user_version").fetchone()
        driver.execute(f"PRAGMA user_version={mark + mark % 2}")
        driver.execute(f"PRAGMA busy_timeout={_LAST_WAIT_S * 1000:.0f}")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error:
        return False
    return True


@contextmanager
def log_kept(path: Path) -> Iterator[None]:
    """Keep the log of a file that stays marked as open when its last connection is closed: leave it as a crash does.

    SQLite removes the log with the last connection, but not with one that only reads.
    """
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)) as reader:
        with suppress(sqlite3.Error):
            reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        yield


def is_bare(driver: sqlite3.Connection) -> bool:
    """Return whether a ledger has nothing but campaigns without a single row that was read for them."""
    names = [name for (name,) in driver.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    filled = [name for name in names if driver.execute(f'SELECT EXISTS (SELECT 1 FROM "{name}")').fetchone()[0]]  # noqa: S608
    return set(filled) <= {meta.name, campaigns.name, "sqlite_sequence"}


def remove(path: Path) -> None:
    """Remove a ledger that was just made, and closed."""
    for each in (path, wal_path(path), path.with_name(path.name + "-shm")):
        with suppress(OSError):
            each.unlink()


def tidy(path: Path) -> None:
    """Remove the empty log that reading a closed ledger leaves beside it, where nothing works on it."""
    with suppress(OSError, sqlite3.Error), held_for_a_moment(lock_path(path)) as is_free:
        if is_free and wal_path(path).exists() and not wal_size(path):
            # SQLite does it, and sees to others that read.
            with closing(sqlite3.connect(path, isolation_level=None)) as driver:
                driver.execute("SELECT count(*) FROM sqlite_schema").fetchone()


def adopt_ledger(ledger: str | PathLike[str]) -> Path:
    """Take a ledger whose log is missing for all there is; return its path.

    A ledger that was copied while it was open lacks what was sent last, which is in its log (`-wal`), and so it is
    refused. Adopted, it is used as it is: recipients that it does not know to have the message get it.

    Raises:
        UsageError: it is on a server.
        LedgerError: it is in use, damaged, or needs none of this.
    """
    where = locate(ledger)
    if where.path is None:
        raise UsageError(f"{where.name} is on a server; only a file can lack its log", field="ledger")
    problem = ""
    try:
        _adopt(where.path, where.name)
    except (OSError, sqlite3.Error) as error:
        problem = f"the ledger {where.name}: {getattr(error, 'strerror', None) or error}"
    if problem:
        raise LedgerError(problem)
    return where.path


def _adopt(path: Path, name: str) -> None:
    with held_for_a_moment(lock_path(path)) as is_free:
        if not is_free:
            raise LedgerError(f"the ledger {name} is in use")
        header = read_header(path, name)
        if header is None:
            raise LedgerError(f"there is no ledger {name}")
        if not header.is_open or wal_size(path):
            look(path, name)  # it may be worse than that
            raise LedgerError(f"the ledger {name} is complete, with what lies beside it: nothing was changed")
        with closing(sqlite3.connect(path, isolation_level=None)) as driver:
            found = [text for (text,) in driver.execute("PRAGMA quick_check(1)")]
            if found != ["ok"]:
                raise LedgerError(f"the ledger {name} is damaged: {found[0]}")
            driver.execute(f"PRAGMA user_version={header.mark + 1}")
