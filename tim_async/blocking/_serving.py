"""What a call is given that runs in the calling thread: iterables that it reads, functions that it calls.

A generator over the rows of a database, or a function that writes outcomes into one, works in the thread it belongs to,
and may take its time there; in the loop's thread it would hold up the calls of all others.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import partial
from typing import Any, Final, Generic, Self, TypeVar, cast

from ._job import Job, current_job

T = TypeVar("T")

# Items that are read before the loop takes them: enough that a quick iterable costs little for each of its items.
_READ_AHEAD: Final = 512


class Feed(Generic[T]):
    """An iterable of the caller's, which the loop reads.

    The calling thread reads it ahead, a bounded number of items, and hands over each as soon as it has it: none is held
    back while the next one is waited for. It stops reading where there is something else to be done for the call.
    """

    def __init__(self, items: Iterable[T]) -> None:
        self._items = items

    async def __aiter__(self) -> AsyncIterator[T]:
        reader = _Reader(self._items)
        while True:
            while reader.read:
                yield reader.read.popleft()
            if reader.error is not None:
                raise reader.error
            if reader.is_over and not reader.read:
                return
            await reader.more()


class FeedOnce(Feed[T]):
    """An iterator of the caller's: it can be read once only, in any number of calls."""

    def __init__(self, items: Iterator[T]) -> None:
        super().__init__(items)
        self._reading: AsyncIterator[T] | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if self._reading is None:
            self._reading = super().__aiter__()
        return await anext(self._reading)


class _Reader(Generic[T]):
    """Reads an iterable for a job.

    Attributes:
        read: what was read and not taken.
        is_over: whether there is no more.
        error: what the iterable raised after what was read.
    """

    def __init__(self, items: Iterable[T]) -> None:
        self.read: deque[T] = deque()
        self.is_over = False
        self.error: Exception | None = None
        self._items = items
        self._iterator: Iterator[T] | None = None
        self._is_reading = False
        self._waiter: asyncio.Future[None] | None = None

    async def more(self) -> None:
        """Wait until there is more to take, or no more."""
        job, waiter = current_job(), asyncio.get_running_loop().create_future()
        self._waiter = waiter
        # What comes from here on ends the wait; what came before is seen now.
        if self.read or self.is_over:
            return
        if not self._is_reading:
            self._is_reading = True
            job.post_to_caller(partial(self._read, job))
        await waiter

    def _read(self, job: Job[Any]) -> None:
        """Read what can be taken soon; in the calling thread."""
        try:
            if self._iterator is None:
                self._iterator = iter(self._items)
            for item in self._iterator:
                self.read.append(item)
                self._wake()
                if len(self.read) >= _READ_AHEAD or job.has_tasks or job.is_over:
                    break
            else:
                self.is_over = True
        except Exception as error:  # noqa: BLE001 - it is raised where the items are read
            self.error = error
            self.is_over = True
        self._is_reading = False
        self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            with suppress(RuntimeError):  # the loop is closed
                waiter.get_loop().call_soon_threadsafe(_set, waiter)


def _set(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


def feed(items: Iterable[T]) -> AsyncIterator[T]:
    """Return what the loop reads in place of an iterable: itself, where reading it is no work, or where it is none."""
    at_hand = (str, bytes, Sequence, AbstractSet, Mapping)
    if isinstance(items, at_hand) or not isinstance(items, Iterable) or isinstance(items, AsyncIterable):
        return cast(AsyncIterator[T], items)
    return cast(AsyncIterator[T], Feed(items))


class Posted:
    """A function of the caller's that the loop calls without waiting for it; the calling thread calls it.

    What it raises is raised by the next call of it, or by `raise_failure`; then it is not called any more.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function
        self._failure: Exception | None = None

    def __call__(self, *args: object) -> None:
        self.raise_failure()
        current_job().post_to_caller(partial(self._call, args))

    def _call(self, args: tuple[object, ...]) -> None:
        if self._failure is not None:
            return
        try:
            self._function(*args)
        except Exception as error:  # noqa: BLE001 - it is raised by the call that it was given to
            self._failure = error

    def raise_failure(self) -> None:
        """Raise what the function raised, if it did."""
        if self._failure is not None:
            raise self._failure


def posted(given: dict[str, Any]) -> list[Posted]:
    """Put a `Posted` in the place of each plain function among named arguments; return these."""
    found = {
        name: Posted(value)
        for name, value in given.items()
        if callable(value) and not isinstance(value, type) and not inspect.iscoroutinefunction(value)
    }
    given.update(found)
    return list(found.values())
