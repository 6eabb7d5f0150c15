"""Runs the handlers: the one that decides, inside its time, and the others behind the answer."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from operator import itemgetter
from typing import Any, Final, NamedTuple

from ..errors import AnswerError, EventLostError, HandlerTimeoutError, WebhookError
from ._answer import Answer, answer_bytes
from ._background import Background
from ._event import BeforeEvent, Event

OnError = Callable[[Exception, Event | None], Awaitable[None] | None]
BeforeHandler = Callable[[Any], Answer | Awaitable[Answer | None] | None]

logger = logging.getLogger("tim_async.webhooks")

_MAX_TOLD: Final = 10_000
_MAX_NAME: Final = 100
# The part of the time for shutdown that is kept for what was cancelled, and for telling of it.
_ENDING_SHARE: Final = 0.1


def name_of(event: Event) -> str:
    """Return an event's command for the log; one that this library does not know may be any text."""
    command = event.callback_command
    return command if command.isprintable() and len(command) <= _MAX_NAME else repr(command[:_MAX_NAME])


class Before(NamedTuple):
    """The function that decides on a kind of event, and the answer for when it does not."""

    handler: BeforeHandler
    default: Answer


class Job(NamedTuple):
    """What is called behind an answer, and the event it is about."""

    event: Event | None
    calls: tuple[Callable[[], object], ...]


class Handlers:
    """The handlers of a receiver.

    Args:
        after_timeout: seconds for a handler behind the answer; None for no end.
        concurrency: events handled at a time behind their answers.
        max_pending: events that may wait for that.
        max_pending_bytes: bytes that their bodies may have.
        on_error: told of every failure.
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
        self.before: dict[type[BeforeEvent], Before] = {}
        self._after_timeout = after_timeout
        self._on_error = on_error
        self._background = Background(
            self._run, self._cancelled, concurrency=concurrency, max_items=max_pending, max_bytes=max_pending_bytes
        )
        # A queue of its own: what is to be told must neither wait for handlers nor get lost among them.
        self._telling = Background(self._run, self._cancelled, concurrency=1, max_items=_MAX_TOLD, max_bytes=1)
        self._strays: set[asyncio.Task[Answer | None]] = set()

    def add(self, kind: type[Event], handler: Callable[[Any], object]) -> None:
        """Have a function called with every event of a kind, after those that were added before it."""
        order = sum(map(len, self._on.values()))
        self._on.setdefault(kind, []).append((order, handler))

    def bind(self) -> None:
        """Work in the running loop; say which events another one left behind when it ended.

        Raises:
            UsageError: the other one has not ended.
        """
        left = self._background.bind()
        for job in self._telling.bind():
            self._telling.put_nowait(job, 0)
        if left:
            self._strays.clear()
        for job in left:
            self._lose(job, "the event loop ended before the handlers were done")

    def open(self) -> None:
        """Take events from now on."""
        self.bind()
        self._background.open()
        self._telling.open()

    async def close(self, timeout: float) -> None:
        """Wait for what runs behind the answers, `timeout` seconds in all; give up the rest, and say so."""
        self.bind()
        clock = asyncio.get_running_loop().time
        deadline = clock() + timeout
        for job in await self._background.close(deadline - timeout * _ENDING_SHARE):
            self._lose(job, "the receiver was closed before the handlers were done")
        await self._telling.close(deadline)
        # Each wait lets the tasks run once at least, so that what was cancelled knows.
        if ending := self._background.ending | self._telling.ending | self._strays:
            await asyncio.wait(ending, timeout=max(0.0, deadline - clock()))

    def _lose(self, job: Job, why: str) -> None:
        if job.event is not None:
            error = EventLostError(why)
            self._log(error, job.event)
            self.tell(error, job.event)

    def _cancelled(self, job: Job) -> None:
        if job.event is None:
            logger.error("on_error was cancelled")
        self._lose(job, "the task of its handlers was cancelled")

    async def hand_over(self, event: Event, size: int, deadline: float) -> None:
        """Have an event's handlers run behind the answer; wait for room until `deadline` (loop time).

        Raises:
            EventLostError: there is no room, or the receiver is closed.
        """
        found = [entry for kind in type(event).__mro__ for entry in self._on.get(kind, ())]
        if not found:
            return
        found.sort(key=itemgetter(0))
        job = Job(event, tuple(partial(handler, event) for _, handler in found))
        if not await self._background.put(job, size, deadline=deadline):
            closed = self._background.is_closed
            raise EventLostError("the receiver is closed" if closed else "too many events wait for their handlers")

    async def decide(self, event: BeforeEvent, deadline: float) -> bytes:
        """Ask the function that decides, and return its answer's wire form; that of the default when it fails."""
        before = self.before.get(type(event))
        if before is None:
            return answer_bytes(event, None)
        failure: Exception
        try:
            return answer_bytes(event, await self._ask(before, event, deadline))
        except WebhookError as error:
            failure = error
            self._log(error, event)
        except Exception as error:
            failure = error
            logger.exception("the function that decides on %s failed", event.callback_command)
        self.tell(failure, event)
        return answer_bytes(event, before.default)

    async def _ask(self, before: Before, event: BeforeEvent, deadline: float) -> Answer | None:
        async def call() -> Answer | None:
            answer = before.handler(event)
            return await answer if inspect.isawaitable(answer) else answer

        left = max(0.0, deadline - asyncio.get_running_loop().time())
        # A task, not a timeout around the call: one that swallows its cancellation must not hold up the answer.
        task = asyncio.create_task(call(), name=f"tim_async: before {event.callback_command}")
        self._strays.add(task)
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
        if error is not None and not isinstance(error, Exception):
            # Outside of a task it would end more than the handler, such as the server.
            raise AnswerError(f"the handler ended with {type(error).__name__}") from error
        return task.result()

    def _forget(self, task: asyncio.Task[Answer | None]) -> None:
        self._strays.discard(task)
        if not task.cancelled():
            task.exception()  # one that fails after it was late has been reported as late

    async def _run(self, job: Job) -> None:
        """Make the calls of a job, one after the other."""
        for call in job.calls:
            scope = asyncio.timeout(self._after_timeout)
            try:
                async with scope:
                    result = call()
                    if inspect.isawaitable(result):
                        await result
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:
                task = asyncio.current_task()
                if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                    raise  # it is us who shall end, not something that the handler waited for
                self._report(job.event, error, scope)

    def _report(self, event: Event | None, error: BaseException, scope: asyncio.Timeout) -> None:
        """Say that a call failed."""
        if event is None:
            logger.error("on_error failed", exc_info=error)
        elif isinstance(error, TimeoutError) and scope.expired():
            late = HandlerTimeoutError(timeout=self._after_timeout or 0.0)
            self._log(late, event)
            self.tell(late, event)
        else:
            logger.error("a handler of %s failed", name_of(event), exc_info=error)
            if not isinstance(error, Exception):
                cause, error = error, EventLostError(f"a handler ended with {type(error).__name__}")
                error.__cause__, error.command = cause, name_of(event)
            self.tell(error, event)

    def _log(self, error: WebhookError, event: Event) -> None:
        error.command = name_of(event)
        logger.error("%s", error, exc_info=error.__cause__)

    def tell(self, error: Exception, event: Event | None) -> None:
        """Have the hook told of a failure, behind the answer; it is in the log already."""
        if self._on_error is None:
            return
        if not self._telling.put_nowait(Job(None, (partial(self._on_error, error, event),)), 0):
            logger.warning("on_error was not told of %s: it is too slow, or the receiver closed", type(error).__name__)
