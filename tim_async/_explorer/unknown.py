"""Find undocumented fields of a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from .._api.aliases import FieldAliases, aliases_of
from .._api.endpoint import Endpoint
from .._api.fields import RequestField
from ..models.elements import Element
from .places import Step


def unknown_fields(endpoint: Endpoint[..., Any], raw: Mapping[str, object]) -> Iterator[list[Step]]:
    """Yield the steps to each field of a request that its endpoint does not define, such as `MsgBody`, 0, `Colour`.

    Older names of fields are known. The app's own objects, and the contents of elements of unknown kinds, may have any
    field; for an unknown kind, the kind itself is the undocumented field.
    """
    return _unknown(raw, endpoint.fields, _aliases(endpoint.request), [])


def _unknown(
    raw: Mapping[str, object], fields: Sequence[RequestField], aliases: FieldAliases | None, before: list[Step]
) -> Iterator[list[Step]]:
    known = {field.wire_name: field for field in fields}
    for name, value in raw.items():
        place = [*before, name]
        newer = name if aliases is None else aliases.names.get(name, name)
        field = known.get(newer)
        if field is None:
            yield place
            continue
        below = None if aliases is None else aliases.parts.get(newer)
        if isinstance(value, dict):
            yield from _inside(value, field, below, place)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    yield from _inside(item, field, below, [*place, index])


def _inside(
    value: Mapping[str, object], field: RequestField, aliases: FieldAliases | None, before: list[Step]
) -> Iterator[list[Step]]:
    if not field.kinds:
        if field.fields:
            yield from _unknown(value, field.fields, aliases, before)
        return
    kind, content = value.get("MsgType"), value.get("MsgContent")
    yield from ([*before, name] for name in value if name not in ("MsgType", "MsgContent"))
    if not isinstance(kind, str) or kind not in field.kinds:
        yield [*before, "MsgType"]
    elif isinstance(content, dict):
        older = FieldAliases(Element.older_names(kind))
        yield from _unknown(content, field.kinds[kind], older, [*before, "MsgContent"])


_aliases = cache(aliases_of)
