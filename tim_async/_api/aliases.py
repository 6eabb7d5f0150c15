"""Older field names, used by the service or by older callers instead of the names that replaced them.

A struct lists them in `_older`, from the older wire name to the current one: `{"Identifier": "UserID"}`. Decoding
accepts both and prefers the newer one; encoding uses only the newer one. The tables of all structs below a type are
collected once, when its decoder is built; a type without older names costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

import msgspec

_NONE: Final[Mapping[str, str]] = {}


class FieldAliases:
    """The older names of a struct and of all structs below it.

    Attributes:
        names: maps older wire names to newer ones.
        parts: the aliases of its fields, by wire name.
    """

    __slots__ = ("names", "parts")

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self.parts: dict[str, FieldAliases] = {}

    def resolve(self, value: object) -> object:
        """Return the plain JSON value, an object or a list of objects, with newer names throughout.

        It descends no deeper than the structs do: no field is a list of lists, and a body may be nested to any depth.
        """
        if isinstance(value, list):
            return [self.resolve_object(item) if isinstance(item, dict) else item for item in value]
        return self.resolve_object(value) if isinstance(value, dict) else value

    def resolve_object(self, value: Mapping[str, object]) -> dict[str, object]:
        """Return the plain JSON object with newer names throughout."""
        resolved: dict[str, object] = {}
        for name, item in value.items():
            newer = self.names.get(name, name)
            if newer != name and newer in value:
                continue
            part = self.parts.get(newer)
            resolved[newer] = item if part is None else part.resolve(item)
        return resolved


def aliases_of(type_: object) -> FieldAliases | None:
    """Collect the older names of a type; None when it has none."""
    found: dict[type[msgspec.Struct], FieldAliases] = {}
    roots = [_gather(struct, found) for struct in _structs(type_)]
    if not roots or not any(each.names for each in found.values()):
        return None
    if len(roots) == 1:
        return roots[0]
    union = FieldAliases({older: newer for root in roots for older, newer in root.names.items()})
    for root in roots:
        union.parts.update(root.parts)
    return union


def _gather(struct: type[msgspec.Struct], found: dict[type[msgspec.Struct], FieldAliases]) -> FieldAliases:
    known = found.get(struct)
    if known is not None:
        return known
    own = found[struct] = FieldAliases(getattr(struct, "_older", _NONE))
    for field in msgspec.structs.fields(struct):
        for below in _structs(field.type):
            own.parts[field.encode_name] = _gather(below, found)
    return own


def _structs(type_: object) -> list[type[msgspec.Struct]]:
    """Return the structs that make up a type: itself, the items of a list, the members of a union."""
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return [type_]
    return [struct for part in get_args(type_) for struct in _structs(part)]


def without_nulls(value: object) -> object:
    """Return the plain JSON value without its null fields, which mean "not given"."""
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return value
