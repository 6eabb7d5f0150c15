"""Signatures as pages show them: names of types stay what they are, and a default that is a function is its name."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from types import UnionType
from typing import TYPE_CHECKING, Final

from docutils.nodes import Text
from sphinx.util.typing import stringify_annotation

if TYPE_CHECKING:
    from docutils.nodes import document
    from sphinx.application import Sphinx

MODULES: Final = (
    "tim_async",
    "tim_async.blocking",
    "tim_async.bulk",
    "tim_async.cluster",
    "tim_async.emulator",
    "tim_async.history",
    "tim_async.testing",
    "tim_async.webhooks",
)
_OBJECT: Final = re.compile(r"<(?:function|class|built-in function|bound method) '?([\w.]+)'?(?: at 0x\w+)?>")
_CHOICES: Final = re.compile(r"~typing\.Annotated\[\w+, msgspec\.Meta\(extra=\{'choices': \(([^)]*?),?\)\}\)\]")
_ALIAS: Final = re.compile(r"TypeAliasForwardRef\('([\w.]+)'\)")


def setup(app: Sphinx) -> None:
    """Show signatures in this way."""
    app.config["autodoc_type_aliases"] = aliases()
    app.connect("autodoc-process-signature", _readable)
    app.connect("autodoc-process-docstring", _say_what_is_one_of)
    app.connect("doctree-read", _part_arguments)


def aliases() -> dict[str, str]:
    """Return the public names of types that are no classes, by the name that signatures have for them."""
    found, classes = dict[str, str](), set[str]()
    for module_name in MODULES:
        module = import_module(module_name)
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isclass(value):
                classes.add(name)
            elif hasattr(value, "__args__") or hasattr(value, "__metadata__"):
                found.setdefault(name, f"{module_name}.{name}")
    return {name: full for name, full in found.items() if name not in classes}


def _readable(
    app: Sphinx, what: str, name: str, obj: object, options: object, signature: str | None, result: str | None
) -> tuple[str | None, str | None]:
    """Return a signature in which a default that is a function or a class is its name, and so is an alias."""
    return signature and plain_signature(signature), result and plain_signature(result)


def plain_signature(signature: str) -> str:
    """Return a signature with names in the place of objects, and choices in the place of what checks them."""
    named = _OBJECT.sub(lambda found: found[1].rpartition(".")[2], signature)
    return _ALIAS.sub(r"\1", _CHOICES.sub(r"~typing.Literal[\1]", named))


def _say_what_is_one_of(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Say what a union is made of: its docstring is that of all unions."""
    if isinstance(obj, UnionType):
        lines[:] = [f"One of `{stringify_annotation(obj, 'smart').replace('~', '')}`."]
        lines[:] = [re.sub(r"\b(?:tim_async|collections|os)(?:\.\w+)*\.(\w+)", r"\1", line) for line in lines]


def _part_arguments(app: Sphinx, doctree: document) -> None:
    """Part the names of arguments from their texts by a dash: two hyphens are left alone elsewhere, for options."""
    for node in list(doctree.findall(Text)):
        if node.astext() == " -- ":
            node.parent.replace(node, Text(" – "))
