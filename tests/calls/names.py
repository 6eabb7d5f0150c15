"""Where a name that an annotation uses is defined, and annotations as a generated module writes them."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Annotated, Final, Literal, get_origin

PACKAGE = "tim_async"
_NOTHING: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({})


class Imports:
    """Gathers what a generated module imports.

    Attributes:
        names: the names by the module that defines them.
    """

    def __init__(self) -> None:
        self.names: dict[str, set[str]] = {}

    def add(self, module: str, name: str) -> None:
        """Import a name from the module that defines it."""
        self.names.setdefault(module, set()).add(name)

    def annotation(self, text: str, module: str, instead: Mapping[str, tuple[str, str]] = _NOTHING) -> str:
        """Return an annotation of another module as it is written in the generated one, and import what it names.

        Closed sets of values are written out, so that editors show them.

        Args:
            text: the annotation.
            module: the module that has it.
            instead: names that are replaced, each with the module and the name of what replaces it.
        """
        tree = _Expander(module, instead).visit(ast.parse(text, mode="eval").body)
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and not hasattr(builtins, node.id):
                self.add(*(getattr(node, "home", None) or home(module, node.id)))
        return ast.unparse(tree).replace("'", '"')

    def source(self, dots: str) -> str:
        """Return the import lines: those of the standard library, then those of the package."""
        first = sorted(each for each in self.names if not each.startswith(PACKAGE))
        own = sorted(each for each in self.names if each.startswith(PACKAGE))
        parts = ["".join(self._line(each, each) for each in first)]
        parts += ["".join(self._line(each, dots + each.removeprefix(f"{PACKAGE}.")) for each in own)]
        return "\n".join(part for part in parts if part)

    def _line(self, module: str, shown: str) -> str:
        names = sorted(self.names[module])
        line = f"from {shown} import {', '.join(names)}\n"
        if len(line) <= 121:
            return line
        return f"from {shown} import (\n" + "".join(f"    {name},\n" for name in names) + ")\n"


class _Expander(ast.NodeTransformer):
    """Replaces names by others, and the names of sets of values by the values."""

    def __init__(self, module: str, instead: Mapping[str, tuple[str, str]]) -> None:
        self._module = module
        self._instead = instead

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self._instead:
            return _name_from(*self._instead[node.id])
        if hasattr(builtins, node.id):
            return node
        where, name = home(self._module, node.id)
        value = getattr(importlib.import_module(where), name)
        if get_origin(value) is Literal:
            known = value.__args__
        elif get_origin(value) is Annotated:  # the service may add to it: see `listed`
            known = value.__metadata__[0].extra["choices"]
        else:
            return node
        values: list[ast.expr] = [ast.Constant(each) for each in known]
        return ast.Subscript(_name_from("typing", "Literal"), ast.Tuple(values) if values[1:] else values[0])


def _name_from(module: str, name: str) -> ast.Name:
    node = ast.Name(name)
    node.home = (module, name)  # type: ignore[attr-defined]  # read by `annotation`
    return node


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(inspect.getsource(importlib.import_module(module)))


def home(module: str, name: str) -> tuple[str, str]:
    """Return the module that defines the object of a name in another module, and its name there."""
    if not module.startswith(PACKAGE):
        return module, name
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    base = ".".join(module.split(".")[: -node.level]) if node.level else ""
                    source = ".".join(part for part in (base, node.module) if part)
                    return home(source, alias.name)
    if name in _defined(module):
        return module, name
    raise AssertionError(f"{module} does not define {name}")


@cache
def _defined(module: str) -> frozenset[str]:
    return frozenset(_targets(module))


def _targets(module: str) -> Iterator[str]:
    for node in _tree(module).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (each.id for each in node.targets if isinstance(each, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


@cache
def texts_below(module: str, kind: str) -> dict[str, str]:
    """Return the texts below the assignments of a class, by the assigned name."""
    (found,) = [node for node in _tree(module).body if isinstance(node, ast.ClassDef) and node.name == kind]
    texts = {}
    for node, after in zip(found.body, found.body[1:], strict=False):
        if isinstance(node, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            assert isinstance(node.target, ast.Name)
            texts[node.target.id] = str(after.value.value)
    return texts
