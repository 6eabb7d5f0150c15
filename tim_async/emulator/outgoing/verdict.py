"""What the answer to a before-event means. Source: I34364, I34374, I43468."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from ...errors import UsageError
from ...models.elements import Element, check_body
from ...webhooks import AnswerBody, BeforeEvent, Drop, Replace
from ...webhooks._answer import DROPPED, RULES

_NO_ACCOUNTS: Final[Mapping[str, tuple[int, str]]] = MappingProxyType({})


class PendingAnswer(Exception):  # noqa: N818 - not a failure
    """Leaves a handler that needs the answer to a before-event; the handler runs again when the answer has arrived."""

    def __init__(self, event: BeforeEvent) -> None:
        super().__init__(event)
        self.event = event


class Replaceable(Protocol):
    """A message, or an event of one."""

    msg_body: Sequence[Element]
    cloud_custom_data: str | None


class Verdict(NamedTuple):
    """The app's decision on an event that is not refused as a whole.

    Attributes:
        is_dropped: whether the message is dropped silently, as if it were sent.
        msg_body: the elements to send instead; None keeps them.
        cloud_custom_data: the data to send instead; None keeps it.
        refused: the refused accounts, with code and text; code 0 if the event has none for them.
    """

    is_dropped: bool = False
    msg_body: Sequence[Element] | None = None
    cloud_custom_data: str | None = None
    refused: Mapping[str, tuple[int, str]] = _NO_ACCOUNTS

    def replace_in(self, *messages: Replaceable) -> None:
        """Put the elements and data of the app, if it returned any, into messages and their events."""
        for message in messages:
            if self.msg_body is not None:
                message.msg_body = self.msg_body
            if self.cloud_custom_data is not None:
                message.cloud_custom_data = self.cloud_custom_data


GO_ON: Final = Verdict()


def judge(event: BeforeEvent, answer: AnswerBody) -> Verdict | int:
    """Return the verdict of an answer, or the ErrorCode of a refusal; 1 stands for the service's own code.

    A code that the event does not allow is a refusal like 1. A replacement that cannot be sent is ignored.
    """
    rule = RULES[type(event)]
    if answer.result_item is not None:
        named = {item.to_account: (item.result_code, item.result_info) for item in answer.result_item}
        return Verdict(refused={account: result for account, result in named.items() if result[0]})
    if answer.error_code in rule.codes:
        return answer.error_code
    if answer.error_code == DROPPED and Drop in rule.answers:
        return Verdict(is_dropped=True)
    if answer.error_code:
        return 1
    refused = [*(answer.refused_members_account or ()), *(answer.refused_subscribers_account or ())]
    if refused:
        return Verdict(refused=dict.fromkeys(refused, (0, "")))
    if Replace in rule.answers and _fits(answer.msg_body):
        return Verdict(msg_body=answer.msg_body, cloud_custom_data=answer.cloud_custom_data)
    return GO_ON


def _fits(msg_body: Sequence[Element] | None) -> bool:
    try:
        if msg_body is not None:
            check_body(msg_body)
    except UsageError:
        return False
    return True
