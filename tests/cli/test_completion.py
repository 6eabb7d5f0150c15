"""Completion: which words are offered, and that the shells that are here show them."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests import cli_catalogue
from tests.cli.helpers import ROOT, Invoke, RunProcess, posix, root
from tests.cli.test_app import COMMANDS
from tim_async import Region, endpoints
from tim_async.cli import _catalogue
from tim_async.cli._completion import REGIONS, _split, candidates
from tim_async.cli._completion_scripts import LINE_VARIABLE, SHELLS, VARIABLE


def words_after(*words: str) -> list[str]:
    return [each.word for each in candidates(root(), words)]


def test_catalogue_is_current() -> None:
    assert cli_catalogue.TARGET.read_text("utf-8") == cli_catalogue.module(), "run python -m tests.cli_catalogue"
    assert len(_catalogue.ENDPOINTS) == len(endpoints())


def test_regions_are_those_of_the_library() -> None:
    assert list(REGIONS) == [region.value for region in Region]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("bu",), ["bulk"]),
        (("bulk", "gi"), ["given-up"]),
        (("bulk", "suppress", "re"), ["remove"]),
        (("call", "c2c.send_b"), ["c2c.send_batch"]),
        (("call", "openim/sendm"), ["openim/sendmsg"]),
        (("--", "call", "c2c.send_b"), ["c2c.send_batch"]),
        (("call", "--identifier", "root", "c2c.send_b"), ["c2c.send_batch"]),
        (("call", "--identifier=root", "c2c.send_b"), ["c2c.send_batch"]),
        (("endpoints", "mute.", "push.send_w"), ["push.send_web_batch"]),
        (("call", "c2c.send", "to_"), ["to_account="]),
        (("call", "openim/sendmsg", "To_"), ["To_Account="]),
        (("call", "client.c2c.send", "msg_b"), ["msg_body:="]),
        (("call", "c2c.send", "to_account=bob", "to_"), []),
        (("call", "c2c.send", "To_Account=bob", "to_"), []),
        (("call", "c2c.send", "msg_body[0][MsgType]=TIMTextElem", "msg_b"), []),
        (("call", "no.such", "to_"), []),
        (("send", "--region", "s"), ["singapore", "seoul", "silicon_valley", "saudi_arabia"]),
        (("send", "--region=to"), ["--region=tokyo"]),
        (("bulk", "run", "people.csv", "--lanes", "b"), ["batch", "both"]),
        (("explain", "2000"), [f"2000{last}" for last in (1, 2, 3, 4, 5, 6, 7, 8, 9)]),
        (("explain", "-30"), ["-302"]),
        (("explain", "-"), ["--json", "--help", "-h"]),
        (("explain", "rate"), ["rate-limited"]),
        (("completion", "f"), ["fish"]),
        (("bulk", "run", "--retr"), ["--retry-failed"]),
        (("bulk", "run", ""), []),  # files
        (("send", ""), []),
        (("send", "a", "b", "c", ""), []),
        (("nothing", ""), []),
        (("call", "--no-such-option", "c2c.send_b"), ["c2c.send_batch"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_words_that_are_offered(words: tuple[str, ...], expected: list[str]) -> None:
    assert words_after(*words) == expected


@pytest.mark.parametrize("path", [path for path, _, _ in COMMANDS], ids=" ".join)
def test_every_option_of_every_command_is_offered(path: tuple[str, ...]) -> None:
    offered = words_after(*path, "--")
    (command,) = [command for other, _, command in COMMANDS if other == path]
    assert {name for param in command.params for name in param.opts if name.startswith("--")} <= set(offered)
    assert "--help" in offered
    assert all("\n" not in each.meaning for each in candidates(root(), [*path, "--"]))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("tim-async ", ["tim-async", ""]),
        ("tim-async call c2c.se", ["tim-async", "call", "c2c.se"]),
        ("tim-async send bob 'hello th", ["tim-async", "send", "bob", "hello th"]),
        ('tim-async send "bob" "x" ', ["tim-async", "send", "bob", "x", ""]),
        ("tim-async send bob a\\ b", ["tim-async", "send", "bob", "a b"]),
        ("tim-async send bob it\\'s # 你好 👋", ["tim-async", "send", "bob", "it's", "#", "你好", "👋"]),
    ],
)
def test_line_is_split_as_far_as_it_was_typed(line: str, words: list[str]) -> None:
    assert _split(line, escape="\\") == words


def test_backslash_is_a_part_of_words_in_powershell() -> None:
    assert _split(r"tim-async bulk run C:\people", escape="") == ["tim-async", "bulk", "run", r"C:\people"]


def test_bash_is_given_the_rest_of_a_word_that_it_breaks(tim_async: RunProcess) -> None:
    done = tim_async(**{VARIABLE: "bash", LINE_VARIABLE: "tim-async send bob hi --region=si"})
    assert (done.returncode, done.stdout) == (0, "singapore\nsilicon_valley\n")


def test_powershell_and_fish_are_given_what_words_mean(tim_async: RunProcess) -> None:
    done = tim_async(**{VARIABLE: "powershell", LINE_VARIABLE: "tim-async call c2c.send_b"})
    assert done.stdout == "c2c.send_batch\tSend one-to-one messages to many users\n"
    assert tim_async("call", "c2c.send_b", **{VARIABLE: "fish"}).stdout == done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_script_is_printed(invoke: Invoke, shell: str) -> None:
    result = invoke("completion", shell)
    assert result.exit_code == 0
    assert "tim-async" in result.stdout
    assert f"{VARIABLE}" in result.stdout


def test_shell_of_the_user_is_taken_without_a_name(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/usr/local/bin/fish")
    assert invoke("completion").stdout == invoke("completion", "fish").stdout
    assert invoke("completion", "pwsh").stdout == invoke("completion", "powershell").stdout
    result = invoke("completion", "tcsh")
    assert (result.exit_code, result.stderr) == (
        2,
        "tim-async: unknown shell 'tcsh'; supported shells: bash, zsh, fish, powershell\n",
    )


def test_windows_has_powershell(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tim_async.cli._shells.WINDOWS", True)
    assert "Register-ArgumentCompleter" in invoke("completion").stdout


@pytest.fixture(scope="module")
def on_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program, as pip would install it."""
    folder = tmp_path_factory.mktemp("bin")
    program = folder / "tim-async"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tim_async "$@"\n')
    program.chmod(0o755)
    return folder


def shell(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture
def environment(on_path: Path, tmp_path: Path) -> dict[str, str]:
    path = f"{on_path}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "TERM": "xterm"}


BASH: Final = """
eval "$(tim-async completion bash)"
COMP_LINE="$1"; COMP_POINT=${#1}; COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_tim_async tim-async
printf '%s\\n' "${COMPREPLY[@]}"
"""


@posix
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tim-async call c2c.send_b", ["c2c.send_batch"]),
        ("tim-async call c2c.send To_", ["To_Account="]),
        ("tim-async bulk pa", ["pause"]),
        ("tim-async send --region=t", ["tokyo"]),
        ("tim-async bulk run ", [""]),
    ],
)
def test_bash(environment: dict[str, str], line: str, expected: list[str]) -> None:
    done = subprocess.run(
        [shell("bash"), "--norc", "-c", BASH, "bash", line],
        check=True, capture_output=True, encoding="utf-8", env=environment, timeout=30,
    )  # fmt: skip
    assert (done.stderr, done.stdout.split("\n")[:-1]) == ("", expected)


@posix
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tim-async call c2c.send_b", ["c2c.send_batch\tSend one-to-one messages to many users"]),
        ("tim-async call c2c.send to_", ["to_account="]),
        ("tim-async bulk pa", ["pause\tPause a campaign, wherever it runs; `resume` continues it."]),
        ("tim-async bulk run peo", ["people.csv"]),
    ],
)
def test_fish(environment: dict[str, str], tmp_path: Path, line: str, expected: list[str]) -> None:
    (tmp_path / "people.csv").touch()
    code = f"tim-async completion fish | source; complete --do-complete {line!r}"
    done = subprocess.run(
        [shell("fish"), "--no-config", "-c", code],
        check=True, capture_output=True, encoding="utf-8", env=environment, cwd=tmp_path, timeout=30,
    )  # fmt: skip
    assert (done.stderr, done.stdout.splitlines()) == ("", expected)


@pytest.fixture
def zsh(environment: dict[str, str], tmp_path: Path) -> Iterator[int]:
    """A zsh at its own terminal; the file descriptor that types and reads."""
    program = shell("zsh")
    (tmp_path / ".zshrc").write_text(
        'autoload -Uz compinit && compinit -u\neval "$(tim-async completion zsh)"\nPS1="ready> "\nunsetopt beep\n'
    )
    (tmp_path / "people.csv").touch()
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        [program, "-i"], stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
        env={**environment, "ZDOTDIR": str(tmp_path)}, cwd=tmp_path,
    )  # fmt: skip
    os.close(terminal)
    with process:
        try:
            read_until(master, "")
            yield master
        finally:
            process.kill()
            os.close(master)


def read_until(master: int, text: str) -> str:
    """Read what a terminal shows until a text is among it, and a prompt after that."""
    seen, end = "", time.monotonic() + 20
    while "ready> " not in seen[seen.find(text) :] or text not in seen:
        assert time.monotonic() < end, seen
        if select.select([master], [], [], 0.1)[0]:
            seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]", "", os.read(master, 10_000).decode(errors="replace"))
    return seen


@posix
def test_zsh(zsh: int) -> None:
    """Each line is completed by Tab, gone on with an x, and then shown by `echo`."""
    for typed, expected in (
        ("tim-async call c2c.send_b", "<tim-async call c2c.send_batch x>"),
        ("tim-async call c2c.send To_", "<tim-async call c2c.send To_Account=x>"),  # no space: a value comes next
        ("tim-async send --region=to", "<tim-async send --region=tokyo x>"),
        ("tim-async bulk run peo", "<tim-async bulk run people.csv x>"),
    ):
        # Ctrl-A and Ctrl-E go to the ends of the line: what Tab made of it becomes a quoted argument.
        os.write(zsh, f"{typed}\tx\x05>'\x01echo '<\n".encode())
        read_until(zsh, expected)
