"""Files of recipients as programs write them, and what is read from them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tim_async import UsageError
from tim_async.bulk._ledger.records import Problem
from tim_async.bulk._plan.files import file_source, reader_of
from tim_async.bulk._plan.rows import Row


class Folder:
    """A folder with files of recipients; messages call it FOLDER."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, content: bytes) -> Path:
        path = self.path / name
        path.write_bytes(content)
        return path

    def read(self, name: str, content: bytes, **options: str) -> list[Row]:
        """Write a file, and return its rows."""
        return list(reader_of(file_source(self.write(name, content), **options)).rows())

    def refusal(self, name: str, content: bytes, **options: str) -> str:
        """Write a file that is refused before any row is accepted; return why."""
        path = self.write(name, content)
        with pytest.raises(UsageError) as caught:
            next(reader_of(file_source(path, **options)).rows())
        assert caught.value.field == "recipients"
        return self.shown(caught.value)

    def shown(self, error: UsageError) -> str:
        """Return the text of an error, without the path of the folder."""
        return re.sub(re.escape(f"{self.path}/"), "", error.message)


def accounts(rows: list[Row]) -> list[str]:
    """Return the accounts of the good rows."""
    return [row[0] for row in rows if not isinstance(row, Problem)]


def problems(rows: list[Row]) -> list[tuple[int, str, str]]:
    """Return line, account and reason of the bad rows."""
    return [(row.line, row.account, row.reason) for row in rows if isinstance(row, Problem)]
