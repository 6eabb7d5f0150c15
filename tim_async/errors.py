"""The tree of errors. Every class answers "what do I do now?".

    TimError
    ├── UsageError                wrong argument, missing setting, client closed: change the program
    │   ├── BodyTooLargeError     the message is over the size limit, nothing was sent
    │   ├── UserSigError          a UserSig does not verify
    │   └── LimiterSetupError     the limiter cannot serve this client, nothing was sent
    ├── WaitTooLongError          busy: the turn would come after the deadline, or too many calls wait; nothing was sent
    ├── TransportError            no usable answer came back
    │   ├── ConnectError          no connection could be made, nothing was sent
    │   ├── BreakerOpenError      the service has not answered for some seconds, nothing was sent
    │   ├── ConnectionLostError   the connection broke after the request may have been sent
    │   ├── ReplyTimeoutError     no answer in time
    │   └── ReplyDecodeError      an answer came, but not the service's: HTML, 502, truncated, too large ...
    ├── ArchiveError              an archive of messages cannot be fetched or read
    ├── LedgerError               a campaign's ledger cannot be read, written or locked
    ├── LimiterUnavailableError   the shared limiter cannot be reached, nothing was sent
    ├── ClusterError              the broker of the workers cannot be reached
    ├── PartialFailureError       some items of a batch failed, raised by `raise_for_failed()`
    ├── WebhookError              a webhook was refused or could not be served
    │   ├── SignatureError        its Sign is missing or wrong
    │   ├── StaleRequestError     its RequestTime is too far from now
    │   ├── WrongAppError         it is for another app
    │   ├── MethodError           it is not a POST
    │   ├── EventTooLargeError    its body is over the limit
    │   ├── BodyTimeoutError      its body did not come in time
    │   ├── EventDecodeError      its body does not match its command
    │   ├── AnswerError           a handler returned an answer that the event does not allow
    │   ├── HandlerTimeoutError   a handler took too long
    │   └── EventLostError        too many events wait, the receiver closes, or a handler was cancelled
    └── ApiError                  the service answered with a code
        ├── InvalidRequestError   fix the request
        ├── AuthError             fix credentials, permissions or the app's settings
        ├── RateLimitedError      too many calls, or more than the plan allows: slow down or raise the limit
        └── ServiceBusyError      trouble inside the service, its own text says "try again"

Facts are attributes, not only text. No message, attribute, cause or context contains a secret key or a UserSig.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Protocol, Self, TypeAlias, TypeVar

from . import _codes
from ._printable import one_line

_E = TypeVar("_E", bound="TimError")


class RequestStruct(Protocol):
    """The request struct of an endpoint, such as `SendMsg`: what a call does with it before encoding it."""

    def check(self) -> None:
        """Check what field types cannot express."""
        ...

    def identified(self) -> Self:
        """Return it with the fields filled in that let the service recognise a repeat."""
        ...


AnyRequest: TypeAlias = RequestStruct | Mapping[str, object]
"""A request as a struct, or as a mapping with wire names."""


@dataclass
class _Facts:
    """The fields that encoders write for an error, such as the `error` of a failed chunk."""

    kind: str
    message: str
    code: int | None
    command: str | None
    attempts: int
    maybe_delivered: bool


class TimError(Exception):
    """Base class of every error that this library raises.

    Encoders that support dataclasses, such as `msgspec.to_builtins` and `dataclasses.asdict`, turn an error into an
    object with `kind`, `message`, `code`, `command`, `attempts` and `maybe_delivered`.

    Attributes:
        topic: short stable name of the documentation page for this kind of error; unique to each class.
        code: the service's code, None if it gave none.
        message: what happened, without command and attempts.
        command: the command that was called, such as `openim/sendmsg`; None outside a call.
        attempts: number of attempts that got a token to be sent with; 0 when nothing was sent.
        maybe_delivered: True when the service may still have acted on the request.
        request: the request as it was sent, with MsgSeq and MsgRandom filled in: a struct, or the mapping of a raw
            call; an empty mapping outside a call. The service recognises it as the same message when it is sent
            again with `client.call` within 120 seconds.
    """

    # Errors are part of results, and results must be encodable.
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]] = _Facts.__dataclass_fields__

    topic: ClassVar[str] = "error"
    code: int | None = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.__dict__.setdefault("code", None)  # encoders read the instance, not its class
        self.command: str | None = None
        self.attempts = 0
        self.maybe_delivered = False
        self.request: AnyRequest = {}

    @property
    def kind(self) -> str:
        """The name of the class."""
        return type(self).__name__

    def __str__(self) -> str:
        where = f"{self.command}: " if self.command else ""
        times = f" (after {self.attempts} attempts)" if self.attempts > 1 else ""
        unsure = "; the request may have taken effect all the same" if self.maybe_delivered else ""
        # It may quote untrusted text: an ErrorInfo, an account or a row of a file.
        return one_line(f"{where}{self.message}{times}{unsure}")

    def __reduce__(self) -> tuple[Callable[..., TimError], tuple[object, ...]]:
        # Constructors take facts, not the finished text: rebuild from the facts, so that errors can cross processes.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[_E], args: tuple[object, ...], facts: dict[str, object]) -> _E:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(facts)
    return error


class UsageError(TimError):
    """The call or the configuration is wrong; nothing was sent.

    Attributes:
        field: the field, argument or setting that is wrong, None if there is no single one.
    """

    topic = "usage"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


# Size limit of a message in bytes: the client's default, and the limit in documents of 2022 and later.
_BODY_LIMIT: Final = 8192
_NEWER_BODY_LIMIT: Final = 12_288


class BodyTooLargeError(UsageError):
    """The encoded message is over the limit; no token and no connection was used.

    Attributes:
        actual: size of the encoded request in bytes, without the list of recipients; for a streamed message, the size
            that its text would have.
        limit: the limit in bytes (setting `body_limit`).
        field: the largest top-level field, as its wire name.
        field_bytes: the size of that field's value in bytes.
    """

    topic = "body-too-large"

    def __init__(
        self, *, actual: int, limit: int, field: str, field_bytes: int, what: str = "the encoded request"
    ) -> None:
        text = f"{what} has {actual} bytes, {actual - limit} over the limit of {limit}; "
        text += f"its largest field is {field} with {field_bytes} bytes"
        if limit == _BODY_LIMIT and actual <= _NEWER_BODY_LIMIT:
            text += (
                f"; newer documents allow {_NEWER_BODY_LIMIT:,}, which is the setting body_limit={_NEWER_BODY_LIMIT}"
            )
        super().__init__(text, field=field)
        self.actual = actual
        self.limit = limit
        self.field_bytes = field_bytes


class UserSigError(UsageError):
    """A UserSig does not verify.

    Attributes:
        code: the code with which the service refuses such a UserSig, such as 70001 for an expired one.
    """

    topic = "user-sig"

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message, field="user_sig")
        self.code: int = code


class LimiterSetupError(UsageError):
    """The limiter cannot serve this client at all; nothing was sent.

    The store of the shared limits refused the credentials or is too far away, or the limiter was given to clients
    that cannot share it.
    """

    topic = "limiter-setup"


class WaitTooLongError(TimError):
    """Busy: the wait for a turn would outlast, or did outlast, the call's deadline, too many calls already wait, or the
    quota of an hour or a day is used up.

    This attempt sent nothing. The request itself is valid: send fewer calls at a time, set a later deadline or raise
    the limit.

    Attributes:
        wait: seconds until the call's turn at the time of the error; None when unknown, for example when the deadline
            passed during the wait.
        remaining: seconds left to the deadline when the wait began; None when the deadline was not the reason.
        waiting: calls of the command that were already waiting, when that was the reason; else None.
        max_waiting: the maximum of calls that may wait (setting `max_waiting`), when that was the reason; else None.
        limit: the quota that is used up, such as `10/day`; None for other reasons.
        at: unix time in seconds when a used-up quota has room again.
    """

    topic = "wait-too-long"

    def __init__(
        self,
        *,
        wait: float | None,
        remaining: float | None,
        waiting: int | None = None,
        max_waiting: int | None = None,
        limit: str | None = None,
        at: float | None = None,
    ) -> None:
        if limit is not None and at is not None:
            when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            text = f"the limit of {limit} is used up; there is room again at {when}"
        elif remaining is None:
            about = "" if wait is None else f"; another call would get its turn in about {wait:.3f} s"
            text = f"{waiting} calls already wait for their turn, the maximum is {max_waiting}{about}"
        elif wait is None:
            text = f"the rate limit allowed no call within the {remaining:.3f} s left to the deadline"
        else:
            text = (
                f"the rate limit allows this call in {wait:.3f} s, but only {remaining:.3f} s are left to the deadline"
            )
        super().__init__(text)
        self.wait = wait
        self.remaining = remaining
        self.waiting = waiting
        self.max_waiting = max_waiting
        self.limit = limit
        self.at = at


class TransportError(TimError):
    """No usable answer came back."""

    topic = "transport"


class ConnectError(TransportError):
    """Neither the host nor its backup accepted a connection; nothing was sent."""

    topic = "connect"


class BreakerOpenError(TransportError):
    """The service has not answered for some seconds, so calls fail immediately (setting `breaker`); nothing was sent.

    Attributes:
        silent_s: seconds since the first of the failed attempts in a row.
        failures: number of failed attempts in a row.
        look_in_s: seconds until one call is let through as a probe; None while a probe is under way.
    """

    topic = "breaker-open"

    def __init__(self, *, silent_s: float, failures: int, look_in_s: float | None) -> None:
        look = "one call is probing it now" if look_in_s is None else f"the next probe is in {look_in_s:.3f} s"
        super().__init__(
            f"the service has not answered for {silent_s:.1f} s ({failures} attempts in a row failed); {look}"
        )
        self.silent_s = silent_s
        self.failures = failures
        self.look_in_s = look_in_s


class ConnectionLostError(TransportError):
    """The connection broke after the request may have been sent and before an answer arrived."""

    topic = "connection-lost"


class ReplyTimeoutError(TransportError):
    """No answer came in time.

    Attributes:
        timeout: the timeout in seconds.
    """

    topic = "reply-timeout"

    def __init__(self, message: str, *, timeout: float) -> None:
        super().__init__(message)
        self.timeout = timeout


class ReplyDecodeError(TransportError):
    """An answer arrived, but without the service's envelope.

    Attributes:
        status: HTTP status, 200 for every answer of the service itself.
        content_type: the answer's media type, "" if it gave none.
        size: number of bytes read.
    """

    topic = "reply-decode"

    def __init__(self, message: str, *, status: int, content_type: str = "", size: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.content_type = content_type
        self.size = size


class ArchiveError(TimError):
    """An archive of messages cannot be fetched or read: it is truncated, damaged, or not the announced file.

    Attributes:
        source: the file's path, or its URL without the query.
    """

    topic = "archive"

    def __init__(self, message: str, *, source: str) -> None:
        super().__init__(message)
        self.source = source


class LedgerError(TimError):
    """A campaign's ledger cannot be read, written or locked. Every message that was sent is recorded in it.

    Attributes:
        is_away: whether its database could not be reached, which may be temporary.
        is_missing: whether the ledger to be read does not exist.
    """

    topic = "ledger"
    is_away = False
    is_missing = False


class LimiterUnavailableError(TimError):
    """The store of the limits that several processes share cannot be reached; without it nothing may be sent."""

    topic = "limiter-unavailable"


class ClusterError(TimError):
    """The broker that distributes work to workers cannot be reached. Submitted work is in the ledger."""

    topic = "cluster"


class PartialFailureError(TimError):
    """Some items of a batch failed.

    Attributes:
        failed: the failed items of the result.
    """

    topic = "partial-failure"

    def __init__(self, failed: Sequence[object]) -> None:
        super().__init__(f"{len(failed)} of the items failed, the first is {failed[0]!r}")
        self.failed = failed


class WebhookError(TimError):
    """A webhook was refused or could not be served; `command` is its CallbackCommand if known.

    Attributes:
        status: the HTTP status it was answered with.
    """

    topic = "webhook"
    status = 500


class SignatureError(WebhookError):
    """The Sign is missing or wrong: the request is not from the service, or the tokens differ."""

    topic = "webhook-signature"
    status = 401


class StaleRequestError(WebhookError):
    """The RequestTime is too far from now: a replayed request, or a wrong clock.

    Attributes:
        age: seconds from the RequestTime to now, negative when it lies in the future.
        window: the allowed difference in seconds.
    """

    topic = "webhook-stale"
    status = 401

    def __init__(self, *, age: float, window: float) -> None:
        super().__init__(f"RequestTime is {age:.0f} s off; at most {window:g} s are allowed")
        self.age = age
        self.window = window


class WrongAppError(WebhookError):
    """The SdkAppid is missing or belongs to another app."""

    topic = "webhook-wrong-app"
    status = 403


class MethodError(WebhookError):
    """The HTTP method is not POST."""

    topic = "webhook-method"
    status = 405


class EventTooLargeError(WebhookError):
    """The body is over the limit; reading stopped there.

    Attributes:
        limit: the limit in bytes.
    """

    topic = "event-too-large"
    status = 413

    def __init__(self, *, limit: int) -> None:
        super().__init__(f"the body has more than {limit} bytes")
        self.limit = limit


class BodyTimeoutError(WebhookError):
    """The body did not arrive in time.

    Attributes:
        timeout: the timeout in seconds.
    """

    topic = "event-timeout"
    status = 408

    def __init__(self, *, timeout: float) -> None:
        super().__init__(f"the body did not arrive within {timeout:.3g} s")
        self.timeout = timeout


class EventDecodeError(WebhookError):
    """The body cannot be read.

    Attributes:
        field: wire path of the field that is wrong, None if there is no single one.
    """

    topic = "event-decode"
    status = 400

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class AnswerError(WebhookError):
    """A handler returned an answer that the event does not allow; the default answer was sent instead."""

    topic = "handler-answer"
    status = 200


class HandlerTimeoutError(WebhookError):
    """A handler took too long. If its answer was awaited, the default answer was sent.

    Attributes:
        timeout: the timeout in seconds.
    """

    topic = "handler-timeout"
    status = 200

    def __init__(self, *, timeout: float) -> None:
        super().__init__(f"the handler did not finish within {timeout:.3g} s")
        self.timeout = timeout


class EventLostError(WebhookError):
    """The handlers for an event did not run, or did not finish.

    Too many events wait, the receiver or its event loop is closing, or a handler cancelled itself.
    """

    topic = "event-lost"
    status = 503


# Advice by hint, for codes whose row has none; "" where the meaning is enough.
ADVICE: Final[dict[str, str]] = {
    "none": "",
    "fix_request": "change the request before sending it again",
    "auth": "check credentials, admin rights and the app's settings",
    "quota": "slow down, or raise the limit in the console",
    "retry": "trouble inside the service: try again later",
}
ADVICE_ZH: Final[dict[str, str]] = {
    "none": "",
    "fix_request": "修改请求后再发送",
    "auth": "检查凭证、管理员权限和应用的设置",
    "quota": "降低频率，或在控制台提高上限",
    "retry": "服务内部故障：稍后重试",
}


class ApiError(TimError):
    """The service answered with a code other than 0.

    Attributes:
        code: the answer's ErrorCode; None for a gateway in front of the service, which answers with an HTTP status.
        status: the HTTP status, 200 for every answer of the service itself.
        info: the answer's ErrorInfo, "" if it had none.
        name: the catalogue's name for the code, None if the code is unknown.
        meaning: the documented meaning of the code, None if it is unknown.
        hint: `none`, `fix_request`, `auth`, `quota` or `retry`.
        advice: what to do, with the call to make if there is one; "" if the meaning is enough.
    """

    topic = "api"

    def __init__(self, code: int, info: str, row: _codes.Code | None) -> None:
        self.code: int | None = code
        self.status = 200
        self.info = info
        self.name: str | None = row.name if row else None
        self.meaning: str | None = row.meaning if row else None
        self.hint: _codes.Hint = row.hint if row else "none"
        self.advice: str = (row.advice if row else "") or ADVICE[self.hint]
        named = f"{code} {row.name}" if row else f"{code} (unknown code)"
        reason = info or (row.meaning if row else "no ErrorInfo")
        super().__init__(f"the service answered {named}: {reason}{f' [{self.advice}]' if self.advice else ''}")

    @property
    def transient(self) -> bool:
        """Whether the service's own text says that trying again may help. The retry policy decides what is retried."""
        return self.hint == "retry"

    @property
    def asks_to_slow_down(self) -> bool:
        """Whether the code means "too many calls": the request is valid, the rate is too high."""
        return self.status == 429 or self.code in _codes.SLOW_DOWN_CODES


class InvalidRequestError(ApiError):
    """The request is wrong or names something that does not exist: fix it before sending it again."""

    topic = "invalid-request"


class AuthError(ApiError):
    """Credentials, permissions or the app's settings do not allow the call.

    Attributes:
        clock_off_s: for a UserSig that the service rejects as expired and that is valid by this host's clock: how many
            seconds that clock is ahead of the service's, negative when it is behind; None if no answer showed it.
    """

    topic = "auth"

    def __init__(self, code: int, info: str, row: _codes.Code | None) -> None:
        super().__init__(code, info, row)
        self.clock_off_s: float | None = None

    def blame_clock(self, off_s: float | None) -> None:
        """Blame this host's clock in advice and message, or suspect it when `off_s` is None."""
        advice = "check this host's clock: the UserSig is still valid by it"
        if off_s is not None:
            off = f"{_span(abs(off_s))} {'behind' if off_s < 0 else 'ahead of'} the service's"
            advice = f"set this host's clock: it is {off}"
        self.message: str = self.message.removesuffix(f" [{self.advice}]") + f" [{advice}]"
        self.args: tuple[str, ...] = (self.message,)
        self.clock_off_s = off_s
        self.advice: str = advice


def _span(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


class RateLimitedError(ApiError):
    """Too many calls, or more than the app's plan allows.

    A gateway in front of the service refuses with HTTP status 429; then `status` is 429 and `code` is None.
    """

    topic = "rate-limited"

    @classmethod
    def from_status(cls, status: int) -> RateLimitedError:
        """Build the error for a call that a gateway refused before it reached the service."""
        error = cls.__new__(cls)
        TimError.__init__(error, f"a gateway answered HTTP status {status}: too many calls [{ADVICE['quota']}]")
        error.code, error.status, error.info = None, status, ""
        error.name, error.meaning, error.hint, error.advice = None, None, "quota", ADVICE["quota"]
        return error


class ServiceBusyError(ApiError):
    """Trouble inside the service; its text says "try again"."""

    topic = "service-busy"


# The class of error, by the catalogue's hint.
CLASSES: Final[dict[_codes.Hint, type[ApiError]]] = {
    "none": ApiError,
    "fix_request": InvalidRequestError,
    "auth": AuthError,
    "quota": RateLimitedError,
    "retry": ServiceBusyError,
}


def from_reply(service: str, code: int, info: str) -> ApiError:
    """Build the error for an answer of `service` (the part of the command before the slash)."""
    row = _codes.lookup(service, code)
    return CLASSES[row.hint if row else "none"](code, info, row)


def may_have_been_delivered(error: BaseException) -> bool:
    """Return whether a failed, timed-out or cancelled call may still have taken effect.

    Accepts every `TimError`, and the `CancelledError` or `TimeoutError` that ends a call from outside
    (`asyncio.timeout`, `asyncio.wait_for`, `task.cancel`). Any exception that did not pass through a call is False.
    """
    pending: list[BaseException | None] = [error]
    visited: set[int] = set()
    while pending:
        seen = pending.pop()
        if seen is None or id(seen) in visited:
            continue
        if getattr(seen, "maybe_delivered", False):
            return True
        visited.add(id(seen))
        pending += (seen.__cause__, seen.__context__)
    return False
