"""The pages that are written by hand: two trees with the same names and the same code, and the code works."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from tests.cli.helpers import read_line
from tests.pasted import check_types
from tests.site.blocks import LANGUAGES, Block, blocks, written
from tim_async import TimClient
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator

pytestmark = pytest.mark.docs

ROOT = Path(__file__).parents[2]
PROGRAMS = [block for block in blocks("en") if block.is_program]
CHINESE = re.compile(r"[一-鿿]")


def test_trees_have_the_same_pages() -> None:
    english, chinese = (set(written(language)) for language in LANGUAGES)
    assert english == chinese


def test_code_is_the_same_in_both_languages() -> None:
    english, chinese = (blocks(language) for language in LANGUAGES)
    assert english == chinese


@pytest.mark.parametrize("page", written("zh"))
def test_chinese_page_is_chinese(page: str) -> None:
    """Every paragraph and heading outside of code has Chinese in it."""
    text = re.sub(r"^```.*?^```$", "", written("zh")[page], flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^:::.*?$|^\(.*\)=$|^# [\w-]+$|^<!-- .*? -->$", "", text, flags=re.MULTILINE)
    paragraphs = [part for part in re.split(r"\n\s*\n", text) if re.search(r"[A-Za-z]{4}", part)]
    assert [part for part in paragraphs if not CHINESE.search(part)] == []


def test_python_is_typed(tmp_path: Path) -> None:
    named: dict[str, str] = {}
    for number, block in enumerate(block for block in blocks("en") if block.language == "python"):
        page = block.page.replace("/", "_").replace("-", "_")
        saved = f"{page}/{block.file.removesuffix('.py')}"  # beside the files that it imports
        named[saved if block.file and saved not in named else f"{page}_{number}"] = block.source
    check_types(named, tmp_path)


@pytest.mark.usefixtures("app")
def test_command_lines_are_read_as_they_stand() -> None:
    source = "".join(block.source for block in blocks("en") if block.language == "sh").replace("\\\n", " ")
    lines = re.findall(r"^ *(tim-async .*)$", source, re.MULTILINE)
    assert len(lines) > 10
    for line in lines:
        read_line(line)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> None:
    """An app in the environment, as the pages say."""
    monkeypatch.setenv("TIM_SDK_APP_ID", "1400000000")
    monkeypatch.setenv("TIM_SECRET_KEY", DEFAULT_SECRET_KEY)


@pytest.mark.parametrize("block", PROGRAMS, ids=lambda block: block.page)
async def test_program_runs(block: Block, tmp_path: Path) -> None:
    """With an app whose address and key are in the environment, as the pages say."""
    file = tmp_path / "program.py"
    file.write_text(block.source, encoding="utf-8")
    async with Emulator(auto_import=True) as emulator:
        app = {
            "TIM_SDK_APP_ID": str(emulator.sdk_app_id),
            "TIM_SECRET_KEY": DEFAULT_SECRET_KEY,
            "TIM_BASE_URL": emulator.url,
            "TIM_LEDGER": str(tmp_path / "campaign.db"),
        }
        environment = {**os.environ, **app, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
        assert await _finish(file, environment, tmp_path) == (0, "")


async def _finish(file: Path, environment: dict[str, str], folder: Path) -> tuple[int | None, str]:
    """Run a program beside the emulator of this loop; return its exit code and what it wrote to standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", str(file), env=environment, cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(60):
        _, errors = await process.communicate()
    return process.returncode, errors.decode()


def test_calls_that_pages_name_are_there() -> None:
    client = TimClient(1400000000, DEFAULT_SECRET_KEY)
    for page, text in written("en").items():
        for family, name in re.findall(r"`client\.(\w+)\.(\w+)", text):
            assert hasattr(getattr(client, family), name), (page, family, name)
