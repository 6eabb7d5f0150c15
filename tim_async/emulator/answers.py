"""The wire form of answers, as in the tables of the official pages.

An answer has every field of its page, even an empty list or text; None marks a field that this answer lacks. The few
fields that the documents omit when empty are listed here, and so are the commands whose answers have an ErrorDisplay.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import msgspec

from .._api.wire import Result, WireStruct

_SHOWN_SERVICES: Final = frozenset({"follow", "profile", "sns"})
# The pages of the other commands of this service show no ErrorDisplay.
_SHOWN_COMMANDS: Final = frozenset(
    f"recentcontact/{word}"
    for word in ("get_list", "delete", "create_contact_group", "mark_contact", "search_contact_group")
)

# Fields that are present only when they have a value, according to their pages.
_ABSENT_WHEN_EMPTY: Final = frozenset({"Fail_Account"})
_ABSENT_BY_SERVICE: Final = {"timpush": frozenset({"ErrorList"})}
_ABSENT_BY_COMMAND: Final = {
    "group_open_avchatroom_http_svc/get_members": frozenset({"Marks"}),
    "openim/batchsendmsg": frozenset({"ErrorList"}),
    "openim/delete_c2c_msg_ramble": frozenset({"InvalidMsgKeyList"}),
    "openim/get_c2c_unread_msg_num": frozenset({"C2CUnreadMsgNumList", "ErrorList"}),
    "openim/query_online_status": frozenset({"Detail"}),
    "openim/querystate": frozenset({"Detail"}),
    "sns/group_add": frozenset({"ResultItem"}),
}


def has_display(command: str) -> bool:
    """Return whether the answers of a command have an ErrorDisplay."""
    return command.partition("/")[0] in _SHOWN_SERVICES or command in _SHOWN_COMMANDS


def failed(code: int, info: str, *, command: str = "") -> bytes:
    """Return the answer that refuses a request.

    Args:
        code: the ErrorCode.
        info: the ErrorInfo.
        command: the command, if it was reached.
    """
    return msgspec.json.encode(_envelope("FAIL", info, code, command))


def answered(command: str, result: Result, *, action_status: str = "OK", error_info: str = "") -> bytes:
    """Return the answer with a result: the envelope and the result's fields in one object."""
    answer = _envelope(action_status, error_info, 0, command)
    answer.update(_fields_of(result, _absent_when_empty(command)))
    return msgspec.json.encode(answer)


def _envelope(status: str, info: str, code: int, command: str) -> dict[str, object]:
    envelope: dict[str, object] = {"ActionStatus": status, "ErrorInfo": info, "ErrorCode": code}
    if has_display(command):
        envelope["ErrorDisplay"] = ""
    return envelope


@cache
def _absent_when_empty(command: str) -> frozenset[str]:
    of_service = _ABSENT_BY_SERVICE.get(command.partition("/")[0], frozenset())
    return _ABSENT_WHEN_EMPTY | of_service | _ABSENT_BY_COMMAND.get(command, frozenset())


def _fields_of(struct: WireStruct, absent_when_empty: frozenset[str]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, wire in _names_of(type(struct)):
        value = getattr(struct, name)
        if value is None or (wire in absent_when_empty and not value):
            continue
        fields[wire] = _plain(value, absent_when_empty)
    return fields


@cache
def _names_of(kind: type[WireStruct]) -> tuple[tuple[str, str], ...]:
    return tuple(zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True))


def _plain(value: object, absent_when_empty: frozenset[str]) -> object:
    """Return a value with its nested structs as objects; msgspec writes elements as they are."""
    if isinstance(value, WireStruct):
        return _fields_of(value, absent_when_empty)
    if isinstance(value, list | tuple):
        return [_plain(part, absent_when_empty) for part in value]
    return value
