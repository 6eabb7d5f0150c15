"""Rows of recipients, in one form for all sources: the account, the other columns as JSON, and the line.

A row without a valid account becomes a `Problem` with its line and does not stop the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec

from ..._api.checks import ACCOUNT_MAX_BYTES, check_account
from ...errors import UsageError
from .._ledger.records import Problem

# Rows read at a time: a few milliseconds of work.
BATCH: Final = 1000

Columns: TypeAlias = Mapping[str, object]
Given: TypeAlias = str | Columns
Row: TypeAlias = tuple[str, str | None, int] | Problem

_encode: Final = msgspec.json.Encoder().encode


def read_row(given: object, account_column: str, line: int) -> Row:
    """Make a row from an account, or from a mapping with the account among its columns."""
    if isinstance(given, str):
        return make_row(given, {}, line)
    if not isinstance(given, Mapping):
        return bad_row(line, "", f"not an account or a mapping, but {type(given).__name__}")
    account = given.get(account_column)
    if not isinstance(account, str):
        what = "is missing" if account is None else f"is {type(account).__name__}, not text"
        return bad_row(line, "", f"{account_column} {what}")
    return make_row(account, without_account(given, account_column), line)


def without_account(columns: Columns, account_column: str) -> Columns:
    """Return the columns that templates refer to by name; the account itself is `$account`.

    A column of another name is a column like any other.
    """
    if account_column != "account":
        return dict(columns)
    return {name: value for name, value in columns.items() if name != account_column}


def make_row(account: str, columns: Columns, line: int) -> Row:
    """Make a row from an account and its other columns."""
    problem = ""
    try:
        if not account.isascii() or not 0 < len(account) <= ACCOUNT_MAX_BYTES:
            check_account("account", account)
        if "\0" in account:
            problem = "account contains a NUL"
        else:
            return account, _encode(columns).decode() if columns else None, line
    except UsageError as error:
        problem = error.message
    except (TypeError, ValueError) as error:
        problem = f"columns cannot be stored: {error}"
    return bad_row(line, account, problem)


def bad_row(line: int, account: str, reason: str) -> Problem:
    """Return what is kept of a row to find it again; invalid characters become question marks."""
    shown = account.encode("utf-8", "replace").decode().replace("\0", "?")[:100]
    return Problem(line=line, kind="bad", account=shown, reason=reason)
