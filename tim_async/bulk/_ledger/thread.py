"""A thread that runs functions one after the other, and hands each result to the event loop that asked for it.

A blocking library needs a thread; one of our own costs a call one way there and one back. It never keeps a process
from ending: what it is in the middle of then ends as in a process that is killed.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Generic, TypeAlias, TypeVar

from ...errors import UsageError

T = TypeVar("T")


class _Job(Generic[T]):
    __slots__ = ("_function", "_future", "_loop")

    def __init__(self, function: Callable[[], T], future: asyncio.Future[T], loop: asyncio.AbstractEventLoop) -> None:
        self._function = function
        self._future = future
        self._loop = loop

    def run(self) -> None:
        if self._future.cancelled():
            return
        result: T | None = None
        failure: BaseException | None = None
        try:
            result = self._function()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the task that waits must get it
            failure = error
        with suppress(RuntimeError):  # the loop is closed, and with it all that waited
            self._loop.call_soon_threadsafe(_deliver, self._future, result, failure)


_Jobs: TypeAlias = "SimpleQueue[_Job[Any] | None]"


def _deliver(future: asyncio.Future[Any], result: object, failure: BaseException | None) -> None:
    if future.done():
        return  # cancelled: the result is of no use to the task that asked for it
    if failure is None:
        future.set_result(result)
    else:
        future.set_exception(failure)


def _work(jobs: _Jobs) -> None:
    while (job := jobs.get()) is not None:
        job.run()
        del job  # a thread that waits must not keep a result


class WorkerThread:
    """Runs functions in a thread, in the order in which they come. It ends by itself when nothing refers to it.

    Args:
        name: of the thread.
    """

    def __init__(self, name: str) -> None:
        self._jobs: _Jobs = SimpleQueue()
        self._process = os.getpid()
        threading.Thread(target=_work, args=(self._jobs,), name=name, daemon=True).start()
        weakref.finalize(self, self._jobs.put, None).atexit = False

    def submit(self, function: Callable[[], T]) -> asyncio.Future[T]:
        """Return what becomes the function's result in the running loop.

        Cancelling it does not keep the function from running.

        Raises:
            UsageError: this is a process that was forked from the one with the thread.
        """
        if os.getpid() != self._process:
            raise UsageError("this ledger was opened before the process was forked: open it after that")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(function, future, loop))
        return future
