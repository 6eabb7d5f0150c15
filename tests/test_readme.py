"""What README says is true: its commands, its first example, its tables."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pasted import check_types
from tests.scripted import SECRET_KEY

ROOT = Path(__file__).parents[1]
README = ROOT.joinpath("README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
SHELL = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)


def test_first_two_commands_are_one_line_each() -> None:
    assert "tim_async demo" in SHELL[0]
    assert "pytest" in SHELL[1]
    assert all(block.count("\n") == 1 for block in SHELL[:2])


def test_first_example_prints_a_delivered_message(tmp_path: Path) -> None:
    file = tmp_path / "ten_lines.py"
    file.write_text(PYTHON[0], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "utf8", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "TextElem(text='你好 👋')" in done.stdout


@pytest.mark.parametrize("source", PYTHON[1:], ids=lambda source: source.splitlines()[-1].strip()[:40])
def test_other_examples_import_what_exists(source: str) -> None:
    names: dict[str, object] = {}
    exec(compile(ast.parse(source), "README.md", "exec"), names)  # defines functions, calls nothing
    assert len(names) > 1


def test_examples_are_typed(tmp_path: Path) -> None:
    """What README shows is what people paste: a checker of types must not complain about it."""
    check_types({f"block_{number}": source for number, source in enumerate(PYTHON)}, tmp_path)


def test_no_secret_of_the_tests_is_in_the_readme() -> None:
    assert SECRET_KEY not in README
