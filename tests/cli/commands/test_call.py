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


@pytest.mark.parametrize(
    ("items", "sent"),
    [
        (["To_Account=bob", f"MsgBody:={json.dumps(MESSAGE['MsgBody'])}"], {}),
        (["to_account=bob", f"msg_body:={json.dumps(MESSAGE['MsgBody'])}"], {}),
        (["to_account=bob", 'msg_body:=[{"msg_type": "TIMTextElem", "msg_content": {"text": "你好 👋"}}]'], {}),
        (["to_account=bob", "msg_body[0][MsgType]=TIMTextElem", "msg_body[0][MsgContent][text]=你好 👋"], {}),
        (["to_account=bob", "msg_body[][msg_type]=TIMTextElem", "msg_body[0][msg_content][Text]=你好 👋"], {}),
        (["--json", json.dumps({**MESSAGE, "To_Account": "carol"}), "to_account=bob"], {}),
        (["--json", json.dumps({"to_account": "bob", "msg_body": MESSAGE["MsgBody"]})], {}),
        (
            ["--json", json.dumps(MESSAGE), "offline_push_info[title]=a=b", "offline_push_info[apns_info][Sound]=x"],
            {"OfflinePushInfo": {"Title": "a=b", "ApnsInfo": {"Sound": "x"}}},
        ),
        (
            ["--json", json.dumps(MESSAGE), "cloud_custom_data=:=", "send_msg_control[]=NoUnread"],
            {"CloudCustomData": ":=", "SendMsgControl": ["NoUnread"]},
        ),
        (["--json", json.dumps(MESSAGE), r"new\[1\]\=x=1"], {"new[1]=x": "1"}),
        (["--json", json.dumps(MESSAGE), "cloud_custom_data="], {"CloudCustomData": ""}),
    ],
)
def test_fields_are_given_as_httpie_takes_them(invoke: Invoke, items: list[str], sent: dict[str, object]) -> None:
    with emulated() as emulator:
        result = invoke("call", "c2c.send", *items, "--base-url", emulator.url)
        assert result.exit_code == 0, result.stderr
        body = json.loads(emulator.arrivals[-1].body)
    assert {key: value for key, value in body.items() if key not in ("MsgSeq", "MsgRandom")} == {**MESSAGE, **sent}


def test_fields_are_read_from_files(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_text(json.dumps(MESSAGE["MsgBody"], ensure_ascii=False), encoding="utf-8")
    (tmp_path / "data.txt").write_text("数据\n", encoding="utf-8")
    with emulated() as emulator:
        items = [f"msg_body:=@{tmp_path}/body.json", f"cloud_custom_data=@{tmp_path}/data.txt"]
        result = invoke("call", "c2c.send", "to_account=bob", *items, "--base-url", emulator.url)
        (message,) = emulator.history("bob", "administrator")
    assert result.exit_code == 0
    assert (list(message.msg_body), message.cloud_custom_data) == ([TextElem(text="你好 👋")], "数据\n")


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (["bob"], "'bob' is not a field: write key=text, or key:=JSON for other types"),
        (["=bob"], "'=bob' is not a field"),
        (["to_account=@/no/such/file"], "to_account: cannot read /no/such/file"),
        (["msg_body=hi"], "msg_body is not a text but an array: write msg_body:=JSON, such as msg_body:='[...]'"),
        (["msg_life_time=60"], "msg_life_time is not a text but an integer: write msg_life_time:=JSON, such as"),
        (["msg_life_time:=sixty"], "the value after := is not JSON"),
        (["to_account=bob", "To_Account=carol"], "To_Account is given twice"),
        (["--json", '{"to_account": "bob", "To_Account": "bob"}'], "To_Account is given in both spellings"),
        (["msg_body[x]=1"], "cannot read MsgBody of SendMsg: Expected `array`, got `object`"),
        (["to_account=bob", "msg_body[1]=x"], "the list has 0 items so far: append with [] or [0]"),
        (
            ["msg_body[]=x", "msg_body[x][y]=1"],
            "msg_body is a list: its items are [0], [1] ..., or [] to append one",
        ),
        (["msg_body[99999999999999999999]=1"], "the list has 0 items so far"),
        (
            ["cloud_custom_data=x", "cloud_custom_data[y]=1"],
            "cloud_custom_data already has a value that is not an object",
        ),
        (["to_account:=5", "msg_body:=[]"], "Expected `str`, got `int`"),
        (["to_account=b\udcff", "msg_body:=[]"], r"'to_account=b\udcff' is not valid Unicode text"),
        (["to_acount=bob"], "'to_acount' is not a documented field of openim/sendmsg; did you mean 'to_account'?"),
        (["MsgBod:=[]"], "'MsgBod' is not a documented field of openim/sendmsg; did you mean 'MsgBody'?"),
    ],
)
def test_wrong_fields_are_refused_before_anything_is_sent(invoke: Invoke, items: list[str], expected: str) -> None:
    with emulated() as emulator:
        result = invoke("call", "c2c.send", *items, "--base-url", emulator.url)
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
    assert "warning: 'NewField' is not a documented field of openim/sendmsg; it is sent unchanged" in result.stderr


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
