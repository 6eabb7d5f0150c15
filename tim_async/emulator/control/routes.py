"""How a request of the control API finds its function, and what the function receives.

    @route("GET", "/accounts/{user_id}", answer=AccountView, summary="One account.")
    def account(control: Control, asked: Asked[None, None]) -> AccountView: ...

The structs of a route read the query and the body, and describe both in the OpenAPI document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, Literal, TypeVar

import msgspec
from aiohttp import web

from ..._api.wire import split_path
from ...errors import UsageError
from .context import Control

Q = TypeVar("Q")
B = TypeVar("B")
Method = Literal["GET", "POST", "PUT", "DELETE"]
PREFIX: Final = "/_emulator/v1"
MAX_MIB: Final = 1
"""The largest body that the server reads, unless a route says more."""


class NotFoundError(UsageError):
    """The path names something that does not exist."""


class Asked(Generic[Q, B]):
    """The content of a request.

    Attributes:
        path: the parts of the path in braces, by name.
        query: the query, in the route's struct.
        body: the body, in the route's struct.
        request: the request itself, for functions that answer with a stream.
    """

    __slots__ = ("body", "path", "query", "request")

    def __init__(self, path: Mapping[str, str], query: Q, body: B, request: web.BaseRequest) -> None:
        self.path: Mapping[str, str] = path
        self.query: Q = query
        self.body: B = body
        self.request: web.BaseRequest = request


class Route(msgspec.Struct, frozen=True):
    """One operation.

    Attributes:
        method: the HTTP method.
        path: the path below the prefix, with names in braces.
        function: executes it.
        summary: one line of what it does.
        query: the struct of the query, None without one.
        body: the struct of the body, None without one.
        answer: the struct, or list, of the answer; None for one that is not JSON, or empty.
        pattern: the path as a regular expression.
        max_mib: the largest body in MiB.
    """

    method: Method
    path: str
    function: Callable[[Control, Asked[Any, Any]], Any]
    summary: str
    query: type[msgspec.Struct] | None
    body: type[msgspec.Struct] | None
    answer: Any
    pattern: re.Pattern[str]
    max_mib: int = MAX_MIB


ROUTES: Final[list[Route]] = []
F = TypeVar("F", bound=Callable[..., Any])


def route(
    method: Method,
    path: str,
    *,
    summary: str,
    query: type[msgspec.Struct] | None = None,
    body: type[msgspec.Struct] | None = None,
    answer: Any = None,  # noqa: ANN401 - whatever msgspec can describe
    max_mib: int = MAX_MIB,
) -> Callable[[F], F]:
    """Register the decorated function for a method and a path."""
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))

    def register(function: F) -> F:
        ROUTES.append(Route(method, path, function, summary, query, body, answer, pattern, max_mib))
        return function

    return register


def read_query(struct: type[msgspec.Struct] | None, query: Mapping[str, str]) -> msgspec.Struct | None:
    """Read a query; raise `UsageError` that names the parameter."""
    names = () if struct is None else struct.__struct_encode_fields__
    for name in query:
        if name not in names:
            raise UsageError(f"unknown parameter {name!r} (known: {', '.join(names) or 'none'})", field=name)
    return None if struct is None else _convert(struct, dict(query), strict=False)


def read_body(struct: type[msgspec.Struct] | None, body: bytes) -> msgspec.Struct | None:
    """Read a body; raise `UsageError` that names the field."""
    if struct is None:
        return None
    try:
        value = msgspec.json.decode(body or b"{}")
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise UsageError(f"the body is not JSON: {error}") from None
    return _convert(struct, value, strict=True)


def _convert(struct: type[msgspec.Struct], value: object, *, strict: bool) -> msgspec.Struct:
    try:
        made: msgspec.Struct = msgspec.convert(value, struct, strict=strict)
    except msgspec.ValidationError as error:
        problem, path = split_path(str(error))
        raise UsageError(f"{path}: {problem}" if path else problem, field=path) from None
    return made
