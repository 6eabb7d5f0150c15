"""Calls in the control API: grouped attempts, undocumented fields, and copies that run."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import stat
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import tim_async
from tests.emulator.control.conftest import PREFIX, Remote
from tim_async import ConnectionLostError, RetryPolicy, TextElem
from tim_async._api.endpoint import Endpoint
from tim_async._explorer.copies import copies_of
from tim_async.emulator.control.requests import gist_of, unknown_pointers
from tim_async.families._registry import endpoints
from tim_async.usersig import generate_user_sig

SAMPLES = [
    (path, sample["command"], sample["request"])
    for path in sorted((Path(__file__).parents[2] / "wire").rglob("*.json"))
    if isinstance(sample := json.loads(path.read_text("utf-8")), dict) and {"command", "request"} <= sample.keys()
]
HOSTILE = 'it\'s "quoted" $(touch gone) `id` \\ %s {x} \x1b[31m \u202e <b>爱</b>\n🌸'


async def post(remote: Remote, command: str, body: bytes) -> None:
    """Post a body as a client of another kind does."""
    emulator = remote.emulator
    query = {
        "sdkappid": str(emulator.sdk_app_id),
        "identifier": "administrator",
        "usersig": generate_user_sig(emulator.sdk_app_id, emulator.secret_key, "administrator"),
        "random": "1",
        "contenttype": "json",
    }
    async with remote.session.post(f"{emulator.url}/v4/{command}", params=query, data=body) as response:
        await response.read()


async def test_attempts_of_one_message_are_joined(remote: Remote) -> None:
    """Refused once, answered into the void once, then answered: three attempts, one message."""
    await remote.do("POST", "/faults", {"kind": "answer", "code": 20004, "times": 1})
    await remote.do("POST", "/faults", {"kind": "drop", "is_after": True, "times": 1})
    client = remote.client.with_options(retry=RetryPolicy(base=0, transport="any"))
    await client.c2c.send_text("bob", "hi")
    await client.c2c.send_text("bob", "hi")
    other, third, second, first = (await remote.get("/calls"))["calls"]
    assert [(each["attempt"], each["first_attempt"]) for each in (first, second, third, other)] == [
        (1, 1), (2, 1), (3, 1), (1, 4),
    ]  # fmt: skip
    assert [(each["fault"], each["code"], each["result_code"]) for each in (first, second, third)] == [
        ("answer", 20004, None), ("drop", None, 0), (None, 0, 0),
    ]  # fmt: skip
    assert {(each["attempts"], each["messages"]) for each in (first, second, third)} == {(3, 1)}
    assert [each["number"] for each in (await remote.get("/calls/2"))["others"]] == [1, 3]
    await remote.do("POST", "/reset", {"what": "messages"})
    await client.c2c.send_text("bob", "hi")
    assert (await remote.get("/calls"))["calls"][0]["attempt"] == 1


async def test_attempts_without_a_message_have_none(remote: Remote) -> None:
    await remote.do("POST", "/faults", {"kind": "drop"})
    with pytest.raises(ConnectionLostError):
        await remote.client.with_options(retry=RetryPolicy(base=0, transport="any", max_attempts=2)).c2c.send_text(
            "bob", "hi"
        )
    (last, _) = (await remote.get("/calls"))["calls"]
    assert (last["attempts"], last["messages"]) == (2, 0)
    await remote.do("DELETE", "/faults")
    for body in (b"{", b"[]", b'{"MsgRandom": 1, "To_Account"', b"\xff", b"", b'{"To_Account": "bob"}'):
        await post(remote, "openim/sendmsg", body)
    assert {each["attempt"] for each in (await remote.get("/calls?limit=6"))["calls"]} == {None}


async def test_call_whose_answer_is_held_back_is_there_already(remote: Remote) -> None:
    stall = await remote.do("POST", "/faults", {"kind": "stall"})
    async with remote.session.get(f"{remote.emulator.url}{PREFIX}/events") as response:
        sending = asyncio.create_task(remote.client.c2c.send_text("bob", "hi"))
        while not (await response.content.readline()).startswith(b"event: call"):
            pass
        (call,) = (await remote.get("/calls"))["calls"]
        assert (call["fault"], call["status"], call["took_s"]) == ("stall", None, None)
        assert (await remote.get("/calls/1"))["request"]
        await remote.do("DELETE", f"/faults/{stall['number']}")
        await sending
    (call,) = (await remote.get("/calls"))["calls"]
    assert (call["status"], call["code"]) == (200, 0)
    assert not remote.emulator._log.waiting


async def test_call_is_explained_in_both_languages_with_its_pages(remote: Remote) -> None:
    await post(remote, "openim/sendmsg", b'{"To_Account": "nobody-here", "MsgRandom": 1, "MsgBody": []}')
    await post(remote, "openim/nothing", b"{}")
    whole = await remote.get("/calls/1")
    meaning, endpoint = whole["meaning"], whole["endpoint"]
    assert meaning["code"] == whole["code"]
    assert meaning["meaning"].isascii()
    assert not meaning["meaning_zh"].isascii()
    assert not meaning["what_now_zh"].isascii()
    assert endpoint["name"] == "c2c.send"
    assert (endpoint["url"], endpoint["title_zh"]) == (tim_async.endpoints()["openim/sendmsg"].url, "单发单聊消息")
    other = await remote.get("/calls/2")
    assert (other["endpoint"], other["unknown"], other["meaning"]["code"]) == (None, [], 60009)
    assert await remote.get("/calls/2/copies") == {"python": None, "curl": None, "command": None}


async def test_calls_are_found_by_text_account_and_trouble(remote: Remote) -> None:
    await remote.client.c2c.send_text("bob", 'Grüße 爱丽丝 "so"')
    await remote.client.c2c.send_text("alice", "hi")
    await post(remote, "openim/sendmsg", json.dumps({"To_Account": "bob", "Note": "爱丽丝"}).encode())

    async def found(**query: str) -> list[int]:
        async with remote.session.get(f"{remote.emulator.url}{PREFIX}/calls", params=query) as response:
            return sorted(each["number"] for each in (await response.json())["calls"])

    assert await found(text="爱丽丝") == [1, 3]
    assert await found(text='"so"') == [1]
    assert await found(text="OK") == [1, 2]
    assert await found(account="bob") == [1, 3]
    assert await found(account="administrator") == [1, 2, 3]
    assert await found(account="bo") == []
    await post(remote, "openim/sendmsg", b'{"To_Account": "\\u7231", "Note": "\\u4e3D"}')
    await post(remote, "openim/batchsendmsg", b"{}")
    assert await found(account="爱") == await found(text="丽", account="爱") == [4]
    assert await found(command="sendmsg") == [1, 2, 3, 4, 5]
    assert await found(command="openim/sendmsg") == [1, 2, 3, 4]
    assert await found(command="C2C.SEND") == [1, 2, 3, 4, 5]
    assert await found(command="c2c.send_batch") == [5]
    assert await found(command="openim/nothing") == []
    assert await found(trouble="true") == [3, 4, 5]
    assert await found(trouble="true", account="alice") == []


@pytest.mark.parametrize(
    ("command", "body", "unknown"),
    [
        ("openim/sendmsg", {"To_Account": "bob", "Colour": 1}, ["/Colour"]),
        (
            "openim/sendmsg",
            {"MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi", "Txt": 1}, "Extra": 2}]},
            ["/MsgBody/0/Extra", "/MsgBody/0/MsgContent/Txt"],
        ),
        ("openim/sendmsg", {"MsgBody": [{"MsgType": "TIMNewElem", "MsgContent": {"A": 1}}]}, ["/MsgBody/0/MsgType"]),
        (
            "openim/sendmsg",
            {"OfflinePushInfo": {"Title": "x", "AndroidInfo": {"Sond": 1}}},
            ["/OfflinePushInfo/AndroidInfo/Sond"],
        ),
        ("openim/sendmsg", {"a/b": 1, "c~d": 2}, ["/a~1b", "/c~0d"]),
        ("openim/sendmsg", {"MsgBody": {"deep": 1}, "To_Account": {"x": [{}]}}, ["/MsgBody/deep", "/MsgBody/MsgType"]),
        ("im_open_login_svc/account_import", {"Identifier": "bob", "identifier": "x"}, ["/identifier"]),
        ("openim/sendmsg", {"MsgBody": [{"MsgType": "TIMFileElem", "MsgContent": {"fileName": "a"}}]}, []),
    ],
    ids=["top", "element", "kind", "push", "odd names", "odd types", "older names", "older names of elements"],
)
def test_fields_that_the_endpoint_does_not_know_are_found(
    command: str, body: dict[str, Any], unknown: list[str]
) -> None:
    assert unknown_pointers(endpoints()[command], json.dumps(body).encode()) == unknown


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000, b"\xff", b"7"], ids=range(6))
def test_body_that_is_no_object_has_no_gist_and_no_unknown_fields(body: bytes) -> None:
    endpoint = endpoints()["openim/sendmsg"]
    assert unknown_pointers(endpoint, body) == []
    assert gist_of(body) == (None, None, 0, "")


def test_any_number_of_unknown_fields_is_cut() -> None:
    body = json.dumps({f"field{number}": 1 for number in range(10_000)}).encode()
    assert len(unknown_pointers(endpoints()["openim/sendmsg"], body)) == 500


@pytest.mark.parametrize(
    ("body", "gist"),
    [
        ({"From_Account": "a", "To_Account": "b", "MsgBody": [{"MsgContent": {"Text": "x " * 99}}]},
         ("a", "b", 1, ("x " * 99)[:80])),
        ({"To_Account": ["b", "c"], "MsgBody": [{"MsgType": "TIMFaceElem"}]}, (None, "b", 2, "TIMFaceElem")),
        ({"GroupId": "g", "MemberList": [{"Member_Account": "b"}], "Content": "hi\nall"}, (None, "g", 1, "hi all")),
        ({"CheckItem": [{"UserID": "a"}, {"UserID": "b"}, 3]}, (None, "a", 2, "")),
        ({"To_Account": 5, "From_Account": [1], "MsgBody": [3]}, (None, None, 0, "")),
    ],
    ids=["one", "several", "group", "items", "odd types"],
)  # fmt: skip
def test_gist_says_who_to_whom_and_the_first_words(body: dict[str, Any], gist: tuple[object, ...]) -> None:
    assert gist_of(json.dumps(body).encode()) == gist


@pytest.mark.parametrize(("path", "command", "request_"), SAMPLES, ids=[path.stem for path, *_ in SAMPLES])
def test_samples_have_no_unknown_fields_and_their_python_sends_the_same(
    path: Path, command: str, request_: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, body = endpoints()[command], json.dumps(request_).encode()
    assert unknown_pointers(endpoint, body) == []
    sent: list[bytes] = []

    class Client:
        """Records what a program would send."""

        async def __aenter__(self) -> Client:
            return self

        async def __aexit__(self, *_: object) -> None: ...

        def __getattr__(self, family: str) -> SimpleNamespace:
            assert family == endpoint.family, "the typed call is written"
            return SimpleNamespace(**{endpoint.name: self.send})

        async def send(self, **fields: object) -> None:
            request = endpoint.request(**fields)
            sent.append(endpoint.encode(request))

    monkeypatch.setattr(tim_async.TimClient, "from_env", Client)
    monkeypatch.setattr(asyncio, "run", step)
    exec(copies_of(endpoint, request_).python or "", {})
    assert json.loads(sent[0]) == expected(endpoint, request_)


def step(main: Any) -> None:
    """Run a coroutine that waits for nothing."""
    with pytest.raises(StopIteration):
        main.send(None)


def expected(endpoint: Endpoint[..., Any], request_: dict[str, Any]) -> dict[str, Any]:
    """Return a sample with the newer names of its fields, without what the library fills in."""
    made = {endpoint.raw_field(name) for name in endpoint.request._identity}
    made |= {endpoint.raw_field(endpoint.app_field)} if endpoint.app_field else set()
    return {name: value for name, value in endpoint.resolve_aliases(request_).items() if name not in made}


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
async def test_copies_run_and_send_what_was_sent(
    remote: Remote, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each copy of a call with hostile content runs unchanged, and the emulator gets the same message again."""
    emulator = remote.emulator
    await remote.client.c2c.send(to_account="bob", msg_body=[TextElem(text=HOSTILE)], cloud_custom_data=HOSTILE)
    copies = await remote.get("/calls/1/copies")
    for text in copies.values():
        assert emulator.secret_key not in text
        assert "eJ" not in text, "a UserSig begins so"
        assert "\x1b" not in text
        assert "\u202e" not in text
    command = tmp_path / "tim-async"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m tim_async "$@"\n')
    command.chmod(command.stat().st_mode | stat.S_IEXEC)
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "TIM_BASE_URL": emulator.url,
        "TIM_SDK_APP_ID": str(emulator.sdk_app_id),
        "TIM_SECRET_KEY": emulator.secret_key,
        "TIM_IDENTIFIER": "administrator",
    }
    program = tmp_path / "copied.py"
    program.write_text(copies["python"], "utf-8")
    await remote.do("POST", "/reset", {"what": "messages"})  # curl sends the same identity, which must be no repeat
    for line in (f"{sys.executable} {program}", copies["curl"], copies["command"]):
        process = await asyncio.create_subprocess_exec(
            "sh",
            "-c",
            line,
            env=environment,
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, problem = await process.communicate()
        assert process.returncode == 0, problem.decode()
    messages = (await remote.get("/messages?to=bob"))["messages"]
    assert [(each["text"], each["cloud_custom_data"]) for each in messages] == [(HOSTILE, HOSTILE)] * 3
    assert not (tmp_path / "gone").exists()


async def test_copy_of_a_request_that_the_client_would_refuse_sends_it_as_it_is(remote: Remote) -> None:
    body = {"To_Account": "bob", "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Txt": 1}}]}
    endpoint = endpoints()["openim/sendmsg"]
    python = copies_of(endpoint, body).python
    assert python is not None
    assert "client.request(" in python
    assert "'Txt'" not in python
    python = copies_of(endpoint, {"To_Account": "bob", "MsgBody": [
        {"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}], "Colour": "red"}).python  # fmt: skip
    assert python is not None
    assert 'client.with_options(extra={"Colour": "red"}).c2c.send(' in python
