"""Find the field of an error: the path that the library names, as the steps from the body to the field.

The library names fields as in Python (`msg_body[0].image_format`) if a check refuses them, and by their wire names
(`MsgBody[0].MsgContent.Text`) if a type is wrong. Forms show wire names, and mark the field itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from .._api.fields import RequestField

Step: TypeAlias = str | int
_TOKEN: Final = re.compile(r"(\w+)|\[(\d+)\]")
_CONTENT: Final = "MsgContent"


def steps_to(
    fields: tuple[RequestField, ...], path: str | None, body: object
) -> tuple[list[Step], RequestField | None]:
    """Return the steps to a path in either spelling, as far as they can be followed, and the field there."""
    steps: list[Step] = []
    last: RequestField | None = None
    kinds: Mapping[str, tuple[RequestField, ...]] = {}
    for name, index in _TOKEN.findall(path or ""):
        if index:
            body = _inside(body, int(index))
            steps.append(int(index))
            continue
        if kinds and isinstance(body, Mapping):
            if name in ("msg_type", "MsgType"):
                return [*steps, "MsgType"], None
            fields = kinds.get(str(body.get("MsgType")), ())
            body = body.get(_CONTENT)
            steps.append(_CONTENT)
            kinds, last = {}, None
            if name in ("msg_content", _CONTENT):
                continue
        found = next((each for each in fields if name in (each.name, each.wire_name)), None)
        if found is None:
            return steps, last
        steps.append(found.wire_name)
        last, fields, kinds = found, found.fields, found.kinds
        body = _inside(body, found.wire_name)
    return steps, last


def fields_at(fields: tuple[RequestField, ...], steps: Iterable[Step], body: object) -> tuple[RequestField, ...]:
    """Return the fields that the object at these steps may have."""
    kinds: Mapping[str, tuple[RequestField, ...]] = {}
    for step in steps:
        if kinds and step == _CONTENT and isinstance(body, Mapping):
            fields, kinds = kinds.get(str(body.get("MsgType")), ()), {}
        elif isinstance(step, str):
            found = next((each for each in fields if each.wire_name == step), None)
            fields, kinds = ((), {}) if found is None else (found.fields, found.kinds)
        body = _inside(body, step)
    return fields


def _inside(body: object, step: Step) -> object:
    if isinstance(body, Mapping):
        return body.get(step)
    return body[step] if isinstance(body, list) and isinstance(step, int) and step < len(body) else None


def path_text(steps: Iterable[Step]) -> str:
    """Return steps as a path of wire names, such as `MsgBody[0].MsgContent.Text`."""
    return "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in steps).removeprefix(".")


def in_wire_names(message: str, fields: tuple[RequestField, ...], path: str | None, steps: Iterable[Step]) -> str:
    """Return a message of the library with the names of fields as forms show them.

    A name with an underscore is always a field. A name without one is an ordinary word: only the path at the beginning
    of the message is replaced.
    """
    message = re.sub(r"^cannot read \w+: ", "", message)
    if path and message.startswith(path):
        message = path_text(steps) + message[len(path) :]
    names = {each.name: each.wire_name for each in _all(fields) if "_" in each.name}
    return re.sub(r"\b[a-z]\w*_\w+\b", lambda found: names.get(found[0], found[0]), message)


def _all(fields: Iterable[RequestField]) -> Iterator[RequestField]:
    for each in fields:
        yield each
        yield from _all(each.fields)
        for parts in each.kinds.values():
            yield from _all(parts)
