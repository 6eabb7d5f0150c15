"""Work behind the answer: a bounded queue, and a bounded number of tasks that empty it.

Tasks are made when there is work and end when there is none, so a receiver at rest has none. When the queue is full,
whoever brings an event waits for room, and the service waits for its answer: events are held back, not lost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from ..errors import UsageError

T = TypeVar("T")

_MOMENT: Final = 0.01


class Background(Generic[T]):
    """Runs work in one event loop, the one it is bound to.

    Args:
        work: does the work for one item; it raises nothing but the cancellation of its own task.
        lost: told of an item whose work was cancelled while this was open.
        concurrency: tasks at a time.
        max_items: items that may wait.
        max_bytes: bytes that waiting items may have.
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
        """Take work from now on."""
        self.is_closed = False

    def bind(self) -> list[T]:
        """Work in the running loop from now on; return what waited in another one, which has ended.

        Raises:
            UsageError: the other one has not ended: its work would go on beside ours.
        """
        loop = asyncio.get_running_loop()
        if loop is self._loop:
            return []
        if self._loop is not None and not self._loop.is_closed() and (self._loop.is_running() or self._workers):
            raise UsageError("the receiver works in another event loop; there must be one for each loop")
        left = [*self._running.values(), *(item for item, _ in self._queue)]
        self._loop = loop
        self._reset()  # tasks of a loop that is gone are gone too
        return left

    def __len__(self) -> int:
        return len(self._queue)

    def _is_full(self, size: int) -> bool:
        # An item over the limit by itself is taken when nothing else waits.
        return len(self._queue) >= self._max_items or (bool(self._queue) and self._bytes + size > self._max_bytes)

    async def put(self, item: T, size: int, *, deadline: float) -> bool:
        """Hand over an item; wait for room until `deadline` (loop time). False when there was none, or it is closed."""
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
        assert task is not None  # noqa: S101 - it runs as one
        try:
            while self._queue:
                item, size = self._queue.popleft()
                self._bytes -= size
                self._wake()
                self._running[task] = item
                await self._work(item)
                self._running.pop(task, None)
        except asyncio.CancelledError:
            # By its own work, or with all tasks of a loop that ends, in which a new worker would be left behind.
            asyncio.get_running_loop().call_later(_MOMENT, self._go_on, task)
            raise
        finally:
            # Here, and not when the task is over: what comes in between would find a worker that works no more.
            self._workers.discard(task)

    def _go_on(self, task: asyncio.Task[None]) -> None:
        """Tell of the item with which a worker was cancelled, and replace the worker."""
        if task in self._running:
            self._lost(self._running.pop(task))
        self._start_worker()

    async def close(self, deadline: float) -> list[T]:
        """Take no more, and end what there is until `deadline` (loop time); return the items that were given up.

        Those that run then are cancelled; `ending` has their tasks until they are over.
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
    def ending(self) -> set[asyncio.Task[None]]:
        """The tasks that have not ended yet."""
        return set(self._workers)
