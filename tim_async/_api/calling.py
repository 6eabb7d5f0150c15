"""The methods that make calls, and the signatures that they show.

A generated class (`_calls`) has one method per line of its family's table, with the signature and docstring that
editors show. When the class is created, `put_calls` replaces each of these with the method that does the work. It
passes the given fields to the request struct, so a field that is not given costs nothing and a mistake becomes a
`UsageError` that names the field. It keeps the signature and docstring of the method it replaces, for `inspect`,
`help` and IPython.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import update_wrapper
from inspect import CO_COROUTINE
from types import FunctionType
from typing import Any, Protocol, TypeVar

from ..errors import UsageError
from .wire import Request


class Line(Protocol):
    """What a method needs from its endpoint."""

    request: type[Request]

    def misuse(self, given: Sequence[object], named: Mapping[str, object]) -> UsageError:
        """Return the error for arguments that do not form a request."""
        ...


FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


class _Holder(Protocol):
    """An object that has a client's calls."""

    client: Any


class Written(str):
    """An annotation as written in the source; signatures show it without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def method_of(line: Line) -> Callable[..., Any]:
    """Build the method for a line. It returns what its client's `call` returns: a coroutine, or the result.

    It is not a coroutine function itself: each waiting call would then hold another half KiB.
    """
    make = line.request

    def call(self: _Holder, /, *args: object, **fields: object) -> object:
        try:
            request = make(*args, **fields)
        except TypeError:
            pass  # raised below, so that msgspec's error does not become its context
        else:
            request.identify()  # in place: it was created here; `client.call` copies a caller's request
            return self.client.call(line, request)
        raise line.misuse(args, fields)

    return call


def put_calls(kind: type, table: Mapping[str, Line]) -> None:
    """Put the working methods into a generated class."""
    for name, line in table.items():
        shown: FunctionType = vars(kind)[name]
        shown.__annotations__ = {each: Written(text) for each, text in shown.__annotations__.items()}
        call = update_wrapper(method_of(line), shown)
        setattr(kind, name, mark_async(call) if shown.__code__.co_flags & CO_COROUTINE else call)


def mark_async(function: FunctionT) -> FunctionT:
    """Mark a function that returns a coroutine, for code that inspects it first: mocks, retry decorators, servers."""
    if sys.version_info >= (3, 12):
        return inspect.markcoroutinefunction(function)
    function._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]  # what asyncio asks for
    return function
