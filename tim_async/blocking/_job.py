"""A job: one call into the portal's loop, and the work that its caller does meanwhile."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from contextvars import ContextVar
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Final, Generic, ParamSpec, Protocol, TypeVar, cast

from ..errors import TimError

P = ParamSpec("P")
T = TypeVar("T")

# A signal that arrives just before a wait begins does not end it, and on Windows none does: check between waits.
_WAIT_S: Final = 0.1 if sys.platform == "win32" else 0.5


class Owner(Protocol):
    """The part of the portal that a job needs."""

    loop: asyncio.AbstractEventLoop
    jobs: set[Job[Any]]
    wakes_callers: bool

    def cancelled(self, error: asyncio.CancelledError) -> TimError:
        """Return the error of a call that was cancelled, but not by its caller."""
        ...


class Job(Generic[T]):
    """One call into the loop.

    Args:
        portal: the portal whose loop runs it.
        function: returns the coroutine to await there.
        args: its positional arguments.
        kwargs: its keyword arguments.
        is_served: whether it runs functions in its caller; `current_job` then finds it.

    Attributes:
        is_over: whether it has ended.
        error: the error it ended with; None for a result.
        task: the task that runs it, once it has begun.
    """

    __slots__ = (
        "_args",
        "_function",
        "_has_begun",
        "_is_left",
        "_is_served",
        "_kwargs",
        "_portal",
        "_result",
        "_tasks",
        "error",
        "is_over",
        "task",
    )

    def __init__(
        self,
        portal: Owner,
        function: Callable[..., Coroutine[Any, Any, T]],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        *,
        is_served: bool,
    ) -> None:
        self._portal = portal
        self._function = function
        self._args = args
        self._kwargs = kwargs
        self._is_served = is_served
        self._tasks: SimpleQueue[_CallerTask | None] = SimpleQueue()  # for the caller; None marks the end
        self.task: asyncio.Task[None] | None = None
        self._has_begun = False
        self.is_over = False
        self._is_left = False  # its caller has stopped waiting
        self.error: BaseException | None = None

    # In the loop

    def begin(self) -> None:
        """Start; called in the loop, in a copy of the caller's context."""
        if self.is_over:
            return
        if self._is_served:
            _job.set(self)
        self.task = _begin_task(self._portal.loop, self._run())

    async def _run(self) -> None:
        self._has_begun = True
        try:
            self._result = await self._function(*self._args, **self._kwargs)
        except BaseException as error:  # noqa: BLE001 - all of them are the caller's
            self.error = error
        self._end()

    def _end(self) -> None:
        self.is_over = True
        self._portal.jobs.discard(self)
        if self._portal.wakes_callers:
            self._tasks.put(None)

    def cancel(self) -> None:
        """Cancel the running call."""
        if self.is_over:
            return
        if self.task is not None:
            self.task.cancel()
        if not self._has_begun:  # it never will now
            self.drop(asyncio.CancelledError())

    def drop(self, error: BaseException) -> None:
        """End without the loop."""
        if not self.is_over:
            self.error = error
            self._end()

    async def in_caller(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function in the caller's thread; return its result or raise its error."""
        if self._is_left:
            raise asyncio.CancelledError
        answer = self._portal.loop.create_future()
        self._tasks.put(_CallerTask(self._portal.loop, answer, lambda: function(*args, **kwargs)))
        return cast(T, await answer)

    def post_to_caller(self, function: Callable[[], object]) -> None:
        """Call a function that never raises in the caller's thread, without waiting for it."""
        self._tasks.put(_CallerTask(self._portal.loop, None, function))

    # In the caller

    @property
    def has_tasks(self) -> bool:
        """Whether there is work for the caller that it has not started."""
        return not self._tasks.empty()

    def wait(self) -> None:
        """Wait until it has ended, and do the caller's work meanwhile."""
        get = self._tasks.get
        while True:
            try:
                task = get(True, _WAIT_S)
            except Empty:
                continue
            if task is None:
                return
            task.do()

    def leave(self) -> None:
        """Stop waiting: pending work for the caller is dropped."""
        self._is_left = True
        while True:
            try:
                task = self._tasks.get_nowait()
            except Empty:
                return
            if task is not None:
                task.refuse()

    def outcome(self) -> T:
        """Return its result or raise its error."""
        error, self.error = self.error, None
        if error is None:
            return self._result
        try:
            if isinstance(error, asyncio.CancelledError):
                raise self._portal.cancelled(error) from None
            raise error.with_traceback(_below_run(error.__traceback__))
        finally:
            del error  # break the reference cycle between the traceback and this frame


class _CallerTask:
    """One piece of work for the caller."""

    __slots__ = ("_answer", "_function", "_loop")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Any] | None, function: Callable[[], object]
    ) -> None:
        self._loop = loop
        self._answer = answer
        self._function = function

    def do(self) -> None:
        """Do it in this thread. Anything but an `Exception`, such as Ctrl-C, ends the caller's wait."""
        if self._answer is None:
            self._function()
            return
        result: object = None
        failure: Exception | None = None
        try:
            result = self._function()
        except StopIteration as error:
            # It has another meaning where the answer is awaited; Python does the same in a generator.
            failure = RuntimeError("the function raised StopIteration")
            failure.__cause__ = error
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is awaited
            failure = error
        except BaseException:
            self.refuse()
            raise
        self._reply(self._answer, result, failure)

    def refuse(self) -> None:
        """Cancel the code that awaits the answer."""
        if self._answer is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._answer.cancel)

    def _reply(self, answer: asyncio.Future[Any], result: object, failure: Exception | None) -> None:
        def reply() -> None:
            if answer.done():  # nothing awaits it any more
                return
            if failure is None:
                answer.set_result(result)
            else:
                answer.set_exception(failure)

        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(reply)


_job: ContextVar[Job[Any]] = ContextVar("tim_async.blocking job")


def current_job() -> Job[Any]:
    """Return the job of the running task, which must be served."""
    return _job.get()


def _below_run(traceback: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frame of `Job._run`, if there is a frame below it."""
    return traceback.tb_next if traceback is not None and traceback.tb_next is not None else traceback


if sys.version_info >= (3, 12):

    def _begin_task(loop: asyncio.AbstractEventLoop, run: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return asyncio.Task(run, loop=loop, eager_start=True)

else:

    def _begin_task(loop: asyncio.AbstractEventLoop, run: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return loop.create_task(run)
