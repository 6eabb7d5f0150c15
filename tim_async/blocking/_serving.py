"""Arguments that are used in the calling thread: iterables that a call reads, functions that it calls.

A generator over database rows, or a function that writes outcomes to a database, runs in the user's thread and may take
its time there; in the loop's thread it would block all other calls.
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

# Items read before the loop takes them: enough that a fast iterable costs little per item.
_READ_AHEAD: Final = 512


class Feed(Generic[T]):
    """A caller's iterable, read by the loop.

    The calling thread reads ahead by a bounded number of items and passes each on as soon as it has it, without
    waiting for the next. It stops reading when there is other work for the call.
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
    """A caller's iterator: it can be read only once, across any number of calls."""

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
        read: items read and not yet taken.
        is_over: whether there are no more.
        error: the error that the iterable raised after these items.
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
        """Wait until there are items to take, or no more will come."""
        job, waiter = current_job(), asyncio.get_running_loop().create_future()
        self._waiter = waiter
        # Items that arrive from here on end the wait; earlier ones are seen now.
        if self.read or self.is_over:
            return
        if not self._is_reading:
            self._is_reading = True
            job.post_to_caller(partial(self._read, job))
        await waiter

    def _read(self, job: Job[Any]) -> None:
        """Read the items that can be taken soon; in the calling thread."""
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
    """Return the loop's reader for an iterable; the argument itself if it is in memory or not an iterable."""
    at_hand = (str, bytes, Sequence, AbstractSet, Mapping)
    if isinstance(items, at_hand) or not isinstance(items, Iterable) or isinstance(items, AsyncIterable):
        return cast(AsyncIterator[T], items)
    return cast(AsyncIterator[T], Feed(items))


class Posted:
    """A caller's function that the loop calls without waiting for it; it runs in the calling thread.

    An error that it raises is raised by its next call, or by `raise_failure`; then it is not called any more.
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
        """Raise the error of the function, if there was one."""
        if self._failure is not None:
            raise self._failure


def posted(given: dict[str, Any]) -> list[Posted]:
    """Wrap each plain function among keyword arguments in `Posted`; return the wrappers."""
    found = {
        name: Posted(value)
        for name, value in given.items()
        if callable(value) and not isinstance(value, type) and not inspect.iscoroutinefunction(value)
    }
    given.update(found)
    return list(found.values())
