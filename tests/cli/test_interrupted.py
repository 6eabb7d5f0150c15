"""A real SIGINT at any moment of any command: no traceback, whatever the command was doing."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.helpers import APP, KEY, posix, run_code
from tests.cli.test_app import COMMANDS
from tests.services import free_port
from tim_async import __main__
from tim_async.cli._frame import LazyGroup

pytestmark = posix

# The signal comes with a call of a function: the N-th one of all that the process makes, perhaps a second one later.
INTERRUPTED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
moments = {moments!r}
calls = 0
def count(frame, event, arg):
    global calls
    calls += 1
    if calls == moments[0]:
        del moments[0]
        if not moments:
            sys.setprofile(None)
        os.kill(os.getpid(), signal.SIGINT)
sys.argv = {argv!r}
from tim_async.__main__ import main
sys.setprofile(count)
main()
"""


def lines() -> list[list[str]]:
    """Return the first example of every command."""
    return [
        shlex.split(next(line for line in command.epilog.splitlines() if line.startswith("tim-async ")), comments=True)
        for _, _, command in COMMANDS
        if not isinstance(command, LazyGroup)
    ]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An app at an address where nothing listens; files of no other test."""
    (tmp_path / "people.csv").write_text("account,name\nbob,Bob\n", encoding="utf-8")
    nowhere = f"127.0.0.1:{free_port()}"
    return {
        "TIM_SDK_APP_ID": APP,
        "TIM_SECRET_KEY": KEY,
        "TIM_BASE_URL": f"http://{nowhere}",
        "TIM_LEDGER": str(tmp_path / "ledger.db"),
        "TIM_BROKER_URL": f"amqp://guest:guest@{nowhere}/",
        "TIM_REDIS_URL": f"redis://{nowhere}/0",
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path),
    }


def interrupt(argv: list[str], moments: list[int], environment: dict[str, str], folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", INTERRUPTED.format(moments=moments, argv=argv)],
        check=False,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **environment},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    shown = f"{shlex.join(argv)} at {moments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr, shown
    assert "Exception ignored" not in done.stderr, shown
    assert "never" not in done.stderr, shown  # a coroutine that was not awaited, an exception that was not retrieved
    assert done.returncode in (0, 1, 2, 130, -signal.SIGINT), shown


@pytest.mark.parametrize("calls", [5, 300, 3_000, 30_000])
def test_send_is_interrupted(environment: dict[str, str], tmp_path: Path, calls: int) -> None:
    interrupt(["tim-async", "send", "bob", "hello"], [calls], environment, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("calls", [50, 1_000, 10_000, 40_000])
@pytest.mark.parametrize("again", [0, 30], ids=["once", "twice"])
@pytest.mark.parametrize("argv", lines(), ids=lambda argv: " ".join(argv[1:4]))
def test_every_command_is_interrupted(
    environment: dict[str, str], tmp_path: Path, argv: list[str], again: int, calls: int
) -> None:
    interrupt(argv, [calls, calls + again] if again else [calls], environment, tmp_path)


def test_signal_that_was_ignored_stays_ignored() -> None:
    """As in the background of a shell without job control."""
    code = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.argv = ["tim-async", "explain", "20003"]
from tim_async.__main__ import main
try:
    main()
finally:
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
"""
    done = run_code(code)
    assert (done.returncode, done.stderr) == (0, "")


def test_signal_in_a_destructor_of_a_command_ends_it() -> None:
    code = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
class Late:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            str(self)
from tim_async.cli import _frame
def invoke(self, ctx):
    Late()
    time.sleep(30)
_frame.TyperCommand.invoke = invoke
sys.argv = ["tim-async", "explain", "20003"]
from tim_async.__main__ import main
main()
"""
    done = run_code(code)
    assert (done.returncode, done.stderr) == (130, "tim-async: interrupted\n")


def test_signal_in_a_destructor_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []
    monkeypatch.setattr("_thread.start_new_thread", lambda *args: started.append(args))
    shown: list[object] = []
    monkeypatch.setattr("sys.__unraisablehook__", shown.append)

    class Unraisable:
        def __init__(self, kind: type[BaseException]) -> None:
            self.exc_type = kind

    for kind in (KeyboardInterrupt, ValueError):
        __main__._raise_ctrl_c_later(Unraisable(kind))  # type: ignore[arg-type]  # as much of it as is read
    assert len(started) == 1
    assert len(shown) == 1
