"""Values that requests may contain although this client would not send them.

Clients of the service exist in many languages, and not all of them can omit a field: PHP writes an empty object as
`[]`, Go an unset text as `""` and an unset list as `null`. The service treats such values as if the field were absent,
so an optional field is dropped here if it is null or an empty list. An empty text can be a value, such as an
introduction that is removed; it is dropped only if the request would not be valid with it.

Required fields, and the contents of messages, stay as they are. `_api.aliases` handles older names of fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple, get_args

import msgspec

from ..._api.endpoint import Endpoint
from ..._api.wire import Request, WireStruct, validator
from ...errors import UsageError


class _Fields(NamedTuple):
    """The relevant fields of a struct.

    Attributes:
        optional: wire names of the optional fields.
        parts: the fields of the structs below it, by wire name.
    """

    optional: frozenset[str]
    parts: Mapping[str, _Fields]


def may_have_empty(body: bytes) -> bool:
    """Return whether a body can have an empty value; a quick check."""
    # The last is how Jackson writes an empty list.
    return b'""' in body or b"[]" in body or b"null" in body or b"[ ]" in body


def drop_empty(endpoint: Endpoint[..., Any], raw: Mapping[str, object]) -> Mapping[str, object]:
    """Return a request without the empty values of optional fields; the same object if there is nothing to drop.

    Args:
        endpoint: the endpoint.
        raw: the body with the newer names of its fields.
    """
    fields = _fields_of(endpoint.request)
    kept = _without(raw, fields, _is_nothing)
    bare = _without(kept, fields, _is_empty)
    if bare == kept or _is_valid(endpoint.request, kept):
        return raw if kept == raw else kept
    return bare


def _is_nothing(value: object) -> bool:
    return value is None or value == []


def _is_empty(value: object) -> bool:
    return value is None or value in ("", [])


def _without(raw: Mapping[str, object], fields: _Fields, is_empty: Callable[[object], bool]) -> dict[str, object]:
    kept: dict[str, object] = {}
    for name, value in raw.items():
        if name in fields.optional and is_empty(value):
            continue
        part = fields.parts.get(name)
        if part is not None and isinstance(value, dict):
            kept[name] = _without(value, part, is_empty)
        elif part is not None and isinstance(value, list):
            kept[name] = [_without(item, part, is_empty) if isinstance(item, dict) else item for item in value]
        else:
            kept[name] = value
    return kept


def _is_valid(kind: type[Request], raw: Mapping[str, object]) -> bool:
    try:
        _validator(kind)(msgspec.json.encode(raw)).check()
    except (msgspec.MsgspecError, UsageError, OverflowError, RecursionError):
        return False
    return True


@cache
def _validator(kind: type[Request]) -> Callable[[bytes], Request]:
    return validator(kind)


@cache
def _fields_of(kind: type[WireStruct]) -> _Fields:
    optional: set[str] = set()
    parts: dict[str, _Fields] = {}
    for field in msgspec.structs.fields(kind):
        if field.default is None:
            optional.add(field.encode_name)
        for below in _structs(field.type):
            parts[field.encode_name] = _fields_of(below)
    return _Fields(frozenset(optional), parts)


def _structs(kind: object) -> list[type[WireStruct]]:
    if isinstance(kind, type):
        return [kind] if issubclass(kind, WireStruct) else []
    return [struct for part in get_args(kind) for struct in _structs(part)]
