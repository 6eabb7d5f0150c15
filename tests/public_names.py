"""Which types a user of `tim_async` meets: those that public names take, return, hold or derive from.

    python -m tests.public_names

writes the ones that are imported on their first use into `tim_async/_names.py`; a test keeps that file current.
"""

from __future__ import annotations

import builtins
import collections.abc
import functools
import importlib
import inspect
import pkgutil
import re
import sys
import textwrap
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tim_async
from tim_async import _public, families, models
from tim_async._api.endpoint import Endpoint
from tim_async._api.fields import RequestField
from tim_async._api.wire import Result
from tim_async._host_limiter.limiter import HostRateLimiter
from tim_async.families._registry import FAMILIES, load_family
from tim_async.models.extension import SetExtensions
from tim_async.models.history import ArchivedC2CMsg, ArchivedGroupMsg, HistoryInfo
from tim_async.models.tags import ProfileTag, SnsTag

TARGET = Path(tim_async.__file__).with_name("_names.py")
# What methods with two underscores a user calls, by writing something else.
_CALLED = {"__init__", "__call__", "__aenter__", "__enter__", "__aiter__", "__anext__", "__iter__", "__getitem__"}
# What users are handed, and never construct.
_HANDED_OUT = {"Family", "OnDecorator", "BeforeDecorator", "Fault"}
PUBLIC = tuple(
    f"tim_async.{name}"
    for name in ("blocking", "bulk", "cluster", "emulator", "history", "otel", "testing", "usersig", "webhooks")
)
"""The public packages and modules beside `tim_async`."""
_STANDARD = {**vars(builtins), **vars(typing), **vars(collections.abc), **vars(types)}


def met_from(roots: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Return the types of this package that can be met from some names, by their own names; the roots included."""
    met: dict[str, object] = {}
    rest = list(roots)
    while rest:
        name, value = rest.pop()
        if name in met:
            if met[name] is not value and met[name] != value:
                raise AssertionError(f"two types are named {name}: {met[name]!r} and {value!r}")
            continue
        met[name] = value
        rest += _below(value)
    return met


def _below(value: object) -> Iterator[tuple[str, object]]:
    """Yield the types that a class, a function or an alias names."""
    if isinstance(value, type):
        yield from _of_class(value)
    elif inspect.isfunction(value):
        yield from _of_annotations(value, value)
    else:
        yield from _of_alias(value)


def _of_class(kind: type) -> Iterator[tuple[str, object]]:
    is_handed_out = any(base.__name__ in _HANDED_OUT for base in kind.__mro__)
    for base in kind.__mro__:
        if not base.__module__.startswith("tim_async") or base.__name__.startswith("_"):
            continue
        yield from _of_annotations(base, base)
        yield from _of_attributes(base)
        for name, member in vars(base).items():
            if name.startswith("_") and (name not in _CALLED or (name == "__init__" and is_handed_out)):
                continue
            if isinstance(member, Endpoint):
                yield from ((each.__name__, each) for each in (member.request, member.result))
                continue
            function = getattr(member, "fget", None) or getattr(member, "__func__", member)
            if inspect.isfunction(function):
                yield from _of_annotations(function, function)


def _of_annotations(owner: Any, value: Any) -> Iterator[tuple[str, object]]:
    """Yield what the annotations of a function or a class name."""
    scope = vars(sys.modules[owner.__module__])
    for field, text in inspect.get_annotations(value).items():
        if field.startswith("_"):
            continue
        yield from _named_in(str(text), scope)


def _named_in(annotation: str, scope: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name in re.findall(r"(?<![\w.])[A-Za-z_]\w*", re.sub(r"\"[^\"]*\"|'[^']*'", "", annotation)):
        if name in scope and scope[name] is not _STANDARD.get(name) and is_ours(scope[name]):
            yield name, scope[name]


def _of_attributes(kind: type) -> Iterator[tuple[str, object]]:
    """Yield what the annotated attributes name that the methods of a class set."""
    scope = vars(sys.modules[kind.__module__])
    for text in re.findall(r"self\.[a-z]\w*: ([^=\n]+)", inspect.getsource(kind)):
        yield from _named_in(text, scope)


def _of_alias(value: object) -> Iterator[tuple[str, object]]:
    for part in typing.get_args(value):
        if isinstance(part, type) and is_ours(part):
            yield part.__name__, part
        yield from _of_alias(part)


def is_ours(value: object) -> bool:
    """Return whether a value is a class of this package, or an alias made in it."""
    if isinstance(value, type) and not isinstance(value, types.GenericAlias):
        return value.__module__.startswith("tim_async")
    return not isinstance(value, typing.TypeVar | typing.ParamSpec | types.ModuleType) and not inspect.isfunction(value)


def unexported(package: str) -> list[str]:
    """Return what can be met from the names of a public package and is not exported where users look for it.

    A type is to be exported by the public package that it lies in: `tim_async.emulator.state.group.Member` by
    `tim_async.emulator`, and by `tim_async` what lies in none of these. What others export is not followed.
    """
    rest = list(exported(package).items())
    seen: list[object] = []
    missing: dict[str, None] = {}
    while rest:
        _, value = rest.pop()
        if any(value is each for each in seen):
            continue
        seen.append(value)
        for name, each in _below(value):
            if isinstance(each, type):
                homes = [next((one for one in PUBLIC if each.__module__.startswith(one)), tim_async.__name__)]
            else:  # an alias does not know its module
                homes = [package, *PUBLIC, tim_async.__name__]
            if all(exported(home).get(name) is not each for home in homes):
                missing[f"{homes[0]}.{name}"] = None
            if homes[0] == package:
                rest.append((name, each))
    return sorted(missing)


@functools.cache
def exported(package: str) -> dict[str, object]:
    """Return what a public package exports."""
    module = importlib.import_module(package)
    names = getattr(module, "__all__", None) or [
        name for name, value in vars(module).items() if getattr(value, "__module__", "") == package
    ]
    return {name: getattr(module, name) for name in names if not name.startswith("_")}


def public_names() -> dict[str, object]:
    """Return the types that can be met from the names of `_public`, from the families, from the lists of tags, and what
    `tim_async.testing`, `tim_async.emulator` and `tim_async.history` take or return besides.
    """
    roots = [(name, getattr(_public, name)) for name in _public.__all__]
    roots += [(FAMILIES[name], load_family(name)) for name in FAMILIES]
    roots += [(f"{FAMILIES[name]}Calls", load_calls(name)) for name in FAMILIES]
    roots += [(kind.__name__, kind) for kind in (ProfileTag, RequestField, Result, SetExtensions, SnsTag)]
    roots += [(kind.__name__, kind) for kind in (ArchivedC2CMsg, ArchivedGroupMsg, HistoryInfo, HostRateLimiter)]
    return {name: value for name, value in met_from(roots).items() if not name.startswith("__")}


def load_calls(name: str) -> type:
    """Import the class that a client has of a family."""
    found: type = getattr(importlib.import_module(f"tim_async._calls.{name}"), f"{FAMILIES[name]}Calls")
    return found


def home_of(name: str, value: object) -> str:
    """Return the module that defines a type, without the package's name."""
    if isinstance(value, type):
        return value.__module__.removeprefix("tim_async.")
    for package in (models, families):
        for each in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{each.name}")
            if re.search(rf"^{name}\b.* = ", inspect.getsource(module), re.MULTILINE):
                return module.__name__.removeprefix("tim_async.")
    raise AssertionError(f"no module of models or families defines {name}: name it in `_public`")


def source() -> str:
    """Return what `_names.py` must hold: every public name that `_public` does not have."""
    homes: dict[str, list[str]] = {}
    for name, value in sorted(public_names().items()):
        if name not in _public.__all__:
            homes.setdefault(home_of(name, value), []).append(name)
    imports = "".join(_import(home, names) for home, names in sorted(homes.items()))
    table = "".join(_row(home, names) for home, names in sorted(homes.items()))
    return f'''"""Public names that are imported on their first use, by the module that defines them.

Made by `python -m tests.public_names`; a test keeps it current.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
{imports}
# No Final here: `tim_async` would have it as a name of its own, which pyright's check of public types stumbles over.
_NAMES: dict[str, str] = {{
{table}}}
HOMES: dict[str, str] = {{name: home for home, names in _NAMES.items() for name in names.split()}}
'''


def _import(home: str, names: list[str]) -> str:
    if len(names) == 1:
        return f"    from .{home} import {names[0]} as {names[0]}\n"
    lines = [f"    from .{home} import ("]
    for name in names:
        part = f" {name} as {name},"
        if len(lines) == 1 or len(lines[-1]) + len(part) > 120:
            lines.append("       ")
        lines[-1] += part
    return "\n".join([*lines, "    )", ""])


def _row(home: str, names: list[str]) -> str:
    lines = [f'        "{line} "' for line in textwrap.wrap(" ".join(names), 108)]
    return "\n".join([f'    "{home}": (', *lines, "    ),", ""])


if __name__ == "__main__":
    TARGET.write_text(source(), "utf-8")
