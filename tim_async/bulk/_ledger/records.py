"""The records that are written to a ledger and read from it. `ledger` explains the states."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from secrets import token_hex
from typing import Self

import msgspec

from .schema import Lane, RecipientState


def storable(text: str) -> str:
    """Return a text that every ledger can store: an error of the user's code may contain invalid characters."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


class StagedSizes(msgspec.Struct, kw_only=True, frozen=True):
    """The sizes of messages, as known while recipients are read.

    Attributes:
        limit: bytes from which on a message is too large.
        too_large: how many are.
        count_not_made: for how many recipients no message could be made.
        largest: bytes of the largest, with its recipient's account and columns; None before there is one.
        not_made: account and columns of the first recipient without a message.
    """

    limit: int
    too_large: int = 0
    count_not_made: int = 0
    largest: tuple[int, str, str | None] | None = None
    not_made: tuple[str, str | None] | None = None


class Reading(msgspec.Struct, kw_only=True, frozen=True):
    """A reading of recipients that was started and is not finished.

    Attributes:
        token: random and unique.
        source: identifies the file that is read; "" for a source that is not a file.
        before: how many recipients there were before it.
        message: the fingerprint of the message whose size was checked.
        sizes: what is known of the sizes of messages.
        rows: how many rows are staged.
        is_read: whether the source was read to its end.
        is_sorted: whether duplicates were found.
        moved: how many of the staged rows became recipients or problems.
        account_lints: findings about the accounts, as JSON; "" before any were read.
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
        """Return a reading that has just started."""
        sizes = StagedSizes(limit=limit)
        return cls(token=token_hex(8), source=source, message=message, before=before, sizes=sizes)

    def encoded(self) -> str:
        """Return its stored form."""
        return msgspec.json.encode(self).decode()


class CampaignRow(msgspec.Struct, kw_only=True, frozen=True):
    """The row of a campaign in a ledger.

    Attributes:
        id: its number in the ledger.
        name: its name.
        salt: random, made with the plan; part of every identity, so that another plan has others.
        epoch_ms: unix milliseconds of the plan, where its MsgSeq begin.
        is_planned: 1 when the recipients were read to their end.
        app: the app's id; None before the first run.
        sender: the account that sends the messages; None before the first run.
        service: the address they are sent to; None before the first run.
        kind: how messages are made: fixed, template or function.
        message: the message or the template as JSON; None for a function.
        fingerprint: identifies this message.
        source: identifies this file of recipients; "" for a source that is not a file.
        chunk_size: recipients in a chunk.
        recipients: how many there are.
        duplicates: rows with an account that was given before.
        bad_rows: rows without a valid account.
        next_chunk: the number of the next chunk.
        created_at: unix seconds.
        begun_at: unix seconds of the first run.
        ended_at: unix seconds of the end of the latest run.
        status: how the latest run ended; "" before.
        reason: why it ended before all recipients were settled.
        options: how workers run it, as JSON; None for a campaign that was not submitted to workers.
        supervised_until: unix seconds until which one of the workers supervises it.
        reading: the unfinished `Reading`, as JSON; None without.
        survey: the result of checking its messages, as JSON; None if outdated.
        account_lints: findings about the accounts that were read last, as JSON; None before they were read.
        timing: when and how fast to send, as JSON; None for at any time, as fast as the limits allow.
        held_up_s: seconds for which calls of higher priority blocked it; None for none.
        at_most: how many messages an account gets within how many days, as JSON; None for any number.
        look: the sample that it was started with, as JSON; None without.
        look_from: the first chunk of that sample, from which on chunks may be claimed; None if all may.
        paused_at: unix seconds at which a user paused it; None if it is not paused.
        archived_at: unix seconds at which it was archived; None if it is not.
        alive_until: unix seconds until which a process that runs it on a server is certainly alive.
        counts: the outcomes of its recipients when it ended, as JSON; None if they may have changed.
        earlier: its earlier messages, as JSON; None without.
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
        """The unfinished reading, if there is one."""
        return None if self.reading is None else msgspec.json.decode(self.reading, type=Reading)


class EarlierMessage(msgspec.Struct, kw_only=True, frozen=True):
    """An earlier message of a campaign, before the message was changed.

    Attributes:
        until: unix seconds of the change: what was written ahead before that was this message.
        kind: see `CampaignRow`.
        message: see `CampaignRow`.
    """

    until: float
    kind: str
    message: str | None


def earlier_messages(row: CampaignRow) -> list[EarlierMessage]:
    """Return the earlier messages of a campaign, the oldest first."""
    return [] if row.earlier is None else msgspec.json.decode(row.earlier, type=list[EarlierMessage])


def with_earlier(row: CampaignRow, now: float) -> str:
    """Return the stored form of a campaign's earlier messages, with the current one added."""
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
        tries: how many further attempts it had.
        round: how often a user had it tried again after it failed; part of its identity.
        code: ErrorCode of a failure; 0 for a failure that is not the service's. For a planned recipient: the earlier
            refusal for which it is to be imported.
        info: details of a failure, or why the outcome is unknown.
        msg_key: the message's key.
        msg_time: unix seconds at which the service accepted it.
        body: the message as it was written ahead; None if the chunk has it.
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
    """How long a chunk belongs to this owner.

    Attributes:
        until: loop time until which no other owner can have it: a little before its end in the ledger.
        is_lost: whether another owner has it.
    """

    until: float = math.inf
    is_lost: bool = False


class Chunk(msgspec.Struct, kw_only=True):
    """A chunk as it was claimed.

    Attributes:
        number: its number.
        state: CLAIMED, or SENDING if another run left it.
        lane: the command it is sent with; None before it is known.
        since: unix seconds from which on its recipients may have been sent to.
        body: the message that all of them get; None if each has its own.
        recipients: the recipients that are not settled.
        is_partial: whether others of a batch that is being sent were settled before.
        lease: how long it belongs to this owner.
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
    """How a chunk was sent.

    Attributes:
        number: its number.
        state: see `ChunkState`.
        lane: the command it was sent with; None before it was written ahead.
        since: unix seconds of the write-ahead.
        body: the message that all of them get; None if each has its own, or all are settled.
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
    """The write-ahead of a chunk.

    Attributes:
        number: the chunk.
        lane: the command it is sent with.
        since: unix seconds, now.
        body: the message that all get.
        bodies: ordinals with the message of each, if they differ.
    """

    number: int
    lane: Lane
    since: float
    body: str | None = None
    bodies: Sequence[tuple[int, str]] = ()


class Reassignment(msgspec.Struct, kw_only=True, frozen=True):
    """Recipients that move to a further chunk.

    Attributes:
        ordinals: the recipients.
        is_try: whether it counts as another try.
        code: what they were refused with, if they are to be imported for it.
    """

    ordinals: Sequence[int]
    is_try: bool = True
    code: int | None = None


class Changes(msgspec.Struct, kw_only=True):
    """What one transaction writes to the ledger, in this order.

    Attributes:
        outcomes: recipients that are settled.
        reassigned: recipients that move to further chunks.
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
    """The result of changes.

    Attributes:
        lost: the chunks that may not be started, because another owner has them.
        left_out: by started chunk, the ordinals of recipients that are left out: suppressed.
    """

    lost: AbstractSet[int] = frozenset()
    left_out: Mapping[int, Collection[int]] = msgspec.field(default_factory=dict)


class Problem(msgspec.Struct, kw_only=True, frozen=True):
    """A row that made no recipient.

    Attributes:
        line: line or place in the source, from 1.
        kind: `bad` or `duplicate`.
        account: the account as it was given; "" without one.
        reason: what is wrong.
    """

    line: int
    kind: str
    account: str
    reason: str
