"""Executes the requests of the control API."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from importlib import import_module
from typing import Final
from urllib.parse import unquote

import msgspec
from aiohttp import web

from ..._pages.guard import why_refused
from ...errors import UsageError
from .context import Control
from .routes import MAX_MIB, PREFIX, ROUTES, Asked, NotFoundError, Route, read_body, read_query
from .views import Problem

for _area in (
    "accounts",
    "calls",
    "clock",
    "commands",
    "conversations",
    "faults",
    "groups",
    "limits",
    "messages",
    "notifications",
    "openapi",
    "phones",
    "reset",
    "state",
    "webhooks",
):
    import_module(f"{__package__}.{_area}")  # registers its routes

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class ControlApi:
    """Serves the control API of an emulator.

    Args:
        control: what its operations act on.
        hosts: names of the emulator's host besides loopback names; None is any name.
    """

    def __init__(self, control: Control, hosts: Collection[str] | None) -> None:
        self._control = control
        self._hosts = hosts

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request whose path begins with the prefix."""
        problem = why_refused(request, self._hosts)
        if problem is not None:
            return _answer(Problem(message=problem), 403)
        try:
            route, path = _find(request.method, request.rel_url.raw_path.removeprefix(PREFIX))
            body = read_body(route.body, await _body_of(request, route) if route.body is not None else b"")
            asked = Asked(path, read_query(route.query, request.rel_url.query), body, request)
            result = route.function(self._control, asked)
            if inspect.isawaitable(result):
                result = await result
        except NotFoundError as error:
            return _answer(Problem(message=error.message, field=error.field), 404)
        except UsageError as error:
            return _answer(Problem(message=error.message, field=error.field), 400)
        except web.HTTPRequestEntityTooLarge:
            return _answer(Problem(message=f"the body exceeds {route.max_mib} MiB"), 413)
        return result if isinstance(result, web.StreamResponse) else _answer(result, 200)


async def _body_of(request: web.BaseRequest, route: Route) -> bytes:
    if route.max_mib == MAX_MIB:
        return await request.read()
    parts, size = [], 0
    async for part in request.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > route.max_mib * 1024 * 1024:
            raise web.HTTPRequestEntityTooLarge(max_size=route.max_mib * 1024 * 1024, actual_size=size)
    return b"".join(parts)


def _find(method: str, path: str) -> tuple[Route, dict[str, str]]:
    methods = []
    for route in ROUTES:
        found = route.pattern.fullmatch(path)
        if found is not None and route.method == method:
            # An account may contain a slash: only the slashes of the raw path separate its parts.
            return route, {name: unquote(value) for name, value in found.groupdict().items()}
        if found is not None:
            methods.append(route.method)
    if methods:
        raise UsageError(f"{PREFIX}{path} takes {' and '.join(methods)}, not {method}")
    raise NotFoundError(f"unknown path {PREFIX}{path}; {PREFIX}/openapi.json lists all paths")


def _answer(value: object, status: int) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value),
        status=status,
        content_type="application/json",
        headers=_HEADERS,
    )
