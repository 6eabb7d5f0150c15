"""Work behind the answer: a bounded queue, and a bounded number of tasks that empty it.

Tasks are made when there is work and end when there is none, so a receiver at rest has none. When the queue is full,
whoever brings an event waits for room, and the service waits for its answer: events are held back, not lost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Background(Generic[T]):
    """Runs work in the event loop that brings it.

    Args:
        work: does the work for one item; it must not raise.
        concurrency: tasks at a time.
        max_items: items that may wait.
        max_bytes: bytes that waiting items may have.
    """

    def __init__(
        self, work: Callable[[T], Awaitable[None]], *, concurrency: int, max_items: int, max_bytes: int
    ) -> None:
        self._work = work
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
        """Take work from now on."""
        self._bind()
        self.is_closed = False

    def _bind(self) -> None:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            # Tasks of a loop that is gone are gone too.
            self._loop = loop
            self._reset()

    def __len__(self) -> int:
        return len(self._queue)

    def _is_full(self, size: int) -> bool:
        # An item over the limit by itself is taken when nothing else waits.
        return len(self._queue) >= self._max_items or (bool(self._queue) and self._bytes + size > self._max_bytes)

    async def put(self, item: T, size: int, *, deadline: float) -> bool:
        """Hand over an item; wait for room until `deadline` (loop time). False when there was none, or it is closed."""
        self._bind()
        if not self.is_closed and (self._waiters or self._is_full(size)):
            try:
                async with asyncio.timeout_at(deadline):
                    await self._wait_for_room(size)
            except TimeoutError:
                return False
            finally:
                self._wake()  # there may be room for one more; and whoever gave up was perhaps the one to be woken
        return self.put_nowait(item, size)

    async def _wait_for_room(self, size: int) -> None:
        """Wait in the order of arrival; whoever is woken and finds too little room stays first."""
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
        """Hand over an item if there is room for it; False when there is none, or it is closed."""
        self._bind()
        if self.is_closed or self._is_full(size):
            return False
        self._queue.append((item, size))
        self._bytes += size
        if len(self._workers) < self._concurrency:
            self._workers.add(asyncio.create_task(self._empty(), name="tim_async: webhook handlers"))
        return True

    async def _empty(self) -> None:
        """Work until the queue is empty."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - it runs as one
        try:
            while self._queue:
                item, size = self._queue.popleft()
                self._bytes -= size
                self._wake()
                self._running[task] = item
                await self._work(item)
                del self._running[task]
        finally:
            # Here, and not when the task is over: what comes in between would find a worker that works no more.
            self._running.pop(task, None)
            self._workers.discard(task)

    async def close(self, timeout: float) -> list[T]:
        """Take no more, and end what there is within `timeout` seconds; return the items that were given up."""
        self._bind()
        self.is_closed = True
        self._wake()
        if self._workers:
            await asyncio.wait(tuple(self._workers), timeout=timeout)
        lost = [*self._running.values(), *(item for item, _ in self._queue)]
        self._queue.clear()
        self._bytes = 0
        for worker in tuple(self._workers):
            worker.cancel()
        if self._workers:
            await asyncio.wait(tuple(self._workers), timeout=timeout)
        return lost
