"""Recipients in a plain list: one account per line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TextIO

from ...errors import UsageError
from .csv_rows import DELIMITERS
from .file_reader import Rows, head_of
from .rows import Row, make_row


@dataclass(frozen=True, kw_only=True)
class ListRows:
    """The format of a list of accounts, without a header and other columns."""

    @property
    def marks(self) -> str:
        """The settings that make other rows of the same bytes."""
        return "txt"

    def read(self, text: TextIO, name: str) -> Rows:
        """Check the first line: a table is not a list."""
        head = head_of(text)
        first = head[-1].strip() if head else ""
        for delimiter in "\t;,":
            if delimiter in first:
                raise UsageError(
                    f"{name} has columns separated by {DELIMITERS[delimiter]}: read it by file_format='csv' with "
                    f"delimiter={delimiter!r}; a .txt file is a list of accounts",
                    field="recipients",
                )
        if first.casefold() == "account":
            raise UsageError(
                f"{name} begins with a column name, but a .txt file is a list of accounts: use file_format='csv', "
                "or remove the line",
                field="recipients",
            )
        return Rows((), self._rows(chain(head, text)))

    def _rows(self, lines: Iterator[str]) -> Iterator[Row]:
        """Yield a row or a problem for every line that is not empty."""
        for line, text in enumerate(lines, 1):
            if account := text.strip():
                yield make_row(account, {}, line)
