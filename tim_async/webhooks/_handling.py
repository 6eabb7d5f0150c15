"""Runs the handlers: the deciding one before its deadline, the others after the answer."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from operator import itemgetter
from typing import Any, Final, NamedTuple

from .._printable import one_line
from ..errors import AnswerError, EventLostError, HandlerTimeoutError, WebhookError
from ._answer import Answer, answer_bytes
from ._background import Background
from ._event import MAX_LOGGED_COMMAND, BeforeEvent, Event

OnError = Callable[[Exception, Event | None], Awaitable[None] | None]
DecidingFunction = Callable[[Any], Answer | Awaitable[Answer | None] | None]

logger = logging.getLogger("tim_async.webhooks")

_MAX_PENDING_REPORTS: Final = 10_000
# The fraction of the shutdown time reserved for handlers that were cancelled, and for reporting their events.
_CANCELLATION_FRACTION: Final = 0.1


def name_of(event: Event) -> str:
    """Return an event's command for the log; an unknown command may be any text, so it is cut and escaped."""
    return one_line(event.callback_command, MAX_LOGGED_COMMAND)


class _HandlerExitError(Exception):
    """A handler raised SystemExit or KeyboardInterrupt; the text is the name of that exception."""


class Decider(NamedTuple):
    """The function that decides on events of a class, and the answer when it is late or fails."""

    function: DecidingFunction
    default: Answer


class Job(NamedTuple):
    """The calls to make after an answer, and their event; None for calls of `on_error`."""

    event: Event | None
    calls: tuple[Callable[[], object], ...]


class Handlers:
    """The handlers of a receiver.

    Args:
        after_timeout: seconds a handler may take after the answer; None for no limit.
        concurrency: number of events handled at the same time after their answers.
        max_pending: number of events that may wait to be handled.
        max_pending_bytes: total size of their bodies.
        on_error: called for every failure.
    """

    def __init__(
        self,
        *,
        after_timeout: float | None,
        concurrency: int,
        max_pending: int,
        max_pending_bytes: int,
        on_error: OnError | None,
    ) -> None:
        self._on: dict[type[Event], list[tuple[int, Callable[[Any], object]]]] = {}
        self.deciders: dict[type[BeforeEvent], Decider] = {}
        self._after_timeout = after_timeout
        self._on_error = on_error
        self._background = Background(
            self._run, self._cancelled, concurrency=concurrency, max_items=max_pending, max_bytes=max_pending_bytes
        )
        # A separate queue: reports must neither wait behind handlers nor be dropped when those fill theirs.
        self._reports = Background(
            self._run, self._cancelled, concurrency=1, max_items=_MAX_PENDING_REPORTS, max_bytes=1
        )
        self._deciding: set[asyncio.Task[Answer | None]] = set()

    def add(self, kind: type[Event], handler: Callable[[Any], object]) -> None:
        """Call a function with every event of a class, after the functions that were added earlier."""
        order = sum(map(len, self._on.values()))
        self._on.setdefault(kind, []).append((order, handler))

    def decide_by(self, kind: type[BeforeEvent], function: DecidingFunction, default: Answer) -> None:
        """Let a function decide on events of a class; `default` is the answer when it is late or fails."""
        self.deciders[kind] = Decider(function, default)

    def bind(self) -> None:
        """Work in the running loop; report the events that another loop left behind when it ended.

        Raises:
            UsageError: the other loop is still running.
        """
        left = self._background.bind()
        for job in self._reports.bind():
            self._reports.put_nowait(job, 0)
        if left:
            self._deciding.clear()
        for job in left:
            self._report_lost(job, "the event loop ended before the handlers had finished")

    def open(self) -> None:
        """Start accepting events."""
        self.bind()
        self._background.open()
        self._reports.open()

    async def close(self, timeout: float) -> None:
        """Wait up to `timeout` seconds for running handlers; cancel the rest, and report their events as lost."""
        self.bind()
        clock = asyncio.get_running_loop().time
        deadline = clock() + timeout
        for job in await self._background.close(deadline - timeout * _CANCELLATION_FRACTION):
            self._report_lost(job, "the receiver was closed before the handlers had finished")
        await self._reports.close(deadline)
        # Even with no time left, the wait lets each task run once, so that cancelled ones see their cancellation.
        if unfinished := self._background.unfinished | self._reports.unfinished | self._deciding:
            await asyncio.wait(unfinished, timeout=max(0.0, deadline - clock()))

    def _report_lost(self, job: Job, why: str) -> None:
        if job.event is not None:
            error = EventLostError(why)
            self._log(error, job.event)
            self.report(error, job.event)

    def _cancelled(self, job: Job) -> None:
        if job.event is None:
            logger.error("on_error was cancelled")
        self._report_lost(job, "the task of its handlers was cancelled")

    async def hand_over(self, event: Event, size: int, deadline: float) -> None:
        """Queue an event for the handlers that run after the answer; wait for room until `deadline` (loop time).

        Raises:
            EventLostError: there was no room, or the receiver is closed.
        """
        found = [entry for kind in type(event).__mro__ for entry in self._on.get(kind, ())]
        if not found:
            return
        found.sort(key=itemgetter(0))
        job = Job(event, tuple(partial(handler, event) for _, handler in found))
        if not await self._background.put(job, size, deadline=deadline):
            closed = self._background.is_closed
            raise EventLostError("the receiver is closed" if closed else "too many events are waiting to be handled")

    async def decide(self, event: BeforeEvent, deadline: float) -> bytes:
        """Return the wire form of the deciding function's answer; of the default when it is late or fails."""
        decider = self.deciders.get(type(event))
        if decider is None:
            return answer_bytes(event, None)
        failure: Exception
        try:
            return answer_bytes(event, await self._ask(decider, event, deadline))
        except WebhookError as error:
            failure = error
            self._log(error, event)
        except Exception as error:
            failure = error
            logger.exception("the before-handler of %s failed", event.callback_command)
        self.report(failure, event)
        return answer_bytes(event, decider.default)

    async def _ask(self, decider: Decider, event: BeforeEvent, deadline: float) -> Answer | None:
        async def call() -> Answer | None:
            try:
                answer = decider.function(event)
                return await answer if inspect.isawaitable(answer) else answer
            except (SystemExit, KeyboardInterrupt) as error:
                # asyncio raises these two through the event loop, which ends the server and everything it does.
                raise _HandlerExitError(type(error).__name__) from error

        left = max(0.0, deadline - asyncio.get_running_loop().time())
        # A task, not a timeout around the call: a handler that swallows its cancellation must not delay the answer.
        task = asyncio.create_task(call(), name=f"tim_async: before {event.callback_command}")
        self._deciding.add(task)
        task.add_done_callback(self._forget)
        try:
            await asyncio.wait((task,), timeout=left)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not task.done():
            task.cancel()
            raise HandlerTimeoutError(timeout=left)
        if task.cancelled():
            raise AnswerError("the handler was cancelled")
        error = task.exception()
        if isinstance(error, _HandlerExitError):
            raise AnswerError(f"the handler ended with {error}") from error.__cause__
        if error is not None and not isinstance(error, Exception):
            # Raised as it is, it would end more than the handler: the server, for instance.
            raise AnswerError(f"the handler ended with {type(error).__name__}") from error
        return task.result()

    def _forget(self, task: asyncio.Task[Answer | None]) -> None:
        self._deciding.discard(task)
        if not task.cancelled():
            task.exception()  # mark it as retrieved: a handler that fails after its deadline was reported as late

    async def _run(self, job: Job) -> None:
        """Make the calls of a job, one after the other."""
        for call in job.calls:
            scope = asyncio.timeout(self._after_timeout)
            try:
                async with scope:
                    result = call()
                    if inspect.isawaitable(result):
                        await result
            except BaseException as error:  # SystemExit and KeyboardInterrupt too: they would end the server
                task = asyncio.current_task()
                if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                    raise  # this task is being cancelled, not something that the handler was waiting for
                self._report_failure(job.event, error, scope)

    def _report_failure(self, event: Event | None, error: BaseException, scope: asyncio.Timeout) -> None:
        """Log and report a failed call."""
        if event is None:
            logger.error("on_error failed", exc_info=error)
        elif isinstance(error, TimeoutError) and scope.expired():
            late = HandlerTimeoutError(timeout=self._after_timeout or 0.0)
            self._log(late, event)
            self.report(late, event)
        else:
            logger.error("a handler of %s failed", name_of(event), exc_info=error)
            if not isinstance(error, Exception):
                cause, error = error, EventLostError(f"a handler ended with {type(error).__name__}")
                error.__cause__, error.command = cause, name_of(event)
            self.report(error, event)

    def _log(self, error: WebhookError, event: Event) -> None:
        error.command = name_of(event)
        logger.error("%s", error, exc_info=error.__cause__)

    def report(self, error: Exception, event: Event | None) -> None:
        """Call `on_error` with a failure, after the answer. The caller has logged it already."""
        if self._on_error is None:
            return
        if not self._reports.put_nowait(Job(None, (partial(self._on_error, error, event),)), 0):
            logger.warning(
                "on_error was not called for %s: it is too slow, or the receiver is closed", type(error).__name__
            )
