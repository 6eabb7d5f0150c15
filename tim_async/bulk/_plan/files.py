"""Files of recipients as users name them: by a path, or by a class with its settings."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from ..._api.checks import nearest
from ...errors import UsageError
from .csv_rows import CsvRows
from .file_reader import FileReader
from .json_rows import JsonRows
from .list_rows import ListRows
from .opening import SAVE_AS_CSV, Input

FileFormat: TypeAlias = Literal["csv", "jsonl", "txt"]
FILE_FORMATS: Final[tuple[str, ...]] = get_args(FileFormat)

_BY_ENDING: Final[dict[str, FileFormat]] = {
    ".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "txt",
}  # fmt: skip
_WORKBOOKS: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".et", ".numbers")


@dataclass(frozen=True, kw_only=True)
class CsvFile:
    """Recipients in a CSV file whose first line names the columns.

    Attributes:
        path: the file, which may be compressed by gzip; `-` is standard input.
        account_column: the column with the account; the others are for templates.
        encoding: such as `gb18030` for files saved by a Chinese Excel; None is UTF-8. A byte order mark takes
            precedence.
        delimiter: the separator of cells; None is a comma, unless the file begins with a line such as `sep=;`.
    """

    path: Path
    account_column: str = "account"
    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True, kw_only=True)
class JsonLinesFile:
    """Recipients in a file with one JSON value per line: an account, or an object with the account among its fields.

    Attributes:
        path: the file, which may be compressed by gzip; `-` is standard input.
        account_column: the field with the account; the others are for templates.
        encoding: as for `CsvFile`.
    """

    path: Path
    account_column: str = "account"
    encoding: str | None = None


@dataclass(frozen=True, kw_only=True)
class AccountListFile:
    """Recipients in a file with one account per line, and nothing else.

    Attributes:
        path: the file, which may be compressed by gzip; `-` is standard input.
        encoding: as for `CsvFile`.
    """

    path: Path
    encoding: str | None = None


RecipientFile: TypeAlias = CsvFile | JsonLinesFile | AccountListFile


def reader_of(file: RecipientFile) -> FileReader:
    """Return the reader of a file.

    Raises:
        UsageError: a setting is wrong.
    """
    source = Input(Path(file.path))
    if isinstance(file, CsvFile):
        if file.delimiter is not None and (len(file.delimiter) != 1 or file.delimiter in '\r\n"'):
            raise UsageError("delimiter must be one character", field="delimiter")
        rows = CsvRows(account_column=file.account_column, delimiter=file.delimiter)
        return FileReader(source, file.encoding, rows)
    if isinstance(file, JsonLinesFile):
        return FileReader(source, file.encoding, JsonRows(account_column=file.account_column))
    return FileReader(source, file.encoding, ListRows())


def file_source(
    path: str | PathLike[str],
    *,
    account_column: str = "account",
    encoding: str | None = None,
    delimiter: str | None = None,
    file_format: str | None = None,
) -> RecipientFile:
    """Return a file of recipients by its name's ending, with or without `.gz` after it, or by the given format.

    Raises:
        UsageError: no format is given, and the ending is not a supported one.
    """
    path = Path(path)
    ending = Path(path.stem).suffix.lower() if path.suffix.lower() == ".gz" else path.suffix.lower()
    kind = _format_of(path, ending) if file_format is None else file_format
    if kind not in FILE_FORMATS:
        listed = ", ".join(FILE_FORMATS)
        raise UsageError(f"file_format is {kind!r}; it must be one of {listed}", field="file_format")
    if kind != "csv" and delimiter is not None:
        raise UsageError("delimiter is for CSV", field="delimiter")
    if kind == "csv":
        delimiter = "\t" if delimiter is None and ending == ".tsv" else delimiter
        return CsvFile(path=path, account_column=account_column, encoding=encoding, delimiter=delimiter)
    if kind == "jsonl":
        return JsonLinesFile(path=path, account_column=account_column, encoding=encoding)
    return AccountListFile(path=path, encoding=encoding)


def _format_of(path: Path, ending: str) -> str:
    if ending in _BY_ENDING:
        return _BY_ENDING[ending]
    if ending in _WORKBOOKS:
        problem = f"{path} is a workbook: {SAVE_AS_CSV}"
    elif ending == ".json":
        problem = (
            f"{path} should be JSON lines, one value per line, and be named .jsonl; to convert an array: "
            f"jq -c '.[]' {path} > {path.with_suffix('.jsonl')}"
        )
    else:
        near = nearest(ending, _BY_ENDING) if ending else ""
        problem = f"{path}: the ending must be .csv, .tsv, .jsonl, .ndjson or .txt, or any of them with .gz{near}"
    raise UsageError(problem, field="recipients")
