"""Which module imports which, read from the source: late imports and those under TYPE_CHECKING included."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

OPEN = frozenset({"errors", "_clocks", "_codes", "_hidden", "_printable", "_randomness", "_version"})
"""What every room may import."""
ENTRIES = frozenset({"__init__", "_public", "_names", "__main__"})
"""The entry modules: they come last, and no module imports them."""

_CALL = frozenset({"_core", "_api", "families", "models"})
_BULK = frozenset({"bulk", "bulk/_ledger", "bulk/_message", "bulk/_plan", "bulk/_engine"})
_CLUSTER = frozenset({"cluster", "cluster/_redis_limiter", "cluster/_workers"})
_EMULATOR = frozenset(
    {
        "emulator",
        "emulator/console",
        "emulator/control",
        "emulator/state",
        "emulator/handlers",
        "emulator/events",
        "emulator/outgoing",
        "emulator/server",
    }
)
_WEBHOOKS = frozenset({"webhooks", "webhooks/events"})
_SERVICE = frozenset({"families", "models", "_api", "usersig"}) | _WEBHOOKS

ALLOWED: Mapping[str, frozenset[str]] = {
    "errors": frozenset(),
    "_clocks": frozenset(),
    "_codes": frozenset(),
    "_error_responses": frozenset(),
    "_hidden": frozenset(),
    "_printable": frozenset(),
    "_randomness": frozenset(),
    "_version": frozenset(),
    "usersig": frozenset({"_api"}),
    "_api": frozenset(),
    "models": frozenset({"_api"}),
    "families": frozenset({"_api", "models"}),
    "_calls": frozenset({"_api", "models", "families"}),
    "_core": frozenset({"usersig", "_api", "models", "families", "_calls"}),
    "_shared_limits": _CALL,
    "_host_limiter": _CALL | {"_shared_limits"},
    "history": frozenset({"_api", "models"}),
    "webhooks": frozenset({"_api", "models", "webhooks/events"}),
    "webhooks/events": frozenset({"_api", "models", "webhooks"}),
    "_pages": frozenset(),
    "_pyinstaller": frozenset(),
    "_explorer": frozenset({"_api", "families", "models", "_calls", "_pages"}),
    "emulator/state": frozenset({"_api", "models"}),
    "emulator/outgoing": frozenset({"_api", "models"}) | _WEBHOOKS,
    "emulator/events": _SERVICE | {"emulator", "emulator/state", "emulator/outgoing"},
    "emulator/handlers": _SERVICE | {"emulator", "emulator/state", "emulator/outgoing", "emulator/events"},
    "emulator/server": _SERVICE | {"emulator", "emulator/state", "emulator/outgoing"},
    "emulator/console": frozenset({"_pages"}),
    "emulator/control": _SERVICE
    | {
        "_pages",
        "_explorer",
        "emulator",
        "emulator/state",
        "emulator/outgoing",
        "emulator/server",
        "emulator/handlers",
    },
    "emulator": _SERVICE | _EMULATOR | {"_pages", "_explorer"},
    "bulk/_ledger": frozenset({"_api", "models"}),
    "bulk/_message": frozenset({"_api", "models", "bulk/_ledger"}),
    "bulk/_plan": _CALL | {"bulk/_ledger", "bulk/_message"},
    "bulk/_engine": _CALL | {"bulk", "bulk/_ledger", "bulk/_message", "bulk/_plan"},
    "bulk": _CALL | _BULK,
    "cluster/_redis_limiter": _CALL | {"_shared_limits"},
    "cluster/_workers": _CALL | _BULK,
    "cluster": _CALL | _BULK | _CLUSTER,
    "testing": _CALL | _SERVICE | _EMULATOR,
    "blocking": _CALL | _BULK | {"_calls", "history", "usersig", "webhooks"},
    "otel": _CALL | _BULK,
    "cli": _CALL | _SERVICE | _EMULATOR | _BULK | _CLUSTER | {"otel", "_pages", "_explorer"},
}
"""What each room imports besides itself and what is open to all.

A folder's room has the modules that lie directly in it. `_public` gathers the public names and may import every room.
"""


def modules(package: Path) -> dict[str, Path]:
    """Return the modules of a package by their dotted names, without the package's own name; "" is its `__init__`."""
    found = {}
    for path in package.rglob("*.py"):
        parts = path.relative_to(package).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(package: Path, path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """Yield the modules of the package that one of them imports, in the order of the source."""
    folder = [package.name, *path.relative_to(package).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[list[str]] = []
        if isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = folder[: len(folder) - node.level + 1] if node.level else []
            base += node.module.split(".") if node.module else []
            names = [[*base, alias.name] for alias in node.names]
        for name in names:
            if name[0] != package.name:
                continue
            while ".".join(name[1:]) not in known:
                name.pop()
            yield ".".join(name[1:])


def room(module: str) -> str:
    """Return the room that a module lies in: the longest one of `ALLOWED` that its name begins with."""
    parts = module.split(".") if module else ["__init__"]
    inner = "/".join(parts[:2])
    return inner if inner in ALLOWED else parts[0]


def graph(package: Path) -> dict[str, list[str]]:
    """Return what each module imports, itself left out."""
    known = modules(package)
    return {
        name: [each for each in dict.fromkeys(imports(package, path, known)) if each != name]
        for name, path in known.items()
    }


def upward_imports(edges: Mapping[str, list[str]]) -> list[str]:
    """Return the imports that the whitelist does not allow, one line for each."""
    wrong = []
    for module, targets in edges.items():
        own = room(module)
        if own in ENTRIES:
            continue
        for target in targets:
            other = room(target)
            if other != own and other not in OPEN and other not in ALLOWED[own]:
                wrong.append(
                    f"{module or '__init__'} imports {target or 'the package itself'}: {own} must not import {other}"
                )
    return wrong


def circles(edges: Mapping[str, list[str]]) -> list[str]:
    """Return the modules on an import cycle, or between two of them; none without a cycle."""
    left = {module: set(targets) for module, targets in edges.items()}
    while True:
        imported = set().union(*left.values()) if left else set()
        gone = {module for module, targets in left.items() if not targets or module not in imported}
        if not gone:
            return sorted(left)
        left = {module: targets - gone for module, targets in left.items() if module not in gone}
