"""Commands as processes: signals, terminals, and what a list of processes shows."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs

import pytest

from tests.cli.conftest import APP, KEY, command
from tim_async.emulator import DEFAULT_SECRET_KEY
from tim_async.webhooks import sign

posix = pytest.mark.skipif(os.name != "posix", reason="signals and terminals of POSIX")
PROC = Path("/proc")


@contextmanager
def emulator(*args: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str], list[str]]]:
    """Run the emulator; yield the process, the variables it tells to export, and what it printed so far."""
    process = subprocess.Popen(
        command("emulator", "--port", "0", *args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    with process:
        lines = []
        try:
            for line in process.stdout:
                lines.append(line)
                if "tim-async send" in line:
                    break
            yield process, dict(re.findall(r"export (\w+)=(\S+)", "".join(lines))), lines
        finally:
            process.kill()


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_emulator_serves_until_a_signal(tim_async, number):
    with emulator() as (process, exports, lines):
        assert lines[0].startswith(f"The emulator answers at {exports['TIM_BASE_URL']} ")
        assert exports["TIM_SECRET_KEY"] == DEFAULT_SECRET_KEY
        sent = tim_async("send", "bob", "你好", **exports)
        assert (sent.returncode, sent.stderr) == (0, "")
        assert re.fullmatch(r"sent to bob: MsgKey \d+_\d+_\d+, .* UTC\n", sent.stdout)
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")
    assert rest.split() == ["stopped"]


@posix
@pytest.mark.usefixtures("credentials")
def test_emulator_with_a_key_of_its_owners(tim_async):
    with emulator("--no-auto-import", "--account", "bob", "--account", "爱丽丝") as (process, exports, lines):
        assert exports["TIM_SDK_APP_ID"] == APP
        url = exports["TIM_BASE_URL"]
        known = tim_async("send", "bob", "hi", "--from", "爱丽丝", "--base-url", url)
        unknown = tim_async("send", "carol", "hi", "--base-url", url)
        if PROC.is_dir():
            assert KEY.encode() not in (PROC / str(process.pid) / "cmdline").read_bytes()
        process.terminate()
        rest, errors = process.communicate(timeout=10)
    assert known.returncode == 0, known.stderr
    assert unknown.returncode == 1
    assert "90012" in unknown.stderr
    assert KEY not in "".join(lines) + rest + errors


class Hook(BaseHTTPRequestHandler):
    """Takes webhooks, and notes their query."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(parse_qs(self.path.partition("?")[2]))
        answer = b'{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


@posix
def test_emulator_sends_webhooks(tim_async, monkeypatch):
    monkeypatch.setenv("TIM_WEBHOOK_TOKEN", "hook-token")
    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        server.got = []
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/tim/"
            with emulator("--webhook-url", url) as (process, exports, lines):
                assert tim_async("send", "bob", "hi", **exports).returncode == 0
                process.terminate()
                _, errors = process.communicate(timeout=10)
        finally:
            server.shutdown()
            thread.join()
    assert [query["CallbackCommand"][0].partition("Callback")[2] for query in server.got] == [
        "BeforeSendMsg",
        "AfterSendMsg",
    ]
    assert all(query["Sign"] == [sign("hook-token", query["RequestTime"][0])] for query in server.got)
    assert "hook-token" not in "".join(lines) + errors


def test_emulator_with_an_address_that_is_none(invoke):
    result = invoke("emulator", "--webhook-url", "nonsense")
    assert result.exit_code == 2
    assert "--webhook-url nonsense: it must look like http://" in result.stderr


@posix
def test_emulator_when_the_port_is_taken(tim_async):
    with emulator() as (_, exports, _):
        port = exports["TIM_BASE_URL"].rpartition(":")[2]
        second = tim_async("emulator", "--port", port)
    assert second.returncode == 2
    assert second.stderr.startswith(f"tim-async: cannot listen on 127.0.0.1 port {port}: ")
    assert second.stderr.count("\n") == 1


def test_emulator_stays_on_this_machine_unless_told_otherwise(invoke):
    result = invoke("emulator", "--host", "0.0.0.0")
    assert result.exit_code == 2
    assert "--allow-remote" in result.stderr


def test_emulator_account_that_can_be_none(invoke):
    result = invoke("emulator", "--account", "a" * 33)
    assert result.exit_code == 2
    assert result.stderr == "tim-async: --account has 33 bytes, an account has at most 32\n"


@posix
@pytest.mark.parametrize("args", [["user-sig", "alice"], ["send", "bob", "hi", "--base-url", "http://127.0.0.1:1"]])
def test_key_is_asked_for_without_showing_it(args):
    """With a terminal and no variable; the answer appears neither on the terminal nor in the list of processes."""
    import pty
    import termios

    master, terminal = pty.openpty()
    # In a session of its own there is no /dev/tty: the question comes on stderr, the answer from stdin.
    process = subprocess.Popen(
        command(*args),
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TIM_SDK_APP_ID": APP},
        start_new_session=True,
    )
    with process:
        try:
            # What is typed before the echo is off is thrown away.
            end = time.monotonic() + 20
            while termios.tcgetattr(terminal)[3] & termios.ECHO:
                assert time.monotonic() < end
                time.sleep(0.01)
            os.write(master, f"{KEY}\n".encode())
            if PROC.is_dir():
                assert KEY.encode() not in (PROC / str(process.pid) / "cmdline").read_bytes()
            stdout, stderr = process.communicate(timeout=20)
            os.set_blocking(master, False)
            try:
                echoed = os.read(master, 10_000)
            except BlockingIOError:
                echoed = b""
        finally:
            process.kill()
            os.close(terminal)
            os.close(master)
    assert b"Secret key of the app (not shown)" in stderr
    assert KEY.encode() not in stdout + stderr + echoed
    if args[0] == "user-sig":
        assert process.returncode == 0
        assert stdout.startswith(b"eJ")
    else:
        assert process.returncode == 1
        assert b"nothing was sent" in stderr


def test_output_that_nobody_reads_to_its_end():
    """`tim-async demo | head -1` ends without a traceback."""
    process = subprocess.Popen(command("demo"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        process.stdout.close()
        errors = process.stderr.read()
    assert b"Traceback" not in errors


def test_module_and_entry_point_are_the_same():
    from importlib.metadata import PackageNotFoundError, entry_points

    from tim_async import __main__

    try:
        [script] = entry_points(group="console_scripts", name="tim-async")
    except (ValueError, PackageNotFoundError):
        pytest.skip("the distribution is not installed")
    assert script.load() is __main__.main


BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {missing!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
from tim_async.__main__ import main
main()
"""


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_it_says_which_one_to_install(missing):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BLOCKED.format(missing=missing)],
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f'tim-async needs {missing} for its command line: pip install "tim-async[cli]"\n'


def test_any_other_missing_module_is_told_as_it_is():
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED.format(missing="aiohttp")], check=False, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 1
    assert "No module named 'aiohttp'" in done.stderr


def test_library_does_not_import_the_command_line():
    code = "import sys, tim_async, tim_async.emulator; print({'typer', 'rich', 'tim_async.cli'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, encoding="utf-8")
    assert done.stdout == "set()\n"
