"""Settle recipients that may have the message when a repeat would no longer be recognised.

The service forgets an identity after 120 s: a message sent again after that is a second one. So the conversation is
read back and searched for the identity, first from the sender's side, whose history is not cleared by accident, then
from the recipient's. If it is found, the message was sent. If not, it was not, and the recipient moves to a further
chunk, or has failed if the last answer was a refusal.

What the history cannot show stays unknown: a message that is not stored, one that is older than the history, or a
conversation that cannot be read. The next run tries again.

The range that is searched does not require a clock that agrees with the service's: it starts a day before the earliest
moment this machine can mean, has no end, and is read newest first until the identity is found. The wall clock only
decides how long ago a dead process wrote ahead: whether a repeat is still recognised, and whether the history reaches
back far enough. A clock that is always wrong in the same way is harmless. A clock that was put back between two runs by
less than the time passed makes that time seem shorter: by minutes, and a repeat may come when it is no longer
recognised; by days, and the search may look for a message that the history has dropped. A clock that was put back by
more than the time passed is noticed, and nothing is repeated blindly.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from ...errors import ApiError, TimError
from ...models.c2c import RoamMsg
from .._ledger.records import RecipientRow
from .._ledger.schema import Lane, RecipientState
from .._message.messages import PreparedMessage
from ..stopping import NO_SUCH_ACCOUNT_CODES
from .context import SETTLED_AFTER_S, ActiveChunk, Refusal, RunContext

# History reaches back 7 days by default (I34381); an hour less, for clocks that disagree.
_HISTORY_REACH_S: Final = 7 * 86_400 - 3600
# How far the service's clock and ours may be apart. With a day, more pages are read than needed; with too little, a
# message would be sent a second time.
_MAX_CLOCK_SKEW_S: Final = 86_400
_NOT_THERE_CODES: Final = NO_SUCH_ACCOUNT_CODES | {90008}
# Attempts to send to one recipient, if the service has trouble with this one only.
_MAX_TRIES: Final = 3
# Refused recipients wait here until nothing can be in transit any more: up to two minutes. Senders do not wait.
_MAX_WAITING: Final = 2000


class Verifier:
    """Settles recipients that are in doubt, a few at a time: `settle` queues them, `run` does the work.

    Args:
        context: of the run.
        readers: tasks that call `run`, which is how many conversations are read concurrently.
    """

    def __init__(self, context: RunContext, readers: int) -> None:
        self._context = context
        self._readers = readers
        self._queue: asyncio.Queue[tuple[ActiveChunk, RecipientRow, Refusal | None] | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(_MAX_WAITING)

    async def settle(
        self, chunk: ActiveChunk, recipients: Sequence[RecipientRow], refusal: Refusal | None = None
    ) -> None:
        """Settle recipients as the user chose; wait while many others are being read.

        Args:
            chunk: their chunk.
            recipients: those that may have the message.
            refusal: the refusal of a later attempt; None if there was no answer.
        """
        context = self._context
        for recipient in recipients:
            if context.options.on_unknown == "verify":
                await self._room.acquire()
                self._queue.put_nowait((chunk, recipient, refusal))
            elif context.options.on_unknown == "send" and (refusal is None or recipient.tries < _MAX_TRIES):
                context.reassign(chunk, [recipient], is_try=refusal is not None)
            else:
                info = "it may have been sent; "
                if refusal is None:
                    info += "no answer arrived while a repeat was safe"
                else:
                    info += f"a later attempt was refused with {refusal.code} {refusal.info}".rstrip()
                await context.settle(chunk, recipient, RecipientState.UNKNOWN, info=info)

    async def run(self) -> None:
        """Settle recipients until `end` is called."""
        while (item := await self._queue.get()) is not None:
            self._room.release()
            chunk, recipient, refusal = item
            if await self._context.pause(max(SETTLED_AFTER_S - chunk.age(), 0.0)):
                continue  # stays in flight, for the next run
            await self._verify(chunk, recipient, refusal)
            await self._context.close_if_settled(chunk)

    def end(self) -> None:
        """Let `run` return in all tasks when the queue is empty."""
        for _ in range(self._readers):
            self._queue.put_nowait(None)

    def drop(self) -> None:
        """Leave the recipients that still wait in flight for the next run, because this one ends.

        The readers would do the same, but a failed reader reads no more, and a task that brings more waits for room.
        """
        while not self._queue.empty():
            if self._queue.get_nowait() is not None:
                self._room.release()

    async def _verify(self, chunk: ActiveChunk, recipient: RecipientRow, refusal: Refusal | None) -> None:
        context, prepared = self._context, chunk.message_for(recipient)
        if prepared is None:
            why = "it may have been sent, and the ledger does not have the message"
        elif not prepared.message.is_stored:
            why = "it may have been sent; the service does not keep such messages, so its history cannot show it"
        elif chunk.age() > _HISTORY_REACH_S:
            why = "it may have been sent, longer ago than the history reaches"
        else:
            try:
                found = await self._find(chunk, recipient, prepared)
            except TimError as error:
                context.judge(error)
                why = f"it may have been sent, and the history cannot be read: {error.message}"
                if context.stop is not None:
                    return
            else:
                context.failures.succeed()
                if found is not None:
                    await context.settle(
                        chunk, recipient, RecipientState.SENT, msg_key=found.msg_key, msg_time=found.msg_time_stamp
                    )
                elif refusal is None or (refusal.may_pass and recipient.tries < _MAX_TRIES):
                    context.reassign(chunk, [recipient], is_try=refusal is not None)
                else:
                    await context.settle(
                        chunk, recipient, RecipientState.FAILED, code=refusal.code, info=refusal.info or None
                    )
                return
        await context.settle(chunk, recipient, RecipientState.UNKNOWN, info=why)

    async def _find(self, chunk: ActiveChunk, recipient: RecipientRow, prepared: PreparedMessage) -> RoamMsg | None:
        """Look for the message in both views of the conversation."""
        context = self._context
        if chunk.lane is Lane.BATCH:
            identity = context.identities.of_chunk(chunk.number)
        else:
            identity = context.identities.of_recipient(recipient.ordinal, recipient.account, recipient.round)
        sender = prepared.message.from_account or context.sender
        first = max(int(min(chunk.since, context.wall()) - _MAX_CLOCK_SKEW_S), 0)
        sides = [(sender, recipient.account), (recipient.account, sender)]
        if prepared.message.sync_other_machine == 2:
            del sides[0]  # the sender's own history does not have it
        for side, peer in sides:
            try:
                async for message in context.client.c2c.iter_roam_msgs(side, peer, min_time=first):
                    if message.from_account == sender and (message.msg_seq, message.msg_random) == identity:
                        return message
            except ApiError as error:
                if error.code not in _NOT_THERE_CODES:
                    raise
                # The account does not exist: nothing can have been delivered to it.
        return None
