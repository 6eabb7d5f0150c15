"""A thread that runs functions one after the other, and returns each result to the event loop that submitted it.

A blocking library needs a thread; a dedicated one costs one hop there and one back per call. It never keeps a process
from ending: work in progress then ends as in a process that is killed.
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
        with suppress(RuntimeError):  # the loop is closed, and with it all waiting tasks
            self._loop.call_soon_threadsafe(_deliver, self._future, result, failure)


_Jobs: TypeAlias = "SimpleQueue[_Job[Any] | None]"


def _deliver(future: asyncio.Future[Any], result: object, failure: BaseException | None) -> None:
    if future.done():
        return  # cancelled: no task waits for the result
    if failure is None:
        future.set_result(result)
    else:
        future.set_exception(failure)


def _work(jobs: _Jobs) -> None:
    while (job := jobs.get()) is not None:
        job.run()
        del job  # a waiting thread must not keep a result alive


class WorkerThread:
    """Runs functions in a thread, in the order in which they are submitted. It ends when nothing refers to it.

    Args:
        name: of the thread.
    """

    def __init__(self, name: str) -> None:
        self._jobs: _Jobs = SimpleQueue()
        self._process = os.getpid()
        threading.Thread(target=_work, args=(self._jobs,), name=name, daemon=True).start()
        weakref.finalize(self, self._jobs.put, None).atexit = False

    def submit(self, function: Callable[[], T]) -> asyncio.Future[T]:
        """Return the future result of the function in the running loop.

        Cancelling it does not prevent the function from running.

        Raises:
            UsageError: this process was forked from the one with the thread.
        """
        if os.getpid() != self._process:
            raise UsageError("this ledger was opened before the process forked: open it after the fork")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(function, future, loop))
        return future
