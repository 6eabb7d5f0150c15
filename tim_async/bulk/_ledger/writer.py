"""Writes into the ledger what many tasks have to say, in as few commits as can be.

Whoever begins a chunk waits until that is on disk; so does whoever closes one. Outcomes are written with the next of
these commits, at the latest after a moment. While one commit runs, everything that comes in gathers for the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import msgspec

from ...errors import LedgerError
from .ledger import Ledger
from .records import Changes, Outcome, Reassignment, SendStart, storable

# Outcomes wait so long for company. What is lost when the process dies meanwhile is repeated, and known as a repeat.
_EVERY_S: Final = 0.25
# So many outcomes may wait; then senders wait for the disk.
_MOST: Final = 2000


class LedgerWriter:
    """Collects changes and commits them: `async with LedgerWriter(...) as writer:`; at the end all is written.

    Args:
        ledger: where to.
        campaign_id: whose.
        on_error: told of the first commit that fails.
    """

    def __init__(self, ledger: Ledger, campaign_id: int, on_error: Callable[[LedgerError], None]) -> None:
        self._ledger = ledger
        self._campaign_id = campaign_id
        self._on_error = on_error
        self._next = Changes()
        self._waiting: list[asyncio.Future[set[int]]] = []
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._is_closing = False
        self._task: asyncio.Task[None] | None = None
        self.error: LedgerError | None = None
        self.commits = 0

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._work(), name="tim_async: writer")
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_closing = True
        self._wake.set()
        if self._task is not None:
            await self._task

    def note(self, outcome: Outcome) -> None:
        """Take an outcome. What is noted and closed without an `await` between is in one commit."""
        if outcome.info is not None:
            outcome = msgspec.structs.replace(outcome, info=storable(outcome.info))
        self._next.outcomes.append(outcome)

    async def put(self, outcome: Outcome) -> None:
        """Take an outcome; wait when the disk does not keep up."""
        self.note(outcome)
        if len(self._next.outcomes) >= _MOST and self.error is None:
            self._room.clear()
            self._wake.set()
            await self._room.wait()

    async def begin(self, begin: SendStart) -> bool:
        """Write ahead that a chunk is about to be sent; False when another owner has it. Returns when it is on disk.

        Raises:
            LedgerError: it could not be written, so nothing may be sent.
        """
        self._next.starts.append(begin)
        return begin.number not in await self._commit()

    async def release(self, numbers: list[int]) -> None:
        """Give back chunks that were claimed and not sent."""
        self._next.released += numbers
        await self._commit()

    async def close(self, number: int, anew: list[Reassignment], *, is_done: bool, is_kept: bool = False) -> None:
        """Write that nobody works on a chunk any more.

        Args:
            number: the chunk.
            anew: its recipients that go to further chunks.
            is_done: whether nobody else of it is left to settle.
            is_kept: whether its message is kept, as somebody's outcome is unknown.
        """
        self._next.reassigned += anew
        if is_done:
            (self._next.kept if is_kept else self._next.done).append(number)
        await self._commit()

    async def _commit(self) -> set[int]:
        if self.error is not None:
            raise self.error
        future: asyncio.Future[set[int]] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._wake.set()
        return await future

    async def _work(self) -> None:
        while not self._is_closing or self._next or self._waiting:
            if not self._is_closing:
                try:
                    async with asyncio.timeout(_EVERY_S):
                        await self._wake.wait()
                except TimeoutError:
                    pass
            self._wake.clear()
            if not (self._next or self._waiting):
                continue
            changes, self._next = self._next, Changes()
            waiting, self._waiting = self._waiting, []
            try:
                lost = await self._ledger.apply(self._campaign_id, changes)
            except Exception as error:  # noqa: BLE001 - whatever it is, all who wait must hear of it
                if not self._fail(self._as_ledger_error(error), changes, waiting):
                    return
            else:
                self.commits += 1
                self._room.set()
                for future in waiting:
                    if not future.done():
                        future.set_result(lost)

    def _as_ledger_error(self, error: Exception) -> LedgerError:
        if isinstance(error, LedgerError):
            return error
        return LedgerError(f"the ledger {self._ledger.name} cannot be written: {type(error).__name__}: {error}")

    def _fail(self, error: LedgerError, changes: Changes, waiting: list[asyncio.Future[set[int]]]) -> bool:
        """Tell that nothing can be written; return whether to try once more, at the end."""
        is_first = self.error is None
        if is_first:
            self.error = error
            self._on_error(error)
        self._room.set()
        for future in waiting:
            if not future.done():
                future.set_exception(error)
                future.exception()  # whoever waited may be gone
        # What was sent is worth another try when all is over: there may be room again. What was not begun is not.
        self._next.outcomes[:0] = changes.outcomes
        return not self._is_closing or is_first
