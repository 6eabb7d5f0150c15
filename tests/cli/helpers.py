"""What the tests of the command line share: an emulator in a thread, processes, a module that is missing."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from typer.main import get_command
from typer.testing import Result

from tim_async.cli._frame import LazyGroup
from tim_async.cli.app import app
from tim_async.emulator import Emulator

ROOT = Path(__file__).parent.parent.parent
KEY = "planted-secret-key-5d41402abc4b2a76b9719d911017c592"
APP = "1400000042"
PROC = Path("/proc")

Invoke: TypeAlias = Callable[..., Result]
RunProcess: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]

posix = pytest.mark.skipif(os.name != "posix", reason="signals and terminals of POSIX")


def command(*args: str) -> list[str]:
    """Return the line that runs the command line as a process."""
    return [sys.executable, "-W", "error", "-m", "tim_async", *args]


def run_without(module: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process where a module cannot be imported."""
    code = f"""
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {module!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
from tim_async.__main__ import main
sys.argv[1:] = {list(args)!r}
main()
"""
    return run_code(code)


def run_code(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a program as a process, to its end."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        check=False,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **env},
        timeout=30,
    )


@contextmanager
def emulated(
    plan: Callable[[Emulator], object] = lambda emulator: None, *, auto_import: bool = True
) -> Iterator[Emulator]:
    """Run an emulator in a separate thread: a command uses this thread for its loop."""
    emulator = Emulator(int(APP), KEY, auto_import=auto_import)
    plan(emulator)
    ready, done = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with emulator:
            ready.set()
            await done.wait()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(5)
        yield emulator
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(5)


@contextmanager
def emulator_process(*args: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str], list[str]]]:
    """Run the emulator as a process; yield it, the variables to export, and its output so far."""
    process = subprocess.Popen(
        command("emulator", "--port", "0", *args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    with process:
        assert process.stdout is not None
        lines = []
        try:
            for line in process.stdout:
                lines.append(line)
                if "tim-async send" in line:
                    break
            yield process, dict(re.findall(r"export (\w+)=(\S+)", "".join(lines))), lines
        finally:
            process.kill()


def interrupted(line: list[str], exports: Mapping[str, str], number: int) -> tuple[str, str, int]:
    """Send a signal to a campaign of 1,000 that has started; return its output, and its exit code."""
    process = subprocess.Popen(
        command(*line),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, **exports},
    )
    with process:
        assert process.stderr is not None
        assert "ledger: " in process.stderr.readline()
        assert "0 of 1,000" in process.stderr.readline()
        process.send_signal(number)
        output, errors = process.communicate(timeout=30)
    return output, errors, process.returncode


def root() -> LazyGroup:
    """Return the root of all commands."""
    found = get_command(app)
    assert isinstance(found, LazyGroup)
    return found


def read_line(line: str) -> None:
    """Parse a line of a shell without running it: names, options and arguments must exist."""
    words = shlex.split(line.partition(" | ")[0].removesuffix(" &"), comments=True)
    redirections = {index for index, word in enumerate(words) if word in ("<", ">", ">>")}
    words = [word for at, word in enumerate(words) if not {at, at - 1} & redirections]
    found: Any = root()
    name, *args = words
    while isinstance(found, LazyGroup) and args:
        name, *args = args
        found = found.load(name)
    assert isinstance(found, LazyGroup) or found.make_context(name, args).args == [], line
