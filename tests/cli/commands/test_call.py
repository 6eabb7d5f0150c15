from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.helpers import Invoke, emulated
from tim_async.models.elements import TextElem

pytestmark = pytest.mark.usefixtures("credentials")

MESSAGE = {"To_Account": "bob", "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "你好 👋"}}]}


def test_call_sends_the_body_and_prints_the_answer(invoke: Invoke) -> None:
    with emulated() as emulator:
        result = invoke("call", "c2c.send", "--json", json.dumps(MESSAGE), "--base-url", emulator.url)
        (message,) = emulator.history("bob", "administrator")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout)["MsgKey"] == message.msg_key
    assert list(message.msg_body) == [TextElem(text="你好 👋")]


@pytest.mark.parametrize("name", ["openim/sendmsg", "client.c2c.send"])
def test_call_takes_the_command_and_the_programs_name_too(invoke: Invoke, name: str) -> None:
    with emulated() as emulator:
        assert invoke("call", name, "--json", json.dumps(MESSAGE), "--base-url", emulator.url).exit_code == 0


def test_call_reads_the_body_from_a_file_or_from_standard_input(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_text(json.dumps(MESSAGE, ensure_ascii=False), encoding="utf-8")
    with emulated() as emulator:
        assert invoke("call", "c2c.send", "--json", f"@{file}", "--base-url", emulator.url).exit_code == 0
        done = invoke("call", "c2c.send", "--json", "-", "--base-url", emulator.url, stdin=json.dumps(MESSAGE))
        assert done.exit_code == 0
        assert len(emulator.history("bob", "administrator")) == 2


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("{", "--json is not a JSON object", id="cut off"),
        pytest.param("[]", "--json is not a JSON object", id="array"),
        pytest.param("@/no/such/file", "--json: cannot read the body", id="no file"),
        pytest.param('{"To_Account":"bob"}', "missing required field `MsgBody`", id="field missing"),
        pytest.param('{"To_Account":5,"MsgBody":[]}', "Expected `str`, got `int`", id="wrong kind"),
        pytest.param('{"To_Account":"bob","MsgBody":[]}', "openim/sendmsg: MsgBody is empty", id="out of range"),
    ],
)
def test_wrong_body_is_refused_before_anything_is_sent(invoke: Invoke, body: str, expected: str) -> None:
    with emulated() as emulator:
        result = invoke("call", "c2c.send", "--json", body, "--base-url", emulator.url)
        assert emulator.count() == 0
    assert result.exit_code == 2
    assert expected in result.stderr


def test_unknown_endpoint_is_answered_with_near_ones(invoke: Invoke) -> None:
    result = invoke("call", "c2c.sendd")
    assert result.exit_code == 2
    assert "unknown endpoint 'c2c.sendd'; did you mean c2c.send" in result.stderr
    assert "`tim-async endpoints` lists them all" in invoke("call", "xyzzy").stderr


def test_undocumented_field_is_sent_with_a_warning(invoke: Invoke) -> None:
    with emulated() as emulator:
        body = json.dumps({**MESSAGE, "NewField": 1})
        result = invoke("call", "c2c.send", "--json", body, "--base-url", emulator.url)
        assert b'"NewField":1' in emulator.arrivals[-1].body
    assert result.exit_code == 0
    assert "warning: 'NewField' is not a documented field of openim/sendmsg; it is sent as it is" in result.stderr


def test_older_name_needs_no_warning(invoke: Invoke) -> None:
    with emulated() as emulator:
        body = json.dumps({"Identifier": "carol"})
        result = invoke("call", "account.import_account", "--json", body, "--base-url", emulator.url)
        assert "carol" in emulator.accounts
    assert (result.exit_code, result.stderr) == (0, "")


def test_refusal_and_failed_items_end_with_1(invoke: Invoke) -> None:
    with emulated() as emulator:
        emulator.faults.answer(20003, command="openim/sendmsg", times=1)
        refused = invoke("call", "c2c.send", "--json", json.dumps(MESSAGE), "--base-url", emulator.url)
        body = json.dumps({"DeleteItem": [{"UserID": "nobody"}]})
        partly = invoke("call", "account.delete", "--json", body, "--base-url", emulator.url)
    assert refused.exit_code == 1
    assert "tim-async explain 20003 (topic " in refused.stderr
    assert partly.exit_code == 1
    assert "but 1 of its items failed" in partly.stderr
    assert json.loads(partly.stdout)["ResultItem"][0]["ResultCode"] == 70107


def test_call_that_an_advice_names_is_shown_as_it_is_written(invoke: Invoke) -> None:
    with emulated() as emulator:
        result = invoke("call", "account.kick", "--json", '{"UserID":"unknown"}', "--base-url", emulator.url)
    assert "[import the account first: client.account.import_account(user_id=...)]" in result.stderr
