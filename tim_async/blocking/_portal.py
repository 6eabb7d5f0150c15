"""The portal: an event loop in its own thread, and calls into it from any other thread.

Words. A *job* is one call into the loop. Its *caller* is the thread that waits for it. Meanwhile the caller does work
for the job, so that a user's generator over database rows, or a function called with each outcome, runs in the user's
thread.

Guarantees. A caller gets the job's own exception, with the job's frames in its traceback. Anything that interrupts a
caller (Ctrl-C, a signal handler that raises) first cancels its job and waits until it has ended: whatever it held, such
as a turn at the limiter, is free when the interruption continues. No caller is left waiting: the portal knows a job
before the loop does, and the end of the loop ends all remaining jobs.

Cost of a call. Less than `asyncio.run_coroutine_threadsafe`, which needs a task with a callback, a future on each side,
and another turn of the loop: here the job's own coroutine puts the outcome where its caller waits. On Python 3.12 and
later, the task starts eagerly.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, ParamSpec, TypeVar
from weakref import WeakSet

from .._core.loop_bound import forget_when_forked, leave_to_parent
from ..errors import TimError, UsageError, may_have_been_delivered
from ._job import Job

P = ParamSpec("P")
T = TypeVar("T")

# How long the end of the loop waits for tasks that do not end when cancelled.
_LAST_TASKS_S: Final = 5.0

CLOSED: Final = "the client is closed"
EXITING: Final = (
    "the interpreter is exiting and calls can no longer be made: make them before the main thread ends; it may have "
    "to join your other threads first"
)
FORKED: Final = (
    "the client was used before this process was forked, and belongs to the parent process: create one client in each "
    "process, or make the first call after the fork (gunicorn: in the worker, or the hook post_fork; Celery: in the "
    "task, or the signal worker_process_init)"
)
_IN_LOOP: Final = (
    "this thread runs an event loop, which a blocking call would block: use tim_async.TimClient there, with "
    "`async with` and `await`, or await asyncio.to_thread(...) with this call"
)
_IN_PORTAL: Final = (
    "this is the thread in which tim_async.blocking makes its calls, so a call would wait for itself: observers, "
    "UserSig providers and asynchronous functions passed to a client run here. Use tim_async.TimClient there, or move "
    "the call to another thread"
)

_loops: Final[WeakSet[asyncio.AbstractEventLoop]] = WeakSet()


def check_thread() -> None:
    """Check that this thread runs no event loop.

    Raises:
        UsageError: it does.
    """
    running = asyncio._get_running_loop()
    if running is not None:
        raise UsageError(_IN_PORTAL if running in _loops else _IN_LOOP)


class Portal:
    """An event loop in its own thread.

    Attributes:
        loop: the loop.
        jobs: the jobs that have not ended.
        refusal: why it accepts no calls; None while it does.
        wakes_callers: whether callers are woken at the end of their jobs. When the interpreter exits, only daemon
            threads are left waiting: they end silently, as usual in Python, and not with an unhandled error.
    """

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        _loops.add(self.loop)
        self.jobs: set[Job[Any]] = set()
        self.refusal: str | None = None
        self.wakes_callers = True
        self._is_stopped = False
        self._executor = ThreadPoolExecutor(thread_name_prefix="tim_async.blocking")
        self._thread = threading.Thread(target=self._serve, name="tim_async.blocking", daemon=True)
        forget_when_forked(self)

    def start(self) -> None:
        """Start the thread.

        Raises:
            RuntimeError: no thread can be started, as while the interpreter exits.
        """
        self.loop.set_default_executor(self._executor)
        try:
            self._thread.start()
        except BaseException:
            self.loop.close()
            raise

    def check(self) -> None:
        """Check that this thread may make a call.

        Raises:
            UsageError: it may not; the message says what to do.
        """
        check_thread()
        if self.refusal is not None:
            raise UsageError(self.refusal)

    def run(self, function: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Await a coroutine in the loop; return its result or raise its error.

        Raises:
            UsageError: see `check`.
        """
        if self.refusal is not None or asyncio._get_running_loop() is not None:
            self.check()
        return self._run(Job(self, function, args, kwargs, is_served=False))

    def serve(self, function: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do the same for a coroutine that runs functions in its caller: `current_job` finds the job."""
        self.check()
        return self._run(Job(self, function, args, kwargs, is_served=True))

    def _run(self, job: Job[T]) -> T:
        try:
            is_begun = self._begin(job)
            if is_begun:
                job.wait()
        except BaseException as interruption:
            self._interrupt(job, interruption)
            raise
        if not is_begun:
            raise UsageError(self.refusal or CLOSED)
        return job.outcome()

    def _begin(self, job: Job[Any]) -> bool:
        """Pass a job to the loop; False if the loop is closed."""
        self.jobs.add(job)
        try:
            self.loop.call_soon_threadsafe(job.begin)
        except RuntimeError:
            self.jobs.discard(job)
            return False
        return True

    def _interrupt(self, job: Job[Any], interruption: BaseException) -> None:
        """Cancel the job of an interrupted caller, and wait until it has ended; a second interruption ends the wait."""
        try:
            self.loop.call_soon_threadsafe(job.cancel)
            if not job.is_over:  # otherwise nothing would end the wait
                job.wait()
        except BaseException:  # noqa: BLE001 - the first one goes on
            job.leave()
            return
        error = job.error
        if isinstance(error, asyncio.CancelledError):
            for note in getattr(error, "__notes__", ()):
                interruption.add_note(note)
        if error is None or may_have_been_delivered(error):
            with suppress(AttributeError):
                interruption.maybe_delivered = True  # type: ignore[attr-defined]  # read by may_have_been_delivered

    def post(self, function: Callable[..., object], *args: object) -> None:
        """Call a function in the loop if it still exists; for finalizers, which run in any thread."""
        if self.refusal is None:
            with suppress(RuntimeError):
                self.loop.call_soon_threadsafe(function, *args)

    def cancelled(self, error: asyncio.CancelledError) -> TimError:
        """Return the error of a call that was cancelled, but not by its caller."""
        reason = self.refusal
        found = UsageError(f"{reason}; the call was in flight") if reason else TimError("the call was cancelled")
        found.maybe_delivered = may_have_been_delivered(error)
        return found

    # The end

    def stop(self, refusal: str) -> None:
        """Accept no further calls and end the thread; calls in flight are cancelled."""
        self.refusal = refusal
        self.wakes_callers = refusal is not EXITING
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        self._is_stopped = True
        self.loop.stop()

    def join(self, timeout: float | None = None) -> None:
        """Wait until the thread has ended."""
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def after_fork(self) -> None:
        """Leave the loop to the parent process; its thread does not exist in this one."""
        leave_to_parent(dict(vars(self)))
        self.refusal = FORKED
        for job in tuple(self.jobs):
            job.drop(UsageError(FORKED))

    def _serve(self) -> None:
        loop = self.loop
        asyncio.set_event_loop(loop)
        try:
            while not self._is_stopped:
                # A task that ends with one of these ends the loop's run. It belongs to its caller, not to this thread.
                with suppress(SystemExit, KeyboardInterrupt):
                    loop.run_forever()
            loop.run_until_complete(self._end_tasks())
            loop.run_until_complete(loop.shutdown_asyncgens())
            if self.refusal is not EXITING:  # otherwise the interpreter has ended its threads and starts no others
                self._executor.shutdown()
        finally:
            asyncio.set_event_loop(None)
            loop.close()
            # Jobs that arrived between the last turn of the loop and its end.
            for job in tuple(self.jobs):
                job.drop(UsageError(self.refusal or CLOSED))

    async def _end_tasks(self) -> None:
        """Cancel the jobs and let them end in order, such as a campaign that writes its state; then cancel the rest."""
        for job in tuple(self.jobs):
            job.cancel()
        await _wait_for({job.task for job in self.jobs if job.task is not None})
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await _wait_for(left)


async def _wait_for(tasks: AbstractSet[asyncio.Task[Any]]) -> None:
    if tasks:
        await asyncio.wait(tasks, timeout=_LAST_TASKS_S)
