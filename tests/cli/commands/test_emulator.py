"""The emulator as a process: signals, keys, webhooks, and addresses that are wrong."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs

import pytest

from tests.cli.helpers import APP, KEY, PROC, Invoke, RunProcess, command, emulator_process, posix
from tim_async import UsageError
from tim_async.cli._options import DEFAULT_ADMIN
from tim_async.cli.commands import emulator
from tim_async.emulator import DEFAULT_ADMIN as EMULATOR_ADMIN
from tim_async.emulator import DEFAULT_SDK_APP_ID, DEFAULT_SECRET_KEY, Emulator
from tim_async.webhooks import sign


def test_defaults_are_those_of_the_emulator() -> None:
    assert (emulator.DEFAULT_APP, DEFAULT_ADMIN) == (DEFAULT_SDK_APP_ID, EMULATOR_ADMIN)


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_emulator_serves_until_a_signal(tim_async: RunProcess, number: signal.Signals) -> None:
    with emulator_process() as (process, exports, lines):
        assert lines[0].startswith(f"The emulator is listening at {exports['TIM_BASE_URL']} ")
        assert exports["TIM_SECRET_KEY"] == DEFAULT_SECRET_KEY
        sent = tim_async("send", "bob", "你好", **exports)
        assert (sent.returncode, sent.stderr) == (0, "")
        assert re.fullmatch(r"sent to bob: MsgKey \d+_\d+_\d+, .* UTC\n", sent.stdout)
        process.send_signal(number)
        rest, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    line, last = rest.splitlines()
    assert re.fullmatch(r'\d\d:\d\d:\d\d  openim/sendmsg +administrator -> bob  "你好"  OK  \d+ ms', line)
    assert last == "stopped"


@posix
@pytest.mark.usefixtures("credentials")
def test_emulator_with_the_key_of_its_environment(tim_async: RunProcess) -> None:
    with emulator_process("--no-auto-import", "--account", "bob", "--account", "爱丽丝") as (process, exports, lines):
        assert exports["TIM_SDK_APP_ID"] == APP
        url = exports["TIM_BASE_URL"]
        known = tim_async("send", "bob", "hi", "--from", "爱丽丝", "--base-url", url)
        unknown = tim_async("send", "carol", "hi", "--base-url", url)
        if PROC.is_dir():
            assert KEY.encode() not in (PROC / str(process.pid) / "cmdline").read_bytes()
        process.terminate()
        rest, errors = process.communicate(timeout=60)
    assert known.returncode == 0, known.stderr
    assert unknown.returncode == 1
    assert "90012" in unknown.stderr
    assert KEY not in "".join(lines) + rest + errors


class Receiver(HTTPServer):
    """Receives webhooks."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Hook)
        self.queries: list[dict[str, list[str]]] = []


class Hook(BaseHTTPRequestHandler):
    """Answers a webhook, and keeps its query."""

    server: Receiver

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.queries.append(parse_qs(self.path.partition("?")[2]))
        answer = b'{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        pass


@posix
def test_emulator_sends_webhooks(tim_async: RunProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIM_WEBHOOK_TOKEN", "hook-token")
    with Receiver() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/tim/"
            with emulator_process("--webhook-url", url) as (process, exports, lines):
                assert tim_async("send", "bob", "hi", **exports).returncode == 0
                process.terminate()
                _, errors = process.communicate(timeout=60)
        finally:
            server.shutdown()
            thread.join()
    assert [query["CallbackCommand"][0].partition("Callback")[2] for query in server.queries] == [
        "BeforeSendMsg",
        "AfterSendMsg",
    ]
    assert all(query["Sign"] == [sign("hook-token", query["RequestTime"][0])] for query in server.queries)
    assert "hook-token" not in "".join(lines) + errors


def test_emulator_with_a_webhook_url_that_is_wrong(invoke: Invoke) -> None:
    result = invoke("emulator", "--webhook-url", "nonsense")
    assert result.exit_code == 2
    assert "--webhook-url nonsense: it must look like http://" in result.stderr


@posix
def test_emulator_when_the_port_is_taken(tim_async: RunProcess) -> None:
    with emulator_process() as (_, exports, _):
        port = exports["TIM_BASE_URL"].rpartition(":")[2]
        second = tim_async("emulator", "--port", port)
    assert second.returncode == 2
    assert second.stderr.startswith(f"tim-async: cannot listen on 127.0.0.1 port {port}: ")
    assert second.stderr.count("\n") == 1


def test_emulator_stays_on_this_machine_unless_allowed(invoke: Invoke) -> None:
    result = invoke("emulator", "--host", "0.0.0.0")
    assert result.exit_code == 2
    assert "--allow-remote" in result.stderr


def test_emulator_with_an_account_that_is_too_long(invoke: Invoke) -> None:
    result = invoke("emulator", "--account", "a" * 33)
    assert result.exit_code == 2
    assert result.stderr.startswith("tim-async: --account has 33 bytes ")


@posix
def test_wrong_key_is_a_line_with_the_reason_and_without_the_user_sig(tim_async: RunProcess) -> None:
    with emulator_process() as (process, exports, _):
        refused = tim_async("send", "bob", "hi", **{**exports, "TIM_SECRET_KEY": "another-key"})
        process.terminate()
        rest, errors = process.communicate(timeout=60)
    assert refused.returncode == 1
    line = rest.splitlines()[0]
    assert "  70009 the signature is wrong: check that secret_key " in line
    assert "usersig=" not in rest + errors
    assert not re.search(r"eJ[\w*-]{20}", rest + errors)


@posix
def test_lines_as_json_and_none(tim_async: RunProcess) -> None:
    for options, expected in ((("--json",), 2), (("--json", "--quiet"), 1)):
        process = subprocess.Popen(
            command("emulator", "--port", "0", *options),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        with process:
            assert process.stdout is not None
            where = json.loads(process.stdout.readline())
            assert tim_async("send", "bob", "你好", **where["variables"]).returncode == 0
            process.terminate()
            rest, errors = process.communicate(timeout=60)
        lines = [json.loads(each) for each in rest.splitlines()]
        assert (len(lines) + 1, errors) == (expected, "")
        assert [(each["to"], each["words"], each["code"]) for each in lines] == [(["bob"], "你好", 0)] * len(lines)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Emulator]:
    """The emulators that a command has made; it ends before they listen."""
    found: list[Emulator] = []

    async def start(self: Emulator) -> None:
        found.append(self)
        raise UsageError("made")

    monkeypatch.setattr(Emulator, "start", start)
    return found


def test_options_reach_the_emulator(invoke: Invoke, made: list[Emulator], tmp_path: Path) -> None:
    line = (
        "--limit openim/sendmsg=50 --limit *=7 --tolerance 0 --keep messages=5 --keep calls=2 "
        "--clock 1900000000 --stop-clock "
        "--fault answer=20004,times=2,command=openim/sendmsg --fault drop,after --fault delay=0.5,rate=0.1,seed=1 "
        "--webhook-command C2C.CallbackAfterSendMsg --webhook-timeout 1 --webhook-retries 2 --webhook-on-failure refuse"
    )
    invoke("emulator", *line.split(), "--state", str(tmp_path / "state.json"))
    (emulator,) = made
    answer, drop, delay = emulator.faults.active
    assert (answer.kind, answer.times, answer.command) == ("answer", 2, "openim/sendmsg")
    assert (drop.kind, drop.after, delay.kind, delay.rate) == ("drop", True, "delay", 0.1)
    assert emulator._clock() == 1_900_000_000.0
    assert emulator._clock.is_stopped
    assert emulator._state.max_messages == 5
    assert emulator._outbox.on_failure == "refuse"


@pytest.mark.parametrize(
    "line",
    [
        "--limit openim/sendmsg", "--limit *=x", "--limit *=0", "--limit openim/no such=5", "--tolerance -1",
        "--keep letters=5", "--keep calls=0", "--fault vanish", "--fault answer", "--fault drop=5",
        "--fault delay=-1", "--fault drop,rate=2", "--fault drop,command=openim/nothing", "--fault drop,tims=2",
        "--fault answer=\udcff", "--fault drop,command=\udcff",
        "--clock yesterday", "--clock 1e99", "--clock 999999999999999", "--webhook-on-failure perhaps",
        "--webhook-command Nothing", "--webhook-retries -1", "--webhook-timeout 0", "--state /nonexistent/x/state.json",
    ],
)  # fmt: skip
def test_option_that_is_wrong_is_named(invoke: Invoke, line: str) -> None:
    option, value = line.split(" ", 1)
    result = invoke("emulator", "--port", "0", option, value)
    assert result.exit_code == 2, result.output
    assert option in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ("answr=20004", "unknown kind 'answr'; did you mean 'answer'? (the kinds are answer, delay, "),
        ("drop,tims=2", "unknown setting 'tims'; did you mean 'times'? (after the kind come after, command, "),
        ("drop=5", "drop takes no value"),
    ],
)
def test_misspelt_fault_names_the_nearest(invoke: Invoke, fault: str, problem: str) -> None:
    assert f"--fault {fault}: {problem}" in invoke("emulator", "--port", "0", "--fault", fault).stderr
