"""What goes into a ledger and comes out of it. The states are explained in `ledger`."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from secrets import token_hex
from typing import Self

import msgspec

from .schema import Lane, RecipientState


def storable(text: str) -> str:
    """Return a text that every ledger can hold: an error of the user's code may have invalid characters."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


class StagedSizes(msgspec.Struct, kw_only=True, frozen=True):
    """What is known of the sizes of messages while recipients are read.

    Attributes:
        limit: bytes from which on a message is too large.
        too_large: how many are.
        count_not_made: for how many recipients there is none.
        largest: bytes of the largest, with its recipient's account and columns; None before there is one.
        not_made: account and columns of the first recipient for whom there is none.
    """

    limit: int
    too_large: int = 0
    count_not_made: int = 0
    largest: tuple[int, str, str | None] | None = None
    not_made: tuple[str, str | None] | None = None


class Reading(msgspec.Struct, kw_only=True, frozen=True):
    """A reading of recipients that was begun and is not finished.

    Attributes:
        token: random; distinguishes it from others.
        source: distinguishes the file that is read from others; "" for what is not a file.
        before: how many recipients there were before it.
        message: the fingerprint of the message that was weighed.
        sizes: what is known of the sizes of messages.
        rows: how many rows are staged.
        is_read: whether the source was read to its end.
        is_sorted: whether duplicates were found.
        moved: how many of the staged rows became recipients or problems.
        account_lints: what stands out in the accounts, as JSON; "" before any were read.
    """

    token: str
    source: str
    before: int
    message: str
    sizes: StagedSizes
    rows: int = 0
    is_read: bool = False
    is_sorted: bool = False
    moved: int = 0
    account_lints: str = ""

    @classmethod
    def new(cls, *, source: str, message: str, limit: int, before: int) -> Self:
        """Return one that has just begun."""
        sizes = StagedSizes(limit=limit)
        return cls(token=token_hex(8), source=source, message=message, before=before, sizes=sizes)

    def encoded(self) -> str:
        """Return its stored form."""
        return msgspec.json.encode(self).decode()


class CampaignRow(msgspec.Struct, kw_only=True, frozen=True):
    """What a ledger has of a campaign as a whole.

    Attributes:
        id: its number in the ledger.
        name: its name.
        salt: random, made with the plan; part of every identity, so that another plan has others.
        epoch_ms: unix milliseconds of the plan, where its MsgSeq begin.
        is_planned: 1 when the recipients were read to their end.
        app: the app's id; None before the first run.
        sender: the account that messages come from; None before the first run.
        service: the address they go to; None before the first run.
        kind: how messages are made: fixed, template or function.
        message: the message or the template as JSON; None for a function.
        fingerprint: distinguishes this message from others.
        source: distinguishes this file of recipients from others; "" for what is not a file.
        chunk_size: recipients in a chunk.
        recipients: how many there are.
        duplicates: rows with an account that was given before.
        bad_rows: rows without a valid account.
        next_chunk: the number that the next chunk gets.
        created_at: unix seconds.
        begun_at: unix seconds of the first run.
        ended_at: unix seconds at which the newest run ended.
        status: how the newest run ended, "" before.
        reason: why it ended before all recipients were settled.
        options: how workers run it, as JSON; None for a campaign that was not submitted to workers.
        supervised_until: unix seconds until which one of the workers looks after it.
        reading: the `Reading` that is not finished, as JSON; None without.
        survey: what was found out about its messages, as JSON; None when that is not known any more.
        account_lints: what stands out in the accounts that were read last, as JSON; None before they were read.
        timing: when and how fast it is to send, as JSON; None for at any time, as fast as the limits allow.
        held_up_s: seconds for which calls of higher priority left it nothing; None for none.
        at_most: how many messages an account gets within how many days, as JSON; None for any number.
        look: the sample that it was begun with, as JSON; None where it was begun without one.
        look_from: the first chunk of that sample, and only chunks from it on may be claimed; None when all may.
        paused_at: unix seconds at which a user paused it; None when it was not, or goes on since.
        archived_at: unix seconds at which it was archived; None when it is not.
        alive_until: unix seconds until which a process that runs it on a server is certainly alive.
        counts: what became of its recipients when it ended, as JSON; None when that may have changed.
        earlier: the messages that it had before this one, as JSON; None without.
    """

    id: int
    name: str
    salt: str
    epoch_ms: int
    is_planned: int
    app: int | None
    sender: str | None
    service: str | None
    kind: str
    message: str | None
    fingerprint: str
    source: str | None
    chunk_size: int
    recipients: int
    duplicates: int
    bad_rows: int
    next_chunk: int
    created_at: float
    begun_at: float | None
    ended_at: float | None
    status: str
    reason: str | None
    options: str | None
    supervised_until: float
    reading: str | None
    survey: str | None
    account_lints: str | None
    timing: str | None
    held_up_s: float | None
    at_most: str | None
    look: str | None
    look_from: int | None
    paused_at: float | None
    archived_at: float | None
    alive_until: float | None
    counts: str | None
    earlier: str | None

    @property
    def open_reading(self) -> Reading | None:
        """How far a reading is that is not finished."""
        return None if self.reading is None else msgspec.json.decode(self.reading, type=Reading)


class EarlierMessage(msgspec.Struct, kw_only=True, frozen=True):
    """A message that a campaign had before it was given another one.

    Attributes:
        until: unix seconds at which it was given another: what was written ahead before was this one.
        kind: see `CampaignRow`.
        message: see `CampaignRow`.
    """

    until: float
    kind: str
    message: str | None


def earlier_messages(row: CampaignRow) -> list[EarlierMessage]:
    """Return the messages that a campaign had before this one, the oldest first."""
    return [] if row.earlier is None else msgspec.json.decode(row.earlier, type=list[EarlierMessage])


def with_earlier(row: CampaignRow, now: float) -> str:
    """Return the stored form of a campaign's earlier messages with the one that it has until now."""
    own = EarlierMessage(until=now, kind=row.kind, message=row.message)
    return msgspec.json.encode([*earlier_messages(row), own]).decode()


class RecipientRow(msgspec.Struct, frozen=True):
    """A recipient; its fields are in the order of `RECIPIENT_COLUMNS`.

    Attributes:
        ordinal: place in the plan, from 0.
        account: the account.
        columns: the row's other columns as JSON, None without.
        line: line or place in the source, from 1.
        chunk: number of its chunk.
        state: see `RecipientState`.
        tries: how often it was sent to again.
        round: how often a user had it tried again after it had failed; part of its identity.
        code: ErrorCode of a failure; 0 for one that is not the service's. Of a planned recipient: what it was refused
            with before, and is to be imported for.
        info: what is known of a failure, or why the outcome is not.
        msg_key: the message's key.
        msg_time: unix seconds at which the service took it.
        body: the message as it was written ahead, None where the chunk has it.
    """

    ordinal: int
    account: str
    columns: str | None
    line: int
    chunk: int
    state: int
    tries: int
    round: int
    code: int | None
    info: str | None
    msg_key: str | None
    msg_time: int | None
    body: str | None


class Lease(msgspec.Struct, kw_only=True):
    """How long a chunk is this owner's.

    Attributes:
        until: loop time up to which no other owner can have it: a little earlier than the ledger has it.
        is_lost: whether another owner has it.
    """

    until: float = math.inf
    is_lost: bool = False


class Chunk(msgspec.Struct, kw_only=True):
    """A chunk as it was claimed.

    Attributes:
        number: its number.
        state: CLAIMED, or SENDING where another run left it.
        lane: by which command it goes, None before it is known.
        since: unix seconds from which on its recipients may have been sent to.
        body: the message that all of them get, None where each has its own.
        recipients: the recipients that are not settled.
        is_partial: whether others of it were settled before, of a batch that is being sent.
        lease: how long it is this owner's.
        is_suspect: whether so many owners died with it that it may be the cause.
    """

    number: int
    state: int
    lane: int | None
    since: float | None
    body: str | None
    recipients: list[RecipientRow]
    is_partial: bool = False
    lease: Lease = msgspec.field(default_factory=Lease)
    is_suspect: bool = False


class ChunkRow(msgspec.Struct, frozen=True):
    """What is known of how a chunk was sent.

    Attributes:
        number: its number.
        state: see `ChunkState`.
        lane: by which command it went, None before it was written ahead.
        since: unix seconds at which that was written ahead.
        body: the message that all of them get, None where each has its own, or all are settled.
    """

    number: int
    state: int
    lane: int | None
    since: float | None
    body: str | None


class Outcome(msgspec.Struct, kw_only=True, frozen=True):
    """How a recipient was settled.

    Attributes:
        ordinal: the recipient.
        state: SENT, FAILED or UNKNOWN.
        code: see `RecipientRow`, as the others.
        info: see `RecipientRow`.
        msg_key: see `RecipientRow`.
        msg_time: see `RecipientRow`.
    """

    ordinal: int
    state: RecipientState
    code: int | None = None
    info: str | None = None
    msg_key: str | None = None
    msg_time: int | None = None


class SendStart(msgspec.Struct, kw_only=True, frozen=True):
    """Sending a chunk, written ahead.

    Attributes:
        number: the chunk.
        lane: by which command it goes.
        since: unix seconds, now.
        body: the message that all get.
        bodies: ordinals with the message of each, where they differ.
    """

    number: int
    lane: Lane
    since: float
    body: str | None = None
    bodies: Sequence[tuple[int, str]] = ()


class Reassignment(msgspec.Struct, kw_only=True, frozen=True):
    """Recipients that go to a further chunk.

    Attributes:
        ordinals: the recipients.
        is_try: whether it counts as one more try.
        code: what they were refused with, where they are to be imported for it.
    """

    ordinals: Sequence[int]
    is_try: bool = True
    code: int | None = None


class Changes(msgspec.Struct, kw_only=True):
    """What goes into the ledger in one transaction, in this order.

    Attributes:
        outcomes: recipients that are settled.
        reassigned: recipients that go to further chunks.
        done: chunks of which all recipients are settled.
        kept: the same, but an outcome is unknown: the message is kept, to verify it later.
        starts: chunks that are about to be sent.
    """

    outcomes: list[Outcome] = msgspec.field(default_factory=list)
    reassigned: list[Reassignment] = msgspec.field(default_factory=list)
    done: list[int] = msgspec.field(default_factory=list)
    kept: list[int] = msgspec.field(default_factory=list)
    starts: list[SendStart] = msgspec.field(default_factory=list)


class Applied(msgspec.Struct, kw_only=True, frozen=True):
    """What came of changes.

    Attributes:
        lost: the chunks whose sending may not start, as another owner has them.
        left_out: by chunk whose sending starts, the ordinals of recipients that are left out: suppressed.
    """

    lost: AbstractSet[int] = frozenset()
    left_out: Mapping[int, Collection[int]] = msgspec.field(default_factory=dict)


class Problem(msgspec.Struct, kw_only=True, frozen=True):
    """A row that made no recipient.

    Attributes:
        line: line or place in the source, from 1.
        kind: `bad` or `duplicate`.
        account: the account as it was given, "" where there was none.
        reason: what is wrong.
    """

    line: int
    kind: str
    account: str
    reason: str
