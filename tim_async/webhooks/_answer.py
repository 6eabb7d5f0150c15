"""The answers of a before-handler, which event accepts which answer, and their wire form.

answer         what happens                                       for
Allow          the operation proceeds                             every event
Refuse         it is refused; the sender gets an ErrorCode        every event except ChatbotOnC2CSignalMessage
Drop           it is dropped; the sender gets a success           messages
Replace        another message is sent instead                    messages
RefuseSome     it proceeds for the other accounts only            invitations, subscriptions, friends
Respond        data is sent back to the client                    ChatbotOnC2CSignalMessage
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from .._api.checks import quoted
from .._api.wire import Result, WireStruct, always, encode, request_validator, validate
from ..errors import AnswerError, UsageError
from ..models.elements import Element, check_body
from ._event import BeforeEvent
from .events.c2c import BeforeSendMsg, ChatbotOnC2CSignalMessage
from .events.community import GroupBeforeCreateTopic
from .events.group import GroupBeforeCreateGroup
from .events.group_member import GroupBeforeApplyJoinGroup, GroupBeforeInviteJoinGroup
from .events.group_msg import GroupBeforeSendMsg
from .events.official_account import (
    OfficialAccountBeforeAddSubscriber,
    OfficialAccountBeforeCreateOfficialAccount,
    OfficialAccountBeforeSendMsg,
)
from .events.people import PrevFriendAdd, PrevFriendResponse


class Answer(msgspec.Struct, frozen=True):
    """Base of the answers to a before-event."""


class Allow(Answer, frozen=True):
    """Let the operation proceed. A handler that returns None does the same."""


class Refuse(Answer, frozen=True, kw_only=True):
    """Refuse the operation.

    Attributes:
        code: the ErrorCode that the sender gets: 120001 to 130000 for one-to-one messages and official accounts, 10100
            to 10200 for groups, 38000 to 39000 for friends. None is the service's own code for a refusal.
        info: the ErrorInfo that the sender gets.
    """

    code: int | None = None
    info: str = ""


class Drop(Answer, frozen=True):
    """Drop the message, while the sender gets a success."""


class Replace(Answer, frozen=True, kw_only=True):
    """Send another message instead.

    Attributes:
        msg_body: the new elements; None keeps them.
        cloud_custom_data: the new data of the app; None keeps it.
    """

    msg_body: Sequence[Element] | None = None
    cloud_custom_data: str | None = None


class RefuseSome(Answer, frozen=True, kw_only=True):
    """Refuse the operation for some of the accounts.

    Attributes:
        accounts: the refused accounts; the event must name each of them.
        code: as in `Refuse`; only for friends, where each account has its own code.
        info: the ErrorInfo for the refused accounts.
    """

    accounts: Sequence[str]
    code: int | None = None
    info: str = ""


class Respond(Answer, frozen=True, kw_only=True):
    """Send data back to the client that sent the signal.

    Attributes:
        rsp_data: the data.
    """

    rsp_data: str


class ResultItem(WireStruct, kw_only=True):
    """The decision about one future friend.

    Attributes:
        to_account: the account.
        result_code: 0, or a code of 38000 to 39000.
        result_info: the text for a refusal.
    """

    to_account: str
    result_code: int = always(0)
    result_info: str = always("")


class AnswerBody(Result, kw_only=True):
    """The wire form of an answer.

    Attributes:
        action_status: OK, or FAIL when the webhook itself was invalid.
        error_info: the text that the sender gets for a refusal.
        error_code: the decision.
        msg_body: elements that replace those of the message.
        cloud_custom_data: data that replaces that of the message.
        refused_members_account: accounts that may not join.
        refused_subscribers_account: accounts that may not subscribe.
        result_item: the decision about each friend.
        rsp_data: data for the client.
    """

    action_status: str = always("OK")
    error_info: str = always("")
    error_code: int = always(0)
    msg_body: Sequence[Element] | None = None
    cloud_custom_data: str | None = None
    refused_members_account: list[str] | None = None
    refused_subscribers_account: list[str] | None = None
    result_item: list[ResultItem] | None = None
    rsp_data: str | None = None


class Rule(NamedTuple):
    """The answers that an event accepts.

    Attributes:
        answers: the classes of answers besides `Allow`.
        codes: the ErrorCodes with which an app may refuse.
        refused: the ErrorCode of a refusal without a code.
        named: the event's list of accounts, and the field of its items that contains the account; for `RefuseSome`.
    """

    answers: tuple[type[Answer], ...]
    codes: range = range(0)
    refused: int = 1
    named: tuple[str, str] = ("", "")

    def accounts(self, event: BeforeEvent) -> list[str]:
        """Return the accounts that an event names."""
        items, field = self.named
        return [getattr(item, field) for item in getattr(event, items)] if items else []


_C2C: Final = range(120_001, 130_001)
_GROUP: Final = range(10_100, 10_201)
_SNS: Final = range(38_000, 39_001)
DROPPED: Final = 2


RULES: Final[Mapping[type[BeforeEvent], Rule]] = MappingProxyType(
    {
        BeforeSendMsg: Rule((Refuse, Drop, Replace), _C2C),
        GroupBeforeSendMsg: Rule((Refuse, Drop, Replace), _GROUP),
        OfficialAccountBeforeSendMsg: Rule((Refuse, Drop, Replace), _C2C),
        GroupBeforeCreateGroup: Rule((Refuse,), _GROUP),
        GroupBeforeApplyJoinGroup: Rule((Refuse,), _GROUP),
        GroupBeforeInviteJoinGroup: Rule((Refuse, RefuseSome), _GROUP, named=("destination_members", "member_account")),
        GroupBeforeCreateTopic: Rule((Refuse,), _GROUP),
        OfficialAccountBeforeCreateOfficialAccount: Rule((Refuse,), _C2C),
        OfficialAccountBeforeAddSubscriber: Rule(
            (Refuse, RefuseSome), _C2C, named=("subscribe_account_list", "subscriber_account")
        ),
        PrevFriendAdd: Rule((Refuse, RefuseSome), _SNS, _SNS[0], ("friend_item", "to_account")),
        PrevFriendResponse: Rule((Refuse, RefuseSome), _SNS, _SNS[0], ("response_friend_item", "to_account")),
        ChatbotOnC2CSignalMessage: Rule((Respond,)),
    }
)
"""The answers that each before-event accepts."""


_validate: Final = request_validator(AnswerBody)


def answer_bytes(event: BeforeEvent, answer: object) -> bytes:
    """Return the encoded wire form of a handler's answer; None is `Allow`.

    Raises:
        AnswerError: the event does not accept such an answer, or the answer is invalid for it.
    """
    body = answer_body(event, answer)
    try:
        return encode(body)
    except UsageError as error:
        problem = error.message
    raise AnswerError(f"{type(answer).__name__} is not a valid answer to {type(event).__name__}: {problem}")


def answer_body(event: BeforeEvent, answer: object) -> AnswerBody:
    """Return the wire form of a handler's answer; None is `Allow`.

    Raises:
        AnswerError: the event does not accept such an answer, or the answer is invalid for it.
    """
    rule = RULES[type(event)]
    chosen = Allow() if answer is None else answer
    kind = type(chosen)
    kinds: tuple[type[Answer], ...] = (Allow, *rule.answers)
    if not isinstance(chosen, Answer) or kind not in kinds:
        accepted = " or ".join(each.__name__ for each in kinds)
        raise AnswerError(f"{type(event).__name__} accepts {accepted}, not {kind.__name__}")
    try:
        body = _fill(event, rule, chosen)
        validate(_validate, body)
    except UsageError as error:
        problem = error.message
    else:
        return body
    raise AnswerError(f"{kind.__name__} is not a valid answer to {type(event).__name__}: {problem}")


def _fill(event: BeforeEvent, rule: Rule, answer: Answer) -> AnswerBody:
    body = AnswerBody()
    if rule.codes is _SNS:
        # The service reads only the items, and ignores a top-level ErrorCode.
        body.result_item = [ResultItem(to_account=account) for account in rule.accounts(event)]
    match answer:
        case Refuse(code=code, info=info):
            refusal = _code(rule, code)
            if body.result_item is None:
                body.error_code, body.error_info = refusal, info
            else:
                _refuse(body.result_item, rule.accounts(event), refusal, info)
        case Drop():
            body.error_code = DROPPED
        case Replace(msg_body=msg_body, cloud_custom_data=data):
            if msg_body is not None:
                check_body(msg_body)
            body.msg_body, body.cloud_custom_data = msg_body, data
        case RefuseSome():
            _refuse_some(event, rule, answer, body)
        case Respond(rsp_data=data):
            body.rsp_data = data
    return body


def _code(rule: Rule, code: int | None) -> int:
    if code is None:
        return rule.refused
    if isinstance(code, bool) or not isinstance(code, int) or code not in rule.codes:
        raise UsageError(f"code must be {rule.codes[0]} to {rule.codes[-1]}, not {code!r}", field="code")
    return code


def _refuse(items: list[ResultItem], accounts: Sequence[str], code: int, info: str) -> None:
    for item in items:
        if item.to_account in accounts:
            item.result_code, item.result_info = code, info


def _refuse_some(event: BeforeEvent, rule: Rule, answer: RefuseSome, body: AnswerBody) -> None:
    if not isinstance(answer.accounts, list | tuple):
        raise UsageError(f"accounts must be a list, not {quoted(answer.accounts)}", field="accounts")
    named = rule.accounts(event)
    if not all(account in named for account in answer.accounts):
        raise UsageError("accounts contains an account that the event does not name", field="accounts")
    if body.result_item is not None:
        _refuse(body.result_item, answer.accounts, _code(rule, answer.code), answer.info)
    elif answer.code is not None:
        raise UsageError("code must be None: only friends are refused with a code for each account", field="code")
    elif isinstance(event, GroupBeforeInviteJoinGroup):
        body.refused_members_account = list(answer.accounts)
    else:
        body.refused_subscribers_account = list(answer.accounts)


class WebhookResponse(NamedTuple):
    """The HTTP response to send.

    Attributes:
        status: the HTTP status.
        body: the body, JSON.
    """

    status: int
    body: bytes
