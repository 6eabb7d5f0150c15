"""Fields on the command line, in HTTPie's syntax: `key=text`, `key:=json`, `key=@file`, `key:=@file`.

A key is the name of a field, on the wire or in Python (`To_Account`, `to_account`), followed by nested names in
brackets: `offline_push_info[title]=Hi`, `msg_body[0][MsgType]=TIMTextElem`, `to_account[]=bob` to append an item to a
list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ._errors import stop

if TYPE_CHECKING:
    from .._api.fields import RequestField

# A backslash escapes a sign.
_ITEM: Final = re.compile(r"((?:\\.|[^=:\\]|:(?!=))+)(:=@|=@|:=|=)(.*)", re.DOTALL)
_KEY: Final = re.compile(r"((?:\\.|[^\[\]\\])+)((?:\[(?:\\.|[^\[\]\\])*\])*)", re.DOTALL)
_BELOW: Final = re.compile(r"\[((?:\\.|[^\[\]\\])*)\]", re.DOTALL)
_MAX_INDEX: Final = 9_999


def read_items(items: Sequence[str], fields: Sequence[RequestField], body: dict[str, Any]) -> dict[str, Any]:
    """Return a body with the given fields under their wire names; they replace existing ones.

    Args:
        items: what was typed.
        fields: the fields of the request.
        body: the body given as JSON.
    """
    body = to_wire(body, fields)
    fresh: set[str] = set()
    for item in items:
        key, value = _read(item, fields)
        name = _wire_name(key[0], fields)
        if len(key) == 1 and name in fresh:
            stop(f"{key[0]} is given twice")
        if name not in fresh:
            body.pop(name, None)
            fresh.add(name)
        _put(body, [name, *key[1:]], value, f"{item!r}: {key[0]}")
    return to_wire(body, fields)


def to_wire(value: dict[str, Any], fields: Sequence[RequestField]) -> dict[str, Any]:
    """Return an object with wire names instead of Python names, including nested objects; unknown names stay."""
    named = {field.name: field for field in fields} | {field.wire_name: field for field in fields}
    found: dict[str, Any] = {}
    for key, each in value.items():
        field = named.get(key)
        name = key if field is None else field.wire_name
        if name in found:
            stop(f"{name} is given in both spellings")
        found[name] = each if field is None else _below(each, field)
    return found


def _below(value: object, field: RequestField) -> object:
    if isinstance(value, list):
        return [_below(each, field) for each in value]
    if isinstance(value, dict):
        return _element(value, field.kinds) if field.kinds else to_wire(value, field.fields)
    return value


def _element(value: dict[str, Any], kinds: Mapping[str, Sequence[RequestField]]) -> dict[str, Any]:
    names = {"msg_type": "MsgType", "msg_content": "MsgContent"}
    found = {names.get(key, key): each for key, each in value.items()}
    kind, content = found.get("MsgType"), found.get("MsgContent")
    if isinstance(kind, str) and isinstance(content, dict):
        found["MsgContent"] = to_wire(content, kinds.get(kind, ()))
    return found


def _wire_name(key: str, fields: Sequence[RequestField]) -> str:
    return next((field.wire_name for field in fields if key in (field.name, field.wire_name)), key)


def _read(item: str, fields: Sequence[RequestField]) -> tuple[list[str], object]:
    """Return the parts of a key, "" for appending to a list, and the value."""
    try:
        item.encode()
    except UnicodeEncodeError:  # bytes of another encoding, which JSON cannot represent
        stop(f"{item!r} is not valid Unicode text")
    parts = _ITEM.fullmatch(item)
    key = _KEY.fullmatch(parts[1]) if parts else None
    if parts is None or key is None:
        stop(f"{item!r} is not a field: write key=text, or key:=JSON for other types")
    path = [_plain(key[1]), *(_plain(each) for each in _BELOW.findall(key[2]))]
    sign, text = parts[2], parts[3]
    if sign.endswith("@"):
        text = _content(text, path[0])
    if sign.startswith(":="):
        return path, _json(text, item if not sign.endswith("@") else parts[1])
    field = next((each for each in fields if path[0] in (each.name, each.wire_name)), None)
    if len(path) == 1 and field is not None and field.type not in ("String", "Any"):
        stop(f"{path[0]} is not a text but {_a(field.type)}: write {path[0]}:=JSON, such as {path[0]}:={_such(field)}")
    return path, text


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'AIO' else 'a'} {kind.lower()}"


def _such(field: RequestField) -> str:
    like = {"Integer": "1", "Number": "1.5", "Boolean": "true", "Object": "'{...}'"}
    return like.get(field.type, "'[\"...\"]'" if field.items == "String" else "'[...]'")


def _plain(key: str) -> str:
    return re.sub(r"\\(.)", r"\1", key, flags=re.DOTALL)


def _content(path: str, key: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        stop(f"{key}: cannot read {path}: {error}")


def _json(text: str, item: str) -> object:
    import msgspec

    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        stop(f"{item!r}: the value after := is not JSON: {error}")


def _put(body: dict[str, Any], path: Sequence[str], value: object, asked: str) -> None:
    """Put a value at a path, creating containers on the way; `asked` is the beginning of error messages."""
    place: Any = body
    for index, key in enumerate(path):
        is_last = index == len(path) - 1
        fresh: Any = value if is_last else ([] if re.fullmatch(r"[0-9]*", path[index + 1]) else {})
        if isinstance(place, list):
            if not re.fullmatch(r"[0-9]*", key):
                stop(f"{asked} is a list: its items are [0], [1] ..., or [] to append one")
            number = len(place) if key == "" else int(key)
            if number > min(len(place), _MAX_INDEX):
                stop(f"{asked}: the list has {len(place)} items so far: append with [] or [{len(place)}]")
            if number == len(place):
                place.append(fresh)
            elif is_last:
                place[number] = value
            place = place[number]
        elif isinstance(place, dict):
            if is_last:
                place[key] = value
            else:
                place = place.setdefault(key, fresh)
        else:
            stop(f"{asked} already has a value that is not an object")
