"""Read suppression lists into a ledger, one file per list, before anything is sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from os import PathLike
from pathlib import Path
from typing import NamedTuple, TypeAlias

import msgspec

from ..._printable import one_line
from ...errors import UsageError
from .._ledger.ledger import Ledger
from .._ledger.records import Problem
from .._ledger.suppression import ACCOUNTS_PER_COMMIT
from .file_reader import FileReader
from .files import AccountListFile, CsvFile, JsonLinesFile, RecipientFile, file_source, reader_of
from .rows import Row
from .sources import Source, batches
from .wording import counted

logger = logging.getLogger("tim_async")

SuppressionFile: TypeAlias = str | PathLike[str] | RecipientFile
"""A file of accounts: its path, or a class that defines how to read it."""


class SuppressionChange(msgspec.Struct, kw_only=True, frozen=True):
    """The result of adding accounts to a suppression list.

    Attributes:
        list_name: the list.
        accounts: valid accounts that were read.
        added: entries that the list did not have.
        bad_rows: rows without a valid account.
        first_problem: the first bad row.
    """

    list_name: str
    accounts: int
    added: int
    bad_rows: int = 0
    first_problem: Problem | None = None


class ListFile(NamedTuple):
    """A file that is read into a list.

    Attributes:
        name: the list, named after the file without its endings.
        reader: reads the file.
    """

    name: str
    reader: FileReader


def list_files(given: SuppressionFile | Sequence[SuppressionFile], account_column: str) -> list[ListFile]:
    """Return the files of suppression lists.

    Raises:
        UsageError: a file has an unsupported format.
    """
    files: Sequence[SuppressionFile]
    files = [given] if isinstance(given, str | PathLike | CsvFile | JsonLinesFile | AccountListFile) else given
    return [list_file(file, account_column) for file in files]


def list_file(given: SuppressionFile, account_column: str) -> ListFile:
    """Return the file of a suppression list.

    Raises:
        UsageError: it has an unsupported format.
    """
    with _about_lists():
        file = file_source(given, account_column=account_column) if isinstance(given, str | PathLike) else given
        return ListFile(_name_of(Path(file.path)), reader_of(file))


def _name_of(path: Path) -> str:
    """Return the list's name: the file's, without its ending and a trailing `.gz`."""
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return plain.stem or "list"


async def read_lists(ledger: Ledger, files: Sequence[ListFile], now: float) -> None:
    """Read files into the lists of a ledger; skip those that were read to their end and have not changed.

    Raises:
        UsageError: a file cannot be read.
    """
    for name, reader in files:
        with _about_lists():
            mark = await asyncio.to_thread(reader.fingerprint)
        if await ledger.suppression.source(name) != mark:
            enter = partial(_enter, ledger, name, now)
            change = await read_list(name, reader, enter, mark=mark)
            logger.info(
                "suppression list %s: %s read, %d of them new",
                *(one_line(name), counted(change.accounts, "account"), change.added),
            )
            if change.first_problem is not None:
                logger.warning(
                    "suppression list %s: %s without a valid account, the first in line %d: %s",
                    *(one_line(name), counted(change.bad_rows, "row"), change.first_problem.line),
                    one_line(change.first_problem.reason),
                )


async def _enter(ledger: Ledger, name: str, now: float, accounts: Sequence[str], mark: str | None) -> int:
    return await ledger.suppression.add(name, accounts, now=now, source=mark)


async def read_list(
    name: str,
    source: Source,
    enter: Callable[[Sequence[str], str | None], Awaitable[int]],
    *,
    account_column: str = "account",
    mark: str | None = None,
) -> SuppressionChange:
    """Add the accounts of a source to a list.

    Args:
        name: the list.
        source: the accounts.
        enter: adds some accounts and returns how many are new; called with the mark for the last ones.
        account_column: the column or key with the account, if the source is not a file.
        mark: identifies the file.
    """
    accounts, added, bad_rows = 0, 0, 0
    first_problem: Problem | None = None
    waiting: list[str] = []
    async for rows in _batches(source, account_column):
        for row in rows:
            if isinstance(row, Problem):
                bad_rows, first_problem = bad_rows + 1, first_problem or row
            else:
                waiting.append(row[0])
        if len(waiting) >= ACCOUNTS_PER_COMMIT:
            accounts += len(waiting)
            added += await enter(waiting, None)
            waiting.clear()
    accounts += len(waiting)
    added += await enter(waiting, mark)
    return SuppressionChange(
        list_name=name, accounts=accounts, added=added, bad_rows=bad_rows, first_problem=first_problem
    )


async def read_accounts(source: Source, account_column: str) -> AsyncIterator[list[str]]:
    """Yield the valid accounts of a source, in batches."""
    async for rows in _batches(source, account_column):
        yield [row[0] for row in rows if not isinstance(row, Problem)]


async def _batches(source: Source, account_column: str) -> AsyncIterator[list[Row]]:
    with _about_lists():
        async for rows in batches(source, account_column):
            yield rows


@contextmanager
def _about_lists() -> Iterator[None]:
    """Make an error about a file name the suppression list, not the recipients."""
    problem = ""
    try:
        yield
    except UsageError as error:
        problem = error.message
    if problem:
        raise UsageError(f"suppress: {problem}", field="suppress")
