"""The fields of requests as data: the source of forms, signatures, reference pages and the command line.

Names, types and texts come from the structs and their docstrings. Limits on text lengths, item counts and numbers are
checked in code; `ranges.json` holds the values that those checks refuse, by command and wire path.
`python -m tests.field_ranges` measures them, and a test keeps the file current.

Nothing here is loaded before `Endpoint.fields` is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from inspect import cleandoc
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, TypeGuard

import msgspec
from msgspec import inspect

from .data_files import data_file
from .wire import CustomType, Request

_JsonType: TypeAlias = Literal["String", "Integer", "Number", "Boolean", "Object", "Array", "Any"]

_ATTRIBUTE: Final = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)
_NO_KINDS: Final[Mapping[str, tuple[RequestField, ...]]] = MappingProxyType({})
# The unit of a number comes first in its text.
_UNIT: Final = re.compile(r"[^;,(]*?\b(unix seconds|milliseconds|seconds|minutes|days|bytes|pixels|degrees)\b")
_TYPES: Final[dict[type[inspect.Type], _JsonType]] = {
    inspect.StrType: "String",
    inspect.IntType: "Integer",
    inspect.FloatType: "Number",
    inspect.BoolType: "Boolean",
    inspect.StructType: "Object",
    inspect.DictType: "Object",
    inspect.ListType: "Array",
}


class RequestField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a request, or of an object inside one.

    Attributes:
        name: its Python name, such as `to_account`.
        wire_name: its name on the wire, such as `To_Account`.
        type: its JSON type; `Any` if it accepts several.
        items: the JSON type of the items of an `Array`, None for others.
        required: whether the service's page requires it.
        is_filled_in: whether it gets a value when the caller gives none; it is always sent.
        text: its meaning.
        unit: what its number counts, such as `seconds`; otherwise what `range` counts: `bytes` of a `String` in UTF-8,
            `items` of an `Array`; None if nothing is counted.
        range: the smallest and the largest accepted number, length or count; None at an end without limit.
        item_range: the same for each item of an `Array` of texts or numbers.
        choices: the accepted values of the field or of its items; None if they are not listed.
        fields: the fields of the object, or of each object in the array.
        kinds: for message elements, the fields of their `MsgContent` by `MsgType`.
    """

    name: str
    wire_name: str
    type: Literal["String", "Integer", "Number", "Boolean", "Object", "Array", "Any"]
    items: Literal["String", "Integer", "Number", "Boolean", "Object", "Array", "Any"] | None = None
    required: bool
    is_filled_in: bool = False
    text: str
    unit: str | None = None
    range: tuple[int | None, int | None] | None = None
    item_range: tuple[int | None, int | None] | None = None
    choices: tuple[str | int, ...] | None = None
    fields: tuple[RequestField, ...] = ()
    kinds: Mapping[str, tuple[RequestField, ...]] = _NO_KINDS


class Range(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The values of one field that the checks accept.

    Attributes:
        low: the smallest number, length in bytes or number of items; None for no limit.
        high: the largest one; None for no limit.
        choices: the only accepted values, if they are not a contiguous range.
    """

    low: int | None = None
    high: int | None = None
    choices: tuple[str | int, ...] | None = None


ANY: Final = Range()
# Parts of a request that are checked the same way in every command.
SHARED: Final = ("MsgBody[].", "OfflinePushInfo.")


@lru_cache(maxsize=1)
def ranges() -> Mapping[str, Mapping[str, Range]]:
    """Return the accepted ranges, by command and then by wire path.

    "" stands for all commands: elements and push settings are checked the same way everywhere.
    """
    return msgspec.json.decode(data_file("ranges.json"), type=dict[str, dict[str, Range]])


def fields_of(
    command: str, request: type[Request], known: Mapping[str, Range] | None = None
) -> tuple[RequestField, ...]:
    """Return the fields of a command's request, by default with the ranges known for the command."""
    if known is None:
        return tuple(_Reader(request, ranges().get(command, {}), ranges()[""]).read())
    return tuple(_Reader(request, known, {}).read())


def answer_fields_of(result: type[msgspec.Struct]) -> tuple[RequestField, ...]:
    """Return the fields of an answer, without ranges: nothing checks what the service sends."""
    return tuple(_Reader(Request, {}, {}).below(result, "", ()))


def shared_range(path: str, shared: Mapping[str, Range]) -> Range:
    """Return the range of an element's or push setting's field, which is the same in every command."""
    part = next((path[place:] for mark in SHARED if (place := path.rfind(mark)) >= 0), "")
    return shared.get(part, ANY)


class _Reader:
    """Reads the fields of one request."""

    def __init__(self, request: type[Request], known: Mapping[str, Range], shared: Mapping[str, Range]) -> None:
        self._request = request
        self._ranges = known
        self._shared = shared

    def read(self) -> Iterator[RequestField]:
        for field in self.below(self._request, "", ()):
            if field.name == self._request._app_field:
                yield msgspec.structs.replace(field, is_filled_in=True, required=True)
                continue
            if field.name not in self._request._identity:
                yield field
                continue
            # The pages require MsgRandom and Random, and leave MsgSeq optional.
            yield msgspec.structs.replace(field, is_filled_in=True, required=field.name != "msg_seq")

    def below(
        self, struct: type[msgspec.Struct], path: str, around: tuple[type[msgspec.Struct], ...]
    ) -> Iterator[RequestField]:
        """Yield the fields of a struct; a struct that contains itself is not followed further."""
        if struct in around:
            return
        info = inspect.type_info(struct)
        assert isinstance(info, inspect.StructType)  # noqa: S101 - it is made of a struct
        texts = texts_of(struct)
        for field in info.fields:
            yield self._field(field, texts.get(field.name, ""), path + field.encode_name, (*around, struct))

    def _field(
        self, field: inspect.Field, text: str, path: str, around: tuple[type[msgspec.Struct], ...]
    ) -> RequestField:
        type_ = _given(field.type)
        inner = _given(type_.item_type) if isinstance(type_, inspect.ListType) else type_
        below = path + "[]" * (inner is not type_)
        found = self._range(path)
        of_item = self._range(below) if below != path else ANY
        listed = tuple(filter(_is_value, inner.values)) if isinstance(inner, inspect.LiteralType) else None
        kind = _name_of(type_)
        is_always_sent = field.default_factory is not msgspec.NODEFAULT
        return RequestField(
            name=field.name,
            wire_name=field.encode_name,
            type=kind,
            items=None if inner is type_ else _name_of(inner),
            required=field.required or is_always_sent,
            is_filled_in=is_always_sent,
            text=text,
            unit=_unit(kind, text, found),
            range=_ends(found),
            item_range=_ends(of_item),
            choices=found.choices or of_item.choices or listed,
            fields=tuple(self.below(inner.cls, f"{below}.", around)) if isinstance(inner, inspect.StructType) else (),
            kinds=self._kinds(inner, f"{below}.", around),
        )

    def _range(self, path: str) -> Range:
        return self._ranges.get(path) or shared_range(path, self._shared)

    def _kinds(
        self, inner: inspect.Type, path: str, around: tuple[type[msgspec.Struct], ...]
    ) -> Mapping[str, tuple[RequestField, ...]]:
        if not (isinstance(inner, inspect.CustomType) and issubclass(inner.cls, CustomType)):
            return _NO_KINDS
        return MappingProxyType(
            {name: tuple(self.below(part, f"{path}{name}.", around)) for name, part in inner.cls.parts().items()}
        )


def texts_of(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Return what the docstrings of a struct and its bases say about its fields, by Python name."""
    texts: dict[str, str] = {}
    for each in reversed(struct.__mro__):
        doc = cleandoc(vars(each).get("__doc__") or "").partition("Attributes:\n")[2]
        texts.update((name, " ".join(text.split())) for name, text in _ATTRIBUTE.findall(doc))
    return texts


def purpose_of(struct: type[msgspec.Struct]) -> str:
    """Return the first sentence of a request's docstring, without its source: what the endpoint does."""
    paragraph = (struct.__doc__ or "").split("\n\n")[0]
    return re.sub(r"\s*Source: .*", "", " ".join(paragraph.split()))


def _given(type_: inspect.Type) -> inspect.Type:
    """Return the type of a field when it is given: without None, and without the `str` of an open set of values."""
    if isinstance(type_, inspect.Metadata):
        return inspect.LiteralType((type_.extra or {})["choices"])
    if isinstance(type_, inspect.UnionType):
        types = tuple(each for each in type_.types if not isinstance(each, inspect.NoneType))
        return _given(types[0]) if len(types) == 1 else inspect.UnionType(types)
    return type_


def _name_of(type_: inspect.Type) -> _JsonType:
    if isinstance(type_, inspect.LiteralType):
        return "String" if isinstance(type_.values[0], str) else "Integer"
    if isinstance(type_, inspect.CustomType):
        return "Object" if issubclass(type_.cls, CustomType) else "Any"
    return _TYPES.get(type(type_), "Any")


def _is_value(value: str | int | None) -> TypeGuard[str | int]:
    return value is not None


def _ends(found: Range) -> tuple[int | None, int | None] | None:
    return None if found.low is found.high is None else (found.low, found.high)


def _unit(kind: _JsonType, text: str, found: Range) -> str | None:
    if kind in ("Integer", "Number"):
        unit = _UNIT.match(text)
        return unit[1] if unit else None
    if found.low is found.high is None:
        return None
    return {"String": "bytes", "Array": "items"}.get(kind)
