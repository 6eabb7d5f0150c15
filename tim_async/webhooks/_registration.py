"""The decorators that register handlers, and the checks of their arguments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from ..errors import AnswerError, UsageError
from ._answer import RULES, Allow, Answer, answer_bytes
from ._event import BeforeEvent, Event
from ._handling import Handlers

E = TypeVar("E", bound=Event)
B = TypeVar("B", bound=BeforeEvent)
R = TypeVar("R")
A = TypeVar("A", bound=Answer | Awaitable[Answer | None] | None)


class OnDecorator(Generic[E]):
    """The decorator that `WebhookRouter.on` returns.

    Raises:
        UsageError: no event class is given, or an argument is not an event class.
    """

    def __init__(self, handlers: Handlers, kinds: tuple[type[Event], ...]) -> None:
        if not kinds:
            raise UsageError("on() needs at least one event class", field="events")
        for kind in kinds:
            if not (isinstance(kind, type) and issubclass(kind, Event)):
                raise UsageError(f"on() takes event classes, not {kind!r}", field="events")
        self._handlers = handlers
        self._kinds = kinds

    def __call__(self, handler: Callable[[E], R]) -> Callable[[E], R]:
        for kind in self._kinds:
            self._handlers.add(kind, handler)
        return handler


class BeforeDecorator(Generic[B]):
    """The decorator that `WebhookRouter.before` returns.

    Raises:
        UsageError: events of this class cannot be decided on, already have a handler that does, or do not accept the
            default answer.
    """

    def __init__(self, handlers: Handlers, kind: type[B], default: Answer | None) -> None:
        if kind not in RULES:
            raise UsageError(
                f"before() takes the class of an event that can be decided on, not {kind!r}", field="event"
            )
        if kind in handlers.deciders:
            raise UsageError(f"{kind.__name__} already has a before-handler", field="event")
        self._default = Allow() if default is None else default
        try:
            answer_bytes(kind(), self._default)
        except AnswerError as error:
            raise UsageError(error.message, field="default") from None
        self._handlers = handlers
        self._kind = kind

    def __call__(self, handler: Callable[[B], A]) -> Callable[[B], A]:
        self._handlers.decide_by(self._kind, handler, self._default)
        return handler
