"""What failures of a database mean: the text for a user, and whether the transaction is worth another attempt."""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import DBAPIError

from ...errors import LedgerError

# Of two transactions that waited for each other, or read each other's half-done work, one is refused as a whole.
_REFUSED: Final = ("40P01", "40001")
_STOPPING: Final = ("57P01", "57P02", "57P03")
# Failures of a connection; those that PgBouncer reports are among them.
_CONNECTION: Final = "08"
_ADVICE: Final = (
    ("is full", "the disk is full: make room, then run the campaign again"),
    ("readonly", "it cannot be written: give it back its rights, then run the campaign again"),
    ("unable to open", "it cannot be opened: does the folder exist, and may you write to it?"),
    ("not a database", "the file is not a ledger"),
    ("malformed", "the file is damaged"),
    ("disk I/O error", "the disk failed to read or to write"),
    ("is locked", "another process keeps it locked"),
)


def as_ledger_error(name: str, error: Exception) -> LedgerError:
    """Return a failure of the database of this name, as users get it."""
    failure = LedgerError(f"the ledger {name}: {explain(error)}")
    failure.is_away = is_away(error)
    return failure


def missing(problem: str) -> LedgerError:
    """Return that there is no ledger."""
    failure = LedgerError(problem)
    failure.is_missing = True
    return failure


def explain(error: Exception) -> str:
    """Return what happened and what to do, without the statement and its values."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    text = (str(origin).splitlines() or [""])[0]
    if not text:
        text = "the server does not answer" if isinstance(origin, TimeoutError) else type(origin).__name__
    for words, advice in _ADVICE:
        if words in text:
            return f"{advice} ({text})"
    return text


def may_not_write(error: LedgerError) -> bool:
    """Return whether an SQLite file could not be read only because nothing may be written, or made beside it."""
    return "readonly" in error.message or "unable to open" in error.message


def was_refused(error: Exception) -> bool:
    """Return whether the server undid a transaction in favour of another one."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _REFUSED


def is_away(error: Exception) -> bool:
    """Return whether a server could not be reached, fell silent, or is just being stopped or started."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, OSError)
    state = getattr(error.orig, "sqlstate", None) or ""
    return error.connection_invalidated or state in _STOPPING or state.startswith(_CONNECTION)
