"""Events of one-to-one messages."""

from __future__ import annotations

from tests.emulator.conftest import MS, NOW, SEND, events, message, text
from tim_async import TextElem
from tim_async.webhooks import (
    AfterC2CMsgExtension,
    AfterModifyMsg,
    AfterMsgReport,
    AfterMsgWithDraw,
    AfterSendMsg,
    BotOnC2CMessage,
    ExtensionItem,
)


async def test_unread_messages_of_the_recipient_are_counted(api):
    for seq in range(3):
        (sent,) = await events(api, SEND, message(MsgSeq=seq), AfterSendMsg)
        assert sent.unread_msg_num == seq + 1
    (sent,) = await events(api, SEND, message(MsgSeq=9, SendMsgControl=["NoUnread"]), AfterSendMsg)
    assert sent.unread_msg_num == 3
    (sent,) = await events(api, SEND, message(From_Account="bob", To_Account="alice"), AfterSendMsg)
    assert sent.unread_msg_num == 1


async def test_reading(api):
    for seq, sender in enumerate(["alice", "alice", "administrator"]):
        await api.call(SEND, message(MsgSeq=seq, From_Account=sender))
    body = {"Report_Account": "bob", "Peer_Account": "alice"}
    assert await events(api, "openim/admin_set_msg_read", body) == [
        AfterMsgReport(report_account="bob", peer_account="alice", last_read_time=NOW, unread_msg_num=1)
    ]


async def test_recalling_and_editing(api):
    key = (await api.call(SEND, message()))["MsgKey"]
    names = {"From_Account": "alice", "To_Account": "bob", "MsgKey": key}
    edited = {**names, "MsgBody": [text("changed")], "CloudCustomData": "data"}
    assert await events(api, "openim/modify_c2c_msg", edited) == [
        AfterModifyMsg(
            operator_account="administrator",
            from_account="alice",
            to_account="bob",
            msg_seq=1,
            msg_random=2,
            msg_time=NOW,
            msg_key=key,
            msg_body=[TextElem("changed")],
            cloud_custom_data="data",
            event_time=MS,
        )
    ]
    assert await events(api, "openim/admin_msgwithdraw", names) == [
        AfterMsgWithDraw(from_account="alice", to_account="bob", msg_key=key, unread_msg_num=0)
    ]


async def test_messages_that_are_gone_are_not_unread(start):
    async with start(history_days=0.5) as api:
        await check_unread(api)


async def check_unread(api):
    keys = [(await api.call(SEND, message(MsgSeq=seq)))["MsgKey"] for seq in range(3)]
    hide = {"Operator_Account": "bob", "Peer_Account": "alice", "MsgKeyList": keys[:1]}
    await api.call("openim/delete_c2c_msg_ramble", hide)
    (sent,) = await events(api, SEND, message(MsgSeq=5), AfterSendMsg)
    assert sent.unread_msg_num == 3
    api.clock.now += 13 * 3_600
    (sent,) = await events(api, SEND, message(MsgSeq=6), AfterSendMsg)
    assert sent.unread_msg_num == 1
    await api.call("im_open_login_svc/account_delete", {"DeleteItem": [{"UserID": "alice"}]})
    (sent,) = await events(api, SEND, message(From_Account="administrator"), AfterSendMsg)
    assert sent.unread_msg_num == 1


async def test_extensions(api):
    key = (await api.call(SEND, message(SupportMessageExtension=1)))["MsgKey"]
    names = {"From_Account": "alice", "To_Account": "bob", "MsgKey": key}
    command = "openim_msg_ext_http_svc/set_key_values"

    async def change(kind, items):
        body = {**names, "OperateType": kind, "ExtensionList": items}
        return await events(api, command, body, AfterC2CMsgExtension)

    def expected(kind, items, seq):
        names = {"from_account": "alice", "to_account": "bob", "msg_key": key, "event_time": MS}
        return [AfterC2CMsgExtension(**names, operate_type=kind, extension_list=items, seq=seq)]

    assert await change(1, [{"Key": "a", "Value": "1"}]) == expected(1, [ExtensionItem(key="a", value="1", seq=1)], 1)
    assert await change(2, [{"Key": "a"}]) == expected(2, [ExtensionItem(key="a", seq=2)], 2)
    assert await change(3, []) == expected(3, [], 2)


async def test_message_to_a_chatbot_emits_two_events(api):
    await api.call("openim_robot_http_svc/create_robot", {"UserID": "@RBT#001", "Nick": "robot"})
    sent, robot = await events(api, SEND, message(To_Account="@RBT#001"), AfterSendMsg, BotOnC2CMessage)
    assert (sent.unread_msg_num, robot.to_account, robot.msg_body) == (1, "@RBT#001", [TextElem("hi")])
    assert robot.msg_key == sent.msg_key
