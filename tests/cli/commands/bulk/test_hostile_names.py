"""Names of campaigns and accounts of others on a real terminal."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.helpers import Invoke, command, posix

NAME = "spring\x9b1m\u202e\x1b]8;;evil\x07"
ROW = "user\x1b[2J\u202e,Name\n"


def on_terminal(*args: str) -> str:
    """Run the command line with a terminal for everything that it prints; return what the terminal got."""
    import pty

    master, terminal = pty.openpty()
    with subprocess.Popen(command(*args), stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        data = b""
        try:
            while part := os.read(master, 10_000):
                data += part
        except OSError:
            pass  # how a terminal ends on Linux
        finally:
            os.close(master)
    assert process.returncode == 0, data
    return data.decode()


@posix
@pytest.mark.parametrize(
    "args",
    [
        ["status"],
        ["status", "--json"],
        ["plan"],
        ["export", "-", "--format", "csv"],
        ["export", "-", "--format", "jsonl"],
    ],
    ids=" ".join,
)
def test_nothing_steers_the_terminal(invoke: Invoke, in_folder: Path, args: list[str]) -> None:
    (in_folder / "people.csv").write_text(f"account,name\n{ROW}", encoding="utf-8")
    plan = ["bulk", "plan", "people.csv", "--name", NAME, "--text", "Hi"]
    assert invoke(*plan).exit_code == 0
    printed = on_terminal(*(plan if args == ["plan"] else ["bulk", *args, "--name", NAME]))
    assert "user" in printed or "spring" in printed
    assert [each for each in printed if not each.isprintable() and each not in "\r\n"] == []


def test_pipe_gets_data_that_steers_no_terminal_either(invoke: Invoke, in_folder: Path) -> None:
    (in_folder / "people.csv").write_text(f"account,name\n{ROW}", encoding="utf-8")
    assert invoke("bulk", "plan", "people.csv", "--name", NAME, "--text", "Hi").exit_code == 0
    for file_format, account in (("csv", r"user\x1b[2J\u202e"), ("jsonl", r"user\u001b[2J\u202e")):
        assert account in invoke("bulk", "export", "-", "--format", file_format, "--name", NAME).stdout


def test_complaint_repeats_nothing_that_steers_the_terminal(invoke: Invoke) -> None:
    result = invoke("send", "bob", "hi", "--no\x9b31m\u202esuch")
    assert result.exit_code == 2
    assert "such" in result.stderr
    assert result.stderr.replace("\n", "").isprintable()
