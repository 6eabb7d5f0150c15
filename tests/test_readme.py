"""README in both languages: short, with the same code, and true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pasted import check_types
from tests.scripted import SECRET_KEY
from tim_async import endpoints, errors
from tim_async.cli._topics import pages as topics
from tim_async.webhooks import EVENTS

ROOT = Path(__file__).parents[1]
PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md")}
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall(PAGES["README.md"])
PYTHON = [source for language, source in BLOCKS if language == "python"]
EACH = pytest.mark.parametrize("page", PAGES)


@EACH
def test_page_is_short(page: str) -> None:
    assert PAGES[page].count("\n") <= 180


@EACH
def test_first_two_commands_are_one_line_each(page: str) -> None:
    """Each is run: by CI in a fresh environment, the second as its test suite."""
    shell = re.findall(r"```sh\n(.*?)```", PAGES[page], re.DOTALL)
    assert "tim_async demo" in shell[0]
    assert "pytest" in shell[1]
    assert all(block.count("\n") == 1 for block in shell[:2])


def test_code_is_the_same_in_both_languages() -> None:
    assert BLOCK.findall(PAGES["README.zh-CN.md"]) == BLOCKS


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


def test_examples_are_typed(tmp_path: Path) -> None:
    check_types({f"block_{number}": source for number, source in enumerate(PYTHON)}, tmp_path)


@EACH
def test_links_lead_to_pages_of_the_same_language(page: str) -> None:
    """Apart from the line that names both languages."""
    own, other = ("zh", "en") if "zh" in page else ("en", "zh")
    links = re.findall(r"\]\(([^)]+)\)", PAGES[page])
    assert [link for link in links if "://" in link or not (ROOT / link.partition("#")[0]).exists()] == []
    trees = [link.split("/")[1] for link in links if link.startswith("docs/") and not link.startswith("docs/static/")]
    assert (trees.count(other), trees.count(own) > 20) == (1, True)


@EACH
def test_commands_and_events_are_counted(page: str) -> None:
    text = PAGES[page]
    assert re.findall(r"\[(?:All|全部) (\d+) ", text) == [str(len(endpoints()))]
    assert re.findall(r"(?:All|全部) (\d+) (?:events|种事件)", text) == [str(len(EVENTS))]


@EACH
def test_five_classes_of_errors_are_those_below_the_root(page: str) -> None:
    rows = dict(re.findall(r"^\| `(\w+Error)` \| (.*) \|", PAGES[page], re.MULTILINE))
    assert len(rows) == 5
    known = {each.name: {name for name, _ in each.attributes} for each in topics()}
    for name, text in rows.items():
        assert errors.TimError in getattr(errors, name).__bases__
        assert set(re.findall(r"`([a-z]\w*)`", text.partition("|")[0])) <= known[name]


@EACH
def test_no_secret_of_the_tests_is_in_the_page(page: str) -> None:
    assert SECRET_KEY not in PAGES[page]
