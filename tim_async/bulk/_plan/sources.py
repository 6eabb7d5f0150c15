"""Where recipients come from: files and iterables, read as they are needed, a batch at a time.

A row without a valid account becomes a `Problem` with its line and does not stop the others.
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from io import IOBase, TextIOWrapper
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from ..._api.checks import check_account
from ...errors import UsageError
from .._ledger.records import Problem

T = TypeVar("T")

# Rows read at a time: a few milliseconds of work.
BATCH: Final = 1000

Columns = Mapping[str, object]
Row = tuple[str, str | None, int] | Problem
Given = str | Columns


class Position:
    """How much of a file was read.

    Attributes:
        total: how many bytes there are; None where that is not known.
    """

    def __init__(self, total: int | None = None) -> None:
        self.total = total
        self._file: IOBase | None = None

    def watch(self, file: TextIOWrapper) -> None:
        """Take the position from this file."""
        self._file = file.buffer if isinstance(file.buffer, IOBase) else None

    @property
    def read(self) -> int | None:
        """How many bytes were read; None before the first."""
        if self._file is None:
            return None
        return self.total if self._file.closed else self._file.tell()


@dataclass(frozen=True, kw_only=True)
class _File:
    path: Path
    account_column: str = "account"
    encoding: str = "utf-8-sig"

    def fingerprint(self) -> str:
        """Return what distinguishes this file from another, and from itself after a change."""
        named = f"{type(self).__name__} {self.account_column}".encode("utf-8", "surrogatepass")
        digest = blake2b(named, digest_size=16)
        with self._open() as file:
            while part := file.read(1 << 20):
                digest.update(part.encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    @contextmanager
    def _open(self) -> Iterator[TextIOWrapper]:
        """Open the file for a block; an error while it is read is raised as a `UsageError`, too."""
        problem = ""
        try:
            # A row that is in another encoding is a bad row; the others are read.
            file = open(self.path, encoding=self.encoding, errors="surrogateescape", newline="")  # noqa: SIM115
        except (OSError, ValueError) as error:
            problem = f"cannot read {self.path}: {getattr(error, 'strerror', None) or error}"
        except LookupError:
            problem = f"unknown encoding {self.encoding!r}"
        if problem:
            raise UsageError(problem, field="recipients")
        try:
            with file:
                yield file
        except OSError as error:
            problem = f"cannot read {self.path}: {error.strerror}"
        except UnicodeError as error:
            # Where characters have several bytes each, it is not known where the next row begins.
            reason = error.reason if isinstance(error, UnicodeDecodeError) else str(error)
            problem = f"cannot read {self.path} as {self.encoding}: {reason}; is it cut off, or in another encoding?"
        if problem:
            raise UsageError(problem, field="recipients")

    def rows(self, *, skip: int = 0, watch: Callable[[TextIOWrapper], None] | None = None) -> Iterator[Row]:
        """Yield a row or a problem for every line that is not empty.

        Args:
            skip: how many of them to leave out at the beginning: they were read before.
            watch: called with the file when it is open, to follow how much of it is read.
        """
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class CsvFile(_File):
    """Recipients in a CSV file whose first line names the columns.

    Attributes:
        path: the file.
        account_column: the column that has the account; the others are for templates.
        encoding: such as `gb18030` for what a Chinese Excel saves; a byte order mark is not part of the text.
        delimiter: what stands between two cells.
    """

    delimiter: str = ","

    def rows(self, *, skip: int = 0, watch: Callable[[TextIOWrapper], None] | None = None) -> Iterator[Row]:
        """Yield a row or a problem for every line that is not empty; see `_File`."""
        with self._open() as file:
            if watch is not None:
                watch(file)
            reader = csv.reader(file, delimiter=self.delimiter, strict=True)
            header = self.header_of(reader)
            place = header.index(self.account_column)
            while True:
                line = reader.line_num + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    cells, problem = [], f"not valid CSV: {error}"
                else:
                    problem = ""
                if not (cells or problem):
                    continue
                if skip:
                    skip -= 1
                else:
                    yield _bad(line, "", problem) if problem else self._row(header, place, cells, line)

    def header(self) -> list[str]:
        """Return the names of the columns."""
        with self._open() as file:
            return self.header_of(csv.reader(file, delimiter=self.delimiter, strict=True))

    def header_of(self, reader: Iterator[list[str]]) -> list[str]:
        """Read and check the first line."""
        problem = ""
        try:
            names = [name.strip() for name in next(reader)]
        except StopIteration:
            problem = f"{self.path} is empty"
        except csv.Error as error:
            problem = f"{self.path}: the first line is not valid CSV: {error}"
        else:
            if self.account_column not in names:
                problem = f"{self.path} has no column {self.account_column!r}; it has {', '.join(map(repr, names))}"
            elif len(set(names)) < len(names):
                problem = f"{self.path} has two columns of the same name"
        if problem:
            raise UsageError(problem, field="recipients")
        return names

    def _row(self, header: list[str], place: int, cells: list[str], line: int) -> Row:
        if len(cells) > len(header):
            return _bad(line, _cell(cells, place), f"{len(cells)} cells under {len(header)} columns")
        # A cell that is missing at the end of a line is not there for the template either.
        columns = dict(zip(header, cells, strict=False))
        return _row(columns.get(self.account_column, "").strip(), _others(columns, self.account_column), line)


@dataclass(frozen=True, kw_only=True)
class JsonLinesFile(_File):
    """Recipients in a file with a JSON value a line: an account, or an object with the account among its fields.

    Attributes:
        path: the file.
        account_column: the field that has the account; the others are for templates.
        encoding: its encoding.
    """

    def rows(self, *, skip: int = 0, watch: Callable[[TextIOWrapper], None] | None = None) -> Iterator[Row]:
        """Yield a row or a problem for every line that is not empty; see `_File`."""
        with self._open() as file:
            if watch is not None:
                watch(file)
            for line, text in enumerate(file, 1):
                if not text.strip():
                    continue
                if skip:
                    skip -= 1
                    continue
                try:
                    given = msgspec.json.decode(text)
                except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
                    yield _bad(line, "", f"not valid JSON: {error}")
                else:
                    yield read_row(given, self.account_column, line)


Recipients = CsvFile | JsonLinesFile | Iterable[Given] | AsyncIterable[Given]


class Once:
    """An iterator: read a second time, it would be empty, and not say that its recipients were read before.

    Attributes:
        is_over: whether it was read to its end, and a ledger has all that it gave.
    """

    def __init__(self, rows: Iterator[Given] | AsyncIterator[Given]) -> None:
        self._rows = rows
        self._is_read = False
        self.is_over = False

    def check(self) -> None:
        """Raise `UsageError` when it was read from."""
        if self._is_read:
            raise UsageError(
                "recipients is an iterator that was read before, and not to the end: give a new one, or a list or a "
                "file, which can be read again",
                field="recipients",
            )

    def take(self) -> Iterator[Given] | AsyncIterator[Given]:
        """Return the iterator, which is then as good as read."""
        self.check()
        self._is_read = True
        return self._rows


Source = Recipients | Once


def as_source(given: Recipients) -> Source:
    """Return what recipients are read from."""
    return Once(given) if isinstance(given, Iterator | AsyncIterator) else given


def file_source(
    path: str | PathLike[str], *, account_column: str = "account", **options: str
) -> CsvFile | JsonLinesFile:
    """Return the source for a file, by the ending of its name: `.csv`, `.jsonl` or `.ndjson`."""
    path = Path(path)
    kind = path.suffix.lower()
    if kind == ".csv":
        return CsvFile(path=path, account_column=account_column, **options)
    if kind in (".jsonl", ".ndjson"):
        return JsonLinesFile(path=path, account_column=account_column, **options)
    raise UsageError(f"{path}: the ending must be .csv, .jsonl or .ndjson", field="recipients")


def position_in(source: Source) -> Position:
    """Return what follows how much of a source is read."""
    try:
        return Position(source.path.stat().st_size if isinstance(source, _File) else None)
    except (OSError, ValueError):
        return Position()  # reading it says what is wrong


async def batches(
    source: Source, account_column: str, *, skip: int = 0, position: Position | None = None
) -> AsyncIterator[list[Row]]:
    """Yield rows in batches of up to `BATCH`; files are read in a thread, so that the loop stays free.

    Args:
        source: where from.
        account_column: the column or key that has the account.
        skip: how many rows of a file were read before.
        position: follows how much of a file was read.
    """
    if isinstance(source, Once):
        source = source.take()
    if isinstance(source, _File):
        rows = source.rows(skip=skip, watch=None if position is None else position.watch)
        while batch := await asyncio.to_thread(lambda: list(islice(rows, BATCH))):
            yield batch
    elif isinstance(source, AsyncIterable):
        batch, place = [], 0
        async for given in source:
            place += 1
            batch.append(read_row(given, account_column, place))
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch
    else:
        # In the loop's own thread: what the caller's generator uses may not work in others.
        numbered = (read_row(given, account_column, place) for place, given in enumerate(source, 1))
        while batch := list(islice(numbered, BATCH)):
            yield batch
            await asyncio.sleep(0)


def read_row(given: object, account_column: str, line: int) -> Row:
    """Make a row of what was given: an account, or a mapping with the account among its columns."""
    if isinstance(given, str):
        return _row(given, {}, line)
    if not isinstance(given, Mapping):
        return _bad(line, "", f"not an account or a mapping, but {type(given).__name__}")
    account = given.get(account_column)
    if not isinstance(account, str):
        what = "is missing" if account is None else f"is {type(account).__name__}, not text"
        return _bad(line, "", f"{account_column} {what}")
    return _row(account, _others(given, account_column), line)


def _others(columns: Columns, account_column: str) -> Columns:
    # Templates have the account as $account; under another name it is a column like any other.
    return {name: value for name, value in columns.items() if name != account_column or name != "account"}


def _row(account: str, columns: Columns, line: int) -> Row:
    problem = ""
    try:
        account.encode()
        check_account("account", account)
        if "\0" in account:
            problem = "account contains a NUL"
        return (
            (account, msgspec.json.encode(columns).decode() if columns else None, line)
            if not problem
            else _bad(line, account, problem)
        )
    except UsageError as error:
        problem = error.message
    except UnicodeError:
        problem = "not in the file's encoding (UTF-8 unless another is named)"
    except (TypeError, ValueError) as error:
        problem = f"columns cannot be stored: {error}"
    return _bad(line, account, problem)


def _bad(line: int, account: str, reason: str) -> Problem:
    # Kept to be found again; what cannot be text is shown as question marks.
    shown = account.encode("utf-8", "replace").decode().replace("\0", "?")[:100]
    return Problem(line=line, kind="bad", account=shown, reason=reason)


def _cell(cells: list[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""
