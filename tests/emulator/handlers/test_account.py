"""Accounts: import, check, delete."""

from __future__ import annotations

import pytest

from tests.emulator.conftest import NOW, SEND, message

IMPORT = "im_open_login_svc/account_import"
IMPORTS = "im_open_login_svc/multiaccount_import"
DELETE = "im_open_login_svc/account_delete"
CHECK = "im_open_login_svc/account_check"
KICK = "im_open_login_svc/kick"
STATUS = "openim/query_online_status"


def items(*users):
    return [{"UserID": user} for user in users]


async def test_import(api):
    assert await api.call(IMPORT, {"UserID": "carol", "Nick": "C"}) == {
        "ActionStatus": "OK",
        "ErrorInfo": "",
        "ErrorCode": 0,
    }
    assert await api.code(IMPORT, {"UserID": "carol", "FaceUrl": "f"}) == 0
    carol = api.emulator.accounts["carol"]
    assert (carol.nick, carol.face_url, carol.imported_at, carol.is_admin) == ("C", "f", NOW, False)


async def test_import_many(api):
    assert (await api.call(IMPORTS, {"Accounts": ["carol", "dave"]}))["FailAccounts"] == []
    answer = await api.call(IMPORTS, {"AccountList": [{"UserID": "eve", "Nick": "E"}, *items("x" * 33, "")]})
    assert answer["ErrorCode"] == 0
    assert answer["FailAccounts"] == ["x" * 33, ""]
    assert {"carol", "dave", "eve"} <= set(api.emulator.accounts)
    assert api.emulator.accounts["eve"].nick == "E"
    assert "x" * 33 not in api.emulator.accounts


async def test_check(api):
    answer = await api.call(CHECK, {"CheckItem": items("alice", "carol", "administrator")})
    assert [(item["UserID"], item["ResultCode"], item["AccountStatus"]) for item in answer["ResultItem"]] == [
        ("alice", 0, "Imported"),
        ("carol", 0, "NotImported"),
        ("administrator", 0, "Imported"),
    ]
    (item,) = (await api.call(CHECK, {"CheckItem": items("x" * 33)}))["ResultItem"]
    assert item["ResultCode"] == 70402


async def test_delete_with_conversations(api):
    api.emulator.add_accounts("carol")
    for sender, recipient in [("alice", "bob"), ("bob", "alice"), ("bob", "carol"), ("alice", "alice")]:
        assert await api.code(SEND, message(From_Account=sender, To_Account=recipient)) == 0
    answer = await api.call(DELETE, {"DeleteItem": items("alice", "stranger", "administrator")})
    assert [(item["UserID"], item["ResultCode"]) for item in answer["ResultItem"]] == [
        ("alice", 0),
        ("stranger", 70107),
        ("administrator", 70402),
    ]
    assert "alice" not in api.emulator.accounts
    assert "administrator" in api.emulator.accounts
    assert [m.to_account for m in api.emulator.messages()] == ["carol"]
    assert api.emulator.history("bob", "alice") == []
    assert await api.code(IMPORT, {"UserID": "alice"}) == 0
    assert await api.code(SEND, message(From_Account="bob", To_Account="alice", MsgSeq=7)) == 0
    assert len(api.emulator.history("alice", "bob")) == 1


CODES = {
    "no UserID": (IMPORT, {}, 70402),
    "UserID a number": (IMPORT, {"UserID": 1}, 60015),
    "UserID empty": (IMPORT, {"UserID": ""}, 70402),
    "UserID of 33 bytes": (IMPORT, {"UserID": "汉" * 11}, 70402),
    "Nick a number": (IMPORT, {"UserID": "x", "Nick": 1}, 70402),
    "no accounts": (IMPORTS, {}, 70402),
    "accounts in both forms": (IMPORTS, {"Accounts": ["x"], "AccountList": items("x")}, 70402),
    "empty batch": (IMPORTS, {"Accounts": []}, 70402),
    "100 accounts": (IMPORTS, {"Accounts": [f"u{n}" for n in range(100)]}, 0),
    "101 accounts": (IMPORTS, {"Accounts": [f"u{n}" for n in range(101)]}, 70402),
    "an account a number": (IMPORTS, {"Accounts": ["x", 1]}, 60015),
    "Nick in a list a number": (IMPORTS, {"AccountList": [{"UserID": "x", "Nick": 1}]}, 70402),
    "DeleteItem missing": (DELETE, {}, 70402),
    "DeleteItem no array": (DELETE, {"DeleteItem": {}}, 70402),
    "DeleteItem of strings": (DELETE, {"DeleteItem": ["x"]}, 70402),
    "101 to delete": (DELETE, {"DeleteItem": items(*(f"u{n}" for n in range(101)))}, 70402),
    "CheckItem without UserID": (CHECK, {"CheckItem": [{}]}, 70402),
    "CheckItem with a number": (CHECK, {"CheckItem": items(1)}, 60015),
    "kick without UserID": (KICK, {}, 70402),
    "kick a number": (KICK, {"UserID": 1}, 60015),
    "kick, account unknown": (KICK, {"UserID": "stranger"}, 70107),
    "status of a single account": (STATUS, {"To_Account": "bob"}, 90003),
    "status of numbers": (STATUS, {"To_Account": [1]}, 90003),
    "status of none": (STATUS, {"To_Account": []}, 90001),
    "status of 501": (STATUS, {"To_Account": [f"u{n}" for n in range(501)]}, 90011),
    "status, detail 2": (STATUS, {"To_Account": ["bob"], "IsNeedDetail": 2}, 90001),
    "101 to check": (CHECK, {"CheckItem": items(*(f"u{n}" for n in range(101)))}, 70402),
}


@pytest.mark.parametrize(("command", "body", "code"), CODES.values(), ids=CODES)
async def test_code(api, command, body, code):
    before = set(api.emulator.accounts)
    assert await api.code(command, body) == code
    assert (set(api.emulator.accounts) == before) == (code != 0)


async def test_online_state_of_nothing_but_strangers_is_refused(api):
    """I35477: the code is 0 only when some account could be queried."""
    assert await api.code("openim/query_online_status", {"To_Account": ["stranger", "other"]}) == 70107
    answer = await api.call("openim/query_online_status", {"To_Account": ["stranger", "alice"]})
    assert (answer["ErrorCode"], len(answer["QueryResult"]), len(answer["ErrorList"])) == (0, 1, 1)
