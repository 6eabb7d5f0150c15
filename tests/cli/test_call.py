from __future__ import annotations

import json

import pytest

from tests.cli.test_send import emulated

pytestmark = pytest.mark.usefixtures("credentials")

MESSAGE = {"To_Account": "bob", "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "你好 👋"}}]}


def test_call_sends_the_body_and_prints_the_answer(invoke):
    with emulated() as emulator:
        result = invoke("call", "c2c.send", "--json", json.dumps(MESSAGE), "--base-url", emulator.url)
        (message,) = emulator.history("bob", "administrator")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout)["MsgKey"] == message.msg_key
    assert message.msg_body[0].text == "你好 👋"


@pytest.mark.parametrize("name", ["openim/sendmsg", "client.c2c.send"])
def test_call_takes_the_command_and_the_programs_name_too(invoke, name):
    with emulated() as emulator:
        assert invoke("call", name, "--json", json.dumps(MESSAGE), "--base-url", emulator.url).exit_code == 0


def test_call_reads_the_body_from_a_file_or_from_standard_input(invoke, tmp_path):
    file = tmp_path / "body.json"
    file.write_text(json.dumps(MESSAGE, ensure_ascii=False), encoding="utf-8")
    with emulated() as emulator:
        assert invoke("call", "c2c.send", "--json", f"@{file}", "--base-url", emulator.url).exit_code == 0
        done = invoke("call", "c2c.send", "--json", "-", "--base-url", emulator.url, stdin=json.dumps(MESSAGE))
        assert done.exit_code == 0
        assert len(emulator.history("bob", "administrator")) == 2


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param("{", "--json is not a JSON object", id="cut off"),
        pytest.param("[]", "--json is not a JSON object", id="array"),
        pytest.param("@/no/such/file", "--json: cannot read the body", id="no file"),
        pytest.param('{"To_Account":"bob"}', "missing required field `MsgBody`", id="field missing"),
        pytest.param('{"To_Account":5,"MsgBody":[]}', "Expected `str`, got `int`", id="wrong kind"),
        pytest.param('{"To_Account":"bob","MsgBody":[]}', "msg_body is empty", id="out of range"),
    ],
)
def test_wrong_body_is_told_before_anything_is_sent(invoke, body, told):
    with emulated() as emulator:
        result = invoke("call", "c2c.send", "--json", body, "--base-url", emulator.url)
        assert emulator.count() == 0
    assert result.exit_code == 2
    assert told in result.stderr


def test_unknown_endpoint_is_answered_with_near_ones(invoke):
    result = invoke("call", "c2c.sendd")
    assert result.exit_code == 2
    assert "there is no endpoint 'c2c.sendd'; did you mean c2c.send" in result.stderr
    assert "`tim-async endpoints` lists them" in invoke("call", "xyzzy").stderr


def test_field_no_document_knows_is_sent_with_a_note(invoke):
    with emulated() as emulator:
        body = json.dumps({**MESSAGE, "NewField": 1})
        result = invoke("call", "c2c.send", "--json", body, "--base-url", emulator.url)
        assert b'"NewField":1' in emulator.arrivals[-1].body
    assert result.exit_code == 0
    assert "know no field 'NewField' of openim/sendmsg" in result.stderr


def test_older_name_needs_no_note(invoke):
    with emulated() as emulator:
        body = json.dumps({"Identifier": "carol"})
        result = invoke("call", "account.import_account", "--json", body, "--base-url", emulator.url)
        assert "carol" in emulator.accounts
    assert (result.exit_code, result.stderr) == (0, "")


def test_refusal_and_failed_items_end_with_1(invoke):
    with emulated() as emulator:
        emulator.faults.answer(20003, command="openim/sendmsg", times=1)
        refused = invoke("call", "c2c.send", "--json", json.dumps(MESSAGE), "--base-url", emulator.url)
        body = json.dumps({"DeleteItem": [{"UserID": "nobody"}]})
        partly = invoke("call", "account.delete", "--json", body, "--base-url", emulator.url)
    assert refused.exit_code == 1
    assert "tim-async explain 20003" in refused.stderr
    assert partly.exit_code == 1
    assert "but 1 of its items failed" in partly.stderr
    assert json.loads(partly.stdout)["ResultItem"][0]["ResultCode"] == 70107
