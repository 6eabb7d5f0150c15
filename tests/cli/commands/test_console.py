"""The console for a real app: who may use it, what it sends, what it asks first, and what it never shows."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from tests.cli.helpers import APP, KEY, PROC, RunProcess, command, emulated, posix
from tim_async import endpoints
from tim_async.cli import _browser
from tim_async.emulator import Emulator

pytestmark = [posix, pytest.mark.usefixtures("credentials")]
MESSAGE = {"To_Account": "bob", "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "你好"}}]}


class Console:
    """The command as a process, and a browser in front of it.

    Attributes:
        seen: everything it ever answered.
    """

    def __init__(self, process: subprocess.Popen[str], address: str, printed: list[str]) -> None:
        self.process = process
        self.address = address
        self.printed = printed
        self.netloc = re.sub(r"https?://([^/]+)/.*", r"\1", address)
        self.cookie = ""
        self.seen: list[str] = []

    def stop(self, number: signal.Signals = signal.SIGTERM) -> str:
        """End the command; return what it printed last."""
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, rest
        self.printed.append(rest)
        return rest

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        """Return status, headers and text."""
        connection = HTTPConnection(self.netloc, timeout=60)
        data = None if body is None else json.dumps(body)
        cookie = {"Cookie": self.cookie} if self.cookie else {}
        try:
            connection.request(method, path, data, {"Content-Type": "application/json", **cookie, **(headers or {})})
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        found = dict(response.getheaders())
        self.seen.append(f"{found} {text}")
        return response.status, found, text

    def open(self) -> None:
        """Open the printed address, as a browser does."""
        status, headers, _ = self.ask("GET", self.address.partition(self.netloc)[2])
        assert (status, headers["Location"]) == (303, "/")
        self.cookie = headers["Set-Cookie"].partition(";")[0]

    def get(self, path: str) -> Any:
        status, _, text = self.ask("GET", f"/_explorer/v1/{path}")
        assert status == 200, text
        return json.loads(text)

    def send(self, name: str, body: object, *, is_confirmed: bool = False) -> Any:
        typed = {"text": json.dumps(body), "is_confirmed": is_confirmed}
        status, _, text = self.ask("POST", f"/_explorer/v1/send/{name}", typed)
        return json.loads(text) if status == 200 else status


@contextmanager
def running(base_url: str, *args: str) -> Iterator[Console]:
    """Run the console; in the end, the key and UserSigs were neither in an answer nor on the terminal."""
    line = command("console", "--port", "0", "--no-open", "--base-url", base_url, *args)
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    printed: list[str] = []
    with process:
        assert process.stdout is not None
        try:
            for each in process.stdout:
                printed.append(each)
                found = re.search(r"http://\S+token=\S+", each)
                if found:
                    console = Console(process, found[0], printed)
                    yield console
                    if process.returncode is None:
                        console.stop()
                    everything = "".join(printed + console.seen)
                    assert KEY not in everything
                    assert re.search(r"usersig=[^<]|eJ[\w*-]{60}", everything) is None
                    return
            pytest.fail(f"no address: {printed}")
        finally:
            process.kill()


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with emulated() as emulator:
        yield emulator


@pytest.fixture
def console(emulator: Emulator) -> Iterator[Console]:
    with running(emulator.url) as console:
        console.open()
        yield console


def test_app_and_where_requests_go(console: Console, emulator: Emulator) -> None:
    about = console.get("about")
    assert about["sdk_app_id"] == int(APP)
    assert about["address"] == emulator.url
    assert (about["identifier"], about["asks_first"]) == ("administrator", True)
    assert len(console.get("catalogue")["endpoints"]) == len(endpoints())


def test_request_is_sent_by_the_client(console: Console, emulator: Emulator) -> None:
    outcome = console.send("openim/sendmsg", MESSAGE)
    assert outcome["is_ok"], outcome
    (sent,) = emulator.messages()
    assert sent.msg_random == json.loads(outcome["request"])["MsgRandom"]
    emulator.faults.answer(20004, times=1)
    assert console.send("openim/sendmsg", MESSAGE)["is_ok"]  # retried
    outcome = console.send("group_open_http_svc/get_group_info", {"GroupIdList": ["x"] * 2000})
    assert not outcome["is_ok"]
    assert json.loads(outcome["answer"])["ErrorCode"] == outcome["code"]["code"]


def test_without_the_address_there_is_nothing(emulator: Emulator) -> None:
    with running(emulator.url) as console:
        for path in ("about", "catalogue", "codes", "endpoints/openim/sendmsg"):
            assert console.ask("GET", f"/_explorer/v1/{path}")[0] == 401
        assert console.send("openim/sendmsg", MESSAGE) == 401
        console.cookie = f"tim_page_{console.netloc.partition(':')[2]}=guess"
        assert console.send("openim/sendmsg", MESSAGE) == 401
        assert console.ask("GET", "/?token=guess")[0] == 403
        status, headers, text = console.ask("GET", "/")
        assert status == 200
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "token" not in text
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert emulator.messages() == []


OTHER_SITES = {
    "rebinding": {"Host": "evil.example"},
    "rebinding, a page": {"Host": "evil.example", "Origin": "http://evil.example"},
    "a script": {"Origin": "http://evil.example"},
    "a script on another port": {"Origin": "http://localhost:3000"},
    "a sandboxed frame": {"Origin": "null"},
    "a form": {"Content-Type": "text/plain"},
    "a form with a file": {"Content-Type": "multipart/form-data; boundary=x"},
}


def test_other_sites_send_nothing_even_with_the_cookie(console: Console, emulator: Emulator) -> None:
    typed = {"text": json.dumps(MESSAGE)}
    for who, headers in OTHER_SITES.items():
        status, answered, text = console.ask("POST", "/_explorer/v1/send/openim/sendmsg", typed, headers)
        assert status == 403, (who, text)
        assert not [each for each in answered if each.lower().startswith("access-control")]
    assert emulator.messages() == []
    assert console.send("openim/sendmsg", MESSAGE)["is_ok"]


def test_host_that_is_allowed(emulator: Emulator) -> None:
    with running(emulator.url, "--allow-host", "Console.Example") as console:
        console.open()
        assert console.ask("GET", "/", headers={"Host": "console.example:8080"})[0] == 200
        assert console.ask("GET", "/", headers={"Host": "other.example"})[0] == 403


def test_what_cannot_be_taken_back_is_not_sent_unasked(console: Console, emulator: Emulator) -> None:
    bodies: dict[str, object] = {
        "im_open_login_svc/account_delete": {"DeleteItem": [{"UserID": "bob"}]},
        "im_open_login_svc/kick": {"UserID": "bob"},
        "all_member_push/im_push": {"MsgBody": MESSAGE["MsgBody"], "MsgLifeTime": 0},
    }
    for name, body in bodies.items():
        assert console.send(name, body) == 400
        assert emulator.count(name) == 0
        assert console.send(name, body, is_confirmed=True)["request"]
        assert emulator.count(name) == 1


class Echo(BaseHTTPRequestHandler):
    """Answers in the service's place, and repeats all that it knows."""

    answers: ClassVar[list[str]] = [
        '{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"%s"}',
        '{"ActionStatus":"FAIL","ErrorCode":60002,"ErrorInfo":"%s"}',
        '{"ActionStatus":"FAIL","ErrorCode":70001,"ErrorInfo":"%s"}',
        "<html>%s</html>",
    ]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.answers[0] % f"{self.path} {KEY}"
        self.answers.append(self.answers.pop(0))
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *args: object) -> None:
        pass


def test_secrets_that_an_answer_repeats_are_not_shown() -> None:
    server = HTTPServer(("127.0.0.1", 0), Echo)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        with running(f"http://127.0.0.1:{server.server_address[1]}") as console:
            console.open()
            outcomes = [console.send("openim/sendmsg", MESSAGE) for _ in Echo.answers]
            assert [each["is_ok"] for each in outcomes] == [True, False, False, False]
            assert "<hidden>" in outcomes[0]["answer"]
            typed = {"text": json.dumps({"To_Account": KEY, "MsgBody": []})}
            assert "<hidden>" in console.ask("POST", "/_explorer/v1/send/openim/sendmsg", typed)[2]
            if PROC.is_dir():
                assert KEY.encode() not in (PROC / str(console.process.pid) / "cmdline").read_bytes()
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_end_is_quiet_while_a_request_is_on_its_way(emulator: Emulator, number: signal.Signals) -> None:
    stalled = emulator.faults.stall()
    with running(emulator.url) as console:
        console.open()
        connection = HTTPConnection(console.netloc, timeout=60)
        headers = {"Content-Type": "application/json", "Cookie": console.cookie}
        data = json.dumps({"text": json.dumps(MESSAGE)})
        connection.request("POST", "/_explorer/v1/send/openim/sendmsg", data, headers)
        while emulator.count("openim/sendmsg") == 0:
            pass
        rest = console.stop(number)
        connection.close()
        stalled.remove()
    assert rest.split() == ["stopped"]


def test_port_that_is_taken(tim_async: RunProcess, emulator: Emulator) -> None:
    port = emulator.url.rpartition(":")[2]
    done = tim_async("console", "--port", port, "--no-open")
    assert done.returncode == 2
    assert f"port {port}" in done.stderr


def test_app_must_be_named(tim_async: RunProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIM_SDK_APP_ID")
    done = tim_async("console", "--no-open")
    assert done.returncode == 2
    assert "TIM_SDK_APP_ID" in done.stderr


def test_address_that_is_opened_works_once(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Others on the machine can read how the browser is started."""
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened.part\nmv {tmp_path}/opened.part {tmp_path}/opened\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    monkeypatch.setenv("DISPLAY", ":0")
    with running(emulator.url, "--open") as console:
        opened = tmp_path / "opened"
        deadline = time.monotonic() + 20
        while not opened.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        path = opened.read_text().strip().partition(console.netloc)[2]
        assert path not in console.address
        assert console.ask("GET", path)[0] == 303
        assert console.ask("GET", path)[0] == 403


def test_browser_is_opened_beside_the_terminal_and_never_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    has_browser = _browser.has_browser
    assert has_browser() == (sys.platform == "darwin")
    monkeypatch.setenv("DISPLAY", ":0")
    assert has_browser()
