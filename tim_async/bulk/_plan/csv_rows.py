"""Recipients in a CSV file, as spreadsheets write it.

Leftovers of Excel, WPS and LibreOffice are read as intended: a line `sep=;` before the header, columns without a name,
empty rows. Anything that would need a guess is refused, naming the option that settles it: another delimiter, another
name of the account's column, a quotation mark that is not closed. An unclosed mark makes one cell of all that follows
it, so the number of lines in a row is limited, and no row is skipped because of it.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final, NoReturn, TextIO

from ...errors import UsageError
from .file_reader import Rows
from .rows import Row, bad_row, make_row

# A message has 8 KB: no useful cell is longer than these.
MAX_ROW_LINES: Final = 500
MAX_ROW_CHARS: Final = 131_072
DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", "，": "full-width commas"}
_SEPARATOR_LINE: Final = re.compile(r'"?sep=([^\r\n])"?\r?\n?', re.IGNORECASE)
_MAX_SHOWN_NAMES: Final = 20


@dataclass(frozen=True, kw_only=True)
class CsvRows:
    """The format of a CSV file.

    Attributes:
        account_column: the column with the account.
        delimiter: the separator between cells; None means what the file's first line says if it is `sep=;`, and a comma
            otherwise.
    """

    account_column: str
    delimiter: str | None

    @property
    def marks(self) -> str:
        """The settings that make other rows of the same bytes."""
        return f"csv {self.account_column!r} {self.delimiter!r}"

    def read(self, text: TextIO, name: str) -> Rows:
        """Read the header."""
        first = text.readline()
        separator = _SEPARATOR_LINE.fullmatch(first)
        delimiter = self.delimiter or (separator[1] if separator else ",")
        lines = _Lines(text if separator else chain([first], text), before=1 if separator else 0)
        reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
        header = self._header(reader, lines, delimiter, name)
        columns = tuple(each for each in header if each)
        return Rows(columns, self._rows(reader, lines, header, name))

    def _header(self, reader: Iterator[list[str]], lines: _Lines, delimiter: str, name: str) -> list[str]:
        problem = ""
        try:
            names = next(reader)
            while not names:  # an empty line
                names = next(reader)
        except StopIteration:
            problem = f"{name} is empty"
        except _UnclosedError as error:
            error.refuse(name)
        except csv.Error as error:
            problem = self._other_delimiter([], lines.text, delimiter, name)
            problem = problem or f"{name}: the first line is not valid CSV: {error}"
        else:
            names = [each.strip() for each in names]
            while names and not names[-1]:
                names.pop()
            problem = self._problem(names, lines.text, delimiter, name)
        if problem:
            raise UsageError(problem, field="recipients")
        lines.begin()
        return names

    def _problem(self, names: list[str], header: str, delimiter: str, name: str) -> str:
        """Return what is wrong with a header; "" if it is fine."""
        if self.account_column in names:
            twice = next((each for each in names if each and names.count(each) > 1), None)
            return "" if twice is None else f"{name} has two columns named {twice!r}"
        if problem := self._other_delimiter(names, header, delimiter, name):
            return problem
        problem = f"{name} has no column {self.account_column!r}; it has {shown_names(names)}"
        near = nearest_name(self.account_column, names)
        if near is not None:
            return f"{problem}; use account_column={near!r}"
        if len(names) == 1:
            return f"{problem}; for a list of accounts without a header, use a .txt file"
        return f"{problem}; set account_column to the one with the accounts"

    def _other_delimiter(self, names: list[str], header: str, delimiter: str, name: str) -> str:
        """Return which delimiter fits a header that lacks the account's column; "" if none does."""
        others = {other: _split(header, other) for other in DELIMITERS if other != delimiter}
        apt = next((other for other, split in others.items() if self.account_column in split), None)
        if apt is None and len(names) == 1:
            most = max(others, key=lambda other: len(others[other]))
            apt = most if len(others[most]) > 1 else None
        if apt is None:
            return ""
        found = shown_names(others[apt])
        return f"{name} has its columns separated by {DELIMITERS[apt]}: delimiter={apt!r} reads {found}"

    def _rows(self, reader: Iterator[list[str]], lines: _Lines, header: list[str], name: str) -> Iterator[Row]:
        """Yield a row or a problem for every line that is not empty."""
        place, width = header.index(self.account_column), len(header)
        has_gaps = "" in header
        # Templates call the account $account; a column of another name is a column like any other.
        is_kept = self.account_column != "account"
        while True:
            try:
                for cells in reader:
                    line = lines.first
                    lines.begin()
                    if len(cells) > width and any(map(str.strip, cells[width:])):
                        yield bad_row(line, cells[place], f"{len(cells)} cells under {width} columns")
                        continue
                    account = cells[place].strip() if len(cells) > place else ""
                    if not account and not any(map(str.strip, cells)):
                        continue
                    # A cell that is missing at the end of a line is missing for the template as well.
                    columns: dict[str, object] = dict(zip(header, cells, strict=False))
                    if not is_kept:
                        columns.pop("account", None)
                    if has_gaps:
                        columns.pop("", None)
                    yield make_row(account, columns, line)
            except _UnclosedError as error:
                error.refuse(name)
            except csv.Error as error:
                if lines.is_over or lines.number > lines.first:
                    _UnclosedError(lines.first, None if lines.is_over else lines.number).refuse(name)
                yield bad_row(lines.first, "", f"not valid CSV: {error}")
                lines.begin()
            else:
                return


class _UnclosedError(Exception):
    """A quotation mark that is not closed.

    Attributes:
        first: the line where the row begins.
        middle: the line with another mark that cannot end the cell; None without one.
        is_long: whether the row has too many lines.
    """

    def __init__(self, first: int, middle: int | None = None, *, is_long: bool = False) -> None:
        super().__init__()
        self.first = first
        self.middle = middle
        self.is_long = is_long

    def refuse(self, name: str) -> NoReturn:
        where = f"is closed in the middle of a cell in line {self.middle}" if self.middle else "is never closed"
        if self.is_long:
            where = f"is not closed within {MAX_ROW_LINES} lines or {MAX_ROW_CHARS:,} characters"
        raise UsageError(
            f'{name}: a quotation mark in line {self.first} {where}; write "" for one that is part of a text',
            field="recipients",
        ) from None


class _Lines:
    """The lines of a file for the CSV reader, which takes as many as a row has.

    Attributes:
        first: number of the line in which the row begins.
        number: number of the line that was taken last.
        text: that line.
        is_over: whether the reader requested a line after the last.
    """

    __slots__ = ("_lines", "_size", "first", "is_over", "number", "text")

    def __init__(self, lines: Iterator[str] | TextIO, before: int) -> None:
        self._lines = lines
        self._size = 0
        self.number = before
        self.first = before + 1
        self.text = ""
        self.is_over = False

    def begin(self) -> None:
        """Mark the next line as the beginning of a row."""
        self.first = self.number + 1
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        """Yield line after line.

        Raises:
            _UnclosedError: the row has too many lines.
        """
        for line in self._lines:
            self.number += 1
            if self.number > self.first:
                self._size += len(line)
                if self.number - self.first >= MAX_ROW_LINES or self._size > MAX_ROW_CHARS:
                    raise _UnclosedError(self.first, is_long=True)
            self.text = line
            yield line
        self.is_over = True


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return [each.strip() for each in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def shown_names(names: list[str] | tuple[str, ...]) -> str:
    """Return column names as messages list them."""
    shown = ", ".join(repr(each) for each in names[:_MAX_SHOWN_NAMES] if each)
    more = len(names) - _MAX_SHOWN_NAMES
    return (f"{shown} and {more} more" if more > 0 else shown) or "no names"


def nearest_name(name: str, names: list[str] | tuple[str, ...]) -> str | None:
    """Return the name most similar to a misspelt one, ignoring case."""
    by_small = {each.casefold(): each for each in names if each}
    found = difflib.get_close_matches(name.casefold(), by_small, n=1)
    return by_small[found[0]] if found else None
