"""Tell functions that make messages apart: by their code, and the values that they were made with.

The text of a campaign must not change unnoticed when it is continued. A text or a template is compared directly. Of a
function, these count: its code as this Python compiles it, its defaults, the variables of the enclosing functions, and
the arguments of a `functools.partial`. What it looks up by name elsewhere, or requests from a service, does not: that
cannot be compared. If a value has no form that is stable between processes, such as the attributes of an object, or has
too many parts, the user must give a version: `message_version`.
"""

from __future__ import annotations

import functools
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from string import Template
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Final
from uuid import UUID

import msgspec

from ...errors import UsageError

# Do not read a table of a million rows to compare a function.
_MAX_VALUES: Final = 10_000
# Their repr is complete, and the same in every process. A datetime is a date.
_PLAIN: Final = (
    *(type(None), type(...), bool, int, float, complex, str, bytes, Enum),
    *(date, time, timedelta, Decimal, UUID, PurePath),
)


def of_function(make: object) -> str:
    """Return the fingerprint of a function.

    Raises:
        UsageError: it was made with a value that cannot be compared.
    """
    problem = ""
    try:
        # A wrapper that runs the call in another thread is not the function to compare.
        return _Reader().read(getattr(make, "compared_as", make))
    except _UnknownError as unknown:
        problem = (
            f"message_version is missing: the function that makes the messages was made with {unknown.what}, which "
            "another process cannot compare; give a version, and change it whenever the function makes other messages"
        )
    raise UsageError(problem, field="message_version")


class _UnknownError(Exception):
    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what


class _Reader:
    """Reads values as text; values that differ in a way that counts read differently."""

    def __init__(self) -> None:
        self._inside: list[object] = []
        self._count = 0

    def read(self, value: object) -> str:
        """Return a value as text."""
        for place, each in enumerate(self._inside):
            if each is value:
                return f"<{place}>"  # it refers to itself
        self._count += 1
        if self._count > _MAX_VALUES:
            raise _UnknownError(f"more than {_MAX_VALUES:,} values")
        self._inside.append(value)
        try:
            return f"{type(value).__qualname__}({self._parts(value)})"
        finally:
            self._inside.pop()

    def _parts(self, value: object) -> str:
        match value:
            case list() | tuple():
                return self._all(*value)
            case set() | frozenset():
                return ", ".join(sorted(self.read(each) for each in value))
            case dict():
                return ", ".join(f"{self.read(key)}: {self.read(each)}" for key, each in value.items())
            case CodeType():
                return self._all(value.co_code, value.co_consts, value.co_names)
            case FunctionType():
                cells = [self._cell(cell) for cell in value.__closure__ or ()]
                return self._all(value.__code__, value.__defaults__, value.__kwdefaults__, *cells)
            case functools.partial():
                return self._all(value.func, value.args, value.keywords)
            case MethodType():
                return self._all(value.__func__, value.__self__)
            case Template():
                return self.read(value.template)
            case msgspec.Struct():
                return self._all(*(getattr(value, name) for name in value.__struct_fields__))
            case type() | ModuleType() | BuiltinFunctionType():
                return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', value.__name__)}"
            case _ if isinstance(value, _PLAIN):
                return repr(value)
        kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
        raise _UnknownError(f"a value of type {kind}")

    def _all(self, *values: object) -> str:
        return ", ".join(self.read(value) for value in values)

    def _cell(self, cell: object) -> object:
        try:
            return getattr(cell, "cell_contents")  # noqa: B009 - its type has no name
        except ValueError:
            return None  # not set yet
