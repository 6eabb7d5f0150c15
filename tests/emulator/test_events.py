"""What the app is told of by webhook, and asked, for what the emulator does; groups have tests of their own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.emulator.conftest import NOW, SEND, message, text
from tests.emulator.receiver import OK
from tim_async import TextElem
from tim_async import emulator as emulator_package
from tim_async.emulator.state.login import LoginState
from tim_async.webhooks import (
    EVENTS,
    AccountPair,
    AfterC2CMsgExtension,
    AfterFollowAdd,
    AfterFollowDelete,
    AfterModifyMsg,
    AfterMsgReport,
    AfterMsgWithDraw,
    AfterSendMsg,
    BlackListAdd,
    BlackListDelete,
    BotOnC2CMessage,
    ExtensionItem,
    FollowItem,
    FriendAdd,
    FriendDelete,
    KickedDevice,
    MsgKeyRef,
    OfficialAccountAfterAddSubscriber,
    OfficialAccountAfterCreateOfficialAccount,
    OfficialAccountAfterDeleteSubscriber,
    OfficialAccountAfterMsgWithDraw,
    OfficialAccountAfterOfficialAccountDestroyed,
    OfficialAccountAfterOfficialAccountFull,
    OfficialAccountAfterOfficialAccountInfoChanged,
    OfficialAccountAfterSendMsg,
    OfficialAccountBeforeSendMsg,
    PortraitSet,
    PrevFriendAdd,
    ProfileField,
    StateChange,
    StateInfo,
    SubscriberRef,
)

MS = NOW * 1000


async def events(api, command, body, *kinds):
    """Call a command; return the events of these kinds, or all, that came of it."""
    before = len(api.emulator.webhooks)
    answer = await api.call(command, body)
    assert answer["ErrorCode"] == 0, answer
    found = [webhook.event for webhook in list(api.emulator.webhooks)[before:]]
    return [event for event in found if not kinds or isinstance(event, kinds)]


# One-to-one messages


async def test_unread_messages_of_the_recipient_are_counted(api):
    for seq in range(3):
        (told,) = await events(api, SEND, message(MsgSeq=seq), AfterSendMsg)
        assert told.unread_msg_num == seq + 1
    (told,) = await events(api, SEND, message(MsgSeq=9, SendMsgControl=["NoUnread"]), AfterSendMsg)
    assert told.unread_msg_num == 3
    (told,) = await events(api, SEND, message(From_Account="bob", To_Account="alice"), AfterSendMsg)
    assert told.unread_msg_num == 1


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
    (told,) = await events(api, SEND, message(MsgSeq=5), AfterSendMsg)
    assert told.unread_msg_num == 3
    api.clock.now += 13 * 3_600
    (told,) = await events(api, SEND, message(MsgSeq=6), AfterSendMsg)
    assert told.unread_msg_num == 1
    await api.call("im_open_login_svc/account_delete", {"DeleteItem": [{"UserID": "alice"}]})
    (told,) = await events(api, SEND, message(From_Account="administrator"), AfterSendMsg)
    assert told.unread_msg_num == 1


async def test_extensions(api):
    key = (await api.call(SEND, message(SupportMessageExtension=1)))["MsgKey"]
    names = {"From_Account": "alice", "To_Account": "bob", "MsgKey": key}
    command = "openim_msg_ext_http_svc/set_key_values"

    async def change(kind, items):
        body = {**names, "OperateType": kind, "ExtensionList": items}
        return await events(api, command, body, AfterC2CMsgExtension)

    def told(kind, items, seq):
        names = {"from_account": "alice", "to_account": "bob", "msg_key": key, "event_time": MS}
        return [AfterC2CMsgExtension(**names, operate_type=kind, extension_list=items, seq=seq)]

    assert await change(1, [{"Key": "a", "Value": "1"}]) == told(1, [ExtensionItem(key="a", value="1", seq=1)], 1)
    assert await change(2, [{"Key": "a"}]) == told(2, [ExtensionItem(key="a", seq=2)], 2)
    assert await change(3, []) == told(3, [], 2)


async def test_message_to_a_chatbot_is_told_twice(api):
    await api.call("openim_robot_http_svc/create_robot", {"UserID": "@RBT#001", "Nick": "robot"})
    sent, robot = await events(api, SEND, message(To_Account="@RBT#001"), AfterSendMsg, BotOnC2CMessage)
    assert (sent.unread_msg_num, robot.to_account, robot.msg_body) == (1, "@RBT#001", [TextElem("hi")])
    assert robot.msg_key == sent.msg_key


# Friends, follows, profiles, logins


def pairs(*names):
    return [AccountPair(from_account=one, to_account=other) for one, other in names]


@pytest.fixture
async def people(api):
    api.emulator.add_accounts("carol", "dave")
    return api


def add_friends(*names, **fields):
    items = [{"To_Account": name, "AddSource": "AddSource_Type_Web"} for name in names]
    return {"From_Account": "alice", "AddFriendItem": items, **fields}


async def test_adding_and_deleting_friends(people):
    asked, told = await events(people, "sns/friend_add", add_friends("bob", "carol", ForceAddFlags=1))
    assert isinstance(asked, PrevFriendAdd)
    assert (asked.requester_account, asked.from_account, asked.add_type) == ("administrator", "alice", "Add_Type_Both")
    assert [item.to_account for item in asked.friend_item] == ["bob", "carol"]
    assert told == FriendAdd(
        pair_list=[
            AccountPair(from_account=one, to_account=other, initiator_account="alice")
            for one, other in (("alice", "bob"), ("bob", "alice"), ("alice", "carol"), ("carol", "alice"))
        ],
        client_cmd="friend_add",
        admin_account="administrator",
        force_flag=1,
        event_time=MS,
    )
    delete = {"From_Account": "alice", "To_Account": ["bob", "dave"], "DeleteType": "Delete_Type_Both"}
    assert await events(people, "sns/friend_delete", delete) == [
        FriendDelete(pair_list=pairs(("alice", "bob"), ("bob", "alice")), event_time=MS)
    ]
    delete_all = {"From_Account": "alice", "DeleteType": "Delete_Type_Single"}
    assert await events(people, "sns/friend_delete_all", delete_all) == [
        FriendDelete(pair_list=pairs(("alice", "carol")), event_time=MS)
    ]
    assert await events(people, "sns/friend_delete_all", delete_all) == [], "nothing happened"


async def test_friends_that_were_not_made_are_not_told(people):
    await people.call("sns/friend_add", add_friends("bob"))
    assert await events(people, "sns/friend_add", add_friends("bob", "nobody"), FriendAdd) == []


async def test_importing_friends_tells_of_nothing(people):
    body = {"From_Account": "alice", "AddFriendItem": [{"To_Account": "bob", "AddSource": "AddSource_Type_Web"}]}
    assert await events(people, "sns/friend_import", body) == []


async def test_app_refuses_some_of_the_friends(hooked):
    api, receiver = hooked
    api.emulator.add_accounts("carol")
    receiver.answers["Sns.CallbackPrevFriendAdd"] = {
        **OK,
        "ResultItem": [
            {"To_Account": "bob", "ResultCode": 38_005, "ResultInfo": "not him"},
            {"To_Account": "carol", "ResultCode": 0, "ResultInfo": ""},
        ],
    }
    answer = await api.call("sns/friend_add", add_friends("bob", "carol"))
    assert [(item["To_Account"], item["ResultCode"]) for item in answer["ResultItem"]] == [
        ("bob", 38_005),
        ("carol", 0),
    ]
    assert answer["ResultItem"][0]["ResultInfo"] == "not him"
    (told,) = api.emulator.events(FriendAdd)
    assert {pair.to_account for pair in told.pair_list} == {"alice", "carol"}


async def test_blocking(people):
    await people.call("sns/friend_add", add_friends("bob"))
    body = {"From_Account": "alice", "To_Account": ["bob", "carol"]}
    assert await events(people, "sns/black_list_add", body) == [
        BlackListAdd(pair_list=pairs(("alice", "bob"), ("alice", "carol")), event_time=MS),
        FriendDelete(pair_list=pairs(("alice", "bob"), ("bob", "alice")), event_time=MS),
    ]
    assert await events(people, "sns/black_list_delete", {**body, "To_Account": ["bob", "dave"]}) == [
        BlackListDelete(pair_list=pairs(("alice", "bob")), event_time=MS)
    ]


async def test_following(people):
    body = {"From_Account": "alice", "FollowItem": [{"To_Account": "bob"}, {"To_Account": "nobody"}]}
    told = {"from_account": "alice", "follow_list": [FollowItem(to_account="bob")], "event_time": MS}
    assert await events(people, "follow/follow_add", body) == [AfterFollowAdd(**told)]
    assert await events(people, "follow/follow_add", body) == [], "nothing new"
    assert await events(people, "follow/follow_delete", body) == [AfterFollowDelete(**told)]
    assert await events(people, "follow/follow_delete", body) == []


async def test_profile(people):
    items = [{"Tag": "Tag_Profile_IM_Nick", "Value": "爱丽丝"}, {"Tag": "Tag_Profile_IM_Level", "Value": 3}]
    assert await events(people, "profile/portrait_set", {"From_Account": "alice", "ProfileItem": items}) == [
        PortraitSet(
            operator_account="administrator",
            from_account="alice",
            profile_item=[
                ProfileField(tag="Tag_Profile_IM_Nick", value="爱丽丝"),
                ProfileField(tag="Tag_Profile_IM_Level", value=3),
            ],
            event_time=MS,
        )
    ]


async def test_logins(api):
    def state(action, reason):
        info = StateInfo(action=action, to_account="bob", reason=reason)
        return StateChange(event_time=MS, info=info)

    emulator = api.emulator
    emulator.set_online("bob", "iOS")
    emulator.set_online("bob", "iOS")
    emulator.set_online("bob", "Web")
    emulator.set_offline("bob", "Android")
    emulator.set_offline("bob", "Web")
    login, logout = state("Login", "Register"), state("Logout", "Unregister")
    assert emulator.events(StateChange) == [login, login, logout]
    assert await events(api, "im_open_login_svc/kick", {"UserID": "bob"}) == [logout]
    assert await events(api, "im_open_login_svc/kick", {"UserID": "bob"}) == [], "nobody was there"


async def test_login_names_what_it_put_out(api):
    emulator = api.emulator
    for platform in ("Web", "iOS"):
        emulator.set_online("bob", platform)
    emulator.set_online("bob", "Web", kicks=["Web", "iOS", "Android"])
    told = emulator.events(StateChange)[-1]
    assert told.info == StateInfo(action="Login", to_account="bob", reason="Register")
    assert told.kicked_device == [KickedDevice(platform="Web"), KickedDevice(platform="iOS")], "those that were there"
    assert len(emulator.events(StateChange)) == 3
    assert emulator._state.part(LoginState).platforms("bob") == {"Web": "Online"}


async def test_login_names_its_platform(hooked):
    api, receiver = hooked
    api.emulator.set_online("bob", "iOS")
    await api.emulator.webhooks_settled()
    assert [query["OptPlatform"] for query, _ in receiver.got] == ["iOS"]


# Official accounts

SERVICE = "official_account_open_http_svc"


async def official(api):
    body = {"Owner_Account": "alice", "Name": "News", "OfficialAccountUserID": "@TOA#_news", "MaxSubscriberNum": 2}
    return await events(api, f"{SERVICE}/create_official_account", body)


async def test_official_account_from_beginning_to_end(api):
    oa = {"official_account": "@TOA#_news", "event_time": MS}
    name = {"Official_Account": "@TOA#_news"}
    _, created = await official(api)
    assert created == OfficialAccountAfterCreateOfficialAccount(
        **oa, operator_account="administrator", owner_account="alice", name="News"
    )
    modify = f"{SERVICE}/modify_official_account_base_info"
    assert await events(api, modify, {**name, "Name": "Nouvelles"}) == [
        OfficialAccountAfterOfficialAccountInfoChanged(**oa, operator_account="administrator", name="Nouvelles")
    ]
    assert await events(api, modify, {**name, "MaxSubscriberNum": 2}) == []
    subscribe = {**name, "SubscriberList": [{"Subscriber_Account": user} for user in ("alice", "bob", "nobody")]}
    _, *told = await events(api, f"{SERVICE}/add_subscriber", subscribe)
    users = [SubscriberRef(subscriber_account=user) for user in ("alice", "bob")]
    by = {"operator_account": "administrator"}
    assert told == [
        OfficialAccountAfterAddSubscriber(**oa, **by, subscribe_account_list=users),
        OfficialAccountAfterOfficialAccountFull(**oa),
    ]
    sent_body = {**name, "Random": 5, "MsgBody": [text("news")], "CloudCustomData": "data"}
    asked, sent = await events(api, f"{SERVICE}/send_official_account_msg", sent_body)
    assert isinstance(asked, OfficialAccountBeforeSendMsg)
    assert (sent.msg_body, sent.cloud_custom_data, sent.msg_time) == ([TextElem("news")], "data", NOW)
    assert await events(api, f"{SERVICE}/send_official_account_msg", sent_body) == [], "a repeat"
    recall = {**name, "MsgKeyList": [sent.msg_key, "unknown"]}
    assert await events(api, f"{SERVICE}/official_account_msg_recall", recall) == [
        OfficialAccountAfterMsgWithDraw(**oa, withdraw_msg_list=[MsgKeyRef(msg_key=sent.msg_key)])
    ]
    unsubscribe = {**name, "SubscriberToDel_Account": ["bob", "bob2"]}
    assert await events(api, f"{SERVICE}/delete_subscriber", unsubscribe) == [
        OfficialAccountAfterDeleteSubscriber(**oa, **by, subscribe_account_list=users[1:])
    ]
    assert await events(api, f"{SERVICE}/destroy_official_account", name) == [
        OfficialAccountAfterOfficialAccountDestroyed(**oa, owner_account="alice", name="Nouvelles")
    ]


async def test_app_decides_on_official_accounts(hooked):
    api, receiver = hooked
    create = {"Owner_Account": "alice", "Name": "News", "OfficialAccountUserID": "@TOA#_news"}
    receiver.answers["OfficialAccount.CallbackBeforeCreateOfficialAccount"] = {**OK, "ErrorCode": 1}
    assert await api.code(f"{SERVICE}/create_official_account", create) == 10016
    receiver.answers.clear()
    await official(api)
    name = {"Official_Account": "@TOA#_news"}
    receiver.answers["OfficialAccount.CallbackBeforeAddSubscriber"] = {**OK, "RefusedSubscribers_Account": ["bob"]}
    subscribe = {**name, "SubscriberList": [{"Subscriber_Account": user} for user in ("alice", "bob")]}
    answer = await api.call(f"{SERVICE}/add_subscriber", subscribe)
    assert [item["Result"] for item in answer["SubscriberList"]] == [1, 0]
    send = {**name, "Random": 1, "MsgBody": [text("news")]}
    command = "OfficialAccount.CallbackBeforeSendMsg"
    receiver.answers[command] = {**OK, "ErrorCode": 120_001}
    assert await api.code(f"{SERVICE}/send_official_account_msg", send) == 120_001
    api.clock.now += 1
    receiver.answers[command] = {**OK, "ErrorCode": 2}
    assert (await api.call(f"{SERVICE}/send_official_account_msg", {**send, "Random": 2}))["MsgKey"]
    assert api.emulator.events(OfficialAccountAfterSendMsg) == []
    api.clock.now += 1
    receiver.answers[command] = {**OK, "MsgBody": [text("other")]}
    assert await api.code(f"{SERVICE}/send_official_account_msg", {**send, "Random": 3}) == 0
    (told,) = api.emulator.events(OfficialAccountAfterSendMsg)
    assert told.msg_body == [TextElem("other")]


def test_every_event_the_emulator_cannot_cause_is_known():
    """What only clients, vendors or moderation cause, or what no document describes."""
    folder = Path(emulator_package.__file__).parent
    named = {
        alias.name
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "webhooks"
        for alias in node.names
    }
    assert {kind.__name__ for kind in EVENTS.values()} - named == {
        "ChatbotOnC2CSignalMessage",
        "ContentResultNotify",
        "GroupBeforeApplyJoinGroup",
        "GroupOnDailyGroupQuotaAlarm",
        "PrevFriendResponse",
    }
