"""The guide to the emulator: its lines of curl do what it says, and its files for CI start what there is."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.helpers import read_line
from tests.site.blocks import blocks, written
from tim_async import TimClient
from tim_async.emulator import DEFAULT_SDK_APP_ID, DEFAULT_SECRET_KEY, Emulator

ROOT = Path(__file__).parents[2]
PAGE = "how-to/emulator"
CURL = shutil.which("curl")
(CURL_LINES,) = [
    block.source for block in blocks("en") if block.page == PAGE and block.source.startswith("curl -X POST")
]
FILES = [block.source for block in blocks("en") if (block.page, block.language) == (PAGE, "yaml")]
OPTIONS = ("--account", "alice", "--account", "bob")


@pytest.mark.skipif(CURL is None, reason="needs curl")
async def test_lines_of_curl_steer_an_emulator() -> None:
    answers = []
    async with (
        Emulator() as emulator,
        TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url) as client,
    ):
        emulator.add_accounts("alice", "bob")
        await client.c2c.send_text("bob", "spring sale")
        source = CURL_LINES.replace("localhost:8900", emulator.url.removeprefix("http://")).replace("\\\n", " ")
        for line in source.splitlines():
            process = await asyncio.create_subprocess_shell(
                f"{line} --silent --fail-with-body", stdout=asyncio.subprocess.PIPE
            )
            output, _ = await process.communicate()
            assert process.returncode == 0, output
            answers.append(json.loads(output))
    fault, messages, written_by_bob, clock, reset = answers
    assert (fault["kind"], fault["code"], fault["times"]) == ("answer", 20004, 1)
    assert [each["text"] for each in messages["messages"]] == ["spring sale"]
    assert written_by_bob == {"code": 0, "info": ""}
    assert 119 < clock["ahead_s"] < 121
    assert reset == {"count": 1}


def test_files_for_ci_start_what_there_is() -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is in the group `docs`")
    workflow, compose = (yaml.safe_load(source) for source in FILES)
    job = workflow["jobs"]["test"]
    (line,) = [step["run"] for step in job["steps"] if step.get("run", "").startswith("tim-async")]
    read_line(line.partition(" >")[0])
    emulator, app = compose["services"]["tim"], compose["services"]["app"]
    docker = ROOT.joinpath(emulator["build"], "Dockerfile").read_text("utf-8")
    (entry,) = re.findall(r"^ENTRYPOINT (\[.*\])$", docker, re.MULTILINE)
    read_line(" ".join([*json.loads(entry), *emulator["command"]]))
    assert tuple(emulator["command"][:4]) == OPTIONS
    assert "HEALTHCHECK" in docker
    for variables in (job["env"], app["environment"]):
        _check_variables(variables)


def _check_variables(variables: dict[str, Any]) -> None:
    """The variables of an app that uses the emulator with its own key."""
    assert variables["TIM_BASE_URL"].endswith(":8900")
    assert variables["TIM_SDK_APP_ID"] == str(DEFAULT_SDK_APP_ID)
    assert variables["TIM_SECRET_KEY"] == DEFAULT_SECRET_KEY


def test_page_shows_the_files_of_the_example() -> None:
    for page in (written("en")[PAGE], written("zh")[PAGE]):
        shown = re.findall(r"^```\{literalinclude\} (\S+)$", page, re.MULTILINE)
        assert [(ROOT / "docs" / "en" / "how-to" / each).resolve().name for each in shown] == [
            "steer.mjs",
            "Dockerfile",
        ]
        (start,) = re.findall(r'^:start-at: "(.*)"$', page, re.MULTILINE)
        assert start in ROOT.joinpath("examples", "emulator", "steer.mjs").read_text("utf-8")
