"""Recipients in a file with one JSON value per line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TextIO

import msgspec

from ...errors import UsageError
from .file_reader import Rows, head_of
from .rows import Row, bad_row, read_row


@dataclass(frozen=True, kw_only=True)
class JsonRows:
    """The format of JSON lines.

    Attributes:
        account_column: the field with the account.
    """

    account_column: str

    @property
    def marks(self) -> str:
        """The settings that make other rows of the same bytes."""
        return f"jsonl {self.account_column!r}"

    def read(self, text: TextIO, name: str) -> Rows:
        """Check the first value."""
        head = head_of(text)
        if head and head[-1].lstrip().startswith("["):
            raise UsageError(
                f"{name} is a JSON array; JSON lines, one value per line, are expected. To convert it: "
                "jq -c '.[]' people.json > people.jsonl",
                field="recipients",
            )
        return Rows(None, self._rows(chain(head, text)))

    def _rows(self, lines: Iterator[str]) -> Iterator[Row]:
        """Yield a row or a problem for every line that is not empty."""
        decode = msgspec.json.Decoder().decode
        for line, text in enumerate(lines, 1):
            if not text.strip():
                continue
            try:
                given = decode(text)
            except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
                yield bad_row(line, "", f"not valid JSON: {error}")
            else:
                yield read_row(given, self.account_column, line)
