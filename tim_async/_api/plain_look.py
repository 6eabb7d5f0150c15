"""A fast check that a request obviously has the right types.

The full check converts the request to plain values and back, which finds and names every error but costs several
microseconds. Almost every request is obviously right: each text is a `str`, each list a `list`. A function generated
for the struct when its endpoint is first called confirms that in less than one microsecond. A value it does not know
(a tuple, a subclass, a dict, an element of an unknown kind) is not an error: the full check decides.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import inspect

from .wire import CustomType

Look: TypeAlias = Callable[[Any], bool]

_EXACT: Final[dict[type[inspect.Type], type]] = {
    inspect.StrType: str,
    inspect.IntType: int,
    inspect.BoolType: bool,
    inspect.FloatType: float,
}


@cache
def plain_look(struct: type[msgspec.Struct]) -> Look:
    """Return the function that checks a struct of exactly this class."""
    return _Writer(struct).look()


def _is_plain_custom(value: object) -> bool:
    """Check an element, a struct whose class is known only at run time."""
    kind = type(value)
    return issubclass(kind, CustomType) and issubclass(kind, msgspec.Struct) and plain_look(kind)(value)


def _is_plain_struct(value: object, struct: type[msgspec.Struct]) -> bool:
    """Check a nested struct; resolved late, because a relayed message contains messages."""
    return type(value) is struct and plain_look(struct)(value)


class _Writer:
    """Generates the function for one struct."""

    def __init__(self, struct: type[msgspec.Struct]) -> None:
        self._struct = struct
        self._names: dict[str, object] = {"custom": _is_plain_custom, "struct": _is_plain_struct}
        self._number = count().__next__

    def look(self) -> Look:
        lines = ["def look(request):"]
        info = inspect.type_info(self._struct)
        assert isinstance(info, inspect.StructType)  # noqa: S101 - it is made of a struct
        for field in info.fields:
            condition = self._condition(field.type, "value")
            if condition is None:
                lines.append("    return False")
                break
            lines += [f"    value = request.{field.name}", f"    if not ({condition}):", "        return False"]
        else:
            lines.append("    return True")
        exec("\n".join(lines), self._names)  # noqa: S102 - written above, from the names of fields alone
        look: Look = self._names["look"]  # type: ignore[assignment]
        return look

    def _name(self, value: object) -> str:
        name = f"known_{self._number()}"
        self._names[name] = value
        return name

    def _condition(self, type_: inspect.Type, value: str) -> str | None:
        """Return an expression that is true for an obviously right value, None if no expression can decide."""
        if isinstance(type_, inspect.Metadata):
            return self._condition(type_.type, value)
        exact = _EXACT.get(type(type_))
        if exact is not None:
            return None if _is_bounded(type_) else f"type({value}) is {exact.__name__}"
        if isinstance(type_, inspect.NoneType):
            return f"{value} is None"
        if isinstance(type_, inspect.LiteralType):
            kinds = self._name(frozenset(map(type, type_.values)))
            return f"(type({value}) in {kinds} and {value} in {self._name(frozenset(type_.values))})"
        if isinstance(type_, inspect.UnionType):
            # Test for the absent value first: most fields are absent.
            types = sorted(type_.types, key=lambda each: not isinstance(each, inspect.NoneType))
            known = [each for each in (self._condition(each, value) for each in types) if each is not None]
            return f"({' or '.join(known)})" if known else None
        if isinstance(type_, inspect.ListType):
            item = None if _is_bounded(type_) else self._condition(type_.item_type, "item")
            if item is None:
                return f"(type({value}) is list and not {value})"
            every = self._name(eval(f"lambda items: all({item} for item in items)", self._names))  # noqa: S307
            return f"(type({value}) is list and {every}({value}))"
        if isinstance(type_, inspect.StructType):
            return f"struct({value}, {self._name(type_.cls)})"
        if isinstance(type_, inspect.CustomType) and issubclass(type_.cls, CustomType):
            return f"custom({value})"
        return None


def _is_bounded(type_: inspect.Type) -> bool:
    """Return whether a type has additional bounds."""
    names = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern")
    return any(getattr(type_, name, None) is not None for name in names)
