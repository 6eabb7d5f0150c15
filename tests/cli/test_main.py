"""`python -m tim_async` as a process."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.helpers import Invoke, RunProcess, command, posix, run_code, run_without
from tim_async import __main__, __version__


def test_version(tim_async: RunProcess, invoke: Invoke) -> None:
    done = tim_async("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"tim-async {__version__}\n", "")
    assert invoke("--version").stdout == done.stdout


def test_output_that_is_not_read_to_its_end() -> None:
    """`tim-async demo | head -1` ends without a traceback."""
    process = subprocess.Popen(command("demo"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (1, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_disk_that_is_full() -> None:
    with open("/dev/full", "wb") as full:
        line = command("endpoints")
        done = subprocess.run(line, check=False, stdout=full, stderr=subprocess.PIPE, encoding="utf-8", timeout=30)
    assert done.returncode == 1
    assert done.stderr == "tim-async: No space left on device\n"


@posix
def test_ctrl_c_leaves_no_traceback() -> None:
    """A command that handles no signals itself: it waits for a server that accepts and never answers."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        env = {**os.environ, "TIM_SDK_APP_ID": "1400000000", "TIM_SECRET_KEY": "a key for tests"}
        # A shell starts background processes with SIGINT ignored, which would be inherited.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            process = subprocess.Popen(
                command("send", "bob", "hi", "--base-url", url), stderr=subprocess.PIPE, encoding="utf-8", env=env
            )
        finally:
            signal.signal(signal.SIGINT, before)
        with process:
            connection, _ = server.accept()
            connection.recv(1)  # the request is under way
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
            connection.close()
    assert process.returncode == 130
    assert errors == "tim-async: interrupted; the request may have taken effect all the same\n"


def test_module_and_entry_point_are_the_same() -> None:
    from importlib.metadata import PackageNotFoundError, entry_points

    try:
        [script] = entry_points(group="console_scripts", name="tim-async")
    except (ValueError, PackageNotFoundError):
        pytest.skip("the distribution is not installed")
    assert script.load() is __main__.main


def test_without_the_extra_it_names_the_one_to_install(tmp_path: Path) -> None:
    done = run_without("typer")
    line = 'tim-async needs typer for its command line: pip install "tim-async[cli]"\n'
    assert (done.returncode, done.stdout, done.stderr) == (2, "", line)
    (tmp_path / "people.csv").write_text("account\nbob\n", encoding="utf-8")
    plan = ("--name", "spring", "--text", "Hi", "--ledger", str(tmp_path / "spring.db"))
    done = run_without("rich", "bulk", "plan", str(tmp_path / "people.csv"), *plan)
    line = 'tim-async: rich is missing: pip install "tim-async[cli]"\n'
    assert (done.returncode, done.stdout, done.stderr) == (2, "", line)


def test_any_other_missing_module_is_a_defect_with_a_traceback() -> None:
    done = run_without("aiohttp", "demo")
    assert done.returncode == 1
    assert "No module named 'aiohttp'" in done.stderr


def test_commands_that_do_not_need_an_extra_work_without_it() -> None:
    assert run_without("sqlalchemy", "explain", "20004").returncode == 0


def test_library_does_not_import_the_command_line() -> None:
    done = run_code(
        "import sys, tim_async, tim_async.emulator; print({'typer', 'rich', 'tim_async.cli'} & set(sys.modules))"
    )
    assert done.stdout == "set()\n"
