"""Stored messages: every refusal from its cause, and the corners that the client does not reach."""

from __future__ import annotations

import pytest

from tests.emulator.conftest import NOW, SEND, message, text

IMPORT = "openim/importmsg"
RECALL = "openim/admin_msgwithdraw"
MODIFY = "openim/modify_c2c_msg"
DELETE = "openim/delete_c2c_msg_ramble"
READ = "openim/admin_set_msg_read"
UNREAD = "openim/get_c2c_unread_msg_num"
RECEIPT = "openim/c2c_msg_read_receipt"
GET = "openim_msg_ext_http_svc/get_key_values"
SET = "openim_msg_ext_http_svc/set_key_values"
KEY = f"1_2_{NOW}"
ODD_KEYS = [None, "", 5, "x" * 51]


def imported(**changes):
    return message(**{"SyncFromOldSystem": 5, "MsgTimeStamp": NOW - 60, **changes})


def named(**changes):
    fields = {"From_Account": "alice", "To_Account": "bob", "MsgKey": KEY, **changes}
    return {name: value for name, value in fields.items() if value is not None}


def sides(operator="bob", peer="alice", **fields):
    given = {"Operator_Account": operator, "Peer_Account": peer, **fields}
    return {name: value for name, value in given.items() if value is not None}


def receipt(**changes):
    return sides(C2CMsgInfo=[named(**changes)])


def read(reader="bob", writer="alice", **fields):
    given = {"Report_Account": reader, "Peer_Account": writer, **fields}
    return {name: value for name, value in given.items() if value is not None}


def extension(**changes):
    return named(OperateType=1, ExtensionList=[{"Key": "k", "Value": "v"}], **changes)


CODES = {
    "import": (IMPORT, imported(), 0),
    "import as of 2020": (IMPORT, imported(SyncFromOldSystem=1), 0),
    "import, sync missing": (IMPORT, imported(SyncFromOldSystem=None), 90030),
    "import, sync 3": (IMPORT, imported(SyncFromOldSystem=3), 90030),
    "import, sync true": (IMPORT, imported(SyncFromOldSystem=True), 90030),
    "import, sender unknown": (IMPORT, imported(From_Account="stranger"), 90008),
    "import, sender missing": (IMPORT, imported(From_Account=None), 90008),
    "import, recipient unknown": (IMPORT, imported(To_Account="stranger"), 90003),
    "import, no random": (IMPORT, imported(MsgRandom=None), 90005),
    "import, seq a string": (IMPORT, imported(MsgSeq="1"), 90004),
    "import, no time": (IMPORT, imported(MsgTimeStamp=None), 90006),
    "import, time a string": (IMPORT, imported(MsgTimeStamp="1"), 90006),
    "import, no body": (IMPORT, imported(MsgBody=None), 90007),
    "import, cloud data a number": (IMPORT, imported(CloudCustomData=5), 90010),
    "recall": (RECALL, named(), 0),
    "recall, sender unknown": (RECALL, named(From_Account="stranger"), 90008),
    "recall, recipient a number": (RECALL, named(To_Account=5), 90003),
    "recall, other direction": (RECALL, named(From_Account="bob", To_Account="alice"), 20022),
    "recall, other key": (RECALL, named(MsgKey="1_2_3"), 20022),
    **{f"recall, key {key!r}": (RECALL, named(MsgKey=key), 90054) for key in ODD_KEYS},
    "modify": (MODIFY, named(MsgBody=[text("new")]), 0),
    "modify, nothing given": (MODIFY, named(), 90010),
    "modify, sender unknown": (MODIFY, named(From_Account="stranger", CloudCustomData="x"), 20003),
    "modify, recipient unknown": (MODIFY, named(To_Account="stranger", CloudCustomData="x"), 90012),
    "modify, recipient missing": (MODIFY, named(To_Account=None, CloudCustomData="x"), 90003),
    "modify, body an object": (MODIFY, named(MsgBody={}), 90007),
    "modify, element malformed": (MODIFY, named(MsgBody=[{}]), 90002),
    "modify, other key": (MODIFY, named(MsgKey="1_2_3", CloudCustomData="x"), 20022),
    "modify, no key": (MODIFY, named(MsgKey=None, CloudCustomData="x"), 90010),
    "delete": (DELETE, sides(MsgKeyList=[KEY]), 0),
    "delete, operator unknown": (DELETE, sides("stranger", MsgKeyList=[KEY]), 90008),
    "delete, peer unknown": (DELETE, sides(peer="stranger", MsgKeyList=[KEY]), 90003),
    "delete, keys missing": (DELETE, sides(), 90001),
    "delete, keys a string": (DELETE, sides(MsgKeyList=KEY), 90001),
    "delete, no keys": (DELETE, sides(MsgKeyList=[]), 90001),
    "delete, 31 keys": (DELETE, sides(MsgKeyList=["k"] * 31), 90001),
    "delete, a key a number": (DELETE, sides(MsgKeyList=[5]), 90054),
    "read": (READ, read(), 0),
    "read, time a text": (READ, read(MsgReadTime=str(NOW)), 0),
    "read, reader unknown": (READ, read("stranger"), 90008),
    "read, writer missing": (READ, read(writer=None), 90003),
    "read, time no digits": (READ, read(MsgReadTime="now"), 90001),
    "read, time negative": (READ, read(MsgReadTime=-1), 90001),
    "unread": (UNREAD, {"To_Account": "bob"}, 0),
    "unread, account unknown": (UNREAD, {"To_Account": "stranger"}, 90003),
    "unread, account missing": (UNREAD, {}, 90003),
    "unread, peers a string": (UNREAD, {"To_Account": "bob", "Peer_Account": "alice"}, 90001),
    "unread, no peers": (UNREAD, {"To_Account": "bob", "Peer_Account": []}, 0),
    "unread, 11 peers": (UNREAD, {"To_Account": "bob", "Peer_Account": ["alice"] * 11}, 90001),
    "receipt": (RECEIPT, receipt(), 0),
    "receipt, operator unknown": (RECEIPT, {**receipt(), "Operator_Account": "stranger"}, 90008),
    "receipt, of another conversation": (RECEIPT, receipt(From_Account="administrator"), 90001),
    "receipt, of one's own message": (RECEIPT, receipt(To_Account="alice"), 90001),
    "receipt, other key": (RECEIPT, receipt(MsgKey="1_2_3"), 20022),
    "receipt, no messages": (RECEIPT, sides(C2CMsgInfo=[]), 90001),
    "get pairs": (GET, named(), 0),
    "get pairs, no key": (GET, named(MsgKey=None), 10004),
    "get pairs, of the admin's message": (GET, named(From_Account=None), 23004),
    "set pairs": (SET, extension(), 0),
    "set pairs, other key": (SET, extension(MsgKey="1_2_3"), 23004),
    "set pairs, of a plain message": (
        SET,
        extension(From_Account="bob", To_Account="alice", MsgKey=f"5_6_{NOW}"),
        23002,
    ),
    "set pairs, operation 4": (SET, {**extension(), "OperateType": 4}, 10004),
    "set pairs, none": (SET, {**extension(), "ExtensionList": []}, 10004),
    "set pairs, 21": (SET, {**extension(), "ExtensionList": [{"Key": "k", "Value": "v"}] * 21}, 10004),
    "set pairs, value missing": (SET, {**extension(), "ExtensionList": [{"Key": "k"}]}, 10004),
}


@pytest.fixture
async def talk(api):
    """alice wrote to bob, with extensions allowed, and bob to alice, without."""
    await api.call(SEND, message(SupportMessageExtension=1))
    await api.call(SEND, message(From_Account="bob", To_Account="alice", MsgSeq=5, MsgRandom=6))
    return api


@pytest.mark.parametrize(("command", "body", "code"), CODES.values(), ids=CODES)
async def test_code(talk, command, body, code):
    before = talk.emulator.history("bob", "alice")
    answer = await talk.call(command, body)
    assert answer["ErrorCode"] == code
    if code:
        assert answer["ErrorInfo"]
        assert talk.emulator.history("bob", "alice") == before


# Imports


async def test_import_stands_at_its_own_time(talk):
    await talk.call(IMPORT, imported(MsgBody=[text("old")], CloudCustomData="c"))
    first, *rest = talk.emulator.history("bob", "alice")
    assert (first.msg_time_stamp, first.msg_body[0].text, first.cloud_custom_data) == (NOW - 60, "old", "c")
    assert len(rest) == 2


@pytest.mark.parametrize(
    "same",
    [
        {},
        {"MsgBody": [text("other")]},
        {"From_Account": "bob", "To_Account": "alice"},
        {"SyncFromOldSystem": 2, "CloudCustomData": "x"},
    ],
    ids=["all", "other content", "other direction", "other kind"],
)
async def test_second_import_of_the_same_marks_is_dropped_for_ever(api, same):
    await api.call(IMPORT, imported())
    api.clock.now += 3600
    assert await api.code(IMPORT, imported(**same)) == 0
    (only,) = api.emulator.messages()
    assert (only.from_account, only.msg_body[0].text) == ("alice", "hi")


@pytest.mark.parametrize(
    "change", [{"MsgSeq": 3}, {"MsgRandom": 3}, {"MsgTimeStamp": NOW - 61}, {"MsgSeq": None}], ids=str
)
async def test_import_with_other_marks_is_another_message(api, change):
    await api.call(IMPORT, imported())
    await api.call(IMPORT, imported(**change))
    assert len(api.emulator.messages()) == 2


async def test_import_asks_no_webhook_and_is_no_first_of_a_send(api):
    api.emulator.before_send = lambda message: False
    assert await api.code(IMPORT, imported(MsgTimeStamp=NOW)) == 0
    api.emulator.before_send = None
    await api.call(SEND, message())
    assert len({each.msg_key for each in api.emulator.messages()}) == 2


async def test_import_is_new_again_when_an_account_was_deleted(api):
    await api.call(IMPORT, imported())
    await api.call("im_open_login_svc/account_delete", {"DeleteItem": [{"UserID": "bob"}]})
    api.emulator.add_accounts("bob")
    await api.call(IMPORT, imported())
    assert len(api.emulator.messages()) == 1


async def test_import_older_than_history_is_taken_and_not_seen(api):
    assert await api.code(IMPORT, imported(MsgTimeStamp=NOW - 8 * 86_400)) == 0
    assert api.emulator.messages() == []


# Recall, change, delete


async def test_recalled_message_stays_in_the_history(talk):
    before = talk.emulator.history("bob", "alice")[0]
    assert await talk.code(RECALL, named()) == 0
    assert await talk.code(RECALL, named()) == 20023
    page = await talk.page("bob", "alice")
    assert [each["MsgFlagBits"] for each in page["MsgList"]] == [8, 0]
    assert talk.emulator.history("alice", "bob")[0].is_recalled
    assert not before.is_recalled, "what was read before stays as it was"
    assert await talk.code(MODIFY, named(CloudCustomData="x")) == 20023


async def test_message_that_is_no_longer_stored_cannot_be_recalled(start):
    async with start(history_days=1 / 24) as api:
        await api.call(SEND, message())
        api.clock.now += 3601
        assert await api.code(RECALL, named()) == 20022


async def test_change_replaces_what_is_given(talk):
    answer = await talk.call(MODIFY, named(MsgBody=[text("new")]))
    assert (answer["ErrorCode"], answer["ErrorInfo"]) == (0, "succeed")
    await talk.call(MODIFY, named(CloudCustomData="c"))
    changed = talk.emulator.history("bob", "alice")[0]
    assert (changed.msg_body[0].text, changed.cloud_custom_data) == ("new", "c")
    assert await talk.code(MODIFY, named(CloudCustomData="")) == 0
    assert talk.emulator.history("bob", "alice")[0].cloud_custom_data == ""


async def test_deleted_on_one_side_only(talk):
    assert await talk.code(DELETE, sides(MsgKeyList=[KEY, "unknown-key", f"5_6_{NOW}"])) == 0
    assert talk.emulator.history("bob", "alice") == []
    assert len(talk.emulator.history("alice", "bob")) == 2
    assert await talk.code(RECALL, named()) == 0, "it is stored all the same"


# Unread


async def unread(api, *peers, account="bob"):
    answer = await api.call(UNREAD, {"To_Account": account, **({"Peer_Account": list(peers)} if peers else {})})
    assert answer["ErrorCode"] == 0
    if not peers:
        assert set(answer) == {"ActionStatus", "ErrorCode", "ErrorInfo", "AllC2CUnreadMsgNum"}
        return answer["AllC2CUnreadMsgNum"]
    assert "AllC2CUnreadMsgNum" not in answer
    return [item["C2CUnreadMsgNum"] for item in answer["C2CUnreadMsgNumList"]]


async def test_unread_counts_by_sender_and_in_all(api):
    for seq in range(3):
        await api.call(SEND, message(MsgSeq=seq))
    await api.call(SEND, message(From_Account=None))
    assert await unread(api) == 4
    assert await unread(api, "alice", "administrator", "bob") == [3, 1, 0]
    assert await unread(api, account="alice") == 0
    assert await api.code(READ, read()) == 0
    assert await unread(api) == 1


@pytest.mark.parametrize(
    ("command", "body"),
    [
        (SEND, message(SendMsgControl=["NoUnread"])),
        (SEND, message(OnlineOnlyFlag=1)),
        (SEND, message(From_Account="bob")),
        (IMPORT, imported(SyncFromOldSystem=2)),
    ],
    ids=["NoUnread", "online only", "to oneself", "imported history"],
)
async def test_message_that_does_not_count(api, command, body):
    assert await api.code(command, body) == 0
    assert await unread(api) == 0


@pytest.mark.parametrize(
    ("command", "body"),
    [(RECALL, named()), (DELETE, sides(MsgKeyList=[KEY])), (READ, read())],
    ids=["recalled", "deleted", "read"],
)
async def test_message_that_counts_no_longer(talk, command, body):
    assert await unread(talk) == 1
    assert await talk.code(command, body) == 0
    assert await unread(talk) == 0
    assert await unread(talk, account="alice") == 1


async def test_live_import_counts(api):
    await api.call(IMPORT, imported())
    assert await unread(api, "alice") == [1]


async def test_read_up_to_a_time(api):
    for seq in range(3):
        await api.call(SEND, message(MsgSeq=seq))
        api.clock.now += 10
    await api.call(READ, read(MsgReadTime=NOW + 10))
    assert await unread(api) == 1
    await api.call(READ, read(MsgReadTime=0))
    assert await unread(api) == 1, "read once is read"


async def test_unread_of_accounts_that_are_not_imported(api):
    answer = await api.call(UNREAD, {"To_Account": "bob", "Peer_Account": ["stranger", "alice"]})
    assert answer["ErrorList"] == [{"Peer_Account": "stranger", "ErrorCode": 70107}]
    assert answer["C2CUnreadMsgNumList"] == [{"Peer_Account": "alice", "C2CUnreadMsgNum": 0}]


# Receipts


async def test_receipt_tells_the_sender(talk):
    assert [each["IsPeerRead"] for each in (await talk.page("alice", "bob"))["MsgList"]] == [0, 0]
    await talk.call(RECEIPT, receipt())
    assert [each["IsPeerRead"] for each in (await talk.page("alice", "bob"))["MsgList"]] == [1, 0]
    assert await unread(talk) == 1


async def test_receipts_are_all_taken_or_none(talk):
    both = sides(C2CMsgInfo=[named(), named(MsgKey="1_2_3")])
    assert await talk.code(RECEIPT, both) == 20022
    assert {each["IsPeerRead"] for each in (await talk.page("alice", "bob"))["MsgList"]} == {0}


# Extensions


async def test_pairs_belong_to_one_message(talk):
    await talk.call(SEND, message(MsgSeq=9, SupportMessageExtension=1))
    await talk.call(SET, extension())
    assert [each["Key"] for each in (await talk.call(GET, named()))["ExtensionList"]] == ["k"]
    other = await talk.call(GET, named(MsgKey=f"9_2_{NOW}"))
    assert other.get("ExtensionList", []) == []
    assert (other["CompleteFlag"], other["LatestSeq"], other["ClearSeq"]) == (1, 0, 0)


async def test_pairs_go_with_their_message(talk):
    await talk.call(SET, extension())
    await talk.call("im_open_login_svc/account_delete", {"DeleteItem": [{"UserID": "bob"}]})
    talk.emulator.add_accounts("bob")
    await talk.call(SEND, message(SupportMessageExtension=1, MsgSeq=77))
    answer = await talk.call(GET, named(MsgKey=f"77_2_{NOW}"))
    assert (answer["ErrorCode"], answer["LatestSeq"]) == (0, 0)
    assert await talk.code(GET, named()) == 23004


async def test_no_message_has_more_than_300_pairs(talk):
    for start in range(0, 300, 20):
        pairs = [{"Key": f"k{number}", "Value": "v"} for number in range(start, start + 20)]
        assert await talk.code(SET, {**extension(), "ExtensionList": pairs}) == 0
    over = {**extension(), "ExtensionList": [{"Key": "one more", "Value": "v"}]}
    assert await talk.code(SET, over) == 10004
    known = {**extension(), "ExtensionList": [{"Key": "k0", "Value": "new"}]}
    assert await talk.code(SET, known) == 0


async def test_200_writes_a_minute_on_one_message(talk):
    for _ in range(200):
        assert await talk.code(SET, extension()) == 0
    assert await talk.code(SET, extension()) == 23003
    talk.clock.now += 60
    assert await talk.code(SET, extension()) == 0
