"""What became of every recipient, for users and for files."""

from __future__ import annotations

import csv
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Final, Literal, TextIO

import msgspec

from .. import _codes
from ..errors import UsageError
from ._ledger.queries import Queries
from ._ledger.records import CampaignRow
from ._ledger.schema import RecipientState

Format = Literal["csv", "jsonl"]

_STATES: Final = {
    RecipientState.PLANNED: "planned",
    RecipientState.SENT: "sent",
    RecipientState.FAILED: "failed",
    RecipientState.UNKNOWN: "unknown",
}


class RecipientOutcome(msgspec.Struct, kw_only=True, frozen=True):
    """What became of a recipient, or of a row without a valid account.

    Attributes:
        account: the account; of a bad row what was given as one, "" where nothing was.
        state: `sent`, `failed`, `unknown`, `planned` (not sent to), `in_flight` (being sent to, or was when the process
            died) or `bad_row`.
        code: ErrorCode of a failure; 0 for one from before anything was sent, None where nothing failed. Of a recipient
            that is `planned`, what it was refused with: it is imported, and tried again.
        name: the catalogue's name for the code.
        info: what is known of a failure, or why the outcome is not known.
        msg_key: names the message for recall and read receipts.
        msg_time: unix seconds at which the service took it; None where it does not return that, as for batches.
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


async def outcomes(queries: Queries, campaign: CampaignRow) -> AsyncIterator[RecipientOutcome]:
    """Yield the recipients in the order of the plan, then the bad rows."""
    sending = await queries.sending(campaign.id)
    async for recipient in queries.recipients(campaign.id):
        state = _STATES[RecipientState(recipient.state)]
        if recipient.state == RecipientState.PLANNED and recipient.chunk in sending:
            state = "in_flight"
        row = _codes.lookup("openim", recipient.code) if recipient.code else None
        yield RecipientOutcome(
            account=recipient.account,
            state=state,
            code=recipient.code,
            name=row.name if row else None,
            info=recipient.info,
            msg_key=recipient.msg_key,
            msg_time=recipient.msg_time,
            line=recipient.line,
        )
    async for problem in queries.problems(campaign.id):
        if problem.kind == "bad":
            yield RecipientOutcome(account=problem.account, state="bad_row", info=problem.reason, line=problem.line)


def format_of(path: str | os.PathLike[str], given: str | None) -> Format:
    """Return the format that was asked for, or that of the name's ending."""
    match given or Path(path).suffix.lower().removeprefix("."):
        case "csv":
            return "csv"
        case "jsonl" | "ndjson":
            return "jsonl"
    raise UsageError(
        "file_format must be csv or jsonl, or the file must end in .csv, .jsonl or .ndjson", field="file_format"
    )


async def write(rows: AsyncIterator[RecipientOutcome], file: TextIO, file_format: Format) -> int:
    """Write outcomes into an open file; return how many."""
    names = RecipientOutcome.__struct_fields__
    count = 0
    writer = csv.writer(file)
    if file_format == "csv":
        writer.writerow(names)
    async for row in rows:
        if file_format == "csv":
            writer.writerow(["" if (value := getattr(row, name)) is None else value for name in names])
        else:
            file.write(msgspec.json.encode(row).decode() + "\n")
        count += 1
    return count


async def write_file(rows: AsyncIterator[RecipientOutcome], path: str | os.PathLike[str], file_format: Format) -> int:
    """Write outcomes into a file that appears when it is complete, and not before; return how many."""
    target = Path(path)
    # A name of our own: whatever else is there stays as it is.
    part = target.parent / f".tim-async-{token_hex(8)}.part"
    is_ours, problem = False, ""
    try:
        with part.open("x", encoding="utf-8", newline="") as file:
            is_ours = True
            count = await write(rows, file, file_format)
        part.replace(target)
        is_ours = False
    except (OSError, ValueError) as error:
        problem = f"cannot write {target}: {getattr(error, 'strerror', None) or error}"
    else:
        return count
    finally:
        if is_ours:
            with suppress(OSError):
                part.unlink()
    raise UsageError(problem, field="path")
