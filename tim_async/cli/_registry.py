"""Endpoints by what a person types, and what is known of them."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple, Union, get_args, get_origin

import msgspec

from .._api.endpoint import Endpoint
from .._api.fields import purpose_of, texts_of
from ..families._registry import endpoints
from ._errors import stop

_PLAIN: Final = {str: "string", int: "integer", float: "number", bool: "true or false", object: "any"}


def path(endpoint: Endpoint[..., Any]) -> str:
    """Return how an endpoint is called in the program and here, such as `c2c.send`."""
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


def search(word: str) -> list[Endpoint[..., Any]]:
    """Return the endpoints that have a word in name, command, document id, purpose or the names of their fields."""
    word = word.lower()
    return [endpoint for endpoint in endpoints().values() if any(word in text for text in _texts(endpoint))]


def _texts(endpoint: Endpoint[..., Any]) -> Iterator[str]:
    yield path(endpoint).lower()
    yield endpoint.command.lower()
    yield (endpoint.doc or "").lower()
    yield purpose(endpoint).lower()
    for field in fields(endpoint.request):
        yield field.wire_name.lower()


def purpose(endpoint: Endpoint[..., Any]) -> str:
    """Return in one sentence what an endpoint does."""
    return purpose_of(endpoint.request)


class Field(NamedTuple):
    """What is known of a field.

    Attributes:
        depth: 0 for the struct's own, 1 for those of the structs in them, and so on.
        wire_name: its name on the wire.
        kind: what it holds.
        is_required: whether it must be given.
        note: its description in the struct.
    """

    depth: int
    wire_name: str
    kind: str
    is_required: bool
    note: str


def fields(struct: type[msgspec.Struct], depth: int = 0) -> list[Field]:
    """Return the fields of a struct, each followed by those of the structs in it, three levels deep."""
    notes = texts_of(struct)
    found: list[Field] = []
    for field in msgspec.structs.fields(struct):
        found.append(Field(depth, field.encode_name, _kind(field.type), field.required, notes.get(field.name, "")))
        if depth < 3:
            for below in _structs(field.type):
                if below is not struct:
                    found += fields(below, depth + 1)
    return found


def _structs(type_: object) -> Iterator[type[msgspec.Struct]]:
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        yield type_
    for part in get_args(type_):
        yield from _structs(part)


def _kind(type_: object) -> str:
    origin, parts = get_origin(type_), get_args(type_)
    if origin is Literal:
        return " or ".join(str(part) for part in parts)
    if origin in (Union, types.UnionType):
        return " or ".join(_kind(part) for part in parts if part is not type(None))
    if parts and origin is not dict:
        return f"array of {_kind(parts[0])}"
    if isinstance(type_, type) and type_ in _PLAIN:
        return _PLAIN[type_]
    return "element" if getattr(type_, "__name__", "") == "Element" else "object"
