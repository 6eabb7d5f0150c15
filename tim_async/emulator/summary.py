"""A call in one line: sender, recipient, the first words, the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from .server.arrivals import Arrival

# Requests with more than a few recipients are long, but their words come first.
_NAMED: Final = 2
_WORDS: Final = 60
_WHOM: Final = ("To_Account", "GroupId", "UserID", "Peer_Account")
_KINDS: Final = {
    "TIMFaceElem": "face",
    "TIMLocationElem": "location",
    "TIMCustomElem": "custom",
    "TIMSoundElem": "sound",
    "TIMImageElem": "image",
    "TIMFileElem": "file",
    "TIMVideoFileElem": "video",
    "TIMRelayElem": "relay",
    "TIMStreamElem": "stream",
}


class CallSummary(msgspec.Struct, kw_only=True, frozen=True):
    """A call in a few words.

    Attributes:
        number: counts all calls from 1.
        at: unix seconds of the emulator's clock at its arrival.
        command: the path below `/v4/`, or the whole path if it is elsewhere.
        sender: From_Account, or the admin in the address.
        to: the first recipients, or the group.
        recipients: how many there are.
        words: the first words of the message's text, or the kind of its element.
        status: the HTTP status of the answer, None without an answer.
        code: the ErrorCode of the answer, None if it has none.
        info: ErrorInfo of an unsuccessful answer: why it was refused.
        took_s: seconds to the answer, None without one.
        fault: the kind of the planned fault that applied; empty for none.
        attempt: which attempt of its message it is; 0 if it sends none.
    """

    number: int
    at: float
    command: str
    sender: str
    to: list[str]
    recipients: int
    words: str
    status: int | None
    code: int | None
    info: str
    took_s: float | None
    fault: str
    attempt: int


def summary_of(arrival: Arrival) -> CallSummary:
    """Return the summary of a call; texts of users are included unescaped."""
    request = _object(arrival.body)
    to = _recipients(request)
    sender = request.get("From_Account")
    return CallSummary(
        number=arrival.number,
        at=arrival.time,
        command=arrival.command,
        sender=sender if isinstance(sender, str) and sender else arrival.identifier,
        to=to[:_NAMED],
        recipients=len(to),
        words=_words(request.get("MsgBody")),
        status=arrival.status,
        code=arrival.code,
        info=_info(arrival),
        took_s=arrival.took_s,
        fault=arrival.fault,
        attempt=arrival.attempt,
    )


def _info(arrival: Arrival) -> str:
    if not arrival.code:
        return ""
    info = _object(arrival.answer).get("ErrorInfo")
    return info if isinstance(info, str) else ""


def _recipients(request: Mapping[str, Any]) -> list[str]:
    for name in _WHOM:
        named = request.get(name)
        if isinstance(named, str) and named:
            return [named]
        if isinstance(named, list):
            return [each for each in named if isinstance(each, str)]
    return []


def _words(body: object) -> str:
    words = []
    for each in body if isinstance(body, list) else ():
        kind = each.get("MsgType") if isinstance(each, dict) else None
        content = each.get("MsgContent") if isinstance(each, dict) else None
        text = content.get("Text") if kind == "TIMTextElem" and isinstance(content, dict) else None
        if isinstance(text, str):
            words.append(text)
        elif isinstance(kind, str):
            words.append(f"[{_KINDS.get(kind, kind)}]")
    joined = " ".join(words)
    return joined if len(joined) <= _WORDS else f"{joined[:_WORDS]}..."


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
