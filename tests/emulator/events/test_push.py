"""Events of pushes, and of chatbots that a group message mentions."""

from __future__ import annotations

import pytest

from tests.emulator.conftest import MS, NOW, SEND, events, message, text
from tests.families.groups import make_group
from tim_async import TextElem
from tim_async.webhooks import (
    AllMemberPush,
    BotOnGroupMessage,
    OfflinePush,
    PushResult,
    TaskPushResult,
)

GROUP = "group_open_http_svc/send_group_msg"
TO_ALL, PUSH = "all_member_push/im_push", "timpush/push"


def away(api, *accounts, platform="Android"):
    """Let accounts be where only the push of a vendor reaches them."""
    for account in accounts:
        api.emulator.set_online(account, platform, status="PushOnline")


async def pushed(api, command, body):
    return [push for event in await events(api, command, body, OfflinePush) for push in event.events]


@pytest.mark.parametrize(("platform", "vendor"), [("iPhone", 1), ("Android", 0)])
async def test_message_to_an_account_that_is_away_is_pushed(api, platform, vendor):
    away(api, "bob", platform=platform)
    answer = await api.call(SEND, message())
    (push,) = api.emulator.events(OfflinePush)
    assert push.events == [
        PushResult(
            callback_command="Push.OfflinePush",
            event_type=1,
            event_time=NOW,
            from_account="alice",
            to_account="bob",
            push_platform=vendor,
            push_stage=1,
            msg_key=answer["MsgKey"],
            msg_seq=1,
            msg_random=2,
            msg_time=NOW,
        )
    ]


async def test_push_is_sent_without_platform_and_with_its_command_inside(hooked):
    api, receiver = hooked
    away(api, "bob")
    await api.call(SEND, message())
    await api.emulator.webhooks_settled()
    ((query, body),) = [(query, body) for query, body in receiver.got if query["CallbackCommand"] == "Push.OfflinePush"]
    assert not {"ClientIP", "OptPlatform"} & set(query)
    assert set(body) == {"Events"}
    assert body["Events"][0]["CallbackCommand"] == "Push.OfflinePush"


UNPUSHED = {
    "push switched off": {"OfflinePushInfo": {"PushFlag": 1}},
    "for those online only": {"OnlineOnlyFlag": 1},
    "not stored": {"MsgLifeTime": 0},
    "to an account without a vendor": {"To_Account": "administrator"},
}


@pytest.mark.parametrize("changes", UNPUSHED.values(), ids=UNPUSHED)
async def test_message_that_is_not_pushed(api, changes):
    away(api, "bob")
    assert await pushed(api, SEND, message(**changes)) == []


async def test_account_that_is_online_anywhere_gets_no_push(api):
    away(api, "bob")
    api.emulator.set_online("bob", "Web")
    assert await pushed(api, SEND, message()) == []
    api.emulator.set_offline("bob", "Web")
    assert len(await pushed(api, SEND, message(MsgSeq=2))) == 1
    api.emulator.set_offline("bob")
    assert await pushed(api, SEND, message(MsgSeq=3)) == []


async def in_group(api, **changes):
    body = {"GroupId": api.group, "Random": 1, "MsgBody": [text()], "From_Account": "alice", **changes}
    return await pushed(api, GROUP, body)


@pytest.fixture
def grouped(api):
    api.emulator.add_accounts("alice", "bob", "carol", "dave")
    api.group = make_group(api.emulator)
    for account in ("alice", "bob", "carol"):
        if account not in api.emulator.groups[api.group].members:
            api.emulator.join_group(api.group, account)
    away(api, "alice", "bob", "carol", "dave")
    return api


async def test_group_message_is_pushed_to_its_other_members(grouped):
    found = await in_group(grouped)
    assert {push.to_account for push in found} == {"bob", "carol"}
    (bob,) = [push for push in found if push.to_account == "bob"]
    assert bob == PushResult(
        callback_command="Push.OfflinePush",
        event_type=2,
        event_time=NOW,
        from_account="alice",
        to_account="bob",
        push_stage=1,
        group_id=grouped.group,
        msg_seq=1,
        msg_random=1,
        msg_time=NOW,
    )


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({"To_Account": ["bob"]}, ["bob"]),
        ({"OnlineOnlyFlag": 1}, []),
        ({"SendMsgControl": ["WithMuteNotifications"]}, []),
        ({"OfflinePushInfo": {"PushFlag": 1}}, []),
    ],
    ids=str,
)
async def test_group_message_is_pushed_to_whom_it_is_for(grouped, changes, left):
    assert [push.to_account for push in await in_group(grouped, **changes)] == left


async def test_members_that_want_no_notification_get_none(grouped):
    body = {"GroupId": grouped.group, "Member_Account": "bob", "MsgFlag": "AcceptNotNotify"}
    await grouped.call("group_open_http_svc/modify_group_member_info", body)
    assert [push.to_account for push in await in_group(grouped)] == ["carol"]


async def test_events_come_in_hundreds(api):
    names = [f"user{number}" for number in range(250)]
    api.emulator.add_accounts(*names)
    away(api, *names)
    batches = await events(api, TO_ALL, {"MsgRandom": 1, "MsgBody": [text()]}, AllMemberPush)
    assert [len(event.events) for event in batches] == [100, 100, 50]


@pytest.mark.parametrize(
    ("command", "body"),
    [
        (TO_ALL, {"MsgRandom": 1, "MsgBody": [text()]}),
        (PUSH, {"From_Account": "alice", "MsgRandom": 1, "OfflinePushInfo": {"Title": "t", "Desc": "hi"}}),
    ],
    ids=["all_member_push", "timpush"],
)
async def test_push_to_all_emits_whom_it_reached(api, command, body):
    api.emulator.set_online("alice")
    away(api, "bob", platform="iPad")
    (event,) = await events(api, command, body, AllMemberPush)
    (push,) = api.emulator.pushes
    shared = {
        "callback_command": "Push.AllMemberPush",
        "task_id": push.task_id,
        "task_time": NOW,
        "event_time": NOW,
    }
    assert event.events == [
        TaskPushResult(**shared, event_type=2, to_account="alice"),
        TaskPushResult(**shared, event_type=1, to_account="bob", push_platform=1, push_stage=1),
    ]
    api.clock.now += 2
    assert await events(api, command, body, AllMemberPush) == [], "a repeat"


async def test_mentioned_chatbots_get_an_event(grouped):
    for name in ("@RBT#001", "@RBT#002", "@RBT#003"):
        assert await grouped.code("openim_robot_http_svc/create_robot", {"UserID": name, "Nick": "n"}) == 0
    mentions = [{"GroupAtAllFlag": 0, "GroupAt_Account": name} for name in ("@RBT#002", "bob", "@RBT#001")]
    body = {
        "GroupId": grouped.group,
        "Random": 1,
        "MsgBody": [text("hi")],
        "From_Account": "alice",
        "GroupAtInfo": mentions,
        "ForbidCallbackControl": ["ForbidAfterSendMsgCallback"],
    }
    (event,) = await events(grouped, GROUP, body, BotOnGroupMessage)
    assert event == BotOnGroupMessage(
        group_id=grouped.group,
        type="Public",
        from_account="alice",
        operator_account="administrator",
        random=1,
        msg_seq=1,
        msg_time=NOW,
        msg_body=[TextElem("hi")],
        at_robots_account=["@RBT#001", "@RBT#002"],
        event_time=MS,
    )
    body = {**body, "Random": 2, "GroupAtInfo": mentions[1:2]}
    assert await events(grouped, GROUP, body, BotOnGroupMessage) == []
