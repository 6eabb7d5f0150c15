"""What failures of a database mean: the text for a user, and whether to retry the transaction."""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import DBAPIError

from ...errors import LedgerError

# Of two transactions that deadlock, or read each other's uncommitted work, one is refused as a whole.
_REFUSED: Final = ("40P01", "40001")
_STOPPING: Final = ("57P01", "57P02", "57P03")
# Failures of a connection, including those that PgBouncer reports.
_CONNECTION: Final = "08"
_ADVICE: Final = (
    ("is full", "the disk is full: free some space, then run the campaign again"),
    ("readonly", "the file is read-only: restore its permissions, then run the campaign again"),
    ("unable to open", "it cannot be opened: does the folder exist, and may you write to it?"),
    ("not a database", "the file is not a ledger"),
    ("malformed", "the file is damaged"),
    ("disk I/O error", "the disk failed to read or to write"),
    ("is locked", "another process has locked it"),
)


def as_ledger_error(name: str, error: Exception) -> LedgerError:
    """Return a failure of the database of this name as a LedgerError."""
    failure = LedgerError(f"the ledger {name}: {explain(error)}")
    failure.is_away = is_away(error)
    return failure


def missing(problem: str) -> LedgerError:
    """Return the error for a missing ledger."""
    failure = LedgerError(problem)
    failure.is_missing = True
    return failure


def explain(error: Exception) -> str:
    """Explain what happened and what to do, without the statement and its values."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    text = (str(origin).splitlines() or [""])[0]
    if not text:
        text = "the server does not answer" if isinstance(origin, TimeoutError) else type(origin).__name__
    for words, advice in _ADVICE:
        if words in text:
            return f"{advice} ({text})"
    return text


def may_not_write(error: LedgerError) -> bool:
    """Return whether an SQLite file could not be read only because nothing may be written to it or beside it."""
    return "readonly" in error.message or "unable to open" in error.message


def was_refused(error: Exception) -> bool:
    """Return whether the server rolled a transaction back in favour of another one."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _REFUSED


def is_away(error: Exception) -> bool:
    """Return whether a server is unreachable, silent, stopping or starting."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, OSError)
    state = getattr(error.orig, "sqlstate", None) or ""
    return error.connection_invalidated or state in _STOPPING or state.startswith(_CONNECTION)
