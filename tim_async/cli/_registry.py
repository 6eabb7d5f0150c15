"""Find endpoints by what a user types, and describe them."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias, Union, get_args, get_origin

import msgspec

from .._api.endpoint import Endpoint
from .._api.fields import texts_of
from .._explorer.purposes import purpose
from ..families._registry import endpoints
from ._errors import stop

_PLAIN: Final = {str: "string", int: "integer", float: "number", bool: "true or false", object: "any"}


def path(endpoint: Endpoint[..., Any]) -> str:
    """Return the name of an endpoint in programs and here, such as `c2c.send`."""
    return f"{endpoint.family}.{endpoint.name}"


def find(name: str) -> Endpoint[..., Any]:
    """Return the endpoint of a name like `c2c.send` or a command like `openim/sendmsg`; end the program otherwise."""
    known = {path(endpoint): endpoint for endpoint in endpoints().values()} | dict(endpoints())
    endpoint = known.get(name.removeprefix("client."))
    if endpoint is None:
        near = difflib.get_close_matches(name, known, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`tim-async endpoints` lists them all"
        stop(f"unknown endpoint {name!r}; {hint}")
    return endpoint


def search(words: Sequence[str]) -> list[Match]:
    """Return the endpoints that match all words; all endpoints without words.

    Words are searched in the name, the command, the document's id, the purpose, the titles of the English and the
    Chinese page, and in the names and descriptions of fields. Matches by field come last, with these fields.
    """
    wanted = [word.lower() for word in words]
    found = [(endpoint, _by_fields(endpoint, wanted)) for endpoint in endpoints().values()]
    return sorted([(endpoint, by) for endpoint, by in found if by is not None], key=lambda match: bool(match[1]))


def _by_fields(endpoint: Endpoint[..., Any], words: Sequence[str]) -> tuple[Field, ...] | None:
    """Return the fields with the words that the endpoint's own texts lack; None if a word is missing."""
    own = " ".join((path(endpoint), endpoint.command, endpoint.doc or "", purpose(endpoint), *titles(endpoint))).lower()
    missing = [word for word in words if word not in own]
    if not missing:
        return ()
    found: dict[Field, None] = {}
    every = [*fields(endpoint.request), *fields(endpoint.result)]
    for word in missing:
        having = [field for field in every if word in f"{field.wire_name} {field.python_name} {field.note}".lower()]
        if not having:
            return None
        found.update(dict.fromkeys(having))
    return tuple(found)


def titles(endpoint: Endpoint[..., Any]) -> tuple[str, ...]:
    """Return the titles of its English and its Chinese page."""
    return tuple(filter(None, (endpoint.title, endpoint.title_zh)))


class Field(NamedTuple):
    """A field as shown in lists.

    Attributes:
        depth: 0 for the struct's own fields, 1 for those of nested structs, and so on.
        wire_name: its name on the wire.
        python_name: its name in Python.
        kind: its type.
        is_required: whether it is required.
        note: its description in the struct.
    """

    depth: int
    wire_name: str
    python_name: str
    kind: str
    is_required: bool
    note: str


def fields(struct: type[msgspec.Struct], depth: int = 0) -> Sequence[Field]:
    """Return the fields of a struct, each followed by those of its nested struct, three levels deep."""
    return _fields(struct, depth)


@cache
def _fields(struct: type[msgspec.Struct], depth: int) -> Sequence[Field]:
    notes = texts_of(struct)
    found: list[Field] = []
    for field in msgspec.structs.fields(struct):
        note = notes.get(field.name, "")
        found.append(Field(depth, field.encode_name, field.name, _kind(field.type), field.required, note))
        if depth < 3:
            for below in _structs(field.type):
                if below is not struct:
                    found += fields(below, depth + 1)
    return found


Match: TypeAlias = "tuple[Endpoint[..., Any], tuple[Field, ...]]"
"""An endpoint, and the fields of its request or answer that matched."""


def _structs(type_: object) -> Iterator[type[msgspec.Struct]]:
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        yield type_
    for part in get_args(type_):
        yield from _structs(part)


def _kind(type_: object) -> str:
    origin, parts = get_origin(type_), get_args(type_)
    if origin is Annotated:  # with the values it may have, which its note names
        return _kind(parts[0])
    if origin is Literal:
        return " or ".join(str(part) for part in parts)
    if origin in (Union, types.UnionType):
        return " or ".join(_kind(part) for part in parts if part is not type(None))
    if parts and origin is not dict:
        return f"array of {_kind(parts[0])}"
    if isinstance(type_, type) and type_ in _PLAIN:
        return _PLAIN[type_]
    return "element" if getattr(type_, "__name__", "") == "Element" else "object"
