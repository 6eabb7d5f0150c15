"""Does what a tutorial says, word for word: types its commands in terminals, and saves its files.

A page is read from top to bottom. Its `sh` blocks are typed into a terminal, as they stand; a terminal is an
interactive bash with a screen, in a copy of the repository. Comments, which neither the site nor GitHub shows, say the
rest. One stands in front of the block that it is about; several facts are separated by `;`:

    <!-- terminal: 2 -->       the block is typed in another terminal than 1
    <!-- serves: 8900 -->      the block's command goes on; it is ready when this port answers
    <!-- until: 3,000 of -->   the block's command goes on; the next step is taken when this is on the screen
    <!-- exit: 1 -->           a command of the block ends with this exit code; without it, each ends with 0
    <!-- file: hello.py -->    the block, of any language, is saved in this file
    <!-- shows -->             the block, of any language, is what the last command printed (`terminal:` says which):
                               its lines are on the screen in this order; counts such as `3 retries` are the same,
                               other numbers may be others, `…` is anything, and white space does not matter;
                               with `shows: about`, counts may be others, too

or, without a block after it:

    <!-- press: Ctrl-C; terminal: 2 -->    keys are pressed, and the command ends
    <!-- ends; terminal: 2 -->             the command ends by itself

Both take `exit:`; without it, any exit code will do after keys. Blocks of other languages without a comment are read,
not done. What is typed in place of a block where a test has no account is passed by the test.

A port that a page names may be taken by another run of the same page: it is waited for, and then the failure says which
it is.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

ROOT: Final = Path(__file__).parents[2]
_STEP: Final = re.compile(
    r"^<!-- (?P<about>[^\n]*?) -->\n(?!```)"
    r"|^(?:<!-- (?P<facts>[^\n]*?) -->\n)?```(?P<language>\w+)\n(?P<source>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_FACTS: Final = {"terminal", "serves", "until", "exit", "file", "shows", "press", "ends"}
_NOT_SHOWN: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>]|\r")
_PROMPT: Final = re.compile(r"<ready (\d+)>")
# All but counts: those have a word after them, as in `3 retries`.
_NUMBER: Final = re.compile(r"(?<![\d,])((?!\d[\d,]* [a-z]{3,}(?![\w/]))\d+(?:,\d{3})*)")
_ANY_NUMBER: Final = re.compile(r"(\d+(?:,\d{3})*)")
_PATIENCE_S: Final = 300.0
_PORT_PATIENCE_S: Final = 120.0
_SCREEN_PATIENCE_S: Final = 15.0
_POLL_INTERVAL_S: Final = 0.05
_KEYS: Final = {"Ctrl-C": b"\x03"}
# What makes the pseudo-terminal the one that keys are pressed in, and then is bash.
_BASH: Final = (
    "import fcntl, os, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execvp('bash', ['bash', '--norc', '--noprofile', '--noediting', '-i'])"
)
_NOT_COPIED: Final = shutil.ignore_patterns(
    ".git", ".venv", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis", "build", "dist", "made", "tests"
)


class Step(NamedTuple):
    """What a page has its reader do, or what it shows.

    Attributes:
        facts: what its comment says.
        language: the language of its block; empty where it has none.
        source: the block.
    """

    facts: Mapping[str, str]
    language: str
    source: str


def steps(text: str) -> list[Step]:
    """Return the steps of a page, in its order."""
    found = []
    for match in _STEP.finditer(text):
        said = match["about"] or match["facts"] or ""
        pairs = [part.partition(":") for part in said.split(";") if part.strip()]
        facts = {name.strip(): value.strip() for name, _, value in pairs}
        if unknown := set(facts) - _FACTS:
            raise ValueError(f"unknown in a comment of a page: {', '.join(sorted(unknown))}")
        found.append(Step(facts, match["language"] or "", match["source"] or ""))
    return found


class Terminal:
    """An interactive bash with a screen of its own.

    Attributes:
        screen: all that was printed, without colours and movements.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.screen = ""
        self._new = 0
        self._bytes = b""
        self._folder = folder
        self._controller, screen = os.openpty()
        self._bash = subprocess.Popen(
            [sys.executable, "-I", "-c", _BASH], cwd=folder, env=dict(environment),
            stdin=screen, stdout=screen, stderr=screen, start_new_session=True,
        )  # fmt: skip
        os.close(screen)
        # A prompt says that a command has ended, and the trap which one failed.
        # The words are in two parts here, so that what is typed is not taken for what is printed.
        self._press(
            b"stty -echo cols 120 rows 40; trap 'failed=${failed:-$?}' ERR; PS2=''; PS1=$'<rea''dy ${failed:-0}>\\n'\n"
        )
        self.wait_for_end()

    def type(self, source: str) -> None:
        """Type commands, all that were printed before are no longer new."""
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", suffix=".sh", dir=self._folder.parent, delete=False
        ) as file:
            file.write(source)
        self._new = len(self.screen)
        self._press(f"failed=; . {file.name}\n".encode())

    def press(self, keys: str) -> None:
        """Press keys that have a name."""
        self._press(_KEYS[keys])

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until something is on the screen that was not there before the last commands."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            if found := re.search(pattern, self.new):
                return found
            if time.monotonic() > deadline or not self._read():
                raise AssertionError(f"no {pattern!r} after\n{self.new}")

    def wait_for_end(self) -> int:
        """Wait until the last command has ended; return the exit code of the first that failed, or 0."""
        return int(self.wait_for(_PROMPT.pattern)[1])

    def check_shown(self, text: str, *, is_about: bool) -> None:
        """Check that the last command prints these lines, in this order, or has printed them."""
        lines = [_pattern(line, _ANY_NUMBER if is_about else _NUMBER) for line in text.splitlines() if line.strip()]
        deadline = time.monotonic() + _SCREEN_PATIENCE_S
        while (missing := _missing(lines, self.new)) and time.monotonic() < deadline:
            self._read()
        assert not missing, f"not printed, or not after the line before: {missing}\n{self.new}"

    @property
    def new(self) -> str:
        """What was printed since commands were typed last."""
        return self.screen[self._new :]

    @property
    def is_busy(self) -> bool:
        """Whether a command runs."""
        while self._read(0):
            pass
        return not _PROMPT.search(self.new)

    def close(self) -> None:
        """Press Ctrl-C where a command runs, and end the bash with what it has started."""
        with contextlib.suppress(AssertionError, OSError):
            if self.is_busy:
                self.press("Ctrl-C")
                self.wait_for_end()
        for process_group in {self._in_front(), self._bash.pid}:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process_group, signal.SIGKILL)
        self._bash.wait()
        os.close(self._controller)

    def _in_front(self) -> int:
        with contextlib.suppress(OSError):
            return max(os.tcgetpgrp(self._controller), 0) or self._bash.pid
        return self._bash.pid

    def _press(self, keys: bytes) -> None:
        os.write(self._controller, keys)

    def _read(self, timeout_s: float = _POLL_INTERVAL_S) -> bool:
        """Read what there is; return whether more may come, or with a timeout of 0 whether there was any."""
        if not select.select([self._controller], [], [], timeout_s)[0]:
            return timeout_s > 0
        try:
            text = os.read(self._controller, 65536)
        except OSError:  # the bash has ended
            return False
        self._bytes += text
        self.screen = _NOT_SHOWN.sub("", self._bytes.decode("utf-8", "ignore"))
        return True


class Reader:
    """Follows a page, in a copy of the repository with nothing installed.

    Attributes:
        folder: the copy.
        terminals: by their numbers.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "tim-async"
        self.terminals: dict[int, Terminal] = {}
        shutil.copytree(ROOT, self.folder, ignore=_NOT_COPIED)
        programs = folder / "bin"
        programs.mkdir()
        for name in ("python", "python3"):
            _write_program(programs / name, f'exec "{_python()}" "$@"')
        _write_program(programs / "browser", "exit 0")
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TIM_", "PYTEST_", "PYTHON", "VIRTUAL_ENV", "COV_", "COVERAGE_"))
        }
        self._environment = {
            **kept,
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "BROWSER": f"{programs / 'browser'} %s",
            "XDG_STATE_HOME": str(folder / "state"),
            "HISTFILE": "",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for terminal in self.terminals.values():
            terminal.close()

    def follow(self, text: str, instead: Mapping[str, str] | None = None) -> None:
        """Take all steps of a page.

        Args:
            text: the page.
            instead: what is typed in the place of a block, by a part of the block.
        """
        last = None
        left = dict(instead or {})
        for step in steps(text):
            source = step.source
            for part in [part for part in left if part in source]:
                source = left.pop(part)
            last = self._take(step, source, last) or last
        assert not left, f"the page has no block with {', '.join(left)}"

    def _take(self, step: Step, source: str, last: Terminal | None) -> Terminal | None:
        if name := step.facts.get("file"):
            (self.folder / name).write_text(source, encoding="utf-8")
            return None
        terminal = self._terminal(int(step.facts.get("terminal", 1)))
        if "shows" in step.facts:
            (terminal if "terminal" in step.facts else last or terminal).check_shown(
                source, is_about=step.facts["shows"] == "about"
            )
            return None
        expected = int(step.facts.get("exit", 0))
        if keys := step.facts.get("press"):
            terminal.press(keys)
            _check_exit(terminal, expected if "exit" in step.facts else None, keys)
        elif "ends" in step.facts:
            _check_exit(terminal, expected, "")
        elif step.language == "sh":
            self._type(terminal, step, source, expected)
        else:
            return None
        return terminal

    def _type(self, terminal: Terminal, step: Step, source: str, expected: int) -> None:
        assert not terminal.is_busy, f"another command runs in the terminal of\n{source}\n{terminal.new}"
        port = int(step.facts.get("serves", 0))
        if port:
            wait_until_free(port)
        terminal.type(source)
        if port:
            wait_until_served(port, terminal)
        elif text := step.facts.get("until"):
            terminal.wait_for(_pattern(text))
        else:
            _check_exit(terminal, expected, source)

    def _terminal(self, number: int) -> Terminal:
        if number not in self.terminals:
            self.terminals[number] = Terminal(self.folder, self._environment)
        return self.terminals[number]


def _python() -> str:
    """Return the Python that has nothing installed, which the one that runs is made from."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def _write_program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)


def _check_exit(terminal: Terminal, expected: int | None, source: str) -> None:
    code = terminal.wait_for_end()
    assert expected in (code, None), f"exit code {code}, not {expected}, of\n{source}\n{terminal.new}"


def _missing(patterns: list[str], screen: str) -> str | None:
    """Return the first line that is not on a screen, or not after those before it."""
    shown, at = " ".join(screen.split()), 0
    for pattern in patterns:
        found = re.compile(pattern).search(shown, at)
        if not found:
            return pattern
        at = found.end()
    return None


def _pattern(line: str, varying: re.Pattern[str] = _NUMBER) -> str:
    """Return a pattern for a line: numbers that vary may be others, and `…` is anything."""
    parts = varying.split(" ".join(line.split()))
    pattern = "".join(r"\d[\d,]*" if varying.fullmatch(part) else re.escape(part) for part in parts)
    return pattern.replace("…", ".*?")


def wait_until_free(port: int) -> None:
    """Wait until no one listens on a port."""
    deadline = time.monotonic() + _PORT_PATIENCE_S
    while _is_served(port):
        assert time.monotonic() < deadline, f"port {port}, which the page uses, is taken by another program"
        time.sleep(_POLL_INTERVAL_S)


def wait_until_served(port: int, terminal: Terminal) -> None:
    """Wait until a command listens on a port; one that has ended never does."""
    deadline = time.monotonic() + _PATIENCE_S
    while not _is_served(port):
        assert not terminal.is_busy or time.monotonic() < deadline, f"port {port} does not answer\n{terminal.new}"
        assert terminal.is_busy, f"the command has ended, and no one serves port {port}\n{terminal.new}"
        time.sleep(_POLL_INTERVAL_S)


def _is_served(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def tutorials() -> list[str]:
    """Return the names of all tutorials."""
    pages = sorted((ROOT / "docs" / "zh" / "tutorials").glob("*.md"))
    return [path.stem for path in pages if path.stem != "index"]
