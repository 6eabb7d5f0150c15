"""The file of a ledger: created in one step, marked as open while it may change, and tidied up at the end.

`ledger_file` explains the mark, and why the log always shows whether a ledger was left open or is a copy.
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

# How long a run waits for readers at its end; a log that is left is harmless.
_LAST_WAIT_S: Final = 1.0


def make(path: Path, make_tables: Callable[[Connection], None]) -> None:
    """Create a ledger with its tables, or not at all, accessible to the owner only.

    Raises:
        OSError: it cannot be created, or exists already.
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
    """Mark the file as open before anything else is written.

    Raises:
        LedgerError: it cannot be marked while another program reads it.
    """
    driver.execute("PRAGMA journal_mode=WAL")  # the file keeps that, unless another program has vacuumed it
    [mark] = driver.execute("PRAGMA user_version").fetchone()
    mark += 1 + mark % 2
    driver.execute(f"PRAGMA user_version={mark}")
    # Not TRUNCATE: an empty log would look like that of a copy.
    driver.execute("PRAGMA wal_checkpoint(FULL)")
    header = read_header(path, name)
    if header is None or header.mark != mark:
        driver.execute(f"PRAGMA user_version={mark + 1}")  # otherwise that program would write the mark when it ends
        raise LedgerError(f"another program keeps reading the ledger {name}: end it, then run the campaign again")


def is_marked_open(driver: sqlite3.Connection) -> bool:
    """Return whether the file is marked as open; in a write transaction, that stays true."""
    [mark] = driver.execute("PRAGMA user_version").fetchone()
    return bool(mark % 2)


def mark_closed(driver: sqlite3.Connection) -> bool:
    """Mark the file as complete, as the last thing that is written; return whether that succeeded."""
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
    """Keep the log of a file that stays marked as open when its last connection closes, as after a crash.

    SQLite removes the log with the last connection, but not if that one only reads.
    """
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)) as reader:
        with suppress(sqlite3.Error):
            reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        yield


def is_bare(driver: sqlite3.Connection) -> bool:
    """Return whether a ledger holds only campaigns without a single staged or read row."""
    names = [name for (name,) in driver.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    filled = [name for name in names if driver.execute(f'SELECT EXISTS (SELECT 1 FROM "{name}")').fetchone()[0]]  # noqa: S608
    return set(filled) <= {meta.name, campaigns.name, "sqlite_sequence"}


def remove(path: Path) -> None:
    """Remove a ledger that was just created and closed."""
    for each in (path, wal_path(path), path.with_name(path.name + "-shm")):
        with suppress(OSError):
            each.unlink()


def tidy(path: Path) -> None:
    """Remove the empty log that reading a closed ledger leaves beside it, if no process uses it."""
    with suppress(OSError, sqlite3.Error), held_for_a_moment(lock_path(path)) as is_free:
        if is_free and wal_path(path).exists() and not wal_size(path):
            # SQLite removes it, and respects other readers.
            with closing(sqlite3.connect(path, isolation_level=None)) as driver:
                driver.execute("SELECT count(*) FROM sqlite_schema").fetchone()


def adopt_ledger(ledger: str | PathLike[str]) -> Path:
    """Accept a ledger whose log is missing as complete; return its path.

    A ledger that was copied while it was open lacks what was sent last, which is in its log (`-wal`), so it is refused.
    After this, it is used as it is: recipients whose message it does not know of get the message again.

    Raises:
        UsageError: it is on a server.
        LedgerError: it is in use, damaged, or complete.
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
            raise LedgerError(f"the ledger {name} does not exist")
        if not header.is_open or wal_size(path):
            look(path, name)  # raises if the file is damaged in another way
            raise LedgerError(f"the ledger {name} is complete: nothing was changed")
        with closing(sqlite3.connect(path, isolation_level=None)) as driver:
            found = [text for (text,) in driver.execute("PRAGMA quick_check(1)")]
            if found != ["ok"]:
                raise LedgerError(f"the ledger {name} is damaged: {found[0]}")
            driver.execute(f"PRAGMA user_version={header.mark + 1}")
