"""What the page of an endpoint shows is run against an emulator that is prepared for it: in Python with and without an
event loop, by curl's line, and on the command line.

Where the preparation gives the request ids that only the service can give (of a stream, a push, a message), the four
are made of that request by the same code; all others run as the page has them.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from docs.site import pages
from docs.site.samples import Examples, Sample, examples, samples
from docs.site.words import LANGUAGES
from tests.emulator.worlds import DROP, World, prepared
from tim_async.cli.app import app
from tim_async.usersig import generate_user_sig

pytestmark = pytest.mark.docs

ADMIN = "administrator"
# What they name has been made by the service before: a message of a group, or a push.
IDS_OF_THE_SERVICE = {
    "group_msg/get_group_msg_receipt_detail", "group_msg/group_get_key_values", "group_msg/group_msg_receipt",
    "group_msg/group_set_key_values.clear", "push/delete_sched_task", "push/get_sched_task",
    "push/modify_sched_task.time", "push/revoke",
}  # fmt: skip
ALL = pytest.mark.parametrize(("command", "sample"), samples().items(), ids=samples())


def shown(command: str, world: World, sample: Sample) -> Examples:
    """Return what the page shows, or the same of the request that the world has made."""
    if runs_as_it_stands(sample.name):
        return Examples(*(known_to_world(sample, each) for each in examples(command, sample.request)))
    return examples(command, {field: value for field, value in world.request.items() if value is not DROP})


@lru_cache
def runs_as_it_stands(name: str) -> bool:
    """Whether an emulator takes the request of a page with the ids that are in it."""
    (sample,) = (each for each in samples().values() if each.name == name)
    world = prepared(name)
    world.request = json.loads(known_to_world(sample, json.dumps(sample.request)))
    return bool(world.answer()["ErrorCode"] == 0)


def known_to_world(sample: Sample, text: str) -> str:
    """Return a text with the ids of groups that the world has, in place of those that only the service gives."""
    return re.sub(r"@TGS#(?!_)", "live" if sample.name.startswith("live_group/") else "group", text)


@contextmanager
def running(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Run the emulator of a sample's world, which the variables name."""
    world = prepared(sample.name)
    emulator = world.emulator
    with emulator:
        for name, value in {
            "TIM_BASE_URL": emulator.url,
            "TIM_SDK_APP_ID": str(emulator.sdk_app_id),
            "TIM_SECRET_KEY": emulator.secret_key,
            "TIM_IDENTIFIER": ADMIN,
        }.items():
            monkeypatch.setenv(name, value)
        yield world


@pytest.mark.parametrize("way", ["python", "blocking"])
@ALL
def test_program_runs(
    command: str, sample: Sample, way: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(sample, monkeypatch) as world:
        exec(compile(getattr(shown(command, world, sample), way), f"{command}.py", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out
    assert last_call(world) == (command, 0)


@ALL
def test_curl_sends_it(command: str, sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(sample, monkeypatch) as world:
        emulator = world.emulator
        line = shown(command, world, sample).curl
        signature = generate_user_sig(emulator.sdk_app_id, emulator.secret_key, ADMIN)
        for name, value in {
            '$(tim-async user-sig "$TIM_IDENTIFIER")': signature,
            "$(date +%s)": "1700000000",
            "$TIM_BASE_URL": emulator.url,
            "$TIM_SDK_APP_ID": str(emulator.sdk_app_id),
            "$TIM_IDENTIFIER": ADMIN,
        }.items():
            line = line.replace(name, value, 1)
        words = shlex.split(line.replace(" \\\n", " "))
        assert [words[at] for at in (0, 1, 2, 4, 6)] == ["curl", "-X", "POST", "-H", "--data-raw"]
        _, _, _, url, _, header, _, body = words
        request = urllib.request.Request(url, body.encode(), dict([header.split(": ")]))
        with urllib.request.urlopen(request) as response:
            assert json.load(response)["ErrorCode"] == 0
    assert last_call(world) == (command, 0)


@ALL
def test_command_line_calls_it(command: str, sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its exit code is 1 where items of a batch failed, as the sample's answer shows it."""
    with running(sample, monkeypatch) as world:
        name, *args = shlex.split(shown(command, world, sample).command)
        result = CliRunner().invoke(app, args)
    assert name == "tim-async"
    assert result.exit_code == 0 or "of its items failed" in result.stderr, result.stderr
    assert last_call(world) == (command, 0)


def last_call(world: World) -> tuple[str, int | None]:
    """Return the command and the code of the last call that the emulator answered."""
    call = world.emulator.arrivals[-1]
    return call.command, call.code


def test_pages_show_these_examples() -> None:
    for words in LANGUAGES.values():
        text = "".join(pages.made(words).values())
        for command, sample in samples().items():
            for source in examples(command, sample.request):
                assert f"\n{source.rstrip()}\n````\n" in text, command


def test_examples_run_as_they_stand() -> None:
    assert {sample.name for sample in samples().values() if not runs_as_it_stands(sample.name)} == IDS_OF_THE_SERVICE


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.parametrize("command", ["openim/sendmsg", "group_open_http_svc/create_group", "profile/portrait_set"])
def test_line_for_curl_runs_in_a_shell(command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = tmp_path / "tim-async"
    own.write_text(f'#!/bin/sh\nexec {sys.executable} -m tim_async "$@"\n')
    own.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    sample = samples()[command]
    with running(sample, monkeypatch) as world:
        done = subprocess.run(
            ["sh", "-c", shown(command, world, sample).curl], capture_output=True, text=True, timeout=30, check=False
        )
    assert json.loads(done.stdout)["ErrorCode"] == 0, done.stderr
    assert last_call(world) == (command, 0)
