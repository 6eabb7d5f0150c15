"""Short texts of results: long lists and texts are cut, to fit a log line or a debugger."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

import msgspec

_MAX_ITEMS: Final = 3
_MAX_CHARACTERS: Final = 80
_DEEPEST: Final = 4
_LONGEST: Final = 1000


def short_repr(struct: msgspec.Struct) -> str:
    """Return the text of a struct as msgspec writes it, but cut; fields with their default value are left out."""
    text = _of_struct(struct, 0)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...)"


def _of_struct(struct: msgspec.Struct, depth: int) -> str:
    if depth > _DEEPEST:
        return f"{type(struct).__name__}(...)"
    defaults = {each.name: each for each in msgspec.structs.fields(struct)}
    parts = (
        f"{name}={_of(value, depth + 1)}"
        for name in struct.__struct_fields__
        if not _is_default(value := getattr(struct, name), defaults[name])
    )
    return f"{type(struct).__name__}({', '.join(parts)})"


def _is_default(value: object, field: msgspec.structs.FieldInfo) -> bool:
    if field.default_factory is not msgspec.NODEFAULT:
        return bool(value == field.default_factory())
    return field.default is not msgspec.NODEFAULT and bool(value == field.default)


def _of(value: object, depth: int) -> str:
    if isinstance(value, list | tuple):
        return f"[{_of_items((_of(each, depth) for each in value), len(value))}]"
    if isinstance(value, dict):
        return f"{{{_of_items((f'{key!r}: {_of(each, depth)}' for key, each in value.items()), len(value))}}}"
    if isinstance(value, msgspec.Struct) and type(value).__repr__ in _PLAIN:
        return _of_struct(value, depth)
    text = repr(value)
    return text if len(text) <= _MAX_CHARACTERS else f"{text[: _MAX_CHARACTERS - 4]}...{text[-1]}"


def _of_items(texts: Iterable[str], count: int) -> str:
    shown = ", ".join(islice(texts, _MAX_ITEMS))
    return shown if count <= _MAX_ITEMS else f"{shown}, ... {count - _MAX_ITEMS} more"


# Structs that use msgspec's repr; others, such as elements, have their own.
_PLAIN: Final = {msgspec.Struct.__repr__}
