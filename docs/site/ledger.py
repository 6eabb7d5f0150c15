"""The page of the ledger: its tables and states, and the fields of exports and of `--json`."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql

from tim_async._api.fields import texts_of
from tim_async.bulk import (
    CampaignSummary,
    CodeCount,
    GivenUpChunk,
    LanePlan,
    Plan,
    Problem,
    RecipientDetails,
    RecipientOutcome,
    Report,
    Retried,
    SuppressionChange,
    SuppressionList,
    Timing,
    WorkerInfo,
    WorkerTask,
)
from tim_async.bulk._ledger.records import CampaignRow, ChunkRow, RecipientRow
from tim_async.bulk._ledger.schema import SCHEMA_VERSION, ChunkState, Lane, RecipientState, metadata

from .ledger_words import EN, ZH, LedgerWords
from .markup import block, table, text
from .words import Words

# What says more of the columns of a table, where the columns do not say it themselves.
_ROWS: Final[dict[str, type[msgspec.Struct]]] = {
    "tim_bulk_campaigns": CampaignRow,
    "tim_bulk_recipients": RecipientRow,
    "tim_bulk_chunks": ChunkRow,
    "tim_bulk_problems": Problem,
    "tim_bulk_workers": WorkerInfo,
}
_QUERY: Final = """\
SELECT c.name, r.state, r.code, count(*)
  FROM tim_bulk_recipients AS r JOIN tim_bulk_campaigns AS c ON c.id = r.campaign_id
 GROUP BY c.name, r.state, r.code;
"""


class Printed(NamedTuple):
    """What a command prints with `--json`.

    Attributes:
        command: as it is typed after `tim-async bulk`.
        shape: the object, with the names of structs where those stand.
    """

    command: str
    shape: str


PRINTED: Final = (
    Printed("plan", "Plan"),
    Printed("run", "Report"),
    Printed("status", "Report"),
    Printed("list", '{"campaigns": [CampaignSummary, ...]}'),
    Printed("show", "RecipientDetails"),
    Printed("pause", '{"campaign": name, "is_changed": true, "report": Report}'),
    Printed("resume", '{"campaign": name, "is_changed": true, "report": Report}'),
    Printed("cancel", '{"campaign": name, "is_changed": true, "report": Report}'),
    Printed("set", '{"campaign": name, "timing": Timing}'),
    Printed("retry", '{"campaign": name, "retried": Retried, "report": Report}'),
    Printed("archive", '{"campaign": name, "is_changed": true, "is_archived": true}'),
    Printed("delete", '{"campaign": name, "is_changed": true, "recipients": number, "ledger": path}'),
    Printed("export", '{"campaign": name, "rows": number, "file": path}'),
    Printed("adopt", '{"ledger": path}'),
    Printed("workers", '{"workers": [WorkerInfo, ...]}'),
    Printed("given-up", '{"campaign": name, "chunks": [GivenUpChunk, ...]}'),
    Printed("given-up --retry", '{"campaign": name, "recipients": number}'),
    Printed("suppress add", "SuppressionChange"),
    Printed("suppress remove", '{"removed": number}'),
    Printed("suppress list", "[SuppressionList, ...]"),
    Printed("suppress list --list NAME", "[account, ...]"),
)
_STRUCTS: Final[tuple[type[msgspec.Struct], ...]] = (
    Plan,
    LanePlan,
    Problem,
    Report,
    CodeCount,
    Timing,
    CampaignSummary,
    RecipientDetails,
    Retried,
    WorkerInfo,
    WorkerTask,
    GivenUpChunk,
    SuppressionChange,
    SuppressionList,
)


def page(words: Words) -> str:
    """Return the page."""
    own = ZH if words.is_chinese else EN
    parts = [f"(ledger)=\n# {own.title}\n\n{own.intro.format(version=SCHEMA_VERSION)}\n\n", block("sql", _QUERY)]
    parts += [f"## {own.states}\n\n", *_states(own, words)]
    parts += [f"## {own.tables}\n\n{own.tables_text}\n\n"]
    parts += [_table(each, own, words) for each in metadata.tables.values()]
    parts += [f"(export)=\n## {own.export}\n\n{own.export_text}\n\n", _fields(RecipientOutcome, words)]
    parts += [f"(json)=\n## `--json`\n\n{own.json_text}\n\n", _printed(own)]
    parts += [f"### {each.__name__}\n\n{_fields(each, words)}" for each in _STRUCTS]
    return "".join(parts)


def _states(own: LedgerWords, words: Words) -> list[str]:
    head = [own.number, own.name, words.meaning]
    of_enums = (
        (own.recipient_states, RecipientState, own.recipient),
        (own.chunk_states, ChunkState, own.chunk),
        (own.lanes, Lane, own.lane),
    )
    parts = []
    for title, enum, meanings in of_enums:
        rows = [[str(each.value), f"`{each.name.lower()}`", meanings[each.name.lower()]] for each in enum]
        parts.append(f"### {title}\n\n{table(head, rows)}")
    rows = [[f"`{name}`" if name else '`""`', meaning] for name, meaning in own.status.items()]
    parts.append(f"(campaign-status)=\n### {own.campaign_status}\n\n{table([own.name, words.meaning], rows)}")
    return parts


def _table(found: Table, own: LedgerWords, words: Words) -> str:
    texts = {} if found.name not in _ROWS else texts_of(_ROWS[found.name])
    rows = [[f"`{column.name}`", _type(column), _meaning(column.doc or texts[column.name])] for column in found.columns]
    head = [own.column, words.type, words.meaning]
    return f"### {found.name}\n\n{own.table[found.name]}\n\n{table(head, rows)}"


def _meaning(said: str) -> str:
    """Return what is said of a column, in words of a database."""
    return text(re.sub(r"\bNone\b", "NULL", said).removesuffix("."))


def _type(column: Column[object]) -> str:
    """Return the type of a column, with that of a server where it is another, and what it may not be."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy says nothing of it
    own, server = str(column.type), column.type.compile(dialect=dialect)
    shown = f"`{own}`" if own in (server, "DOUBLE") else f"`{own}`, PostgreSQL `{server}`"
    return f"{shown} key" if column.primary_key else shown if column.nullable else f"{shown} not null"


def _printed(own: LedgerWords) -> str:
    rows = [[f"`bulk {each.command}`", f"`{each.shape}`"] for each in PRINTED]
    return table([own.command, own.printed], rows)


def _fields(struct: type[msgspec.Struct], words: Words) -> str:
    texts = texts_of(struct)
    rows = [[f"`{name}`", f"`{struct.__annotations__[name]}`", text(texts[name])] for name in struct.__struct_fields__]
    return table([words.field, words.type, words.meaning], rows)
