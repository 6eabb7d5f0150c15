"""Runs the handlers: the one that decides, inside its time, and the others behind the answer."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, NamedTuple

from ..errors import AnswerError, EventLostError, HandlerTimeoutError, WebhookError
from ._answer import Answer, AnswerBody, answer_body
from ._background import Background
from ._event import BeforeEvent, Event

OnError = Callable[[Exception, Event | None], Awaitable[None] | None]
BeforeHandler = Callable[[Any], Answer | Awaitable[Answer | None] | None]

logger = logging.getLogger("tim_async.webhooks")

_MAX_TOLD: Final = 10_000


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
        self.on: dict[type[Event], list[Callable[[Any], object]]] = {}
        self.before: dict[type[BeforeEvent], Before] = {}
        self._after_timeout = after_timeout
        self._on_error = on_error
        self._background = Background(
            self._run, concurrency=concurrency, max_items=max_pending, max_bytes=max_pending_bytes
        )
        # A queue of its own: what is to be told must neither wait for handlers nor get lost among them.
        self._telling = Background(self._run, concurrency=1, max_items=_MAX_TOLD, max_bytes=1)
        self._strays: set[asyncio.Task[Answer | None]] = set()

    def open(self) -> None:
        """Take events from now on."""
        self._background.open()
        self._telling.open()

    async def close(self, timeout: float) -> None:
        """Wait for what runs behind the answers, `timeout` seconds at most; give up the rest, and say so."""
        for job in await self._background.close(timeout):
            if job.event is not None:
                error = EventLostError("the receiver was closed before the handlers were done")
                self._log(error, job.event)
                self.tell(error, job.event)
        if self._strays:
            await asyncio.wait(tuple(self._strays), timeout=timeout)
        await self._telling.close(timeout)

    async def hand_over(self, event: Event, size: int, deadline: float) -> None:
        """Have an event's handlers run behind the answer; wait for room until `deadline` (loop time).

        Raises:
            EventLostError: there is no room, or the receiver is closed.
        """
        handlers = [handler for kind in type(event).__mro__ for handler in self.on.get(kind, ())]
        if not handlers:
            return
        job = Job(event, tuple(partial(handler, event) for handler in handlers))
        if not await self._background.put(job, size, deadline=deadline):
            closed = self._background.is_closed
            raise EventLostError("the receiver is closed" if closed else "too many events wait for their handlers")

    async def decide(self, event: BeforeEvent, deadline: float) -> AnswerBody:
        """Ask the function that decides; answer by default when it is late or fails."""
        before = self.before.get(type(event))
        if before is None:
            return answer_body(event, None)
        failure: Exception
        try:
            return answer_body(event, await self._ask(before, event, deadline))
        except WebhookError as error:
            failure = error
            self._log(error, event)
        except Exception as error:
            failure = error
            logger.exception("the function that decides on %s failed", event.callback_command)
        self.tell(failure, event)
        return answer_body(event, before.default)

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
            except Exception as error:
                if job.event is None:
                    logger.exception("on_error failed")
                elif isinstance(error, TimeoutError) and scope.expired():
                    late = HandlerTimeoutError(timeout=self._after_timeout or 0.0)
                    self._log(late, job.event)
                    self.tell(late, job.event)
                else:
                    logger.exception("a handler of %s failed", job.event.callback_command)
                    self.tell(error, job.event)

    def _log(self, error: WebhookError, event: Event) -> None:
        error.command = event.callback_command
        logger.error("%s", error)

    def tell(self, error: Exception, event: Event | None) -> None:
        """Have the hook told of a failure, behind the answer; it is in the log already."""
        if self._on_error is None:
            return
        if not self._telling.put_nowait(Job(None, (partial(self._on_error, error, event),)), 0):
            logger.warning("on_error was not told of %s: it is too slow, or the receiver closed", type(error).__name__)
