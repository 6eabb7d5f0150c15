"""Events of official accounts, and what the app answers to them."""

from __future__ import annotations

from tests.emulator.conftest import MS, NOW, events, text
from tests.emulator.receiver import OK
from tim_async import TextElem
from tim_async.webhooks import (
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
    SubscriberRef,
)

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
    subscribe = {**name, "SubscriberList": [{"Subscriber_Account": user} for user in ("alice", "bob", "stranger")]}
    _, *emitted = await events(api, f"{SERVICE}/add_subscriber", subscribe)
    users = [SubscriberRef(subscriber_account=user) for user in ("alice", "bob")]
    by = {"operator_account": "administrator"}
    assert emitted == [
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
    (sent,) = api.emulator.events(OfficialAccountAfterSendMsg)
    assert sent.msg_body == [TextElem("other")]
