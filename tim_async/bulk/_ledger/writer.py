"""Write the changes of many concurrent tasks to the ledger, in as few commits as possible.

A task that starts a chunk waits until that is on disk; so does a task that closes a chunk. Outcomes are written with
the next of these commits, or after a moment. While one commit runs, all new changes gather for the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Final, Protocol, Self

import msgspec

from ...errors import LedgerError
from .records import Applied, Changes, Outcome, Reassignment, SendStart, storable

# How long outcomes wait to share a commit. Sends whose outcome is lost in a crash are repeated and recognised.
_MAX_DELAY_S: Final = 0.25
# The most outcomes that may wait; after that, senders wait for the disk.
_MAX_WAITING: Final = 2000


class AppliesChanges(Protocol):
    """Where a writer writes to: chunks of a file, or chunks with leases."""

    async def apply(self, campaign_id: int, changes: Changes) -> Applied:
        """Apply changes in one transaction; return their result."""
        ...


class LedgerWriter:
    """Collects changes and commits them: `async with LedgerWriter(...) as writer:`; at the end all is written.

    Args:
        chunks: the store to write to.
        campaign_id: whose.
        on_error: called with the failure of the first failed commit.
    """

    def __init__(self, chunks: AppliesChanges, campaign_id: int, on_error: Callable[[LedgerError], None]) -> None:
        self._chunks = chunks
        self._campaign_id = campaign_id
        self._on_error = on_error
        self._next = Changes()
        self._waiting: list[asyncio.Future[Applied]] = []
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._is_closing = False
        self._task: asyncio.Task[None] | None = None
        self.error: LedgerError | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._work(), name="tim_async: ledger writer")
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_closing = True
        self._wake.set()
        if self._task is not None:
            await self._task

    def note(self, outcome: Outcome) -> None:
        """Queue an outcome. Outcomes and closings without an `await` in between go into one commit."""
        if outcome.info is not None:
            outcome = msgspec.structs.replace(outcome, info=storable(outcome.info))
        self._next.outcomes.append(outcome)

    async def put(self, outcome: Outcome) -> None:
        """Queue an outcome; wait while the disk is behind."""
        self.note(outcome)
        if len(self._next.outcomes) >= _MAX_WAITING and self.error is None:
            self._room.clear()
            self._wake.set()
            await self._room.wait()

    async def start(self, start: SendStart) -> Collection[int] | None:
        """Write a chunk ahead; return the recipients that are left out, once it is on disk.

        None if another owner has the chunk.

        Raises:
            LedgerError: it could not be written, so nothing may be sent.
        """
        self._next.starts.append(start)
        applied = await self._commit()
        return None if start.number in applied.lost else applied.left_out.get(start.number, ())

    async def close(self, number: int, reassigned: list[Reassignment], *, is_done: bool, is_kept: bool = False) -> None:
        """Record that a chunk is no longer in use.

        Args:
            number: the chunk.
            reassigned: its recipients that move to further chunks.
            is_done: whether all other recipients of it are settled.
            is_kept: whether its message is kept, because an outcome is unknown.
        """
        self._next.reassigned += reassigned
        if is_done:
            (self._next.kept if is_kept else self._next.done).append(number)
        await self._commit()

    async def _commit(self) -> Applied:
        if self.error is not None:
            raise self.error
        future: asyncio.Future[Applied] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._wake.set()
        return await future

    async def _work(self) -> None:
        while not self._is_closing or self._next.outcomes or self._waiting:
            if not self._is_closing:
                try:
                    async with asyncio.timeout(_MAX_DELAY_S):
                        await self._wake.wait()
                except TimeoutError:
                    pass
            self._wake.clear()
            if not (self._next.outcomes or self._waiting):  # every other change has a waiting task
                continue
            changes, self._next = self._next, Changes()
            waiting, self._waiting = self._waiting, []
            try:
                applied = await self._chunks.apply(self._campaign_id, changes)
            except Exception as error:  # noqa: BLE001 - whatever it is, all tasks that wait must get it
                if not self._fail(_as_ledger_error(error), changes, waiting):
                    return
            else:
                self._room.set()
                for future in waiting:
                    if not future.done():
                        future.set_result(applied)

    def _fail(self, error: LedgerError, changes: Changes, waiting: list[asyncio.Future[Applied]]) -> bool:
        """Report that writing failed; return whether to retry at the end."""
        is_first = self.error is None
        if is_first:
            self.error = error
            self._on_error(error)
        self._room.set()
        for future in waiting:
            if not future.done():
                future.set_exception(error)
                future.exception()  # the waiting task may be gone
        # Outcomes of sends are worth another attempt at the end: there may be space again. Starts are not.
        self._next.outcomes[:0] = changes.outcomes
        return not self._is_closing or is_first


def _as_ledger_error(error: Exception) -> LedgerError:
    if isinstance(error, LedgerError):
        return error
    return LedgerError(f"the ledger cannot be written: {type(error).__name__}: {error}")
