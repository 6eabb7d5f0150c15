"""The description of the control API: every answer fits it, and every allowed request is answered."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import aiohttp
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.emulator.control.conftest import PREFIX
from tim_async import TimClient
from tim_async.emulator import Emulator
from tim_async.emulator.control.openapi import _document
from tim_async.emulator.control.routes import ROUTES

DOCUMENT: dict[str, Any] = json.loads(_document())
OPERATIONS = [
    (method, path, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]
# Numbers and names of existing and missing objects.
names = st.sampled_from(["1", "2", "alice", "@TGS#1", "爱丽丝", "0"])
_STREAMS = {f"{PREFIX}/events"}


def whole(schema: Any) -> Any:
    """Return a schema with what it refers to inside of it."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return whole(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        return {name: whole(value) for name, value in schema.items()}
    return [whole(each) for each in schema] if isinstance(schema, list) else schema


def from_schema(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return values that a schema allows, of the kinds that the description uses."""
    if "anyOf" in schema:
        return st.one_of([from_schema(each) for each in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "string":
            return st.text(max_size=8) | names
        case "integer":
            return st.integers(schema.get("minimum", -3), schema.get("maximum", 100_000))
        case "number":
            return st.floats(schema.get("minimum", schema.get("exclusiveMinimum", -10)), 5)
        case "array":
            return st.lists(from_schema(schema["items"]), max_size=3)
    assert schema["type"] == "object"
    if "properties" not in schema:
        return st.dictionaries(st.text(max_size=8), st.none() | st.text(max_size=8), max_size=3)
    required = set(schema.get("required", ()))
    fields = {name: from_schema(each) for name, each in schema["properties"].items()}
    return st.fixed_dictionaries(
        {name: each for name, each in fields.items() if name in required},
        optional={name: each for name, each in fields.items() if name not in required},
    )


def bodies(operation: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "requestBody" not in operation:
        return st.none()
    return from_schema(whole(operation["requestBody"]["content"]["application/json"]["schema"]))


def queries(operation: dict[str, Any]) -> st.SearchStrategy[dict[str, str]]:
    values = {
        each["name"]: from_schema(whole(each["schema"])).filter(lambda value: value is not None).map(str)
        for each in operation["parameters"]
        if each["in"] == "query"
    }
    return st.fixed_dictionaries({}, optional=values)


def test_every_route_is_described_once() -> None:
    described = {(method.upper(), path) for method, path, _ in OPERATIONS}
    assert described == {(each.method, PREFIX + each.path) for each in ROUTES}
    assert len({operation["operationId"] for _, _, operation in OPERATIONS}) == len(ROUTES)
    text = json.dumps(DOCUMENT)
    assert all(each in DOCUMENT["components"]["schemas"] for each in re.findall(r"#/components/schemas/(\w+)", text))


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [each for each in OPERATIONS if each[1] not in _STREAMS],
    ids=[f"{method} {path.removeprefix(PREFIX)}" for method, path, _ in OPERATIONS if path not in _STREAMS],
)
def test_what_is_described_is_answered_as_described(method: str, path: str, operation: dict[str, Any]) -> None:
    schemas = {
        status: whole(response["content"]["application/json"]["schema"])
        for status, response in operation["responses"].items()
        if "content" in response
    }

    async def ask(body: Any, query: dict[str, str], name: str) -> None:
        async with Emulator() as emulator, aiohttp.ClientSession() as session:
            emulator.add_accounts("alice", "bob")
            async with TimClient(emulator.sdk_app_id, emulator.secret_key, base_url=emulator.url) as client:
                await client.c2c.send_text("bob", "hi")
            emulator.faults.delay(0)
            place = re.sub(r"\{\w+\}", name.replace("#", "%23"), path)
            async with session.request(
                method, emulator.url + place, params=query, json=body if "requestBody" in operation else None
            ) as response:
                answer = await response.json()
        assert str(response.status) in operation["responses"], answer
        if str(response.status) in schemas:
            jsonschema.validate(answer, schemas[str(response.status)])

    @settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
    @given(bodies(operation), queries(operation), names)
    def run(body: Any, query: dict[str, str], name: str) -> None:
        asyncio.run(ask(body, query, name))

    run()


def test_what_takes_a_body_says_that_it_may_be_too_large() -> None:
    assert {path for _, path, each in OPERATIONS if "requestBody" in each} == {
        path for _, path, each in OPERATIONS if "413" in each["responses"]
    }
