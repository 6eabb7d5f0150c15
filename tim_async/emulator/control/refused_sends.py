"""Messages that were not stored because their sends were refused; read from the calls that are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from ...families.c2c import C2C
from ...families.group_msg import GroupMessages
from ..server.arrivals import Arrival, ArrivalLog

_TO_ONE: Final = C2C.send.command
_TO_MANY: Final = C2C.send_batch.command
_TO_GROUP: Final = GroupMessages.send.command


class RefusedSend(NamedTuple):
    """A message of a refused request.

    Attributes:
        call: the number of its call.
        at: unix seconds.
        sender: From_Account, or the admin.
        to: the recipient; None for a group's message, and if none is named.
        group_id: the group, None for a one-to-one message.
        seq: MsgSeq, 0 without one.
        body: MsgBody, as received.
        cloud_custom_data: the app's own data, None without.
    """

    call: int
    at: int
    sender: str
    to: str | None
    group_id: str | None
    seq: int
    body: list[object]
    cloud_custom_data: str | None

    @property
    def text(self) -> str:
        """The texts of its text elements, joined by newlines."""
        return "\n".join(text for each in self.body if (text := _text_of(each)) is not None)


def refused_sends(log: ArrivalLog, code: int) -> Iterator[RefusedSend]:
    """Yield the messages that were refused with a code, oldest first; for a batch, one for each refused recipient."""
    for arrival in log.kept:
        if arrival.command in (_TO_ONE, _TO_MANY, _TO_GROUP):
            request = _object(arrival.body)
            for recipient in _recipients(arrival, request, code):
                yield _send(arrival, request, recipient)


def _recipients(arrival: Arrival, request: Mapping[str, Any], code: int) -> list[str | None]:
    if arrival.code == code:
        named = request.get("To_Account")
        everyone: list[str | None] = (
            [each for each in named if isinstance(each, str)] if isinstance(named, list) else []
        )
        return everyone or [named if isinstance(named, str) else None]
    if arrival.command != _TO_MANY or arrival.code != 0:
        return []
    failures = _list(_object(arrival.answer).get("ErrorList"))
    return [each.get("To_Account") for each in failures if isinstance(each, dict) and each.get("ErrorCode") == code]


def _send(arrival: Arrival, request: Mapping[str, Any], recipient: str | None) -> RefusedSend:
    seq = request.get("MsgSeq")
    return RefusedSend(
        call=arrival.number,
        at=int(arrival.time),
        sender=_text(request.get("From_Account")) or arrival.identifier,
        to=recipient,
        group_id=_text(request.get("GroupId")) if arrival.command == _TO_GROUP else None,
        seq=seq if isinstance(seq, int) else 0,
        body=_list(request.get("MsgBody")),
        cloud_custom_data=_text(request.get("CloudCustomData")),
    )


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _text_of(element: object) -> str | None:
    if not isinstance(element, dict) or element.get("MsgType") != "TIMTextElem":
        return None
    content = element.get("MsgContent")
    return _text(content.get("Text")) if isinstance(content, dict) else None
