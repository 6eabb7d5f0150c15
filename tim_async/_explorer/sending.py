"""Sending: a request is sent as it was typed, and the answer is explained."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import msgspec

from .._api.endpoint import Endpoint
from .._api.wire import PartialResult, decode, encode
from ..errors import ApiError, TimError, UsageError, from_reply
from .codes import CodeLine, find_line

Send: TypeAlias = Callable[[Endpoint[..., Any], dict[str, Any]], Awaitable[bytes]]
"""Send a request, and return the answer unchanged, whatever its code; raise a `TimError` if there is none."""


class Outcome(msgspec.Struct, kw_only=True):
    """The result of a request.

    Attributes:
        is_ok: whether the service executed it.
        request: the request as it was sent, as JSON.
        answer: the answer as JSON, "" without one.
        took_s: seconds from the first attempt to the answer, waits included.
        error: the class of error that programs get, None without one.
        message: what happened, "" for a success.
        advice: what to do, "" if unknown.
        code: the entry of the code, None for a success and for an unknown code.
        failed_items: how many items of a batch failed in an answer that says success.
        maybe_delivered: whether it may have been executed although no answer says so.
    """

    is_ok: bool
    request: str
    answer: str
    took_s: float
    error: str | None = None
    message: str = ""
    advice: str = ""
    code: CodeLine | None = None
    failed_items: int = 0
    maybe_delivered: bool = False


async def send(endpoint: Endpoint[..., Any], body: dict[str, Any], sdk_app_id: int, sender: Send) -> Outcome:
    """Send a request, with the fields filled in that the client of a program fills in."""
    endpoint.identify(body)
    if endpoint.app_field is not None:
        body = dict(endpoint.name_app(body, sdk_app_id))
    begun = time.perf_counter()
    answer, error = b"", None
    try:
        answer = await sender(endpoint, body)
    except TimError as failure:
        error = failure
    took_s = time.perf_counter() - begun
    outcome = Outcome(is_ok=False, request=encode(body).decode(), answer=_text(answer), took_s=took_s)
    if error is None:
        error = _error_of(endpoint, answer)
    if error is None:
        outcome.is_ok = True
        outcome.failed_items = _count_failed(endpoint, answer)
        return outcome
    outcome.error, outcome.message = type(error).__name__, error.message
    outcome.maybe_delivered = error.maybe_delivered
    if isinstance(error, ApiError) and error.code is not None:
        outcome.code = find_line(endpoint.service, error.code)
        outcome.message, outcome.advice = error.info or error.message, error.advice
        outcome.answer = outcome.answer or _text(_refusal(error.code, error.info))
    return outcome


def _refusal(code: int, info: str) -> bytes:
    """Return the answer for an error; a client keeps no more of it than this."""
    return encode({"ActionStatus": "FAIL", "ErrorCode": code, "ErrorInfo": info})


def _error_of(endpoint: Endpoint[..., Any], answer: bytes) -> TimError | None:
    """Return the error of an answer; None for a success."""
    try:
        envelope = msgspec.json.decode(answer, type=dict[str, Any])
        code, info = envelope["ErrorCode"], envelope.get("ErrorInfo")
    except (msgspec.MsgspecError, UnicodeError, RecursionError, KeyError):
        return TimError("the answer is not JSON with an ErrorCode")
    if code == 0:
        return None
    return from_reply(endpoint.service, code, str(info or "")) if isinstance(code, int) else TimError("no ErrorCode")


def _count_failed(endpoint: Endpoint[..., Any], answer: bytes) -> int:
    try:
        result = decode(answer, endpoint.result)
    except UsageError:
        return 0
    return len(result.failed) if isinstance(result, PartialResult) else 0


def _text(answer: bytes) -> str:
    """Return an answer indented for display; unchanged if it is not JSON."""
    try:
        return msgspec.json.format(answer, indent=2).decode() if answer else ""
    except (msgspec.MsgspecError, UnicodeError):
        return answer.decode(errors="replace")
