"""The tables of a ledger, for both SQLite and PostgreSQL. `ledger` explains the states."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

# `doc` is for the page of the reference; texts of the structs in `records` and `presence` are not repeated here.

# Changes whenever a table does. A ledger of another version is refused: campaigns are short-lived.
SCHEMA_VERSION: Final = 3

metadata: Final = MetaData()


def misfit(found: str | None) -> str:
    """Return what is wrong with a ledger of another version, None without a version, and what to do."""
    if found is None:
        return "is a database, but not a ledger of campaigns: use another one"
    needs = f"has version {found}, but this tim_async needs version {SCHEMA_VERSION}"
    if found.isdecimal() and int(found) < SCHEMA_VERSION:
        return (
            f"{needs}: finish its campaigns with the tim_async that created it, and use another ledger for new ones; a "
            "campaign that is started again in another ledger sends to all recipients again"
        )
    return f"{needs}: a newer tim_async created it; use that version"


class RecipientState(IntEnum):
    """The outcome of a recipient."""

    PLANNED = 0
    SENT = 1
    FAILED = 2
    UNKNOWN = 3
    SUPPRESSED = 4


class ChunkState(IntEnum):
    """The state of a chunk; in the order in which chunks are claimed, except for DONE."""

    READY = 0
    CLAIMED = 1
    SENDING = 2
    DONE = 3


class Lane(IntEnum):
    """The command that a chunk is sent with."""

    SINGLE = 1
    BATCH = 2


meta = Table(
    "tim_bulk_meta",
    metadata,
    Column(
        "key",
        String(64),
        primary_key=True,
        doc="what is known: `version` is that of the tables, `suppression` and `contacts` mark what the ledger keeps",
    ),
    Column("value", Text, nullable=False, doc="its value"),
)

campaigns = Table(
    "tim_bulk_campaigns",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, unique=True),
    Column("salt", String(32), nullable=False),
    Column("epoch_ms", BigInteger, nullable=False),
    Column("is_planned", SmallInteger, nullable=False),
    Column("app", BigInteger),
    Column("sender", Text),
    Column("service", Text),
    Column("kind", String(16), nullable=False),
    Column("message", Text),
    Column("fingerprint", String(64), nullable=False),
    Column("source", String(64)),
    Column("chunk_size", Integer, nullable=False),
    Column("recipients", Integer, nullable=False),
    Column("duplicates", Integer, nullable=False),
    Column("bad_rows", Integer, nullable=False),
    Column("next_chunk", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("begun_at", Double),
    Column("ended_at", Double),
    Column("status", String(16), nullable=False),
    Column("reason", Text),
    Column("options", Text),
    Column("supervised_until", Double, nullable=False),
    Column("reading", Text),
    Column("survey", Text),
    Column("account_lints", Text),
    Column("timing", Text),
    Column("held_up_s", Double),
    Column("at_most", Text),
    Column("look", Text),
    Column("look_from", Integer),
    Column("paused_at", Double),
    Column("archived_at", Double),
    Column("alive_until", Double),
    Column("counts", Text),
    Column("earlier", Text),
    # A number is not reused: contacts outlive the campaign that made them.
    sqlite_autoincrement=True,
)

recipients = Table(
    "tim_bulk_recipients",
    metadata,
    Column("campaign_id", Integer, primary_key=True, autoincrement=False, doc="the campaign"),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("account", Text, nullable=False),
    Column("columns", Text, doc="the row's other columns as JSON; NULL without any"),
    Column("line", Integer, nullable=False),
    Column("chunk", Integer, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("tries", SmallInteger, nullable=False),
    Column("round", SmallInteger, nullable=False),
    Column("code", Integer),
    Column("info", Text),
    Column("msg_key", Text),
    Column("msg_time", BigInteger),
    Column("body", Text),
    # No index by account: see `staging`, which finds duplicates without one, and `accounts`.
    Index("tim_bulk_recipients_by_chunk", "chunk", "campaign_id"),
    sqlite_with_rowid=False,
)

# The index of accounts in a campaign: filled in one pass, in order, after its recipients were read. See `accounts`.
accounts = Table(
    "tim_bulk_accounts",
    metadata,
    Column("campaign_id", Integer, primary_key=True, autoincrement=False, doc="the campaign"),
    Column(
        "key", Text().with_variant(Integer, "postgresql"), primary_key=True, doc="the account; on PostgreSQL its hash"
    ),
    Column("ordinal", Integer, primary_key=True, autoincrement=False, doc="the recipient"),
    sqlite_with_rowid=False,
)

chunks = Table(
    "tim_bulk_chunks",
    metadata,
    Column("campaign_id", Integer, primary_key=True, autoincrement=False, doc="the campaign"),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", SmallInteger, nullable=False),
    Column("lane", SmallInteger),
    Column("since", Double),
    Column("body", Text),
    Column("owner", Text, doc="random; the run or worker that has it; NULL for none"),
    Column("lease_until", Double, nullable=False, doc="unix seconds after which another may claim it"),
    Column("deaths", SmallInteger, nullable=False, doc="how many workers died or failed with it"),
    Column("given_up_at", Double, doc="unix seconds at which it was given up; NULL where it was not"),
    Index("tim_bulk_chunks_by_state", "state", "number", "campaign_id"),
    sqlite_with_rowid=False,
)

problems = Table(
    "tim_bulk_problems",
    metadata,
    Column("campaign_id", Integer, primary_key=True, autoincrement=False, doc="the campaign"),
    Column("number", Integer, primary_key=True, autoincrement=False, doc="its place among them, from 0"),
    Column("line", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("account", Text, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_with_rowid=False,
)

# On a server, which several processes share; `named_lock` uses it.
locks = Table(
    "tim_bulk_locks",
    metadata,
    Column("name", Text, primary_key=True, doc="what is locked"),
    Column("owner", String(32), nullable=False, doc="random; the process that holds it"),
    Column("held_until", Double, nullable=False, doc="unix seconds after which it is free"),
)

# On a server: the workers that are alive, and those that died recently; see `presence`.
workers = Table(
    "tim_bulk_workers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("app", BigInteger, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", String(32), nullable=False),
    Column("started_at", Double, nullable=False),
    Column("seen_at", Double, nullable=False),
    Column("alive_until", Double, nullable=False),
    Column("tasks", Integer, nullable=False),
    Column("chunks", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("at_work", Text, nullable=False),
)

# On a server, where several processes share a campaign's own rate: the end of the reserved turns.
turns = Table(
    "tim_bulk_turns",
    metadata,
    Column("campaign_id", Integer, primary_key=True, autoincrement=False, doc="the campaign"),
    Column("lane", SmallInteger, primary_key=True, autoincrement=False, doc="by which command"),
    Column("reserved_until", Double, nullable=False, doc="unix seconds up to which its turns are reserved"),
)

suppression_lists = Table(
    "tim_bulk_suppression_lists",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True, doc="its number"),
    Column("name", Text, nullable=False, unique=True, doc="its name"),
    Column("source", String(64), doc="identifies the file that was read into it last; NULL without one"),
    Column("changed_at", Double, nullable=False, doc="unix seconds of the last change"),
)

# By account, as it is queried; a list is counted, listed and removed by reading all of it.
suppressed = Table(
    "tim_bulk_suppressed",
    metadata,
    Column("account", Text, primary_key=True, doc="the account"),
    Column("list_id", Integer, primary_key=True, autoincrement=False, doc="the list"),
    sqlite_with_rowid=False,
)

# Who was sent to and when, or is being sent to: kept if a campaign of the ledger counts messages to an account.
contacts = Table(
    "tim_bulk_contacts",
    metadata,
    Column("account", Text, primary_key=True, doc="the account"),
    Column("campaign_id", Integer, primary_key=True, autoincrement=False, doc="the campaign that sent to it"),
    Column("since", Double, nullable=False, doc="unix seconds at which that was written ahead"),
    sqlite_with_rowid=False,
)
