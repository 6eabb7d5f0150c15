"""The outcome of one recipient, with its message: as it was sent, as it was written ahead, or as it would be sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from .. import _codes
from ..errors import UsageError
from ._ledger.records import CampaignRow, ChunkRow, RecipientRow, earlier_messages
from ._ledger.schema import ChunkState, Lane, RecipientState
from ._message.messages import Identities
from ._message.rendering import recipient_of
from ._plan.definition import Definition
from .export import STATES

MessageIs: TypeAlias = Literal["sent", "written_ahead", "to_be_sent", "unknown"]


class RecipientDetails(msgspec.Struct, kw_only=True, frozen=True):
    """The details of one recipient.

    Attributes:
        account: the account.
        state: as in `RecipientOutcome`.
        code: ErrorCode of a failure, see `RecipientOutcome`.
        name: the catalogue's name for the code.
        info: details of a failure, or why the outcome is unknown.
        msg_key: identifies the message for recall and read receipts.
        msg_time: unix seconds at which the service accepted it; None if the service does not return that, as for
            batches.
        line: line or place in the source, from 1.
        columns: the row's other columns.
        chunk: number of its chunk.
        lane: `single` or `batch`, the command it was sent with; None before that is known.
        since: unix seconds of the write-ahead; None before.
        tries: how many further attempts it had.
        round: how often a user had it tried again after it failed.
        msg_seq: MsgSeq of its message; None before its lane is known.
        msg_random: MsgRandom of its message, as for `msg_seq`.
        message_is: `sent`: it got this message, or was refused with it; `written_ahead`: exactly this message may be in
            transit; `to_be_sent`: it would get it now; `unknown`: see `message_problem`.
        message: the message with the service's field names (MsgBody ...); None if unknown.
        message_problem: why it is unknown, or cannot be made.
        ledger: its location: an absolute path, or a URL without its password.
    """

    account: str
    state: str
    code: int | None
    name: str | None
    info: str | None
    msg_key: str | None
    msg_time: int | None
    line: int
    columns: Mapping[str, object]
    chunk: int
    lane: Literal["single", "batch"] | None
    since: float | None
    tries: int
    round: int
    msg_seq: int | None
    msg_random: int | None
    message_is: MessageIs
    message: Mapping[str, object] | None
    message_problem: str | None
    ledger: str


async def show(definition: Definition, account: str) -> RecipientDetails:
    """Return the details of a recipient.

    Raises:
        UsageError: the campaign has no such recipient.
        LedgerError: the ledger or the campaign does not exist.
    """
    if not isinstance(account, str) or not account:
        raise UsageError("account must be a non-empty text", field="account")
    async with definition.open() as ledger:
        row = await definition.find(ledger)
        found = await ledger.queries.recipient(row.id, account)
        if found is None:
            problem = await ledger.queries.bad_row(row.id, account)
            why = "" if problem is None else f": line {problem.line} was refused: {problem.reason}"
            raise UsageError(f"the campaign {row.name!r} has no recipient {account!r}{why}", field="account")
        place = ledger.full_name
    return await _details(definition, row, *found, place)


async def _details(
    definition: Definition, row: CampaignRow, recipient: RecipientRow, chunk: ChunkRow, place: str
) -> RecipientDetails:
    in_flight = recipient.state == RecipientState.PLANNED and chunk.state == ChunkState.SENDING
    is_, message, problem = await _message(definition, row, recipient, chunk, in_flight=in_flight)
    known = _codes.lookup("openim", recipient.code) if recipient.code else None
    lane: Literal["single", "batch"] | None = None
    identity = None
    if chunk.lane is not None:
        lane = "single" if chunk.lane == Lane.SINGLE else "batch"
        identities = Identities(row.salt, row.epoch_ms)
        if lane == "batch":
            identity = identities.of_chunk(chunk.number)
        else:
            identity = identities.of_recipient(recipient.ordinal, recipient.account, recipient.round)
    return RecipientDetails(
        account=recipient.account,
        state="in_flight" if in_flight else STATES[recipient.state],
        code=recipient.code,
        name=known.name if known else None,
        info=recipient.info,
        msg_key=recipient.msg_key,
        msg_time=recipient.msg_time,
        line=recipient.line,
        columns=recipient_of(recipient).columns,
        chunk=chunk.number,
        lane=lane,
        since=chunk.since,
        tries=recipient.tries,
        round=recipient.round,
        msg_seq=None if identity is None else identity.msg_seq,
        msg_random=None if identity is None else identity.msg_random,
        message_is=is_,
        message=None if message is None else msgspec.json.decode(message, type=dict[str, object]),
        message_problem=problem,
        ledger=place,
    )


async def _message(
    definition: Definition, row: CampaignRow, recipient: RecipientRow, chunk: ChunkRow, *, in_flight: bool
) -> tuple[MessageIs, str | None, str | None]:
    """Return the kind of the message, the message in its stored form, and why there is none."""
    is_open = in_flight or recipient.state == RecipientState.UNKNOWN
    written = recipient.body or (chunk.body if is_open else None)
    if is_open and written is not None:
        return "written_ahead", written, None
    kind, stored = row.kind, row.message
    is_settled = recipient.state in (RecipientState.SENT, RecipientState.FAILED) and chunk.since is not None
    if is_settled or is_open:
        for each in reversed(earlier_messages(row)):
            if chunk.since is not None and chunk.since <= each.until:
                kind, stored = each.kind, each.message
    if (is_settled or is_open) and kind == "function":
        return "unknown", None, "a function made it, and it is kept only until its outcome is known"
    messages = definition.messages_of(kind, stored)
    if messages is None:
        return "unknown", None, "a function makes it, which the ledger does not store: give message"
    try:
        made = await messages.make(recipient_of(recipient))
    except UsageError as error:
        return "unknown", None, error.message
    return ("sent" if is_settled else "written_ahead" if is_open else "to_be_sent"), made, None
