"""What accounts see on their devices, and what they do there."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.emulator.control.conftest import Remote
from tests.emulator.receiver import receiving
from tim_async import AndroidInfo, ImageElem, OfflinePushInfo, RawElem, TextElem
from tim_async.models.elements import ImageInfo
from tim_async.models.group_msg import GroupAt
from tim_async.webhooks import AfterMsgReport, BeforeSendMsg


async def make_group(remote: Remote, **fields: Any) -> str:
    created = await remote.client.group.create(
        owner_account="alice", type="Public", name="friends", member_list=[], **fields
    )
    await remote.do("POST", f"/groups/{quote(created.group_id)}/join", {"accounts": ["bob"], "is_approved": True})
    return created.group_id


async def see(remote: Remote, account: str, **query: object) -> dict[str, Any]:
    answer: dict[str, Any] = await remote.get(f"/accounts/{quote(account)}/conversation?{urlencode(query)}")
    return answer


def texts(messages: list[dict[str, Any]]) -> list[str]:
    return [each["msg_body"][0]["MsgContent"]["Text"] for each in messages]


async def test_accounts_with_the_newest_messages_come_first(remote: Remote) -> None:
    remote.emulator.add_accounts("carol", "dave")
    remote.emulator.set_online("carol", "iOS")
    await remote.client.c2c.send_text("carol", "one")
    await remote.client.c2c.send_text("carol", "two")
    await remote.client.c2c.send_text("bob", "three")
    answer = await remote.get("/inboxes")
    assert answer["total"] == 5
    found = {each["user_id"]: each for each in answer["inboxes"]}
    assert set(list(found)[:2]) == {"bob", "administrator"}
    assert list(found)[2:] == ["carol", "alice", "dave"]
    assert (found["carol"]["unread"], found["carol"]["status"], found["carol"]["newest"]["text"]) == (
        2,
        "Online",
        "two",
    )
    assert (found["dave"]["unread"], found["dave"]["newest"], found["dave"]["conversations"]) == (0, None, 0)
    assert [each["user_id"] for each in (await remote.get("/inboxes?limit=1&offset=2"))["inboxes"]] == ["carol"]
    assert (await remote.get("/inboxes?text=CAR"))["total"] == 1
    remote.emulator.add_accounts("bob2", "b")
    await remote.client.c2c.send_text("bob2", "hi")
    assert [each["user_id"] for each in (await remote.get("/inboxes?text=bob"))["inboxes"]] == ["bob", "bob2"]


async def test_conversation_is_what_each_side_sees(remote: Remote) -> None:
    sent = await remote.client.c2c.send_text("bob", "hi", from_account="alice")
    await remote.client.c2c.send_text("alice", "hello", from_account="bob")
    bob, alice = await see(remote, "bob", peer="alice"), await see(remote, "alice", peer="bob")
    assert texts(bob["messages"]) == texts(alice["messages"]) == ["hi", "hello"]
    assert [each["is_unread"] for each in bob["messages"]] == [True, False]
    assert [each["is_unread"] for each in alice["messages"]] == [False, True]
    await remote.client.c2c.delete(operator_account="bob", peer_account="alice", msg_key_list=[sent.msg_key])
    assert texts((await see(remote, "bob", peer="alice"))["messages"]) == ["hello"]
    assert len((await see(remote, "alice", peer="bob"))["messages"]) == 2


async def test_conversation_is_read_in_parts(remote: Remote) -> None:
    for number in range(5):
        await remote.client.c2c.send_text("bob", str(number), from_account="alice")
    newest = await see(remote, "bob", peer="alice", limit=2)
    assert (texts(newest["messages"]), newest["has_more"]) == (["3", "4"], True)
    older = await see(remote, "bob", peer="alice", limit=5, before=newest["messages"][0]["id"])
    assert (texts(older["messages"]), older["has_more"]) == (["0", "1", "2"], False)
    group = await make_group(remote)
    for number in range(5):
        await remote.client.group_msg.send(group_id=group, msg_body=[TextElem(str(number))])
    newest = await see(remote, "bob", group=group, limit=2)
    assert (texts(newest["messages"]), newest["has_more"]) == (["3", "4"], True)
    older = await see(remote, "bob", group=group, limit=3, before=newest["messages"][0]["id"])
    assert texts(older["messages"]) == ["0", "1", "2"]


async def test_marks_of_messages(remote: Remote) -> None:
    keys = [
        (await remote.client.c2c.send_text("bob", text, from_account="alice")).msg_key
        for text in ("one", "two", "three")
    ]
    await remote.client.c2c.recall(from_account="alice", to_account="bob", msg_key=keys[0])
    await remote.client.c2c.modify(from_account="alice", to_account="bob", msg_key=keys[1], msg_body=[TextElem("zwei")])
    await remote.client.c2c.send(
        to_account="bob",
        from_account="alice",
        msg_body=[TextElem("quiet")],
        offline_push_info=OfflinePushInfo(push_flag=1),
    )
    one, two, three, quiet = (await see(remote, "bob", peer="alice"))["messages"]
    assert (one["is_recalled"], two["is_edited"], three["is_edited"]) == (True, True, False)
    assert two["msg_body"][0]["MsgContent"]["Text"] == "zwei"
    assert [each["has_push"] for each in (three, quiet)] == [True, False]
    done = await remote.do("POST", "/accounts/bob/read", {"peer": "alice"})
    assert done["count"] == 3
    seen = (await see(remote, "alice", peer="bob"))["messages"]
    assert [each["is_read_by_peer"] for each in seen] == [False, True, True, True]
    assert not any(each["is_unread"] for each in (await see(remote, "bob", peer="alice"))["messages"])
    assert remote.emulator.events(AfterMsgReport)[-1].report_account == "bob"


async def test_group_as_members_see_it(remote: Remote) -> None:
    group = await make_group(remote)
    await remote.client.group_msg.send(
        group_id=group,
        from_account="alice",
        msg_body=[TextElem("@bob look")],
        group_at_info=[GroupAt(group_at_account="bob"), GroupAt(group_at_all_flag=1)],
        need_read_receipt=1,
    )
    await remote.client.group_msg.send(
        group_id=group, from_account="alice", msg_body=[TextElem("for none")], to_account=["carol"]
    )
    seen = await see(remote, "bob", group=group)
    assert (seen["name"], seen["members"], seen["unread"]) == ("friends", 2, 1)
    notice, message = seen["messages"]
    assert (notice["is_notice"], notice["msg_body"]) == (True, [])
    assert (message["mentions"], message["read_by"], message["read_of"]) == (["bob", ""], 0, 1)
    assert message["is_unread"]
    assert (await remote.do("POST", "/accounts/bob/read", {"group": group}))["count"] == 1
    after = (await see(remote, "alice", group=group))["messages"][1]
    assert (after["read_by"], after["is_unread"]) == (1, False)
    listed = (await remote.get("/accounts/bob/conversations"))["conversations"]
    assert [(each["group_id"], each["unread"], each["newest"]["text"]) for each in listed] == [(group, 0, "@bob look")]


async def test_list_of_conversations_names_what_is_newest(remote: Remote) -> None:
    picture = ImageElem(uuid="u", image_info_array=[ImageInfo(type=1, size=1, width=1, height=1, url="https://a/b")])
    await remote.client.c2c.send(to_account="bob", from_account="alice", msg_body=[picture])
    await remote.client.c2c.send_text("bob", "x" * 500)
    admin, alice = (await remote.get("/accounts/bob/conversations"))["conversations"]
    assert (admin["peer"], len(admin["newest"]["text"])) == ("administrator", 120)
    assert (alice["peer"], alice["newest"]["kind"], alice["unread"]) == ("alice", "TIMImageElem", 1)


async def test_writing_goes_through_the_apps_webhook(remote: Remote) -> None:
    async with receiving() as receiver:
        remote.emulator.webhook_url = receiver.url
        receiver.answers["C2C.CallbackBeforeSendMsg"] = {
            "ActionStatus": "OK",
            "ErrorCode": 0,
            "ErrorInfo": "",
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "***"}}],
        }
        written = await remote.do("POST", "/accounts/bob/messages", {"to": "alice", "text": "swear"})
        assert written["code"] == 0
        await remote.emulator.webhooks_settled()
        before = remote.emulator.events(BeforeSendMsg)[-1]
        assert (before.from_account, before.msg_body) == ("bob", [TextElem("swear")])
        assert texts((await see(remote, "alice", peer="bob"))["messages"]) == ["***"]
        assert [query["OptPlatform"] for query, _ in receiver.got] == ["Web", "Web"]
        receiver.answers["C2C.CallbackBeforeSendMsg"] = {"ActionStatus": "OK", "ErrorCode": 120_001, "ErrorInfo": "no"}
        written = await remote.do("POST", "/accounts/bob/messages", {"to": "alice", "text": "swear"})
        assert written == {"code": 120_001, "info": "no"}
    assert len((await see(remote, "alice", peer="bob"))["messages"]) == 1
    assert remote.emulator.count() == 0


async def test_writing_to_a_group(remote: Remote) -> None:
    group = await make_group(remote)
    remote.emulator.add_accounts("carol")
    body = {"group": group, "text": "all of you", "mentions": ["", "alice"]}
    assert (await remote.do("POST", "/accounts/bob/messages", body))["code"] == 0
    assert (await remote.do("POST", "/accounts/carol/messages", body))["code"] == 10007
    message = (await see(remote, "alice", group=group))["messages"][-1]
    assert (message["from_account"], message["mentions"]) == ("bob", ["", "alice"])


async def test_blocked_account_does_not_get_through(remote: Remote) -> None:
    await remote.client.sns.add_to_black_list(from_account="alice", to_account=["bob"])
    assert (await remote.do("POST", "/accounts/bob/messages", {"to": "alice", "text": "hi"}))["code"] == 20007


async def test_any_element_can_be_written(remote: Remote) -> None:
    elements = [{"MsgType": "TIMCustomElem", "MsgContent": {"Data": "{}", "Desc": "gift"}}]
    assert (await remote.do("POST", "/accounts/bob/messages", {"to": "alice", "msg_body": elements}))["code"] == 0
    assert (await see(remote, "alice", peer="bob"))["messages"][0]["msg_body"] == elements
    unknown = [{"MsgType": "TIMNewElem", "MsgContent": {"A": 1}}]
    await remote.client.c2c.send(to_account="bob", msg_body=[RawElem("TIMNewElem", {"A": 1})])
    assert (await see(remote, "bob", peer="administrator"))["messages"][0]["msg_body"] == unknown


async def test_account_may_have_any_name(remote: Remote) -> None:
    names = ["a/b", "小明 😀", "50%", "x#?&=y", "<b>"]
    remote.emulator.add_accounts(*names)
    for name in names:
        written = await remote.do("POST", f"/accounts/{quote(name, safe='')}/messages", {"to": "bob", "text": name})
        assert written["code"] == 0
        listed = (await remote.get(f"/accounts/{quote(name, safe='')}/conversations"))["conversations"]
        assert [each["newest"]["text"] for each in listed] == [name]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("GET", "/accounts/nobody/conversations", None, 404, "user_id"),
        ("GET", "/accounts/bob/conversation", None, 404, "peer"),
        ("GET", "/accounts/bob/conversation?group=g", None, 404, "group"),
        ("GET", "/accounts/bob/conversation?peer=alice&limit=501", None, 400, "limit"),
        ("POST", "/accounts/nobody/messages", {"to": "bob", "text": "x"}, 404, "user_id"),
        ("POST", "/accounts/bob/messages", {"to": "nobody", "text": "x"}, 404, "to"),
        ("POST", "/accounts/bob/messages", {"text": "x"}, 400, "to"),
        ("POST", "/accounts/bob/messages", {"to": "alice", "group": "g", "text": "x"}, 400, "to"),
        ("POST", "/accounts/bob/messages", {"to": "alice"}, 400, "text"),
        ("POST", "/accounts/bob/read", {}, 404, "peer"),
        ("POST", "/accounts/bob/read", {"group": "g"}, 404, "group"),
    ],
)
async def test_what_is_refused(remote: Remote, method: str, path: str, body: object, status: int, field: str) -> None:
    found, answer = await remote.ask(method, path, body)
    assert (found, answer["field"]) == (status, field)


async def test_notification_of_a_message(remote: Remote) -> None:
    remote.emulator.set_online("bob", "iOS", status="PushOnline")
    info = OfflinePushInfo(title="Sale", desc="half price", android_info=AndroidInfo(oppo_channel_id="c1"))
    sent = await remote.client.c2c.send(to_account="bob", msg_body=[TextElem("hi")], offline_push_info=info)
    plain = await remote.client.c2c.send_text("bob", "hello")
    shown = await remote.get(f"/accounts/bob/notification?peer=administrator&id={sent.msg_key}")
    assert (shown["title"], shown["text"], shown["status"], shown["is_off"]) == (
        "Sale",
        "half price",
        "PushOnline",
        False,
    )
    vendors = {each["vendor"]: each["given"] for each in shown["vendors"]}
    assert vendors["oppo"]["OPPOChannelID"] == "c1"
    assert "OPPOChannelID" not in vendors["apns"]
    shown = await remote.get(f"/accounts/bob/notification?peer=administrator&id={plain.msg_key}")
    assert (shown["title"], shown["text"]) == ("administrator", "hello")
    group = await make_group(remote)
    await remote.client.group_msg.send(
        group_id=group, msg_body=[TextElem("hi all")], offline_push_info=OfflinePushInfo(push_flag=1)
    )
    shown = await remote.get(f"/accounts/bob/notification?{urlencode({'group': group, 'id': 2})}")
    assert (shown["title"], shown["is_off"], shown["vendors"]) == ("friends", True, [])
    for query in ({"group": group, "id": 9}, {"peer": "alice", "id": sent.msg_key}):
        status, answer = await remote.ask("GET", f"/accounts/bob/notification?{urlencode(query)}")
        assert (status, answer["field"]) == (404, "id")
    seen = await remote.get(f"/groups/{quote(group)}")
    assert seen["newest"]["text"] == "hi all"
    assert {each["account"]: each["unread"] for each in seen["member_list"]} == {"alice": 1, "bob": 1}
