"""Events of friends, follows, profiles and logins, and what the app answers to them."""

from __future__ import annotations

import pytest

from tests.emulator.conftest import MS, events
from tests.emulator.receiver import OK
from tim_async.emulator.state.login import LoginState
from tim_async.webhooks import (
    AccountPair,
    AfterFollowAdd,
    AfterFollowDelete,
    BlackListAdd,
    BlackListDelete,
    FollowItem,
    FriendAdd,
    FriendDelete,
    KickedDevice,
    PortraitSet,
    PrevFriendAdd,
    ProfileField,
    StateChange,
    StateInfo,
)


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
    before, added = await events(people, "sns/friend_add", add_friends("bob", "carol", ForceAddFlags=1))
    assert isinstance(before, PrevFriendAdd)
    assert (before.requester_account, before.from_account, before.add_type) == (
        "administrator",
        "alice",
        "Add_Type_Both",
    )
    assert [item.to_account for item in before.friend_item] == ["bob", "carol"]
    assert added == FriendAdd(
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


async def test_failed_friendships_emit_no_event(people):
    await people.call("sns/friend_add", add_friends("bob"))
    assert await events(people, "sns/friend_add", add_friends("bob", "stranger"), FriendAdd) == []


async def test_importing_friends_emits_no_event(people):
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
    (added,) = api.emulator.events(FriendAdd)
    assert {pair.to_account for pair in added.pair_list} == {"alice", "carol"}


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
    body = {"From_Account": "alice", "FollowItem": [{"To_Account": "bob"}, {"To_Account": "stranger"}]}
    fields = {"from_account": "alice", "follow_list": [FollowItem(to_account="bob")], "event_time": MS}
    assert await events(people, "follow/follow_add", body) == [AfterFollowAdd(**fields)]
    assert await events(people, "follow/follow_add", body) == [], "nothing new"
    body = {"From_Account": "alice", "To_Account": ["bob", "stranger"]}
    assert await events(people, "follow/follow_delete", body) == [AfterFollowDelete(**fields)]
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
    assert await events(api, "im_open_login_svc/kick", {"UserID": "bob"}) == [], "not logged in"


async def test_login_names_what_it_put_out(api):
    emulator = api.emulator
    for platform in ("Web", "iOS"):
        emulator.set_online("bob", platform)
    emulator.set_online("bob", "Web", kicks=["Web", "iOS", "Android"])
    login = emulator.events(StateChange)[-1]
    assert login.info == StateInfo(action="Login", to_account="bob", reason="Register")
    assert login.kicked_device == [KickedDevice(platform="Web"), KickedDevice(platform="iOS")], "those that were there"
    assert len(emulator.events(StateChange)) == 3
    assert emulator._state.part(LoginState).platforms("bob") == {"Web": "Online"}


async def test_login_names_its_platform(hooked):
    api, receiver = hooked
    api.emulator.set_online("bob", "iOS")
    await api.emulator.webhooks_settled()
    assert [query["OptPlatform"] for query, _ in receiver.got] == ["iOS"]
