"""Placeholders of a template that no column fills: refused before a recipient is planned.

A misspelt name fails every recipient; learning that from the report is too late for the campaign.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from ...errors import UsageError
from .._ledger.ledger import Ledger
from .._ledger.records import Problem
from .._message.rendering import MessageSource, fills
from .csv_rows import nearest_name, shown_names
from .sources import Source, first_rows

# Recipients of a ledger that are checked.
_FIRST: Final = 1000

_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode
_PLAIN_NAME: Final = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")


async def check_source(messages: MessageSource | None, source: Source, account_column: str) -> None:
    """Raise `UsageError` if a template names a column that a source does not have.

    If each row has columns of its own, the first rows decide: if none of them has it, it is a mistake.
    """
    if messages is None or not messages.uses:
        return
    columns, rows = await first_rows(source, account_column)
    if columns is not None:
        _check(messages, columns, f"{source.name} has")
        return
    good = [row for row in rows if not isinstance(row, Problem)]
    if good:
        of = f" of {source.name}" if source.name else ""
        _check(
            messages,
            _columns_of(each for _, each, _ in good),
            f"none of the first {len(good):,} rows{of} has it; they have",
        )


async def check_recipients_of(messages: MessageSource, ledger: Ledger, campaign_id: int) -> None:
    """Raise `UsageError` if a template names a column that the first recipients of a campaign do not have."""
    if not messages.uses:
        return
    first: list[str | None] = []
    async for recipient in ledger.queries.recipients(campaign_id, page=_FIRST):
        first.append(recipient.columns)
        if len(first) == _FIRST:
            break
    if first:
        _check(messages, _columns_of(first), f"none of the first {len(first):,} recipients has it; they have")


def _check(messages: MessageSource, columns: Iterable[str], whose: str) -> None:
    names = ["account", *(name for name in columns if name != "account")]
    missing = [name for name in messages.uses if name not in names]
    if not missing:
        return
    listed = ", ".join(map(_placeholder, missing))
    problem = f"message has a placeholder without a column: {listed}; {whose} {shown_names(names)}"
    near = next((near for name in missing if (near := nearest_name(name, names))), None)
    if near is not None:
        problem += f"; did you mean {_placeholder(near)}?"
    raise UsageError(f"{problem} ($$ is a dollar sign)", field="message")


def _columns_of(rows: Iterable[str | None]) -> list[str]:
    """Return the names of columns with which any of some rows can fill a placeholder."""
    found: dict[str, None] = {}
    for columns in rows:
        if columns is not None:
            found.update(dict.fromkeys(name for name, value in _decode(columns).items() if fills(value)))
    return list(found)


def _placeholder(name: str) -> str:
    return f"${name}" if _PLAIN_NAME.fullmatch(name) else f"${{{name}}}"
