"""`tim-async doctor` against the emulator, and against servers that answer in other ways."""

from __future__ import annotations

import asyncio
import email.utils
import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.cli.helpers import APP, KEY, Invoke, command, emulated, posix
from tests.services import free_port
from tim_async import ConnectError, Region, TimClient
from tim_async.cli._doctor import recording
from tim_async.cli._doctor.finding import Finding
from tim_async.cli._doctor.service import examine_service
from tim_async.emulator import Emulator
from tim_async.models.elements import TextElem
from tim_async.webhooks import WebhookRouter

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


@contextmanager
def answering(handle: Handle) -> Iterator[str]:
    """Serve in a separate thread; yield the address."""
    loop = asyncio.new_event_loop()
    port = free_port()

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return runner

    runner = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.run_until_complete(runner.cleanup())
        loop.close()


@contextmanager
def in_front_of(
    emulator: Emulator, change: Callable[[str, dict[str, Any]], Any], *, ahead_s: float = 0
) -> Iterator[str]:
    """Serve what an emulator answers, changed; its clock may be wrong."""

    async def handle(request: web.Request) -> web.Response:
        async with aiohttp.ClientSession() as session:
            url = f"{emulator.url}{request.path_qs}"
            async with session.post(url, data=await request.read()) as answer:
                fields = await answer.json(content_type=None)
        changed = change(request.path.removeprefix("/v4/"), fields)
        headers = {"Date": email.utils.formatdate(time.time() + ahead_s, usegmt=True)}
        return web.json_response(fields if changed is None else changed, headers=headers)

    with answering(handle) as url:
        yield url


def unchanged(command: str, fields: dict[str, Any]) -> None:
    """Leave an answer unchanged."""


def doctor(invoke: Invoke, url: str, *args: str, code: int = 0) -> dict[str, Finding]:
    """Return the problems by subject; all findings if there are none."""
    result = invoke("doctor", "--json", "--base-url", url, *args)
    facts = json.loads(result.stdout)
    assert (result.exit_code, facts["is_right"]) == (code, code == 0), result.output
    findings = [Finding(**each) for each in facts["findings"]]
    assert all(each.advice for each in findings if each.state in ("wrong", "doubtful"))
    bad = {each.about: each for each in findings if each.state != "right"}
    return bad or {each.about: each for each in findings}


@pytest.fixture(autouse=True)
def key_and_app(credentials: None) -> None:
    """An app whose key is planted: no test may see it."""


def test_all_is_right(invoke: Invoke) -> None:
    with emulated() as emulator:
        found = doctor(invoke, emulator.url)
        assert list(found) == ["variables", "connection", "clock", "region", "key", "admin", "limits"]
        assert all(each.state == "right" for each in found.values())
        assert emulator.count() == 1  # one harmless call
        lines = invoke("doctor", "--base-url", emulator.url).stdout.splitlines()
    assert lines[0] == f"ok     variables   app {APP}, a key"
    assert all(line.startswith("ok ") for line in lines)


def test_variables_that_are_missing_or_misspelt(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIM_SDK_APP_ID")
    monkeypatch.delenv("TIM_SECRET_KEY")
    monkeypatch.setenv("TIM_SECRETKEY", KEY)
    result = invoke("doctor")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "look   variables   TIM_SECRETKEY is set but not used",
        "                   -> did you mean TIM_SECRET_KEY?",
        "WRONG  variables   TIM_SDK_APP_ID is not set",
        "                   -> set it to the app's id, as shown in the console",
        "WRONG  variables   TIM_SECRET_KEY is not set",
        "                   -> set it to the app's key, as shown in the console",
    ]


def test_wrong_key(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    with emulated() as emulator:
        monkeypatch.setenv("TIM_SECRET_KEY", KEY[::-1])
        found = doctor(invoke, emulator.url, code=1)
    assert (found["key"].state, found["admin"].state) == ("wrong", "unknown")
    assert "70009" in found["key"].text
    assert "clock" not in found


def test_account_that_is_not_an_admin(invoke: Invoke) -> None:
    with emulated() as emulator:
        found = doctor(invoke, emulator.url, "--identifier", "bob", code=1)
    assert list(found) == ["admin"]
    assert found["admin"].text == "'bob' is not an admin of the app"


@pytest.mark.parametrize(
    ("ahead_s", "state", "text"),
    [
        (-1200, "wrong", "this machine's clock is 20 minutes ahead of the service's"),
        (1200, "wrong", "this machine's clock is 20 minutes behind the service's"),
        (-60, "doubtful", "this machine's clock is 60 seconds ahead of the service's"),
        (-3, "right", "agrees with the service's"),
    ],
)
def test_clock(invoke: Invoke, ahead_s: float, state: str, text: str) -> None:
    with emulated() as emulator, in_front_of(emulator, unchanged, ahead_s=ahead_s) as url:
        found = doctor(invoke, url, code=int(state == "wrong"))
    assert found["clock"].state == state
    assert found["clock"].text.replace("59", "60").replace("61", "60") == text


def test_key_is_not_blamed_for_the_clock(invoke: Invoke) -> None:
    """A UserSig that a late clock made has expired: nothing is known of the key."""

    def expired(command: str, fields: dict[str, Any]) -> dict[str, Any]:
        return {"ActionStatus": "FAIL", "ErrorCode": 70001, "ErrorInfo": "usersig expired"}

    with emulated() as emulator, in_front_of(emulator, expired, ahead_s=10**8) as url:
        found = doctor(invoke, url, code=1)
    assert found["clock"].state == "wrong"
    assert found["key"].advice == "set the clock, as above: the key cannot be checked before"


@pytest.mark.parametrize("app", ["abc", "0", "1" * 5000], ids=len)
def test_app_id_that_is_no_number_is_named(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, app: str) -> None:
    monkeypatch.setenv("TIM_SDK_APP_ID", app)
    result = invoke("doctor")
    assert result.exit_code == 2
    assert "TIM_SDK_APP_ID" in result.stderr
    assert "must be a number" in result.stderr


def test_gateway_that_answers_html(invoke: Invoke) -> None:
    async def handle(request: web.Request) -> web.Response:
        return web.Response(text="<html>Log in</html>", content_type="text/html")

    with answering(handle) as url:
        found = doctor(invoke, url, code=1)
    assert list(found) == ["connection"]
    assert "gateway" in found["connection"].advice


def test_nothing_listens(invoke: Invoke) -> None:
    found = doctor(invoke, f"http://127.0.0.1:{free_port()}", code=1)
    assert "could not connect" in found["connection"].text
    assert "TIM_BASE_URL" in found["connection"].advice


@pytest.mark.parametrize(
    ("code", "about", "state"),
    [(60021, "address", "wrong"), (60026, "region", "wrong"), (60007, "limits", "doubtful"), (60008, "key", "unknown")],
)
def test_other_refusals(invoke: Invoke, code: int, about: str, state: str) -> None:
    with emulated(lambda emulator: emulator.faults.answer(code)) as emulator:
        found = doctor(invoke, emulator.url, code=int(state == "wrong"))
    assert found[about].state == state


@pytest.mark.parametrize("code", [60026, 70020])
async def test_wrong_region_is_recognised_and_the_right_one_named(code: int) -> None:
    async with Emulator(int(APP), KEY) as home, Emulator(int(APP), KEY) as other:
        other.faults.answer(code)

        def make(region: Region, **options: Any) -> TimClient:
            url = home.url if region is Region.TOKYO else other.url
            return TimClient(int(APP), KEY, base_url=url, **options)

        found = [each async for each in examine_service(make, Region.CHINA, has_address=False)]
        by = {each.about: each for each in found}
        assert by["region"] == Finding(
            "region", "wrong", "the app is not in china, it is in tokyo", "set TIM_REGION=tokyo (or region='tokyo')"
        )
        assert by["connection"].state == "right"
        home.faults.answer(code)
        found = [each async for each in examine_service(make, Region.CHINA, has_address=False)]
        assert found[-2].text == "app not found in china, nor in any other data centre"
        assert other.count() + home.count() <= 2 * len(Region) + 1  # each is asked once


def receiver(token: str | None, status: int = 200, body: str | None = None) -> Handle:
    async def handle(request: web.Request) -> web.StreamResponse:
        if body is not None or status != 200:
            return web.Response(status=status, text=body or "")
        async with WebhookRouter(sdk_app_id=int(APP), token=token) as router:
            return await router.aiohttp_handler(request)

    return handle


@pytest.mark.parametrize(
    ("handle", "token", "state", "text"),
    [
        (receiver(None), None, "right", "accepts webhooks"),
        (receiver("t0ken-of-webhooks"), "t0ken-of-webhooks", "right", "accepts webhooks"),
        (receiver("t0ken-of-webhooks"), None, "wrong", "refuses the signature with HTTP status"),
        (receiver(None, status=404), None, "wrong", "answers HTTP status 404"),
        (receiver(None, status=502), None, "wrong", "answers HTTP status 502"),
        (receiver(None, body="<html>"), None, "wrong", "not as a receiver of webhooks does"),
        (receiver(None, body='{"ErrorCode": 7}'), None, "doubtful", "answers with code 7"),
    ],
    ids=["unsigned", "signed", "token missing", "path", "gateway", "page", "refusal"],
)
def test_webhook(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, handle: Handle, token: str | None, state: str, text: str
) -> None:
    if token:
        monkeypatch.setenv("TIM_WEBHOOK_TOKEN", token)
    with emulated() as emulator, answering(handle) as url:
        result = invoke("doctor", "--json", "--base-url", emulator.url, "--webhook-url", f"{url}/tim")
    findings = [each for each in json.loads(result.stdout)["findings"] if each["about"] == "webhook"]
    assert (findings[0]["state"], result.exit_code) == (state, int(state == "wrong"))
    assert text in findings[0]["text"]
    assert "t0ken" not in result.output
    assert "the service cannot reach 127.0.0.1" in findings[1]["text"]


def test_webhook_that_is_not_reached_or_not_an_address(invoke: Invoke) -> None:
    with emulated() as emulator:
        away = doctor(invoke, emulator.url, "--webhook-url", f"http://127.0.0.1:{free_port()}/tim", code=1)
        odd = doctor(invoke, emulator.url, "--webhook-url", "example.com/tim", code=1)
    assert "is not reachable" in away["webhook"].text
    assert "must look like https://" in odd["webhook"].advice


def test_record_against_the_emulator_finds_no_difference_and_leaves_nothing(invoke: Invoke, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with emulated(auto_import=False) as emulator:
        before = set(emulator.accounts)
        result = invoke("doctor", "--record", "--yes", "--report", str(report), "--base-url", emulator.url)
        assert set(emulator.accounts) == before
        assert not emulator.groups
        assert emulator.count() <= recording.MAX_CALLS + 1
        sent = [element for message in emulator.messages() for element in message.msg_body]
    assert (result.exit_code, result.stderr) == (0, "")
    assert "the same text again, as a repeat: code 0" in result.stdout
    assert "differ" not in result.stdout
    assert all(isinstance(element, TextElem) for element in sent)
    text = report.read_text("utf-8")
    facts = json.loads(text)
    assert (facts["is_whole"], facts["is_cleaned_up"]) == (True, True)
    assert [step["name"] for step in facts["steps"]] == [
        *(step.name for step in recording.STEPS), "disband the group", "delete the accounts",
    ]  # fmt: skip
    assert facts["steps"][3]["fields"]["MsgKey"] == "text, as before"  # the repeat was recognised
    for secret in (KEY, APP, "administrator", "tim-doctor-", "@TGS#", "127.0.0.1"):
        assert secret not in text


def test_record_shows_where_answers_differ(invoke: Invoke, tmp_path: Path) -> None:
    def change(command: str, fields: dict[str, Any]) -> None:
        if command == "openim/sendmsg" and not fields["ErrorCode"]:
            del fields["MsgTime"]
            fields["MsgKey"] = "another"
            fields["NewField"] = "秘密 of bob"
        if command == "openim/admin_getroammsg":
            fields["Complete"] = str(fields["Complete"])
            fields["MsgList"][0]["MsgFlagBits"] = 7

    report = tmp_path / "report.json"
    with emulated(auto_import=False) as emulator, in_front_of(emulator, change) as url:
        result = invoke("doctor", "--record", "--yes", "--report", str(report), "--base-url", url)
    assert result.exit_code == 0
    text = report.read_text("utf-8")
    steps = {step["name"]: step for step in json.loads(text)["steps"]}
    assert {each["path"]: (each["service"], each["emulator"]) for each in steps["a text"]["differences"]} == {
        "MsgTime": ("nothing", "number"),
        "NewField": ("text of 13 bytes", "nothing"),
    }
    found = {each["path"]: each["service"] for each in steps["the history"]["differences"]}
    assert found["Complete"] == "text of 1 bytes"
    assert "7" in found["MsgList[].MsgFlagBits"]
    assert "秘密" not in text + result.output


@pytest.mark.parametrize("step", ["a text back", "make a group"])
def test_record_that_ends_early_is_cleaned_up_and_says_what_is_left(invoke: Invoke, tmp_path: Path, step: str) -> None:
    commands = {each.name: each.command for each in recording.STEPS}
    report = tmp_path / "report.json"

    def plan(emulator: Emulator) -> None:
        emulator.faults.garbage(command=commands[step], after=True)
        emulator.faults.answer(70500, command="im_open_login_svc/account_delete")

    with emulated(plan) as emulator:
        result = invoke("doctor", "--record", "--yes", "--report", str(report), "--base-url", emulator.url)
        left = [account for account in emulator.accounts if account.startswith("tim-doctor-")]
    assert result.exit_code == 1
    assert "the run ended early" in result.stderr
    assert len(left) == (2 if step == "a text back" else 3)  # this one makes an account of any name
    assert all(f"please remove it: account {account}\n" in result.stderr for account in left)
    assert json.loads(report.read_text("utf-8"))["is_cleaned_up"] is False


@posix
def test_record_that_is_interrupted_is_cleaned_up(tmp_path: Path) -> None:
    with emulated(lambda emulator: emulator.faults.delay(30, command="openim/sendmsg")) as emulator:
        line = command("doctor", "--record", "--yes", "--report", str(tmp_path / "r.json"), "--base-url", emulator.url)
        before = signal.signal(signal.SIGINT, signal.default_int_handler)  # it is inherited
        try:
            process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        finally:
            signal.signal(signal.SIGINT, before)
        with process:
            end = time.monotonic() + 60
            while not any(account.startswith("tim-doctor-") for account in [*emulator.accounts]):
                assert time.monotonic() < end
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        assert set(emulator.accounts) == {"administrator"}
    assert (process.returncode, "Traceback" in errors) == (130, False)
    assert errors.startswith("tim-async: interrupted")


def test_account_that_is_not_deleted_is_named(invoke: Invoke, tmp_path: Path) -> None:
    def change(name: str, fields: dict[str, Any]) -> None:
        if name == "im_open_login_svc/account_delete":
            fields["ResultItem"][1]["ResultCode"] = 70403

    line = ("doctor", "--record", "--yes", "--report", str(tmp_path / "r.json"), "--base-url")
    with emulated() as emulator, in_front_of(emulator, change) as url:
        result = invoke(*line, url)
    assert result.exit_code == 1
    assert re.fullmatch(r"left on the app, please remove it: account tim-doctor-\w+-b\n", result.stderr)


async def test_run_that_could_not_begin_leaves_nothing_to_clean_up() -> None:
    async with TimClient(int(APP), KEY, base_url=f"http://127.0.0.1:{free_port()}") as client:
        run = recording.Run(client)
        await run.run()
    assert isinstance(run.problem, ConnectError)
    assert (run.answers, run.left) == ([], [])


def test_password_of_a_webhook_is_not_shown(invoke: Invoke) -> None:
    with emulated() as emulator:
        line = ("doctor", "--base-url", emulator.url, "--webhook-url")
        for address in (f"http://me:hunter2@127.0.0.1:{free_port()}/tim", "http://me:hunter2@127.0.0.1:99999/tim"):
            result = invoke(*line, address)
            assert result.exit_code == 1
            assert "hunter2" not in result.output


def test_run_is_made_after_a_question_only(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = tmp_path / "report.json"
    with emulated() as emulator:
        line = ("doctor", "--record", "--report", str(report), "--base-url", emulator.url)
        refused = invoke(*line)
        monkeypatch.setattr("tim_async.cli.commands.doctor.can_be_asked", lambda: True)
        no = invoke(*line, stdin="n\n")
        assert emulator.count() == 2
        yes = invoke(*line, stdin="y\n")
        again = invoke(*line, stdin="y\n")
    assert [each.exit_code for each in (refused, no, yes, again)] == [1, 1, 0, 2]
    assert "--yes" in refused.stderr
    assert f"calls to app {APP}" in no.stderr
    assert "already exists" in again.stderr


def test_no_run_while_something_is_wrong(invoke: Invoke, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with emulated() as emulator:
        line = ("doctor", "--record", "--yes", "--report", str(report), "--identifier", "bob")
        result = invoke(*line, "--base-url", emulator.url)
        assert emulator.count() == 1
    assert result.exit_code == 1
    assert result.stderr == "no run was made: fix the problems above first\n"
    assert not report.exists()
