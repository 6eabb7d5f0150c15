"""Imports run one way through the rooms of the package, and never in a circle."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tim_async
from tests.layers import ALLOWED, ENTRIES, circles, graph, modules, room, upward_imports

PACKAGE = Path(tim_async.__file__).parent


@pytest.fixture(scope="module")
def edges() -> dict[str, list[str]]:
    return graph(PACKAGE)


def test_rooms_import_only_what_their_row_allows(edges: dict[str, list[str]]) -> None:
    assert upward_imports(edges) == []


def test_no_module_imports_an_entry_module(edges: dict[str, list[str]]) -> None:
    importers = {target: module for module, targets in edges.items() for target in targets if room(target) in ENTRIES}
    assert importers == {"_public": "", "_names": ""}


def test_no_modules_import_each_other_in_a_circle(edges: dict[str, list[str]]) -> None:
    assert circles(edges) == []


def test_only_core_looks_inside_a_client() -> None:
    inside = re.compile(r"client\._[a-z]")
    looks = [
        f"{name}: {line.strip()}"
        for name, path in modules(PACKAGE).items()
        if room(name) != "_core"
        for line in path.read_text("utf-8").splitlines()
        if inside.search(line)
    ]
    assert looks == []


def test_every_room_has_a_row_and_every_row_a_room(edges: dict[str, list[str]]) -> None:
    assert {room(module) for module in edges} - ENTRIES == set(ALLOWED)


# Tables may be longer: structs by family, the tree of errors, the rows of codes, events, and generated code.
TABLES = re.compile(r"_calls\.|models\.|webhooks\.events\.|errors$|_codes$|_names$")


def test_no_module_of_machinery_is_over_450_lines() -> None:
    lines = {
        name: len(path.read_text("utf-8").splitlines())
        for name, path in modules(PACKAGE).items()
        if not TABLES.match(name)
    }
    assert {name: count for name, count in lines.items() if count > 450} == {}


def test_every_folder_says_what_lives_there() -> None:
    for name, path in modules(PACKAGE).items():
        if path.name == "__init__.py":
            assert path.read_text("utf-8").startswith('"""'), f"{name or 'tim_async'} has no docstring"


def test_import_reader_understands_every_form(tmp_path: Path) -> None:
    package = tmp_path / "tim_async"
    for name in ("_api/wire", "errors", "models/c2c", "_core/client", "usersig", "families/account", "bulk/job"):
        path = package / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        (path.parent / "__init__.py").touch()
    (package / "families" / "c2c.py").write_text(
        "from typing import TYPE_CHECKING\nimport os, tim_async.errors\nfrom .. import anything, usersig\n"
        "from ..models.c2c import SendMsg\nfrom tim_async._api.wire import encode\nfrom . import account\n"
        "if TYPE_CHECKING:\n    from ..bulk import job\ndef late():\n    from .._core.client import TimClient\n"
    )
    found = set(graph(package)["families.c2c"])
    assert found == {
        "", "errors", "usersig", "models.c2c", "_api.wire", "families.account", "bulk.job", "_core.client",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("module", "target", "refused"),
    [
        ("bulk.campaign", "emulator.app", "bulk must not import emulator"),
        ("bulk._engine.runner", "emulator.state.core", "bulk/_engine must not import emulator/state"),
        (
            "cluster._workers.worker",
            "cluster._redis_limiter.limiter",
            "cluster/_workers must not import cluster/_redis_limiter",
        ),
        ("emulator.server.limits", "_core.rate_limits", "emulator/server must not import _core"),
        ("bulk._ledger.ledger", "bulk._engine.runner", "bulk/_ledger must not import bulk/_engine"),
        ("_api.wire", "", "_api must not import __init__"),
    ],
)
def test_guard_refuses(module: str, target: str, refused: str) -> None:
    (line,) = upward_imports({module: [target]})
    assert line.endswith(refused)


def test_guard_sees_a_circle_of_any_length() -> None:
    chain = {"a": ["b"], "b": ["c"], "c": [], "d": ["a"]}
    assert circles(chain) == []
    assert circles({**chain, "c": ["a"]}) == ["a", "b", "c"]
