from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.helpers import APP, KEY, Invoke, emulated
from tests.services import free_port
from tim_async.emulator import Emulator
from tim_async.models.elements import CustomElem, FaceElem, TextElem
from tim_async.usersig import generate_user_sig

pytestmark = pytest.mark.usefixtures("credentials")


def test_send_prints_key_and_time(invoke: Invoke) -> None:
    with emulated() as emulator:
        result = invoke("send", "bob", "你好 [b]👋[/b]", "--from", "alice", "--base-url", emulator.url)
        [message] = emulator.history("bob", "alice")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"sent to bob: MsgKey {message.msg_key}, 20")
    assert list(message.msg_body) == [TextElem(text="你好 [b]👋[/b]")]


def test_send_takes_elements_and_a_push(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text('{"msg_type": "TIMCustomElem", "msg_content": {"Data": "单"}}', "utf-8")
    face = '{"MsgType": "TIMFaceElem", "MsgContent": {"index": 6}}'
    elements = ["--element", face, "--element", f"@{tmp_path / 'order.json'}"]
    push = ["--push-title", "快递", "--push-text", "Your parcel 👋"]
    with emulated() as emulator:
        result = invoke("send", "bob", "hi", *elements, *push, "--base-url", emulator.url)
        without_text = invoke("send", "bob", "--element", face, "--base-url", emulator.url)
        [message, other] = emulator.history("bob", "administrator")
        bodies = [json.loads(arrival.body) for arrival in emulator.arrivals]
    assert (result.exit_code, without_text.exit_code) == (0, 0)
    assert list(message.msg_body) == [TextElem(text="hi"), FaceElem(index=6), CustomElem(data="单")]
    assert list(other.msg_body) == [FaceElem(index=6)]
    assert bodies[0]["OfflinePushInfo"] == {"Title": "快递", "Desc": "Your parcel 👋"}
    assert "OfflinePushInfo" not in bodies[1]


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ("{", "--element is not a JSON object"),
        ("[]", "--element is not a JSON object"),
        ("@/no/such/file", "--element: cannot read the element"),
        ("{}", "--element: "),
        ('{"MsgType": "TIMTextElem", "MsgContent": {"Txt": "x"}}', "--element: "),
    ],
)
def test_wrong_element_is_refused(invoke: Invoke, element: str, expected: str) -> None:
    result = invoke("send", "bob", "--element", element, "--base-url", "http://127.0.0.1:1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert expected in result.stderr


def test_send_takes_everything_from_the_environment(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def plan(emulator: Emulator) -> None:
        emulator.add_accounts("root")

    with emulated(plan) as emulator:
        monkeypatch.setenv("TIM_BASE_URL", emulator.url)
        monkeypatch.setenv("TIM_REGION", "Tokyo")
        assert invoke("send", "bob", "hi").exit_code == 0
        monkeypatch.setenv("TIM_IDENTIFIER", "root")
        refused = invoke("send", "bob", "hi")
        assert [arrival.identifier for arrival in emulator.arrivals] == ["administrator", "root"]
        assert len(emulator.history("bob", "administrator")) == 1
    assert refused.exit_code == 1
    assert "90009" in refused.stderr


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (lambda e: e.faults.answer(90012), "the service answered 90012 to_account_not_found"),
        (lambda e: e.faults.answer(90012), "; more: tim-async explain 90012 (topic invalid-request)"),
        (
            lambda e: e.faults.answer(77, "what\n\x1b[31mis this"),
            r"77 (unknown code): what\n\x1b[31mis",
        ),
        (lambda e: e.faults.drop(), "check the history before you send it again"),
        (lambda e: e.faults.status(502), "is TIM_BASE_URL (or --base-url) the service's address?"),
        (lambda e: e.faults.garbage(), "is TIM_BASE_URL (or --base-url) the service's address?"),
        (lambda e: e.faults.answer(91000), "(after 4 attempts); the request may have taken effect all the same"),
    ],
    ids=["refused", "advice", "unknown code", "dropped", "bad gateway", "garbage", "busy"],
)
def test_send_prints_a_failure_on_one_line(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, plan: Callable[[Emulator], object], expected: str
) -> None:
    monkeypatch.setattr("tim_async._randomness.random_u32", lambda: 0)  # the repeats come at once
    with emulated(plan) as emulator:
        result = invoke("send", "bob", "hi", "--base-url", emulator.url)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("tim-async: openim/sendmsg: ")
    assert expected in result.stderr
    assert result.stderr.count("\n") == 1
    assert "\x1b" not in result.stderr


def test_send_with_the_wrong_key(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    with emulated() as emulator:
        monkeypatch.setenv("TIM_SECRET_KEY", f"{KEY}-changed")
        result = invoke("send", "bob", "hi", "--base-url", emulator.url)
    assert result.exit_code == 1
    assert "check that secret_key" in result.stderr


def test_send_where_nothing_listens(invoke: Invoke, unused_url: str) -> None:
    result = invoke("send", "bob", "hi", "--base-url", unused_url)
    assert result.exit_code == 1
    assert "nothing was sent" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.fixture
def unused_url() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.mark.parametrize(
    ("args", "env", "expected"),
    [
        (["send", "bob"], {}, "give the message: a TEXT, or --element"),
        (["send", "", "hi"], {}, "TO is empty"),
        (["send", "b" * 33, "hi"], {}, "TO has 33 bytes"),
        (["send", "bob", "长" * 9000], {}, "over the limit of 8192"),
        (["send", "bob", "hi"], {"TIM_SDK_APP_ID": ""}, "TIM_SDK_APP_ID"),
        (["send", "bob", "hi"], {"TIM_SDK_APP_ID": KEY}, "it must be a number greater than 0"),
        (["send", "bob", "hi"], {"TIM_SDK_APP_ID": "0"}, "it must be a number greater than 0"),
        (["send", "bob", "hi"], {"TIM_SDK_APP_ID": "1" * 5000}, "it must be a number greater than 0"),
        (["send", "bob", "hi"], {"TIM_SECRET_KEY": ""}, "TIM_SECRET_KEY is missing"),
        (
            ["send", "bob", "hi"],
            {"TIM_REGION": KEY},
            "it is not the name of a region (the regions are china, singapore",
        ),
        (["send", "bob", "hi"], {"TIM_IDENTIFIER": KEY}, "TIM_IDENTIFIER has 51 bytes"),
        (["send", "bob", "hi"], {"TIM_BASE_URL": f"ftp://{KEY}"}, "TIM_BASE_URL must look like"),
        (["send", "bob", "hi"], {"TIM_BASE_URL": f"http://root:{KEY}@localhost"}, "TIM_BASE_URL must look like"),
    ],
)
def test_send_wrong_usage(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, args: list[str], env: dict[str, str], expected: str
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    result = invoke(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert expected in result.stderr


@pytest.mark.parametrize("option", ["--secret-key", "--key", "--user-sig"])
def test_no_option_takes_a_secret(invoke: Invoke, option: str) -> None:
    result = invoke("send", "bob", "hi", f"{option}={KEY}")
    assert result.exit_code == 2
    assert generate_user_sig(int(APP), KEY, "administrator")[:12] not in result.output
