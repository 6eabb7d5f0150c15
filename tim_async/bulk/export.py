"""The outcome of every recipient, for users and for files."""

from __future__ import annotations

import csv
import errno
import io
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final, Literal, TextIO, TypeAlias

import msgspec

from .. import _codes
from .._printable import json_text
from ..errors import UsageError
from ._ledger.queries import Queries
from ._ledger.records import CampaignRow
from ._ledger.schema import RecipientState
from ._ledger.whole_file import whole_file
from .csv_cells import GUARDED, protect_cell

Format = Literal["csv", "jsonl"]

Values: TypeAlias = tuple[str, str, int | None, str | None, str | None, str | None, int | None, int]
"""The fields of a `RecipientOutcome`, in their order."""
Page: TypeAlias = list[Values]

# Read at once: few milliseconds in which a runner waits, and few megabytes.
_PAGE: Final = 4000
_QUOTED_OR_ESCAPED: Final = '",\\;'
_PLANNED: Final = RecipientState.PLANNED.value
STATES: Final[Mapping[int, str]] = {
    RecipientState.PLANNED: "planned",
    RecipientState.SENT: "sent",
    RecipientState.FAILED: "failed",
    RecipientState.UNKNOWN: "unknown",
    RecipientState.SUPPRESSED: "suppressed",
}
"""The names of the states."""


class RecipientOutcome(msgspec.Struct, kw_only=True, frozen=True):
    """The outcome of a recipient, or of a row without a valid account.

    Attributes:
        account: the account; for a bad row the given text, "" without one.
        state: `sent`, `failed`, `unknown`, `suppressed` (left out), `planned` (not sent to), `in_flight` (being sent
            to, or was when the process died) or `bad_row`.
        code: ErrorCode of a failure; 0 for a failure before anything was sent, None without a failure. For a `planned`
            recipient, the code of its refusal: it will be imported, and tried again.
        name: the catalogue's name for the code.
        info: details of a failure, why the outcome is unknown, or why the recipient was left out.
        msg_key: identifies the message for recall and read receipts.
        msg_time: unix seconds at which the service accepted it; None if the service does not return that, as for
            batches.
        line: line or place in the source, from 1.
    """

    account: str
    state: str
    code: int | None = None
    name: str | None = None
    info: str | None = None
    msg_key: str | None = None
    msg_time: int | None = None
    line: int


async def pages(queries: Queries, campaign: CampaignRow) -> AsyncIterator[Page]:
    """Yield the recipients in the order of the plan, then the bad rows, as the values of a `RecipientOutcome`."""
    sending = await queries.sending(campaign.id)
    names: dict[int | None, str | None] = {None: None, 0: None}
    async for rows in queries.outcomes(campaign.id, page=_PAGE):
        for code in {row[4] for row in rows} - names.keys():
            known = _codes.lookup("openim", code) if code else None
            names[code] = known.name if known else None
        yield [
            (
                account,
                "in_flight" if state == _PLANNED and chunk in sending else STATES[state],
                code,
                names[code],
                info,
                msg_key,
                msg_time,
                line,
            )
            for _, account, state, chunk, code, info, msg_key, msg_time, line in rows
        ]
    async for problem in queries.problems(campaign.id):
        if problem.kind == "bad":
            yield [(problem.account, "bad_row", None, None, problem.reason, None, None, problem.line)]


async def outcomes(rows: AsyncIterator[Page]) -> AsyncIterator[RecipientOutcome]:
    """Yield the outcomes of pages one by one."""
    async for page in rows:
        for values in page:
            yield _outcome(values)


def _outcome(values: Values) -> RecipientOutcome:
    account, state, code, name, info, msg_key, msg_time, line = values
    return RecipientOutcome(
        account=account,
        state=state,
        code=code,
        name=name,
        info=info,
        msg_key=msg_key,
        msg_time=msg_time,
        line=line,
    )


def format_of(path: str | os.PathLike[str], given: str | None) -> Format:
    """Return the given format, or that of the name's ending."""
    match given or Path(path).suffix.lower().removeprefix("."):
        case "csv":
            return "csv"
        case "jsonl" | "ndjson":
            return "jsonl"
    raise UsageError(
        "file_format must be csv or jsonl, or the file must end in .csv, .jsonl or .ndjson", field="file_format"
    )


async def write(rows: AsyncIterator[Page], file: TextIO, file_format: Format) -> int:
    """Write outcomes to an open file; return how many."""
    count = 0
    if file_format == "csv":
        writer = csv.writer(file)
        writer.writerow(RecipientOutcome.__struct_fields__)
        async for page in rows:
            if _is_plain(page):
                file.write(_plain_lines(page))
            else:
                writer.writerows(map(_cells, page))
            count += len(page)
    else:
        encoder = msgspec.json.Encoder()
        async for page in rows:
            file.write(json_text(encoder.encode_lines(map(_outcome, page)).decode()))
            count += len(page)
    return count


def _is_plain(page: Page) -> bool:
    """Return whether no text of a page needs a guard, an escape or quotes, as is usual and fast to check."""
    texts = [values[0] for values in page]
    texts += [values[5] for values in page if values[5]]
    texts += [text for values in page if values[2] is not None or values[4] for text in (values[3], values[4]) if text]
    together = " ".join(texts)
    return (
        together.isprintable()
        and not any(mark in together for mark in _QUOTED_OR_ESCAPED)
        and GUARDED.isdisjoint({text[:1] for text in texts})
    )


def _plain_lines(page: Page) -> str:
    """Return the lines that `csv` would write for a plain page, in less than half the time."""
    return "".join(
        [
            f"{account},{state},{'' if code is None else code},{name or ''},{info or ''},{msg_key or ''},"
            f"{'' if msg_time is None else msg_time},{line}\r\n"
            for account, state, code, name, info, msg_key, msg_time, line in page
        ]
    )


def _cells(values: Values) -> tuple[object, ...]:
    account, state, code, name, info, msg_key, msg_time, line = values
    return (
        protect_cell(account),
        state,
        code,
        name,
        info and protect_cell(info),
        msg_key and protect_cell(msg_key),
        msg_time,
        line,
    )


async def write_file(rows: AsyncIterator[Page], path: str | os.PathLike[str], file_format: Format) -> int:
    """Write outcomes to a file that appears only when it is complete; return how many."""
    problem = ""
    try:
        with (
            whole_file(_target(path), may_replace=True) as whole,
            io.TextIOWrapper(whole, encoding="utf-8", newline="") as file,
        ):
            return await write(rows, file, file_format)
    except (OSError, RuntimeError, ValueError) as error:
        problem = f"cannot write {os.fspath(path)}: {getattr(error, 'strerror', None) or error}"
    raise UsageError(problem, field="target")


def _target(path: str | os.PathLike[str]) -> Path:
    """Return the file to replace: the target of a link, and only a regular file."""
    target = Path(path).resolve()
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "it is a folder" if target.is_dir() else "it is not a regular file")
    return target
