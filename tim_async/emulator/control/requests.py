"""Facts about a request's body: sender, target, first words, and undocumented fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec

from ..._api.endpoint import Endpoint
from ..._explorer.unknown import unknown_fields

_FIRST_WORDS: Final = 80
# More are useless to a reader, and a hostile body may have any number.
_MAX_UNKNOWN: Final = 500
_SENDERS: Final = ("From_Account", "Operator_Account", "Owner_Account")
_TARGETS: Final = (
    "To_Account",
    "GroupId",
    "Peer_Account",
    "UserID",
    "GroupIdList",
    "Member_Account",
    "AccountList",
    "Accounts",
    "Official_Account",
    "MemberList",
    "DeleteItem",
    "CheckItem",
    "Get_Account",
    "Set_Account",
)
_NAMES: Final = ("UserID", "Member_Account", "To_Account", "GroupId", "Identifier")


class Gist(NamedTuple):
    """The gist of a request.

    Attributes:
        sender: the account that sends or acts, None if the body does not name it.
        target: the account or group it is about; the first of several; None for none.
        targets: how many there are.
        words: the first words of its text.
    """

    sender: str | None = None
    target: str | None = None
    targets: int = 0
    words: str = ""


NOTHING: Final = Gist()


def gist_of(body: bytes) -> Gist:
    """Return the gist of a body; empty for one that is not a JSON object."""
    raw = parse(body)
    if not isinstance(raw, dict):
        return NOTHING
    sender = next((value for name in _SENDERS if isinstance(value := raw.get(name), str)), None)
    targets = next((named for name in _TARGETS if (named := _named(raw.get(name)))), ())
    return Gist(sender, next(iter(targets), None), len(targets), _words(raw)[:_FIRST_WORDS])


def parse(body: bytes) -> object:
    """Return the JSON value of a body; None if it is not JSON."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _named(value: object) -> Sequence[str]:
    """Return the accounts or groups that a field names: one, or those of a list of texts or objects."""
    if isinstance(value, str) and value:
        return (value,)
    if not isinstance(value, list):
        return ()
    found = [_name_of(each) for each in value]
    return [each for each in found if each]


def _name_of(item: object) -> str:
    if isinstance(item, dict):
        item = next((item[name] for name in _NAMES if name in item), None)
    return item if isinstance(item, str) else ""


def _words(raw: Mapping[str, Any]) -> str:
    body = raw.get("MsgBody")
    for element in body if isinstance(body, list) else ():
        content = element.get("MsgContent") if isinstance(element, dict) else None
        if isinstance(content, dict):
            for name in ("Text", "Desc", "Data"):
                if isinstance(content.get(name), str):
                    return " ".join(content[name].split())
        return str(element.get("MsgType", "")) if isinstance(element, dict) else ""
    for value in (raw.get("Content"), raw.get("OfflinePushInfo"), raw.get("Name")):
        text = value.get("Title") if isinstance(value, dict) else value
        if isinstance(text, str):
            return " ".join(text.split())
    return ""


def unknown_pointers(endpoint: Endpoint[..., Any], body: bytes) -> list[str]:
    """Return the fields of a body that its endpoint does not define, as JSON pointers such as `/MsgBody/0/Colour`."""
    raw = parse(body)
    if not isinstance(raw, dict):
        return []
    return [_pointer(each) for each in islice(unknown_fields(endpoint, raw), _MAX_UNKNOWN)]


def _pointer(steps: Sequence[str | int]) -> str:
    return "".join(f"/{str(each).replace('~', '~0').replace('/', '~1')}" for each in steps)
