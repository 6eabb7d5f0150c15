"""Rendering: the messages of a chunk, made before it is written ahead.

Those of a template are made one after the other, which takes no time. A function may ask a database for each of them,
so those of a function are made side by side, over all chunks as many at a time as there are calls. Nothing of a chunk
was sent while its messages are made: when the run is to end, they are given up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from ...errors import UsageError
from .._ledger.records import RecipientRow
from .messages import MessageSource, PreparedMessage, Recipient, size_to_one

# A function that does not end when it is cancelled is not waited for longer than this.
_CANCEL_TIMEOUT_S: Final = 1.0


class Renderer:
    """Makes the messages of chunks.

    Args:
        messages: makes a message.
        limit: bytes that a request may have; None leaves that to the caller.
        at_a_time: how many a function makes at a time.
        halted: set when the run is to end; None when nothing ends it.
    """

    def __init__(
        self, messages: MessageSource, limit: int | None, at_a_time: int, halted: asyncio.Event | None = None
    ) -> None:
        self._messages = messages
        self._limit = limit
        self._turns = asyncio.Semaphore(at_a_time)
        self._halted = halted or asyncio.Event()

    async def render(self, recipients: Sequence[RecipientRow]) -> list[str | UsageError] | None:
        """Return each message in its stored form, or why there is none; None when the run is to end."""
        if self._messages.kind != "function" or not recipients:
            return [await self._make(recipient) for recipient in recipients]
        tasks = [asyncio.create_task(self._in_turn(recipient), name="tim_async: message") for recipient in recipients]
        all_made = asyncio.create_task(asyncio.wait(tasks), name="tim_async: messages")
        halted = asyncio.create_task(self._halted.wait(), name="tim_async: messages")
        try:
            await asyncio.wait({all_made, halted}, return_when=asyncio.FIRST_COMPLETED)
            return [task.result() for task in tasks] if all_made.done() else None
        finally:
            left = [task for task in (all_made, halted, *tasks) if not task.done()]
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left, timeout=_CANCEL_TIMEOUT_S)

    async def _in_turn(self, recipient: RecipientRow) -> str | UsageError:
        async with self._turns:
            return await self._make(recipient)

    async def _make(self, recipient: RecipientRow) -> str | UsageError:
        try:
            stored = await self._messages.make(recipient_of(recipient))
            if self._limit is not None and size_to_one(stored) > self._limit:
                PreparedMessage(stored).check_size(self._limit)
        except UsageError as error:
            return error
        return stored


def recipient_of(recipient: RecipientRow) -> Recipient:
    """Return a recipient as it is shown to a function."""
    columns = {} if recipient.columns is None else msgspec.json.decode(recipient.columns, type=dict[str, object])
    return Recipient(account=recipient.account, columns=columns)
