"""Sending: a recipient by openim/sendmsg, or a chunk by openim/batchsendmsg, until it is settled or the window is over.

A call is repeated with the same identity for as long as the service recognises it. What is still in doubt after that
goes to `verification`; what was certainly not sent moves to a further chunk and is written ahead again.

A refusal means that the refused attempt delivered nothing. If the answer to an earlier attempt was lost, that proves
nothing: a word may have been forbidden, or a right withdrawn, in between. Those recipients go to `verification` too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias, TypeVar

import msgspec

from ..._core.client import TimClient
from ..._randomness import uniform
from ...errors import ApiError, TimError, from_reply, may_have_been_delivered
from ...families.c2c import C2C
from ...models.c2c import BatchSendMsgResult
from .._ledger.records import RecipientRow
from .._ledger.schema import RecipientState
from .._message.messages import PreparedMessage
from ..stopping import MISSING_CODES, NO_SUCH_ACCOUNT_CODES, FailureScope, Stop, scope_of
from .context import ActiveChunk, Refusal, RunContext
from .own_rate import Turn
from .sender_check import SenderCheck

T = TypeVar("T")

# Between calls, each of which has used up its attempts.
_TROUBLE_PAUSE_S: Final = (0.5, 2.0)
_NO_TURN_PAUSE_S: Final = 1.0

# A recipient that may have the message although it was refused, and the refusal.
_Doubt: TypeAlias = tuple[RecipientRow, Refusal]

Settle = Callable[[ActiveChunk, Sequence[RecipientRow], Refusal | None], Awaitable[None]]


class ChunkSender:
    """Sends chunks and single recipients of them.

    Args:
        context: of the run.
        settle: takes recipients that are in doubt when the window is over, or that were refused.
    """

    def __init__(self, context: RunContext, settle: Settle) -> None:
        self._context = context
        self._settle = settle
        self._sender_check = SenderCheck(context)

    async def send_one(self, chunk: ActiveChunk, recipient: RecipientRow) -> None:
        """Send to one recipient of a chunk."""
        context, prepared = self._context, chunk.message_for(recipient)
        if prepared is None:
            await self._lacks_message(chunk, recipient)
            return
        request = prepared.to_one(
            recipient.account, context.identities.of_recipient(recipient.ordinal, recipient.account, recipient.round)
        )
        try:
            answer = await self._persist(chunk, [recipient], lambda client: client.call(C2C.send, request))
        except TimError as error:
            await self._blame(chunk, [recipient], prepared, error)
        else:
            if answer is not None:
                result, _ = answer
                self._note_sender(prepared)
                await context.settle(
                    chunk, recipient, RecipientState.SENT, msg_key=result.msg_key, msg_time=result.msg_time
                )

    async def send_chunk(self, chunk: ActiveChunk) -> None:
        """Send to all recipients of a chunk in one call."""
        context, recipients = self._context, list(chunk.recipients.values())
        prepared = chunk.message_for(recipients[0])
        if prepared is None:
            for recipient in recipients:
                await self._lacks_message(chunk, recipient)
            return
        accounts = [recipient.account for recipient in recipients]
        request = prepared.to_many(accounts, context.identities.of_chunk(chunk.number))
        try:
            answer = await self._persist(chunk, recipients, lambda client: client.call(C2C.send_batch, request))
        except TimError as error:
            await self._blame(chunk, recipients, prepared, error)
        else:
            if answer is not None:
                self._note_sender(prepared)
                await self._finish(chunk, self._read_batch(chunk, recipients, *answer))

    async def _persist(
        self, chunk: ActiveChunk, recipients: Sequence[RecipientRow], call: Callable[[TimClient], Awaitable[T]]
    ) -> tuple[T, bool] | None:
        """Call until there is an answer; raise a refusal; return None if the call was given up.

        The second item says whether an earlier call may have been accepted. Until the answer is recorded, all
        recipients of the call are in doubt.
        """
        context = self._context
        ordinals = [recipient.ordinal for recipient in recipients]
        while await context.is_ours(chunk):
            turn = await context.gate.turn(chunk.lane, len(recipients)) if context.gate.rates else None
            left = chunk.window_left()
            if left <= 0 or context.stop is not None or chunk.is_to_be_left_out(ordinals):
                _release(turn)
                await self._put_off(chunk, recipients, left)
                return None
            was_doubtful = chunk.doubtful.issuperset(ordinals)
            chunk.doubtful.update(ordinals)
            try:
                result = await call(context.client_for(chunk, left, turn))
            except asyncio.CancelledError as error:
                if not was_doubtful and not may_have_been_delivered(error):
                    chunk.doubtful.difference_update(ordinals)
                raise
            except TimError as error:
                failure = error
            else:
                context.failures.succeed()
                return result, was_doubtful
            finally:
                _release(turn)
            if not was_doubtful and not failure.maybe_delivered:
                chunk.doubtful.difference_update(ordinals)
            what = scope_of(failure)
            if what in (FailureScope.RECIPIENT, FailureScope.MESSAGE):
                raise failure
            context.judge(failure, len(recipients))
            if (
                what is FailureScope.NO_TURN
                and not was_doubtful
                and not failure.maybe_delivered
                and await context.is_ours(chunk)
            ):
                # The turn comes too late for this write-ahead, which is repeated when the turn is nearer.
                await context.pause(_NO_TURN_PAUSE_S)
                context.reassign(chunk, recipients, is_try=False)
                return None
            await context.pause(_NO_TURN_PAUSE_S if what is FailureScope.NO_TURN else uniform(*_TROUBLE_PAUSE_S))
        return None

    async def _put_off(self, chunk: ActiveChunk, recipients: Sequence[RecipientRow], left: float) -> None:
        """Send recipients another way, because they cannot be sent to now."""
        if left <= 0:
            await self._give_up(chunk, recipients)
        elif self._context.stop is None:  # some are on a list: the next write-ahead leaves them out
            self._context.reassign(chunk, recipients, is_try=False)

    async def _give_up(self, chunk: ActiveChunk, recipients: Sequence[RecipientRow]) -> None:
        if chunk.doubtful.issuperset(recipient.ordinal for recipient in recipients):
            await self._settle(chunk, recipients, None)
        else:
            self._context.reassign(chunk, recipients, is_try=False)

    def _read_batch(
        self, chunk: ActiveChunk, recipients: Sequence[RecipientRow], result: BatchSendMsgResult, was_doubtful: bool
    ) -> list[_Doubt]:
        """Record the result of every recipient in an answer; return those that stay in doubt."""
        codes = {failure.to_account: failure.error_code for failure in result.error_list}
        refused: dict[int, list[RecipientRow]] = {}
        for recipient in recipients:
            code = codes.get(recipient.account)
            if code is None:
                self._context.note(chunk, recipient, RecipientState.SENT, msg_key=result.msg_key)
            else:
                refused.setdefault(code, []).append(recipient)
        doubts: list[_Doubt] = []
        for code, group in refused.items():
            may_pass = from_reply(C2C.send_batch.service, code, "").transient
            refusal = Refusal(code=code, info="", may_pass=may_pass)
            doubts += self._refuse(chunk, group, refusal, is_open=was_doubtful or may_pass)
        return doubts

    async def _blame(
        self, chunk: ActiveChunk, recipients: Sequence[RecipientRow], prepared: PreparedMessage, error: TimError
    ) -> None:
        """Find out who is at fault for a refusal, and record it; for an unknown sender the recipients are not."""
        context, sender = self._context, prepared.message.from_account
        is_open = recipients[0].ordinal in chunk.doubtful
        if isinstance(error, ApiError):
            refusal = Refusal(code=error.code or 0, info=error.info or error.meaning or "")
        else:
            refusal = Refusal(code=0, info=error.message)
        stop: Stop | None
        if sender is not None and await self._sender_check.is_missing(sender, error):
            info = f"the sender {sender!r} is not imported"
            refusal = msgspec.structs.replace(refusal, info=info, is_senders=True)
            if self._sender_check.is_common(sender):
                context.halt(Stop("stopped", f"{info}: {error}; import it, then run the campaign again"))
                return
            stop = context.failures.refuse(error, len(recipients))
        else:
            stop = context.failures.judge(error, len(recipients))
        if stop is not None:
            context.halt(stop)
        await self._finish(chunk, self._refuse(chunk, recipients, refusal, is_open=is_open))

    def _refuse(
        self, chunk: ActiveChunk, recipients: Sequence[RecipientRow], refusal: Refusal, *, is_open: bool
    ) -> list[_Doubt]:
        """Record a refusal of recipients, or have them imported; return those that may have the message anyway.

        Args:
            chunk: their chunk.
            recipients: those that were refused.
            refusal: why.
            is_open: whether an earlier attempt, or this one, may have been accepted.
        """
        context, code = self._context, refusal.code
        doubts: list[_Doubt] = []
        for recipient in recipients:
            if is_open and code not in NO_SUCH_ACCOUNT_CODES:
                doubts.append((recipient, refusal))
            elif self._is_to_be_imported(recipient, refusal):
                context.reassign(chunk, [recipient], is_try=False, code=code)
            else:
                context.note(chunk, recipient, RecipientState.FAILED, code=code, info=refusal.info or None)
        return doubts

    def _is_to_be_imported(self, recipient: RecipientRow, refusal: Refusal) -> bool:
        wanted = self._context.options.import_missing and refusal.code in MISSING_CODES and not refusal.is_senders
        return wanted and recipient.code not in MISSING_CODES  # import once at most

    async def _finish(self, chunk: ActiveChunk, doubts: Sequence[_Doubt]) -> None:
        """Record outcomes, in one commit if no recipient is in doubt; then settle those in doubt."""
        await self._context.close_if_settled(chunk)
        for recipient, refusal in doubts:
            await self._settle(chunk, [recipient], refusal)

    def _note_sender(self, prepared: PreparedMessage) -> None:
        if prepared.message.from_account is not None:
            self._sender_check.note_success(prepared.message.from_account)

    async def _lacks_message(self, chunk: ActiveChunk, recipient: RecipientRow) -> None:
        info = "it may have been sent, and the ledger does not have the message"
        await self._context.settle(chunk, recipient, RecipientState.UNKNOWN, info=info)


def _release(turn: Turn | None) -> None:
    if turn is not None:
        turn.release()
