"""The targets of CONTRIBUTING and the changelog exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = ("CONTRIBUTING.md", "CHANGELOG.md")
# Paths of the repository in code, such as `tests/clock.py`; one with a `<family>` stands for each family.
PATH = re.compile(r"(?<![\w/.])(?:tests|tim_async|examples|benchmarks)/[\w./<>*-]*[\w>]")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page: str) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", (ROOT / page).read_text("utf-8"))
    local = [target for target in targets if "://" not in target]
    assert local
    assert [target for target in local if not (ROOT / target).exists()] == []


def test_paths_exist() -> None:
    """With one family or command, where any is meant."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    paths = {path.replace("<family>", "profile").replace("<command>", "portrait_get") for path in PATH.findall(text)}
    assert len(paths) > 20
    assert sorted(path for path in paths if not (ROOT / path).exists()) == []


def test_names_in_code_exist() -> None:
    """The tables and classes that the steps name are in the files named beside them."""
    text = re.sub(r"\s+", " ", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    found = re.findall(r"`(\w+)` (?:of|in) \[`([\w/.]+\.py)`\]", text)
    assert {name for name, _ in found} >= {"BODIES", "RULES", "OFFICIAL", "SERVICES", "ROWS", "_SCOPES", "scripted"}
    for name, path in found:
        assert re.search(rf"^(?:def |class )?{name}\b", (ROOT / path).read_text("utf-8"), re.MULTILINE), (name, path)


def test_few_lines_of_core_and_api_are_left_out_of_coverage_and_each_says_why() -> None:
    files = [path for room in ("_core", "_api") for path in (ROOT / "tim_async" / room).rglob("*.py")]
    lines = [line for path in files for line in path.read_text("utf-8").splitlines() if "no cover" in line]
    assert len(lines) <= 10
    assert [line for line in lines if not re.search(r"# pragma: no cover - \w+", line)] == []


def test_list_of_files_without_types_names_files() -> None:
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]["overrides"]
    (untyped,) = [override["module"] for override in overrides if override.get("ignore_errors")]
    assert [module for module in untyped if not (ROOT / f"{module.replace('.', '/')}.py").exists()] == []
    assert [module for module in untyped if not module.rpartition(".")[2].startswith("test_")] == [], (
        "helpers have types"
    )
