"""Account names in recordings: which fields hold them, and where they are found and replaced."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Literal, get_args, get_origin

import msgspec
import pytest

from tests.testing.recordings import lines, record
from tim_async import ConnectError, RetryPolicy
from tim_async.families._registry import endpoints
from tim_async.testing import FakePool, Recorder, read_recording
from tim_async.testing._names import _FIXED_FIELDS, Names, is_account_field, wire_names

WIRE = Path(__file__).parents[1] / "wire"


def struct_fields():
    """Yield wire name and type of every field of every endpoint's structs, elements apart."""
    kinds = [kind for endpoint in endpoints().values() for kind in (endpoint.request, endpoint.result)]
    seen = set()

    def below(type_):
        if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
            kinds.append(type_)
        for part in get_args(type_):
            below(part)

    while kinds:
        kind = kinds.pop()
        if kind in seen:
            continue
        seen.add(kind)
        for field in msgspec.structs.fields(kind):
            below(field.type)
            yield field.encode_name, field.type


def holds_text(type_):
    return type_ is str or any(holds_text(part) for part in get_args(type_))


def literals(type_):
    if get_origin(type_) is Literal:
        return set(get_args(type_))
    return {value for part in get_args(type_) for value in literals(part)}


# Names that sound like accounts, and hold something else.
NO_ACCOUNTS = {
    "AccountStatus",
    "ActiveUserNum",
    "AppDefinedDataFilter_GroupMember",
    "C2CSendMsgUserNum",
    "GroupSendMsgUserNum",
    "LoginUserNum",
    "MemberInfoFilter",
    "MuteAllMember",
    "OfficialAccountBaseInfoFilter",
    "RegistUserNumOneDay",
    "RegistUserNumTotal",
    "SendMsgUserNum",
}


SOUNDS_LIKE_ONE = ("account", "user", "member", "sender", "receiver", "owner", "operator", "identifier", "friend")


def test_every_field_that_sounds_like_an_account_is_classified():
    texts = {name for name, type_ in struct_fields() if holds_text(type_)}
    suspects = {name for name in texts if any(word in name.lower() for word in SOUNDS_LIKE_ONE)}
    assert {name for name in suspects if not is_account_field(name)} == NO_ACCOUNTS
    assert {"To_Account", "Accounts", "FailAccounts", "UserID", "ExtSender", "ExtReceiver"} <= suspects
    assert not any(is_account_field(name) for name in NO_ACCOUNTS)


def test_every_field_of_fixed_words_is_left_alone():
    fixed = {name for name, type_ in struct_fields() if any(isinstance(value, str) for value in literals(type_))}
    assert len(fixed) > 10
    assert fixed <= _FIXED_FIELDS
    assert not any(is_account_field(name) for name in _FIXED_FIELDS)


def test_wire_names_of_the_documents_are_known():
    found = set()

    def look(value):
        if isinstance(value, dict):
            found.update(value)
            for item in value.values():
                look(item)
        elif isinstance(value, list):
            for item in value:
                look(item)

    for path in WIRE.glob("*/*.json"):
        content = json.loads(path.read_text("utf-8"))
        look([content["request"], content["reply"]])
    assert {"MsgBody", "MsgContent", "Text", "ImageInfoArray", "To_Account", "ErrorInfo"} <= wire_names()
    capitals = {name for name in found if name[0].isascii() and name[0].isupper()}
    assert len(capitals) > 300
    unknown = capitals - wire_names()
    # What OnlinePushStat holds was not read: it is kept as it comes.
    assert unknown <= {"Any", "Deep", "ErrorDisplay", "OnlineStat"}, "made up, or no field of ours"


TEXTS = {
    "账号bob不存在": "账号account-1不存在",
    "你好张三吗": "你好account-2吗",
    "张三bob": "account-2account-1",
    "bobby, user_bob, bob2": "bobby, user_bob, bob2",
    "(bob), to:bob; bob": "(account-1), to:account-1; account-1",
    "bob-bob": "account-3",
    "bob-bob-bob": "account-3-account-1",
    "?to=%E5%BC%A0%E4%B8%89&x": "?to=account-2&x",
    '{"to":"\\u5f20\\u4e09"}': '{"to":"account-2"}',
    "": "",
    "nobody": "nobody",
}


@pytest.mark.parametrize(("text", "left"), TEXTS.items(), ids=TEXTS)
def test_names_are_found_beside_any_letters(text, left):
    names = Names()
    names.learn({"To_Account": ["bob", "张三", "bob-bob"]})
    assert names.in_text(text) == left
    assert names.replace({"Text": [text]}) == {"Text": [left]}


def test_words_of_the_wire_stay_even_when_an_account_has_that_name():
    names = Names()
    names.learn({"Accounts": ["OK", "Text", "MsgBody", "TIMTextElem", "Online", "ErrorInfo"]})
    frame = {
        "ActionStatus": "OK",
        "ErrorInfo": "",
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}],
        "QueryResult": [{"Status": "Online"}],
    }
    assert names.replace(frame) == frame
    assert names.replace({"Text": "OK, Text"}) == {"Text": "account-1, account-2"}
    assert names.replace({"Strange": {"OK": 1}}) == {"Strange": {"account-1": 1}}, "a key that is not a field"


async def test_recording_with_odd_names_can_be_played_back(tmp_path):
    async with FakePool({"MsgKey": "k"}).client() as client:
        with Recorder(tmp_path / "r", hide_accounts=True) as recorder:
            recorder.attach(client)
            for account in ("OK", "Text", "MsgBody"):
                await client.c2c.send_text(account, "hi")
    first, *_ = lines(tmp_path / "r")
    assert first["answer"]["ActionStatus"] == "OK"
    async with FakePool.replay(tmp_path / "r").client() as client:
        for account in ("OK", "Text", "MsgBody"):
            assert (await client.c2c.send_text(account, "hi")).msg_key == "k"


async def test_senders_and_receivers_of_moderated_content_are_names(tmp_path):
    async with FakePool({}).client() as client:
        with Recorder(tmp_path / "r", hide_accounts=True) as recorder:
            recorder.attach(client)
            await client.moderation.moderate(
                audit_name="C2C", content_type="Text", content="hi bob", ext_sender="alice", ext_receiver="bob"
            )
    (line,) = lines(tmp_path / "r")
    text = json.dumps(line)
    assert "alice" not in text
    assert "bob" not in text


async def test_thousands_of_names_do_not_hold_up_the_loop(tmp_path):
    names = [f"customer-{number}" for number in range(2_000)]
    options = {"rate_limits": {"openim/sendmsg": 100_000}, "retry": RetryPolicy.off()}
    async with FakePool({"MsgKey": "k", "FailAccounts": names}).client(**options) as client:
        await client.c2c.send_text("warm", "up")
        with Recorder(tmp_path / "r", hide_accounts=True) as recorder:
            recorder.attach(client)
            await client.c2c.send_text("customer-0", "hi")
    exchange = next(read_recording(tmp_path / "r"))
    assert len(set(exchange.answer["FailAccounts"])) == 2_000
    assert "customer-" not in (tmp_path / "r").read_text()

    known = Names()
    began = time.thread_time()  # of this thread: other processes do not count
    for name in names:
        fields = {"To_Account": name, "MsgBody": [{"MsgContent": {"Text": f"hi {name}, how is customer-7 of yours?"}}]}
        known.learn(fields)
        left = known.replace(fields)
    assert time.thread_time() - began < 2, "0.1 s on most machines, and many times as much for a search name by name"
    assert left["MsgBody"][0]["MsgContent"]["Text"] == "hi account-2000, how is account-8 of yours?"


async def test_names_are_replaced_in_the_texts_of_errors(tmp_path):
    await record(tmp_path / "r", {"MsgKey": "k"}, ConnectError("no way to bob"), calls=2, hide_accounts=True)
    assert lines(tmp_path / "r")[1]["message"].startswith("no way to account-")
