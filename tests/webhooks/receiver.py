"""A receiver for tests, the requests it gets, and handlers that misbehave."""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

import msgspec

from tests.webhooks.requests import APP, TOKEN, body, query
from tim_async.webhooks import BeforeSendMsg, Event, WebhookRouter

BEFORE, AFTER = "C2C.CallbackBeforeSendMsg", "C2C.CallbackAfterSendMsg"
OK = {"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": ""}


class Errors(list[tuple[Exception, Event | None]]):
    """An `on_error` hook that keeps the failures it was called with."""

    def __call__(self, error: Exception, event: Event | None) -> None:
        self.append((error, event))


def make(**options: Any) -> tuple[WebhookRouter, Errors]:
    """Return a router, and the reports to its hook unless the options replace it."""
    errors = Errors()
    options.setdefault("on_error", errors)
    return WebhookRouter(APP, TOKEN, **options), errors


async def take(
    router: WebhookRouter, command: str = AFTER, *, fields: dict[str, Any] | None = None, **options: Any
) -> tuple[int, Any]:
    """Send an event to a router; return the status and the decoded answer."""
    response = await router.handle(query(command, **options), body(command, **(fields or {})))
    return response.status, msgspec.json.decode(response.body)


def watched(router: WebhookRouter) -> list[Event]:
    """Give a router handlers for everything; return the list of what they get."""
    got: list[Event] = []
    router.on(Event)(got.append)
    router.before(BeforeSendMsg)(got.append)
    return got


async def broken(event: Event) -> NoReturn:
    """Fail."""
    raise RuntimeError("as planned")


async def cancelled(event: Event) -> NoReturn:
    """Raise the error of a cancellation that was not requested."""
    raise asyncio.CancelledError


async def hanging(event: Event) -> None:
    """Wait forever."""
    await asyncio.get_running_loop().create_future()


async def misfitting(event: Event) -> Any:
    """Return something that is not an answer."""
    return "no"
