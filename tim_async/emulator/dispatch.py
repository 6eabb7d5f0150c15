"""How a command finds its handler, and what a handler receives.

    @handles(C2C.send)
    def send(call: Call) -> SendMsgResult:
        to_account = account(call.raw, "To_Account", code=MessageCode.TO_ACCOUNT_INVALID)
        ...
        return SendMsgResult(msg_time=..., msg_key=...)

A handler is a plain function: it does not await, so its changes are atomic. It returns the result struct of its
endpoint (or a `Reply`, to choose another ActionStatus) or raises `Refusal` with the documented code. There is one
module for each family, imported by `app`; importing it fills `HANDLERS`.

Webhooks. A handler emits what it has done with `call.emit(AfterSendMsg(...))`; it is sent after the answer. Before it
does something that an app may forbid, it asks: `verdict = call.ask(BeforeSendMsg(...), refused=...)`. If the answer is
pending, `ask` leaves the handler, which runs again from its beginning when the answer has arrived. So a handler asks
after its checks and before its first change, and its checks run again on the current state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from .._api.endpoint import Endpoint
from .._api.wire import Request, Result, validator
from .._randomness import random_u32
from ..errors import UsageError
from ..webhooks import AnswerBody, BeforeEvent, Event
from .answers import answered
from .outgoing.outbox import Outbox
from .outgoing.verdict import GO_ON, PendingAnswer, Verdict, judge
from .state.codes import AccountCode, CommonCode, GroupCode, MessageCode, ModerationCode, MuteCode, OperationCode
from .state.core import State
from .state.refusal import Refusal

R = TypeVar("R", bound=Result)
RequestT = TypeVar("RequestT", bound=Request)


class Reply(Generic[R]):
    """A result with its own envelope, such as the `SomeError` of a batch that failed in part.

    Attributes:
        result: the result struct.
        action_status: `OK`, or `SomeError`; ErrorCode is 0 either way.
        error_info: the ErrorInfo.
    """

    __slots__ = ("action_status", "error_info", "result")

    def __init__(self, result: R, *, action_status: str = "OK", error_info: str = "") -> None:
        self.result: R = result
        self.action_status: str = action_status
        self.error_info: str = error_info


class Call:
    """One request that passed the checks of path, URL, UserSig and admin.

    Attributes:
        endpoint: its endpoint.
        identifier: the admin of the URL.
        raw: the body as plain JSON values, with the newer names of its fields, to find missing fields and wrong types.
        body: the body's bytes.
        now: unix seconds of the emulator's clock.
        state: the state of the emulator.
        draw: a random u32, the same for the whole call.
        events: the emitted events.
    """

    __slots__ = (
        "_answers",
        "_asked",
        "_outbox",
        "body",
        "draw",
        "endpoint",
        "events",
        "identifier",
        "now",
        "raw",
        "state",
    )

    def __init__(
        self,
        endpoint: Endpoint[..., Any],
        identifier: str,
        *,
        raw: Mapping[str, object],
        body: bytes,
        now: float,
        state: State,
        outbox: Outbox,
    ) -> None:
        self.endpoint: Endpoint[..., Any] = endpoint
        self.identifier: str = identifier
        self.raw: Mapping[str, object] = raw
        self.body: bytes = body
        self.now: float = now
        self.state: State = state
        self.draw: int = random_u32()
        self.events: list[Event] = []
        self._outbox = outbox
        self._answers: list[AnswerBody | None] = []
        self._asked = 0

    @property
    def now_ms(self) -> int:
        """Unix milliseconds of the emulator's clock, as EventTime has them."""
        return int(self.now * 1000)

    def emit(self, event: Event) -> None:
        """Emit an after-event."""
        self.events.append(event)

    def ask(self, event: BeforeEvent, *, refused: int) -> Verdict:
        """Ask the app whether something may be done.

        Args:
            event: the before-event.
            refused: the ErrorCode for a refusal without its own code.

        Raises:
            Refusal: it may not: `refused`, the app's own code, or 80003 if no answer arrived and the emulator then
                refuses.
            PendingAnswer: the answer is pending; handlers must not catch it.
        """
        if not self._outbox.is_on(event.callback_command):
            return GO_ON
        if self._asked == len(self._answers):
            raise PendingAnswer(event)
        answer = self._answers[self._asked]
        self._asked += 1
        if answer is None:
            if self._outbox.on_failure == "allow":
                return GO_ON
            raise Refusal(CommonCode.BEFORE_SEND_WEBHOOK_FAILED, "the before-event webhook did not answer")
        verdict = judge(event, answer)
        if isinstance(verdict, Verdict):
            return verdict
        raise Refusal(refused if verdict == 1 else verdict, answer.error_info or "refused by the app's webhook")

    def go_on(self, answer: AnswerBody | None) -> None:
        """Record an answer for the next run of the handler."""
        self._answers.append(answer)
        self._asked = 0
        self.events.clear()

    def read(self, type: type[RequestT], *, code: int) -> RequestT:
        """Decode the body into its request struct and check it; refuse an invalid body with `code`."""
        try:
            request: RequestT = _strict(type)(self.body)
            request.check()
        except msgspec.MsgspecError as error:
            raise Refusal(code, f"invalid body: {error}") from None
        except UsageError as error:
            raise Refusal(code, f"invalid body: {error.message}") from None
        return request


@cache
def _strict(type: type[RequestT]) -> Callable[[bytes], RequestT]:
    return validator(type)


Handler = Callable[[Call], Result | Reply[Any]]

HANDLERS: Final[dict[str, Handler]] = {}
"""Handlers by command."""

ENDPOINTS: Final[dict[str, Endpoint[..., Any]]] = {}
"""The endpoints that have a handler, by command."""

STATELESS: Final[set[str]] = set()
"""Commands that only check the request and return a documented answer, without state."""


def handles(endpoint: Endpoint[..., R]) -> Callable[[Callable[[Call], R | Reply[R]]], Callable[[Call], R | Reply[R]]]:
    """Register the decorated function as the handler of an endpoint.

    Raises:
        RuntimeError: the endpoint has one already.
    """

    def register(handler: Callable[[Call], R | Reply[R]]) -> Callable[[Call], R | Reply[R]]:
        if endpoint.command in HANDLERS:
            raise RuntimeError(f"{endpoint.command} has two handlers")
        HANDLERS[endpoint.command] = handler
        ENDPOINTS[endpoint.command] = endpoint
        return handler

    return register


def answers(
    endpoint: Endpoint[..., R], *, code: int
) -> Callable[[Callable[[Any], R | Reply[R]]], Callable[[Call], R | Reply[R]]]:
    """Register the decorated function as the answer of an endpoint without state.

    It receives the checked request and returns a result of the documented shape.

    Args:
        endpoint: the endpoint.
        code: the code for an invalid request.
    """

    def register(answer: Callable[[Any], R | Reply[R]]) -> Callable[[Call], R | Reply[R]]:
        STATELESS.add(endpoint.command)

        def handler(call: Call) -> R | Reply[R]:
            return answer(call.read(endpoint.request, code=code))

        return handles(endpoint)(handler)

    return register


class Dialect(NamedTuple):
    """The codes of a service for the failures that every service has.

    Attributes:
        not_admin: the identifier is not an admin.
        bad_json: the body is not JSON.
        not_object: the body of a message is JSON but not an object.
        internal: the handler failed.
        too_long: the body of a message is over the limit.
    """

    not_admin: int = CommonCode.ADMIN_REQUIRED
    bad_json: int = CommonCode.JSON_PARSE_FAILED
    not_object: int = CommonCode.JSON_PARSE_FAILED
    internal: int = CommonCode.REST_TIMEOUT_OR_BAD_HTTP
    too_long: int = CommonCode.MESSAGE_TOO_LONG


_GROUPS: Final = Dialect(
    not_admin=GroupCode.NO_PERMISSION,
    bad_json=GroupCode.JSON_INVALID,
    not_object=GroupCode.PARAMS_INVALID,
    internal=GroupCode.INTERNAL_ERROR,
)
_PUSHES: Final = Dialect(
    not_admin=MessageCode.ADMIN_REQUIRED,
    bad_json=MessageCode.JSON_INVALID,
    not_object=MessageCode.JSON_INVALID,
    internal=MessageCode.INTERNAL_ERROR,
)
_MODERATION: Final = Dialect(
    not_admin=ModerationCode.UNAUTHORIZED,
    bad_json=ModerationCode.PARAMS_INVALID,
    not_object=ModerationCode.PARAMS_INVALID,
    internal=ModerationCode.INTERNAL_ERROR,
)
# The service is the part of the command before the slash.
_DIALECTS: Final[dict[str, Dialect]] = {
    "all_member_push": _PUSHES,
    "group_open_attr_http_svc": _GROUPS,
    "group_open_avchatroom_http_svc": _GROUPS,
    "group_open_http_svc": _GROUPS,
    "im_msg_audit": _MODERATION,
    "im_msg_audit_mgr": _MODERATION,
    "im_open_login_svc": Dialect(internal=AccountCode.INTERNAL_ERROR),
    "million_group_open_http_svc": _GROUPS,
    "open_msg_svc": Dialect(
        not_admin=OperationCode.PARAMS_INVALID,
        bad_json=OperationCode.PARAMS_INVALID,
        not_object=OperationCode.PARAMS_INVALID,
        internal=OperationCode.SYSTEM_ERROR,
    ),
    "openconfigsvr": Dialect(
        bad_json=MuteCode.JSON_INVALID, not_object=MuteCode.JSON_INVALID, internal=MuteCode.SYSTEM_ERROR
    ),
    "openim": Dialect(
        not_admin=MessageCode.ADMIN_REQUIRED,
        bad_json=MessageCode.JSON_INVALID,
        not_object=MessageCode.PACKET_INVALID,
        internal=MessageCode.INTERNAL_ERROR,
        too_long=MessageCode.JSON_TOO_LONG,
    ),
    "openim_dirty_words": Dialect(
        not_admin=GroupCode.NO_PERMISSION,
        bad_json=GroupCode.PARAMS_INVALID,
        not_object=GroupCode.PARAMS_INVALID,
        internal=GroupCode.INTERNAL_ERROR,
    ),
    "timpush": _PUSHES,
}
_COMMON: Final = Dialect()


def dialect(service: str) -> Dialect:
    """Return the codes of a service."""
    return _DIALECTS.get(service, _COMMON)


def done(command: str, reply: Result | Reply[Any]) -> bytes:
    """Return the answer with a result."""
    if isinstance(reply, Reply):
        return answered(command, reply.result, action_status=reply.action_status, error_info=reply.error_info)
    return answered(command, reply)
