"""Methods that are more than one call of an endpoint, such as `send_to_all`, by the endpoint that they call."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from tim_async import Endpoint
from tim_async._api.endpoint import Family
from tim_async.families._registry import FAMILIES, load_family

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


class Helper(NamedTuple):
    """A method of a family that is no endpoint.

    Attributes:
        path: how programs call it, such as `c2c.send_to_all`.
        purpose: the first line of its docstring.
    """

    path: str
    purpose: str


def helpers_of(endpoint: Endpoint[..., Any]) -> list[Helper]:
    """Return the methods that call an endpoint, in the order of their family."""
    return helpers_by_endpoint().get(f"{endpoint.family}.{endpoint.name}", [])


@lru_cache(maxsize=1)
def helpers_by_endpoint() -> dict[str, list[Helper]]:
    """Return the methods by the path of the endpoint that they call, such as `c2c.send_batch`."""
    found: dict[str, list[Helper]] = {}
    for name in FAMILIES:
        family = load_family(name)
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(family))).body
        assert isinstance(tree, ast.ClassDef)
        functions = {each.name: each for each in tree.body if isinstance(each, _Function)}
        for function in functions.values():
            if not function.name.startswith("_"):
                helper = Helper(f"{name}.{function.name}", (ast.get_docstring(function) or "").partition("\n")[0])
                for called in dict.fromkeys(_calls(function, family, functions)):
                    found.setdefault(f"{name}.{called}", []).append(helper)
    return found


def _calls(function: _Function, family: type[Family], functions: dict[str, _Function]) -> Iterator[str]:
    """Yield the endpoints that a method names as `self.send` or `C2C.send`, itself or by a method that it calls."""
    others = {name: each for name, each in functions.items() if name != function.name}
    for node in ast.walk(function):
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            continue
        if node.value.id in ("self", family.__name__):
            if node.attr in family.endpoints:
                yield node.attr
            elif node.attr in others:
                yield from _calls(others[node.attr], family, others)
