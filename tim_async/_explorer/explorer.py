"""The explorer's own API: what its views read, check and send.

    GET  about                          the app, the admin, the destination of requests
    GET  catalogue                      all endpoints
    GET  endpoints/openim/sendmsg       one endpoint with the fields of its request and its answer
    POST check/openim/sendmsg           the dry run of a request
    POST copies/openim/sendmsg          the request as a program and as commands
    POST send/openim/sendmsg            the request, sent
    GET  codes, GET limits              the error codes, the service's limits

A request is passed as text, so that its numbers stay as they were typed.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web

from .._api.endpoint import Endpoint
from .._pages.guard import why_refused
from ..errors import UsageError
from ..families._registry import find_endpoint
from .catalogue import catalogue, page_of
from .check import check, read_body
from .codes import code_lines
from .copies import copies_of
from .limits import service_limits
from .sending import Send, send

PREFIX: Final = "/_explorer/v1/"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_MAX_BODY_BYTES: Final = 1024 * 1024
# msgspec does not support immutable mappings.
_encode: Final = msgspec.json.Encoder(enc_hook=dict).encode

B = TypeVar("B", bound=msgspec.Struct)


class About(msgspec.Struct, kw_only=True):
    """The destination of requests.

    Attributes:
        sdk_app_id: the app.
        identifier: the admin that calls.
        address: the service's address, "" for this emulator.
        asks_first: whether irreversible calls must be confirmed.
        body_limit: the limit for a message in bytes.
    """

    sdk_app_id: int
    identifier: str
    address: str
    asks_first: bool
    body_limit: int


class Typed(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A request as it was typed.

    Attributes:
        text: its JSON.
        is_confirmed: whether the user has confirmed it, if that is required.
    """

    text: str
    is_confirmed: bool = False


class Problem(msgspec.Struct, kw_only=True):
    """Why an operation failed.

    Attributes:
        message: a sentence.
        field: the field that is wrong, None for none in particular.
    """

    message: str
    field: str | None = None


class Explorer:
    """Answers the requests of the explorer's views.

    Args:
        about: the destination of requests.
        send: sends a request, and returns the answer.
        hosts: names of the server besides loopback names; None is any name.
    """

    def __init__(self, about: About, send: Send, hosts: Collection[str] | None = ()) -> None:
        self._about = about
        self._send = send
        self._hosts = hosts

    async def serve(self, request: web.BaseRequest) -> web.Response:
        """Answer a request whose path begins with the prefix."""
        problem = why_refused(request, self._hosts)
        if problem is not None:
            return _answer(Problem(message=problem), 403)
        area, _, command = request.path.removeprefix(PREFIX).partition("/")
        try:
            if request.method == "GET":
                found = self._read(area, command)
            elif request.method == "POST":
                found = await self._act(area, command, request)
            else:
                return _answer(Problem(message=f"{request.method} is not allowed"), 405)
        except UsageError as error:
            return _answer(Problem(message=error.message, field=error.field), 400)
        except web.HTTPRequestEntityTooLarge:
            return _answer(Problem(message="the body exceeds 1 MiB"), 413)
        if found is None:
            return _answer(Problem(message=f"unknown path: {request.method} {request.path}"), 404)
        return _answer(found, 200)

    def _read(self, area: str, command: str) -> object:
        match area, command:
            case "about", "":
                return self._about
            case "catalogue", "":
                return catalogue()
            case "codes", "":
                return code_lines()
            case "limits", "":
                return service_limits(self._about.body_limit)
            case "endpoints", _:
                endpoint = find_endpoint(command)
                return None if endpoint is None else page_of(endpoint)
        return None

    async def _act(self, area: str, command: str, request: web.BaseRequest) -> object:
        endpoint = find_endpoint(command)
        if area not in ("check", "copies", "send") or endpoint is None:
            return None
        typed = _read_typed(await request.read())
        body = read_body(typed.text)
        if area == "check":
            return check(endpoint, body, self._about.body_limit)
        if area == "copies":
            return copies_of(endpoint, body)
        self._require_confirmation(endpoint, typed)
        return await send(endpoint, body, self._about.sdk_app_id, self._send)

    def _require_confirmation(self, endpoint: Endpoint[..., Any], typed: Typed) -> None:
        if self._about.asks_first and endpoint.danger is not None and not typed.is_confirmed:
            raise UsageError(f"{endpoint.command} cannot be undone: confirm it", field="is_confirmed")


def _read_typed(data: bytes) -> Typed:
    try:
        return msgspec.json.decode(data, type=Typed)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        problem = str(error)
    raise UsageError(f"cannot read the body: {problem}")


def _answer(value: object, status: int) -> web.Response:
    return web.Response(body=_encode(value), status=status, content_type="application/json", headers=_HEADERS)
