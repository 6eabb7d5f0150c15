"""Work after the answer: a bounded queue, and a bounded number of worker tasks that process it.

Workers are started when there is work and end when there is none, so an idle receiver has no tasks. When the queue is
full, a request waits for room before it is answered, and the service waits with it: events are held back, not lost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from ..errors import UsageError

T = TypeVar("T")

_WORKER_RESTART_DELAY_S: Final = 0.01


class Background(Generic[T]):
    """Runs work in one event loop, the one it is bound to.

    Args:
        work: does the work for one item; raises nothing except when its own task is cancelled.
        lost: called with each item whose work was cancelled while this was open.
        concurrency: maximum number of workers.
        max_items: maximum number of waiting items.
        max_bytes: maximum total size of waiting items.
    """

    def __init__(
        self,
        work: Callable[[T], Awaitable[None]],
        lost: Callable[[T], None],
        *,
        concurrency: int,
        max_items: int,
        max_bytes: int,
    ) -> None:
        self._work = work
        self._lost = lost
        self._concurrency = concurrency
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reset()

    def _reset(self) -> None:
        self._queue: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._workers: set[asyncio.Task[None]] = set()
        self._running: dict[asyncio.Task[None], T] = {}
        self._waiters: deque[asyncio.Future[None]] = deque()
        self.is_closed = False

    def open(self) -> None:
        """Start accepting work."""
        self.is_closed = False

    def bind(self) -> list[T]:
        """Work in the running loop from now on; return the items left over from another loop that has ended.

        Raises:
            UsageError: the other loop is still running, so its workers would run beside ours.
        """
        loop = asyncio.get_running_loop()
        if loop is self._loop:
            return []
        if self._loop is not None and not self._loop.is_closed() and (self._loop.is_running() or self._workers):
            raise UsageError(
                "this WebhookRouter is used in another event loop that is still running; create one per event loop"
            )
        left = [*self._running.values(), *(item for item, _ in self._queue)]
        self._loop = loop
        self._reset()  # the workers ended with their loop
        return left

    def __len__(self) -> int:
        return len(self._queue)

    def _is_full(self, size: int) -> bool:
        # An item that alone exceeds the limit is accepted when the queue is empty.
        return len(self._queue) >= self._max_items or (bool(self._queue) and self._bytes + size > self._max_bytes)

    async def put(self, item: T, size: int, *, deadline: float) -> bool:
        """Add an item; wait for room until `deadline` (loop time). False if there was no room, or this is closed."""
        if not self.is_closed and (self._waiters or self._is_full(size)):
            try:
                async with asyncio.timeout_at(deadline):
                    await self._wait_for_room(size)
            except TimeoutError:
                return False
            finally:
                self._wake()  # there may be room for another, or the waiter that gave up may have been the woken one
        return self.put_nowait(item, size)

    async def _wait_for_room(self, size: int) -> None:
        """Wait in the order of arrival; a waiter that is woken but finds too little room stays first in line."""
        place = self._waiters.append
        while True:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            place(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
                raise
            if self.is_closed or not self._is_full(size):
                return
            place = self._waiters.appendleft

    def _wake(self) -> None:
        while self._waiters and (self.is_closed or not self._is_full(0)):
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                if not self.is_closed:
                    return

    def put_nowait(self, item: T, size: int) -> bool:
        """Add an item if there is room for it; False if there is none, or this is closed."""
        if self.is_closed or self._is_full(size):
            return False
        self._queue.append((item, size))
        self._bytes += size
        self._start_worker()
        return True

    def _start_worker(self) -> None:
        if self._queue and len(self._workers) < self._concurrency:
            self._workers.add(asyncio.create_task(self._empty(), name="tim_async: webhook handlers"))

    async def _empty(self) -> None:
        """Work until the queue is empty."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - it runs as a task
        try:
            while self._queue:
                item, size = self._queue.popleft()
                self._bytes -= size
                self._wake()
                self._running[task] = item
                await self._work(item)
                self._running.pop(task, None)
        except asyncio.CancelledError:
            # Either by its own work, or because the loop is ending and cancels all tasks. In that case a worker started
            # at once would be left pending, so the replacement waits.
            asyncio.get_running_loop().call_later(_WORKER_RESTART_DELAY_S, self._replace, task)
            raise
        finally:
            # Here, and not in a done callback: an item added in between would count on a worker that has stopped.
            self._workers.discard(task)

    def _replace(self, task: asyncio.Task[None]) -> None:
        """Report the item during which a worker was cancelled, and replace the worker."""
        if task in self._running:
            self._lost(self._running.pop(task))
        self._start_worker()

    async def close(self, deadline: float) -> list[T]:
        """Accept no more work, and finish the existing work by `deadline` (loop time); return the unfinished items.

        The workers still running then are cancelled; `unfinished` holds their tasks until they have ended.
        """
        self.is_closed = True
        self._wake()
        self._start_worker()
        if self._workers:
            left = max(0.0, deadline - asyncio.get_running_loop().time())
            await asyncio.wait(tuple(self._workers), timeout=left)
        lost = [*self._running.values(), *(item for item, _ in self._queue)]
        self._queue.clear()
        self._running.clear()
        self._bytes = 0
        for worker in self._workers:
            worker.cancel()
        return lost

    @property
    def unfinished(self) -> set[asyncio.Task[None]]:
        """The workers that have not ended yet."""
        return set(self._workers)
