"""Trace context from the submission of a campaign to the workers, through the ledger and the broker.

A campaign's context is in the ledger: work messages are interchangeable, those that replace lost ones belong to no
trace, and a campaign worker handles many. Everything else that a task does belongs to the trace of its message.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import Context, Token, copy_context
from typing import Any, Final

from taskiq import TaskiqMessage, TaskiqMiddleware, TaskiqResult

try:
    from opentelemetry import context, propagate
except ModuleNotFoundError:  # without the extra `otel` there is no context to carry
    HAS_TRACES = False
else:
    HAS_TRACES = True

_LABEL: Final = "tim-trace-"


def carried() -> dict[str, str]:
    """Return the current trace context as propagators write it; empty without one."""
    carrier: dict[str, str] = {}
    if HAS_TRACES:
        propagate.inject(carrier)
    return carrier


def within(carrier: Mapping[str, str]) -> Context:
    """Return a copy of the current context with another trace context, or none."""
    made = copy_context()
    if HAS_TRACES:
        made.run(context.attach, propagate.extract(carrier, context.Context()))
    return made


class TraceMiddleware(TaskiqMiddleware):
    """Carries the trace context in labels of the message, as OpenTelemetry's propagators write it."""

    def __init__(self) -> None:
        super().__init__()
        self._tokens: dict[str, Token[Any]] = {}

    def pre_send(self, message: TaskiqMessage) -> TaskiqMessage:
        """Write the current context into the message."""
        if HAS_TRACES:
            message.labels.update({f"{_LABEL}{name}": value for name, value in carried().items()})
        return message

    def pre_execute(self, message: TaskiqMessage) -> TaskiqMessage:
        """Make the message's context the current one."""
        if HAS_TRACES:
            carrier = {
                name.removeprefix(_LABEL): str(value)
                for name, value in message.labels.items()
                if name.startswith(_LABEL)
            }
            if carrier:
                self._tokens[message.task_id] = context.attach(propagate.extract(carrier))
        return message

    def post_execute(self, message: TaskiqMessage, result: TaskiqResult[Any]) -> None:
        """Detach the message's context."""
        token = self._tokens.pop(message.task_id, None)
        if token is not None:
            context.detach(token)
