from __future__ import annotations

import asyncio
import fcntl
import gc
import io
import json
import os
import pty
import re
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from tests import demo_pictures
from tests.cli.helpers import Invoke, RunProcess, command, posix
from tim_async import TimClient, _public
from tim_async.cli._demo import acts, messages, play, stage
from tim_async.cli._demo.acts import Lane, Performance, Repeat
from tim_async.emulator import Emulator
from tim_async.families.c2c import C2C
from tim_async.models.c2c import RoamMsg

CROWD = 30


def perform(on: stage.Stage, crowd: int = CROWD) -> Performance:
    return asyncio.run(play.play(on, crowd=crowd))


def screen(columns: int) -> Console:
    return Console(file=io.StringIO(), width=columns, height=24, force_terminal=True, legacy_windows=False, _environ={})


def test_demo_prints_a_delivered_message_where_there_is_no_terminal(tim_async: RunProcess) -> None:
    done = tim_async("demo", COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    assert "alice to bob: 你好, Bob! 👋" in done.stdout
    assert re.search(r"^  delivered, MsgKey \d+_\d+_\d+, \d{4}-[\d-]+ [\d:]+ UTC$", done.stdout, re.MULTILINE)
    assert "10 of 10 messages were delivered" in done.stdout
    assert "600 messages at once, tim-async: 600 sent, 0 refused" in done.stdout
    refused = re.search(r"AsyncLimiter\(200, 1\): \d+ sent, (\d+) refused", done.stdout)
    assert refused
    assert int(refused[1]) > 0
    assert "An answer was lost: 2 attempts, 1 message" in done.stdout
    assert done.stdout.count("\nnext: tim-async ") == 3
    assert "http://127.0.0.1:8900/" in done.stdout
    assert "\x1b" not in done.stdout


def test_interrupted_race_leaves_nothing_for_the_event_loop_to_print() -> None:
    problems: list[dict[str, Any]] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
        task = asyncio.current_task()
        assert task is not None

        def interrupt(_: list[Lane]) -> None:
            task.cancel()

        async with acts.opened() as (emulator, client):
            with pytest.raises(asyncio.CancelledError):
                await acts.race(emulator, client, interrupt, 450)

    asyncio.run(main())
    gc.collect()
    assert problems == []


@posix
@pytest.mark.parametrize("columns", [60, pytest.param(80, marks=pytest.mark.soak)])
def test_demo_is_drawn_on_a_terminal_in_about_ten_seconds(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In colours; no line is wider than the terminal, and all of it stays on one screen of 24 lines."""
    for name in ("NO_COLOR", "COLUMNS", "TERMINAL_WIDTH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    code, output, took_s = on_terminal(command("demo"), columns)
    assert code == 0, output
    assert "\x1b[1;32m✓ " in output
    final = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output.rpartition("1A")[2])
    assert re.search(r"tim-async +━+ 600 +\d+/s +0 refused", final)
    assert re.search(r"AsyncLimiter\(200, 1\) ━+ +\d+ +\d+/s +[1-9]\d* refused", final)
    assert "2 attempts, 1 message" in final
    # A line that is drawn again begins where the cursor was moved to.
    lines = re.split(r"[\r\n]+|\x1b\[1A", output)
    assert max(cell_len(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line)) for line in lines) <= columns
    assert took_s > 4  # it can be read along


def on_terminal(line: list[str], columns: int) -> tuple[int, str, float]:
    """Run a command at a terminal of this many columns; return its exit code, all it wrote, and how long it took."""
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    began = time.monotonic()
    with subprocess.Popen(line, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        parts = []
        while True:
            try:
                part = os.read(master, 65_536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            parts.append(part)
    os.close(master)
    return process.returncode, b"".join(parts).decode(), time.monotonic() - began


def test_plain_is_plain_on_a_terminal_too(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[object] = []

    async def note(on: object) -> Performance:
        shown.append(type(on))
        return Performance("http://h", 1, 1, [Lane("tim-async", 1, 1)], Repeat(2, 1, "k"))

    monkeypatch.setattr(play, "play", note)
    monkeypatch.setattr("tim_async.cli.commands.demo.is_terminal", lambda: True)
    assert invoke("demo").exit_code == 0
    assert invoke("demo", "--plain").exit_code == 0
    facts = json.loads(invoke("demo", "--json").stdout)
    assert shown == [stage.Terminal, stage.Lines, stage.Silent]
    assert (facts["arrived"], facts["repeat"]["attempts"], facts["lanes"][0]["refused"]) == (1, 2, 0)


@pytest.mark.soak
def test_demo_where_chinese_cannot_be_shown(tim_async: RunProcess) -> None:
    done = tim_async("demo", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "10 of 10 messages were delivered" in done.stdout


def test_demo_shows_every_kind_that_can_be_sent(capsys: pytest.CaptureFixture[str]) -> None:
    assert perform(stage.Lines()).is_kept
    kinds = {name for name in _public.__all__ if name.endswith("Elem")} - {"StreamElem"}  # a separate command
    assert set(re.findall(r"\(([A-Z][A-Za-z]+Elem)\)$", capsys.readouterr().out, re.MULTILINE)) == kinds


@pytest.mark.parametrize("columns", [60, 80])
def test_whole_demo_fits_on_one_screen(columns: int) -> None:
    on = screen(columns)
    assert perform(stage.Terminal(on, pace=0, is_live=False)).is_kept
    assert isinstance(on.file, io.StringIO)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", on.file.getvalue()).splitlines()
    assert len(lines) <= 23  # and the line of the shell
    assert max(map(cell_len, lines)) <= columns


def test_pictures_are_made_without_fonts_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = play.play
    monkeypatch.setattr(demo_pictures, "play", lambda on: whole(on, crowd=CROWD))
    demo_pictures.write(tmp_path)
    for columns in demo_pictures.COLUMNS:
        text = (tmp_path / f"demo-{columns}.svg").read_text("utf-8")
        assert "attempts," in text
        assert set(re.findall(r"https?://[^\s\"<&]+", text)) == {"http://www.w3.org/2000/svg", "http://127.0.0.1:8900/"}


@contextmanager
def emulator_with(monkeypatch: pytest.MonkeyPatch, plan: Any) -> Iterator[list[Emulator]]:
    made: list[Emulator] = []

    class Planned(Emulator):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            if not made:  # this library's one
                plan(self)
            made.append(self)

    monkeypatch.setattr(acts, "Emulator", Planned)
    yield made


def test_demo_one_message_comes_with_offline_push(monkeypatch: pytest.MonkeyPatch) -> None:
    with emulator_with(monkeypatch, lambda emulator: None) as made:
        perform(stage.Silent(), crowd=1)
        bodies = [arrival.body for arrival in made[0].arrivals if arrival.command == C2C.send.command]
    assert [b'"OfflinePushInfo":{' in body for body in bodies].count(True) == 1


def test_demo_when_a_message_does_not_arrive(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    converse = acts.converse

    async def lose_one(client: TimClient) -> list[RoamMsg]:
        return (await converse(client))[1:]

    monkeypatch.setattr(play, "converse", lose_one)
    assert not perform(stage.Lines()).is_kept
    assert "9 of 10 messages were delivered" in capsys.readouterr().out


async def test_each_account_writes_in_its_turn() -> None:
    async with acts.opened() as (_, client):
        whole = await acts.converse(client)
    assert [message.from_account for message in whole[:3]] == ["alice", "bob", "alice"]
    assert [message.msg_body[0] for message in whole] == [element for element, _ in messages.MESSAGES]


@pytest.mark.parametrize(
    ("performance", "is_kept"),
    [
        (Performance("", 1, 1, [Lane("own", 5, 5)], Repeat(2, 1, "")), True),
        (Performance("", 1, 1, [Lane("own", 5, 4, 1)], Repeat(2, 1, "")), False),
        (Performance("", 1, 0, [Lane("own", 5, 5)], Repeat(2, 1, "")), False),
        (Performance("", 1, 1, [Lane("own", 5, 5)], Repeat(2, 2, "")), False),
        (Performance("", 1, 1, [Lane("own", 5, 5)], None), False),
    ],
    ids=["kept", "refused", "not arrived", "twice", "not shown"],
)
def test_promise_is_kept_when_all_of_it_is(performance: Performance, is_kept: bool) -> None:
    assert performance.is_kept == is_kept


@pytest.mark.parametrize("code", [90012, 20006])
def test_demo_when_the_service_refuses(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    with emulator_with(monkeypatch, lambda emulator: emulator.faults.answer(code, command=C2C.send.command)):
        result = invoke("demo")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"tim-async: openim/sendmsg: the service answered {code} ")
    assert result.stderr.count("\n") == 1
