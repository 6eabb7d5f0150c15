"""The methods that make calls, and what they show.

A generated class (`_calls`) has a method for each line of its family's table, with the signature and the text that
editors show. When the class is made, `put_calls` puts the method that does the work in the place of each one: it hands
the fields that were given to the request struct, so that a field that was not given costs nothing, and a mistake is a
`UsageError` that names the field. It wears the signature and the text of the method it replaces, for `inspect`, `help`
and IPython.
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
    """What a method knows of its endpoint."""

    request: type[Request]

    def misuse(self, given: Sequence[object], named: Mapping[str, object]) -> UsageError:
        """Return the error for arguments that make no request."""
        ...


FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


class _Holder(Protocol):
    """What has the calls of a client."""

    client: Any


class Written(str):
    """An annotation as it is written in the source; a signature shows it without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def method_of(line: Line) -> Callable[..., Any]:
    """Make the method for a line. It returns what its client's `call` does: a coroutine, or the result.

    No coroutine of its own: each one that waits would keep half a KiB more.
    """
    make = line.request

    def call(self: _Holder, /, *args: object, **fields: object) -> object:
        try:
            request = make(*args, **fields)
        except TypeError:
            pass  # raised below, so that msgspec's error is not its context
        else:
            request.identify()  # it was made here; one that is passed to `client.call` is not changed
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
    """Mark a function that returns a coroutine, for those who ask before they call it: mocks, retries, servers."""
    if sys.version_info >= (3, 12):
        return inspect.markcoroutinefunction(function)
    function._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]  # what asyncio asks for
    return function
