"""Signatures as pages show them: names of types stay what they are, and a default that is a function is its name."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
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
_ALIAS: Final = re.compile(r"TypeAliasForwardRef\('([\w.]+)'\)")


def setup(app: Sphinx) -> None:
    """Show signatures in this way."""
    app.config["autodoc_type_aliases"] = aliases()
    app.connect("autodoc-process-signature", _readable)


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
    plain = _OBJECT.sub(lambda found: found[1].rpartition(".")[2], signature or "")
    return _ALIAS.sub(r"\1", plain) or None, result and _ALIAS.sub(r"\1", result)
