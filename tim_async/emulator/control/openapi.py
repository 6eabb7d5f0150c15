"""The description of the control API, in OpenAPI 3.1, made from the routes and their structs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from inspect import getdoc
from typing import Any, Final

import msgspec
from aiohttp import web

from ..._version import __version__
from .context import Control
from .routes import PREFIX, ROUTES, Asked, Route, route
from .views import Problem

_REF: Final = "#/components/schemas/{name}"
_PROBLEMS: Final = {"400": "A parameter or a field is wrong.", "403": "The request came from another site."}


@route("GET", "/openapi.json", summary="This description.")
def openapi(control: Control, asked: Asked[None, None]) -> web.Response:
    """Return the description."""
    return web.Response(body=_document(), content_type="application/json")


@cache
def _document() -> bytes:
    types = [each for each in _types() if each is not None]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    schema_of = dict(zip(map(str, types), schemas, strict=True))
    paths: dict[str, dict[str, object]] = {}
    for each in ROUTES:
        paths.setdefault(PREFIX + each.path, {})[each.method.lower()] = _operation(each, schema_of, components)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "Control API of the emulator of tim_async", "version": __version__},
            "paths": paths,
            "components": {"schemas": components},
        }
    )


def _types() -> Iterator[Any]:
    yield Problem
    for each in ROUTES:
        yield from (each.query, each.body, each.answer)


def _operation(
    each: Route, schema_of: dict[str, dict[str, Any]], components: dict[str, dict[str, Any]]
) -> dict[str, object]:
    parameters: list[dict[str, object]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in each.pattern.groupindex
    ]
    if each.query is not None:
        query = components[each.query.__name__]
        parameters += [
            {"name": name, "in": "query", "required": False, "schema": schema}
            for name, schema in query["properties"].items()
        ]
    problem = {"content": {"application/json": {"schema": schema_of[str(Problem)]}}}
    responses: dict[str, object] = {
        status: {"description": description, **problem} for status, description in _PROBLEMS.items()
    }
    if each.pattern.groupindex:
        responses["404"] = {"description": "Not found.", **problem}
    good: dict[str, object] = {"description": "Done."}
    if each.answer is not None:
        good["content"] = {"application/json": {"schema": schema_of[str(each.answer)]}}
    responses["200"] = good
    operation: dict[str, object] = {
        "operationId": each.function.__name__,
        "summary": each.summary,
        "description": getdoc(each.function) or "",
        "parameters": parameters,
        "responses": responses,
    }
    if each.body is not None:
        responses["413"] = {"description": f"The body exceeds {each.max_mib} MiB.", **problem}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema_of[str(each.body)]}},
        }
    return operation
