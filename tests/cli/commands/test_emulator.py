"""The emulator as a process: signals, keys, webhooks, and addresses that are wrong."""

from __future__ import annotations

import re
import signal
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs

import pytest

from tests.cli.helpers import APP, KEY, PROC, Invoke, RunProcess, emulator_process, posix
from tim_async.cli._options import DEFAULT_ADMIN
from tim_async.cli.commands import emulator
from tim_async.emulator import DEFAULT_ADMIN as EMULATOR_ADMIN
from tim_async.emulator import DEFAULT_SDK_APP_ID, DEFAULT_SECRET_KEY
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
        rest, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")
    assert rest.split() == ["stopped"]


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
        rest, errors = process.communicate(timeout=10)
    assert known.returncode == 0, known.stderr
    assert unknown.returncode == 1
    assert "90012" in unknown.stderr
    assert KEY not in "".join(lines) + rest + errors


class Receiver(HTTPServer):
    """Takes webhooks."""

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
                _, errors = process.communicate(timeout=10)
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
