"""Who is left out, a look at a sample, and a message to a test account, on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.commands.bulk.conftest import WritePeople
from tests.cli.helpers import APP, KEY, Invoke, command, emulated
from tim_async.emulator import Emulator

NAME = ("--name", "spring")


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIM_SDK_APP_ID", APP)
    monkeypatch.setenv("TIM_SECRET_KEY", KEY)


def test_lists_are_kept_and_looked_at(invoke: Invoke, people: WritePeople, in_folder: Path) -> None:
    assert invoke("bulk", "suppress", "list").exit_code == 1  # the ledger does not exist
    result = invoke("bulk", "suppress", "add", people(3, "gone.csv", extra="x" * 40 + ",\n"))
    assert (result.exit_code, result.stdout) == (0, "list gone: 3 of 3 accounts are new\n")
    assert "1 bad row, the first in line 5: account has 40 bytes" in result.stderr
    result = invoke("bulk", "suppress", "add", "--account", "user-1", "--account", "b", "--list", "by phone", "--json")
    assert json.loads(result.stdout)["added"] == 2
    result = invoke("bulk", "suppress", "list")
    assert [line.partition(", changed")[0] for line in result.stdout.splitlines()] == [
        "gone: 3 accounts", "by phone: 2 accounts",
    ]  # fmt: skip
    assert invoke("bulk", "suppress", "list", "--list", "by phone").stdout == "b\nuser-1\n"
    assert invoke("bulk", "suppress", "remove", "--account", "user-1").stdout == "2 entries removed\n"
    assert json.loads(invoke("bulk", "suppress", "list", "--list", "gone", "--json").stdout) == ["user-0", "user-2"]
    assert json.loads(invoke("bulk", "suppress", "list", "--list", "by phone", "--json").stdout) == ["b"]
    result = invoke("bulk", "suppress", "remove", "--list", "gone", "--whole", "--json")
    assert json.loads(result.stdout) == {"removed": 2}
    found = json.loads(invoke("bulk", "suppress", "list", "--json").stdout)
    assert [(each["name"], each["entries"]) for each in found] == [("by phone", 1)]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (("suppress", "add"), "give either FILE or --account ACCOUNT"),
        (("suppress", "remove", "--whole"), "--whole needs --list"),
        (("plan", *NAME, "--at-most", "3"), "--at-most 3: give messages and days, such as 1/7d"),
        (("plan", *NAME, "--at-most", "0/7d"), "--at-most must be a whole number from 1"),
        (("plan", *NAME, "--suppress", "no.pdf"), "--suppress: no.pdf: the ending must be .csv"),
        (("plan", *NAME, "--first", "3", "--sample", "4"), "--first and --sample are both given: give one of them"),
        (("plan", *NAME, "--seed", "3"), "--seed and --sample go together"),
        (("suppress", "add", "no.csv"), "FILE: cannot read no.csv"),
        (("suppress", "remove", "no.pdf"), "FILE: no.pdf: the ending must be .csv"),
        (("suppress", "add", "--account", "a", "--encoding", "gbk"), "--encoding is for FILE"),
        (("run", *NAME, "--to-me", "me", "--emulator"), "--to-me and --emulator cannot be combined"),
    ],
)
def test_wrong_line_is_refused(invoke: Invoke, line: tuple[str, ...], problem: str) -> None:
    result = invoke("bulk", *line)
    assert result.exit_code == 2, result.output
    assert problem in result.stderr


def test_lists_in_another_encoding_name_the_command_that_reads_them(
    invoke: Invoke, people: WritePeople, in_folder: Path
) -> None:
    (in_folder / "gone.csv").write_bytes("account\n爱丽丝\n".encode("gb18030"))
    assert "; --encoding gb18030 reads it" in invoke("bulk", "suppress", "add", "gone.csv").stderr
    refused = invoke("bulk", "plan", people(1), *NAME, "--text", "Hi", "--suppress", "gone.csv")
    assert (refused.exit_code, "; bulk suppress add --encoding gb18030 reads it" in refused.stderr) == (2, True)
    assert invoke("bulk", "suppress", "add", "gone.csv", "--encoding", "gb18030").exit_code == 0
    assert invoke("bulk", "suppress", "list", "--list", "gone").stdout == "爱丽丝\n"
    removed = invoke("bulk", "suppress", "remove", "gone.csv", "--encoding", "gb18030")
    assert removed.stdout == "1 entry removed\n"


def test_plan_and_rehearsal_count_those_that_are_left_out(invoke: Invoke, people: WritePeople, in_folder: Path) -> None:
    (in_folder / "gone.txt").write_text("user-1\nuser-2\n", encoding="utf-8")
    line = (people(9), *NAME, "--text", "Hi $name", "--suppress", "gone.txt", "--at-most", "1/7d", "--first", "2")
    result = invoke("bulk", "plan", *line)
    assert result.exit_code == 0, result.output
    assert "  2 suppressed: on a suppression list, or at the limit of messages" in result.stdout
    assert "  the first 2 are sent to first, then the campaign pauses" in result.stdout
    result = invoke("bulk", "run", *line, "--emulator")
    assert result.exit_code == 0, result.output
    assert "spring: 9 of 9, 7 sent, 2 suppressed" in result.stderr
    assert "7 of 9 recipients sent, 0 failed, 0 unknown, 0 to do" in result.stdout


@pytest.mark.usefixtures("account")
def test_message_goes_to_a_test_account(invoke: Invoke, people: WritePeople, in_folder: Path) -> None:
    with emulated() as emulator:
        result = invoke(
            "bulk", "run", people(3), *NAME, "--text", "Hi $name", "--to-me", "me", "--base-url", emulator.url
        )
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith("sent to me, outside of the campaign: MsgKey ")
        assert [each.to_account for each in emulator.messages()] == ["me"]
    assert not (in_folder / "spring.db").exists()


@pytest.mark.usefixtures("account")
def test_first_ones_then_the_rest_when_it_is_resumed(
    invoke: Invoke, people: WritePeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    with emulated() as emulator:
        monkeypatch.setenv("TIM_BASE_URL", emulator.url)
        line = command("bulk", "run", people(30), *NAME, "--text", "Hi $name", "--first", "12", "--new")
        process = subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env={**os.environ}
        )
        with process:
            try:
                _until_paused(invoke)
                assert len(emulator.messages()) == 12
                assert invoke("bulk", "resume", *NAME).exit_code == 0
                output, errors = process.communicate(timeout=30)
            finally:
                process.kill()
        assert process.returncode == 0, errors
        assert "30 of 30 recipients sent" in output
        assert "paused (the first 12 were sent to, as asked: `resume` sends to the rest): this process waits" in errors
        assert _each_got(emulator) == {1: 30}


def _until_paused(invoke: Invoke) -> None:
    end = time.monotonic() + 20
    while True:
        result = invoke("bulk", "status", *NAME, "--json")
        if result.exit_code == 0 and json.loads(result.stdout)["status"] == "paused":
            return
        assert time.monotonic() < end, result.output
        time.sleep(0.02)


def _each_got(emulator: Emulator) -> Counter[int]:
    return Counter(Counter(message.to_account for message in emulator.messages()).values())
