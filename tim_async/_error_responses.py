"""HTTP answers for errors in a web app: one table of statuses, usable from any framework.

The status says what the web app's client can do: 4xx when a different request would succeed, 503 with Retry-After when
the same request may succeed later, 504 when no answer came in time, 502 when the service's answer is at fault, and 500
when the web app's own setup is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from . import errors
from .errors import TimError, may_have_been_delivered

HTTP_STATUS: Final[Mapping[type[TimError], int]] = MappingProxyType(
    {
        TimError: 500,
        errors.UsageError: 422,
        errors.BodyTooLargeError: 422,
        errors.UserSigError: 401,
        errors.LimiterSetupError: 500,
        errors.WaitTooLongError: 503,
        errors.TransportError: 502,
        errors.ConnectError: 502,
        errors.BreakerOpenError: 503,
        errors.ConnectionLostError: 502,
        errors.ReplyTimeoutError: 504,
        errors.ReplyDecodeError: 502,
        errors.ArchiveError: 502,
        errors.LedgerError: 500,
        errors.LimiterUnavailableError: 503,
        errors.ClusterError: 503,
        errors.PartialFailureError: 502,
        errors.WebhookError: errors.WebhookError.status,
        errors.SignatureError: errors.SignatureError.status,
        errors.StaleRequestError: errors.StaleRequestError.status,
        errors.WrongAppError: errors.WrongAppError.status,
        errors.MethodError: errors.MethodError.status,
        errors.EventTooLargeError: errors.EventTooLargeError.status,
        errors.BodyTimeoutError: errors.BodyTimeoutError.status,
        errors.EventDecodeError: errors.EventDecodeError.status,
        errors.AnswerError: errors.AnswerError.status,
        errors.HandlerTimeoutError: errors.HandlerTimeoutError.status,
        errors.EventLostError: errors.EventLostError.status,
        errors.ApiError: 502,
        errors.InvalidRequestError: 400,
        errors.AuthError: 502,  # the app's own key or permissions: its client cannot fix them
        errors.RateLimitedError: 503,
        errors.ServiceBusyError: 503,
    }
)
"""The HTTP status that a web app should answer with, for each class of error."""

_BUSY: Final = 503
_UNKNOWN: Final = 500
_RETRY_AFTER_S: Final = 1


class ErrorResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP answer for an error.

    Attributes:
        status: the HTTP status.
        headers: `Retry-After` in whole seconds, if the same request may succeed later; otherwise empty.
        body: a JSON-ready object: `error`, the class; `detail`, the text; `code` of the service, None if it gave
            none; `maybe_delivered`, whether the request may have taken effect.
    """

    status: int
    headers: dict[str, str]
    body: dict[str, str | int | bool | None]


def error_response(error: BaseException) -> ErrorResponse:
    """Return the HTTP answer for an error; `HTTP_STATUS` gives the status of its class or of the nearest base class.

    Errors other than `TimError` get 500, so that one handler can serve all errors of an app. The answer names their
    class but not their text, which may contain something that the caller must not see.

    Args:
        error: any error.
    """
    if not isinstance(error, TimError):
        return ErrorResponse(
            status=_UNKNOWN,
            headers={},
            body={
                "error": type(error).__name__,
                "detail": "internal error",
                "code": None,
                "maybe_delivered": may_have_been_delivered(error),
            },
        )
    status = next(HTTP_STATUS[kind] for kind in type(error).__mro__ if kind in HTTP_STATUS)
    return ErrorResponse(
        status=status,
        headers={"Retry-After": str(_retry_after(error))} if status == _BUSY else {},
        body={
            "error": error.kind,
            "detail": str(error),
            "code": error.code,
            "maybe_delivered": error.maybe_delivered,
        },
    )


def _retry_after(error: TimError) -> int:
    match error:
        case errors.WaitTooLongError():
            seconds = error.wait
        case errors.BreakerOpenError():
            seconds = error.look_in_s
        case _:
            seconds = None
    return max(math.ceil(seconds or 0), _RETRY_AFTER_S)
