"""Writes the state as plain JSON values, and reads it back.

JSON has no tuples, sets or keys other than texts, and no references. So a value that is not plain becomes an object
with the name of its type under `$`. An object with several references (`Entry`, `Group`) has a number under `#` at its
first occurrence, and is `{"$": "same", "#": 7}` after that. Types with a wire form, such as `RoamMsg`, are written in
that form.

    {"$": "group.Member", "#": 12, "account": "alice", "number": 1, "join_time": 1700000000}

Reading creates only objects of the state's own classes and of the wire's, and checks the types of their fields.
Anything that does not fit raises `ValueError`.
"""

from __future__ import annotations

import base64
import sys
from array import array
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import count
from types import UnionType
from typing import Any, Final, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from ..._api.wire import WireStruct, read_custom_leniently
from ...models.elements import Element
from .duplicates import Duplicates
from .extensions import ExtensionBook
from .group_rules import RULES, Rules
from .links import Links
from .threads import Thread
from .traces import Block, Traces

# The version of the format; it changes with the names of the classes and of their fields.
VERSION: Final = 1
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
_EMPTY: Final = (dict, list, set)
_STATE: Final = __package__ + "."
_MODELS: Final = __package__.removesuffix("emulator.state") + "models."
# The classes that are not structs; an instance shows their fields.
_EXAMPLES: Final[tuple[object, ...]] = (Block(), Duplicates(0.0), ExtensionBook(), Links(), Thread(), Traces())
_PLAIN: Final = {type(each): each for each in _EXAMPLES}


class Writer:
    """Writes values; objects that it has written before are written as references."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._held: list[object] = []  # keeps objects alive, so that their ids are not reused

    def write(self, value: object) -> object:
        """Return the JSON form of a value."""
        kind = type(value)
        if kind in _SCALARS:
            return value
        if kind is list:
            return self._items(cast("list[object]", value))
        if isinstance(value, Element):
            return {"$": "element", "of": msgspec.to_builtins(value)}
        if isinstance(value, WireStruct):
            return {"$": f"wire:{_name(kind, _MODELS)}", "of": msgspec.to_builtins(value)}
        if isinstance(value, Rules):
            return {"$": "rules", "of": value.kind}
        if isinstance(value, msgspec.Struct) or kind in _PLAIN:
            return self._object(value)
        return self._collection(value)

    def _items(self, values: Iterable[object]) -> list[object]:
        # Most values are plain, and nothing else runs while a large state is written.
        return [each if type(each) in _SCALARS else self.write(each) for each in values]

    def _object(self, value: object) -> object:
        known = self._numbers.get(id(value))
        if known is not None:
            return {"$": "same", "#": known}
        self._held.append(value)
        self._numbers[id(value)] = number = len(self._held)
        kind = type(value)
        written: dict[str, object] = {"$": _name(kind, _STATE), "#": number}
        defaults = _defaults(kind)
        for name in _fields(kind):
            field = getattr(value, name)
            if type(field) in _SCALARS:
                if name not in defaults or field != defaults[name]:
                    written[name] = field
            elif field or name not in defaults:
                written[name] = self.write(field)
        return written

    def _collection(self, value: object) -> object:
        kind = type(value)
        if isinstance(value, dict):
            if kind is dict and all(type(each) is str and each[:1] != "$" for each in value):
                return dict(zip(value, self._items(value.values()), strict=True))
            of: object = [self._items(pair) for pair in value.items()]
        elif isinstance(value, count):
            of = int(repr(value)[6:-1])  # count(5); copying it is deprecated
        elif isinstance(value, bytes):
            of = base64.b64encode(value).decode()
        elif isinstance(value, array):
            of = [value.typecode, base64.b64encode(value.tobytes()).decode()]
        elif isinstance(value, tuple | deque):
            of = self._items(value)
        elif isinstance(value, set | frozenset):
            of = sorted(self._items(value), key=msgspec.json.encode)
        else:
            raise TypeError(f"{kind.__name__} cannot be written")
        return {"$": kind.__name__, "of": of}


class Reader:
    """Reads what a `Writer` wrote."""

    def __init__(self) -> None:
        self._known: dict[int, object] = {}

    def read(self, value: object) -> Any:  # noqa: ANN401 - whatever was written
        """Return a value; raise `ValueError` for anything that `Writer` does not write."""
        if isinstance(value, list):
            return [self.read(each) for each in value]
        if not isinstance(value, dict):
            return value
        kind = value.get("$")
        if kind is None:
            return {name: self.read(each) for name, each in value.items()}
        try:
            return self._read(kind, value)
        except (KeyError, TypeError, AttributeError, msgspec.MsgspecError, OverflowError) as error:
            raise ValueError(f"{str(kind)[:60]!r}: {error}") from None

    def _read(self, kind: str, value: Mapping[str, Any]) -> object:
        if kind == "same":
            return self._known[value["#"]]
        if kind == "element":
            return msgspec.convert(value["of"], Element, dec_hook=read_custom_leniently)
        if kind.startswith("wire:"):
            model = _find(kind.removeprefix("wire:"), _MODELS, WireStruct)
            return msgspec.convert(value["of"], model, dec_hook=read_custom_leniently)
        made = _MAKERS.get(kind)
        if made is not None:
            return made(self, value["of"])
        known = self._known[value["#"]] = self._object(kind, value)
        return known

    def _object(self, kind: str, value: Mapping[str, Any]) -> object:
        cls = _find(kind, _STATE, object)
        defaults = _defaults(cls)
        fields = {name: self.read(value[name]) for name in _fields(cls) if name in value or name not in defaults}
        for name, types in _types(cls).items():
            if name in fields and not isinstance(fields[name], types):
                raise ValueError(f"{name} of {kind} has the wrong type")
        if issubclass(cls, msgspec.Struct):
            return cls(**fields)
        plain: object = object.__new__(cls)
        for name, each in fields.items():
            setattr(plain, name, each)
        return plain


def _of_items(make: Callable[[Any], object]) -> Callable[[Reader, Any], object]:
    return lambda reader, of: make([reader.read(each) for each in of])


def _of_pairs(make: Callable[[Any], object]) -> Callable[[Reader, Any], object]:
    return lambda reader, of: make([(reader.read(key), reader.read(each)) for key, each in of])


def _array(_: Reader, of: list[str]) -> object:
    typecode, data = of
    made = array(typecode)
    made.frombytes(base64.b64decode(data, validate=True))
    return made


_MAKERS: Final[Mapping[str, Callable[[Reader, Any], object]]] = {
    "tuple": _of_items(tuple),
    "set": _of_items(set),
    "frozenset": _of_items(frozenset),
    "deque": _of_items(deque),
    "dict": _of_pairs(dict),
    "OrderedDict": _of_pairs(OrderedDict),
    "Counter": _of_pairs(lambda pairs: Counter(dict(pairs))),
    "count": lambda _, of: count(int(of)),
    "bytes": lambda _, of: base64.b64decode(of, validate=True),
    "array": _array,
    "rules": lambda _, of: RULES[of],
}


def _name(cls: type, package: str) -> str:
    return f"{cls.__module__.removeprefix(package)}.{cls.__qualname__}"


@cache
def _find(name: str, package: str, base: type) -> type[Any]:
    """Return the class of a name that the emulator has already imported; nothing else can be named."""
    module, _, qualname = name.rpartition(".")
    found = getattr(sys.modules.get(package + module), qualname, None)
    if not isinstance(found, type) or not issubclass(found, base) or found.__module__ != package + module:
        raise ValueError("unknown class")
    if not (issubclass(found, msgspec.Struct) or found in _PLAIN):
        raise ValueError("it is not part of the state")
    return found


# Not `functools.cache`: for mypy, not every class is hashable.
_FIELDS: Final[dict[type, tuple[str, ...]]] = {}
_DEFAULTS: Final[dict[type, dict[str, object]]] = {}
_TYPES: Final[dict[type, dict[str, tuple[type, ...]]]] = {}


def _fields(cls: type) -> tuple[str, ...]:
    known = _FIELDS.get(cls)
    if known is None:
        if issubclass(cls, msgspec.Struct):
            known = cls.__struct_fields__
        else:
            known = tuple(getattr(cls, "__slots__", ())) or tuple(sorted(vars(_PLAIN[cls])))
        _FIELDS[cls] = known
    return known


def _defaults(cls: type) -> Mapping[str, object]:
    """Return the defaults of a struct's fields; None stands for an empty container. They are not written."""
    known = _DEFAULTS.get(cls)
    if known is None:
        known = _DEFAULTS[cls] = {}
        for field in msgspec.structs.fields(cls) if issubclass(cls, msgspec.Struct) else ():
            if field.default is not msgspec.NODEFAULT:
                known[field.name] = field.default
            elif field.default_factory in _EMPTY:
                known[field.name] = None
    return known


def _types(cls: type) -> dict[str, tuple[type, ...]]:
    """Return the types that the fields of a class may have, as far as known."""
    known = _TYPES.get(cls)
    if known is None:
        plain = _PLAIN.get(cls)
        known = _TYPES[cls] = {name: (type(getattr(plain, name)),) for name in _fields(cls)} if plain else {}
        hints = get_type_hints(cls).items() if issubclass(cls, msgspec.Struct) else ()
        for name, hint in hints:
            is_union = get_origin(hint) in (Union, UnionType)
            types = [get_origin(each) or each for each in (get_args(hint) if is_union else (hint,))]
            if name in _fields(cls) and all(isinstance(each, type) for each in types):
                known[name] = (*types, *((int,) if float in types else ()))
    return known
