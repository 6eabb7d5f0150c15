"""Compare two answers to one call, field by field: which fields they have, what they hold, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from .recording import Answer

# Values that differ in every run, or free text.
_OF_EACH_RUN: Final = frozenset(
    {
        "ErrorInfo", "ErrorDisplay", "MsgKey", "MsgId", "MsgTime", "MsgTimeStamp", "MsgSeq", "MsgRandom", "Random",
        "GroupId", "LastMsgKey", "LastMsgTime", "CreateTime", "LastInfoTime", "JoinTime", "LastSendMsgTime",
        "From_Account", "To_Account", "Owner_Account", "Member_Account", "UserID", "Operator_Account", "InfoSeq",
        "NextMsgSeq", "Appid", "AppId", "CloudCustomData", "MsgClientTime", "ErrorList",
    }
)  # fmt: skip
_MAX_SHOWN: Final = 9_999


class Difference(NamedTuple):
    """One field in which two answers differ.

    Attributes:
        path: the field, `[]` for every item of a list.
        service: the service's value.
        emulator: the emulator's value.
    """

    path: str
    service: str
    emulator: str


def compare(service: Answer, emulator: Answer) -> list[Difference]:
    """Return the fields in which two answers differ."""
    ours, theirs = shape(emulator), shape(service)
    return [
        Difference(path, theirs.get(path, "nothing"), ours.get(path, "nothing"))
        for path in dict.fromkeys([*theirs, *ours])
        if theirs.get(path) != ours.get(path)
    ]


def shape(answer: Answer) -> dict[str, str]:
    """Return the contents of an answer by path, without its texts and identifying numbers."""
    found: dict[str, set[str]] = {}
    for path, what in _walk(answer.fields, ""):
        found.setdefault(path, set()).add(f"{what}, as before" if path in answer.same else what)
    return {path: " or ".join(sorted(kinds)) for path, kinds in found.items()}


def _walk(value: object, path: str) -> Iterator[tuple[str, str]]:
    name = path.rpartition(".")[2].removesuffix("[]")
    match value:
        case Mapping():
            if path:
                yield path, "object"
            for key, each in value.items():
                yield from _walk(each, f"{path}.{key}" if path else str(key))
        case str():
            yield path, _kind_of_text(name, value)
        case Sequence():
            yield path, "list"
            for each in value:
                yield from _walk(each, f"{path}[]")
        case bool():
            yield path, str(value).lower()
        case int() | float():
            is_plain = name not in _OF_EACH_RUN and 0 <= value <= _MAX_SHOWN
            yield path, f"{value}" if is_plain else "number"
        case _:
            yield path, "null"


def _kind_of_text(name: str, value: str) -> str:
    """Return a description of a text; only words of the protocol, which identify no one, are shown."""
    if name in ("ActionStatus", "MsgType", "Type", "AccountStatus"):
        return f"'{value[:40]}'" if value.isascii() and value.isprintable() else "text"
    if name in _OF_EACH_RUN:
        return "text"
    return f"text of {len(value.encode())} bytes" if value else "empty text"
