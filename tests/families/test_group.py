"""Groups, end to end: their life cycle and profiles, and what differs between the five types."""

from __future__ import annotations

from typing import Any

import pytest

from tests.families.conftest import Clock, read_until_stuck, refused
from tim_async import (
    ApiError,
    GroupType,
    InvalidRequestError,
    PartialFailureError,
    RateLimitedError,
    TimClient,
    UsageError,
    decode,
)
from tim_async._api.endpoint import Caller
from tim_async.emulator import Emulator
from tim_async.emulator.state.group import Groups
from tim_async.families.group import Group
from tim_async.models.group import (
    DefinedData,
    FirstMember,
    JoinedFilter,
    JoinedGroups,
    ListedGroup,
    ListedGroups,
    ModifyGroup,
    OwnField,
    ResponseFilter,
)

NOW = 1_800_000_000
NAMES = ("alice", "bob", "carol", "dave", "eve")
KINDS: tuple[GroupType, ...] = ("Public", "Private", "ChatRoom", "AVChatRoom", "Community")


@pytest.fixture
def emulator(timed_emulator: Emulator) -> Emulator:
    return timed_emulator


@pytest.fixture
def client(timed_client: TimClient) -> TimClient:
    return timed_client


async def make(client: TimClient, type: GroupType = "Public", **fields: Any) -> str:
    return (await client.group.create(type=type, name="测试群", **fields)).group_id


async def test_life_of_a_group(client: TimClient, emulator: Emulator, emulator_clock: Clock) -> None:
    created = await client.group.create(
        type="Public",
        name="爬山群 ⛰️",
        owner_account="alice",
        group_id="hikers",
        introduction="每周末",
        notification="带水",
        face_url="https://example.com/f.png",
        max_member_count=50,
        apply_join_option="FreeAccess",
        invite_join_option="DisableInvite",
        app_defined_data=[DefinedData(key="Area", value="深圳")],
        member_list=[
            FirstMember(member_account="bob", role="Admin"),
            FirstMember(member_account="carol", app_member_defined_data=[DefinedData(key="Level", value="3")]),
        ],
    )
    assert (created.group_id, created.type) == ("hikers", "Public")
    emulator_clock.now += 60
    await client.group.modify_info(
        group_id="hikers",
        name="山友",
        mute_all_member="On",
        max_member_num=60,
        history_msg_before_join="On",
        app_defined_data=[DefinedData(key="Season", value="春")],
    )
    (info,) = (await client.group.get_info(group_id_list=["hikers"])).group_info
    assert (info.group_id, info.type, info.name, info.error_code) == ("hikers", "Public", "山友", 0)
    assert (info.owner_account, info.appid) == ("alice", emulator.sdk_app_id)
    assert (info.introduction, info.notification, info.face_url) == ("每周末", "带水", "https://example.com/f.png")
    assert (info.create_time, info.last_info_time, info.info_seq) == (NOW, NOW + 60, 2)
    assert (info.last_msg_time, info.next_msg_seq) == (NOW + 60, 2), "the change was noted"
    assert (info.member_num, info.max_member_num) == (3, 60)
    assert (info.apply_join_option, info.invite_join_option) == ("FreeAccess", "DisableInvite")
    assert info.mute_all_member == "On"
    assert info.app_defined_data == [OwnField(key="Area", value="深圳"), OwnField(key="Season", value="春")]
    assert info.member_list is not None
    assert [(member.member_account, member.role) for member in info.member_list] == [
        ("alice", "Owner"),
        ("bob", "Admin"),
        ("carol", "Member"),
    ]
    assert info.member_list[2].app_member_defined_data == [OwnField(key="Level", value="3")]
    assert emulator.groups["hikers"].history_before_join
    await client.group.change_owner(group_id="hikers", new_owner_account="carol", from_account="alice")
    assert {account: member.role for account, member in emulator.groups["hikers"].members.items()} == {
        "alice": "Member",
        "bob": "Admin",
        "carol": "Owner",
    }
    assert emulator.groups["hikers"].owner == "carol"
    await client.group.destroy(group_id="hikers")
    assert emulator.groups == {}
    await refused(client.group.destroy(group_id="hikers"), InvalidRequestError, 10010)
    assert (await client.group.list_joined(member_account="bob")).group_id_list == []


async def test_profiles_fail_one_by_one(client: TimClient) -> None:
    group_id = await make(client)
    received = await client.group.get_info(group_id_list=["nowhere", group_id, "no such\nid"])
    assert [(info.group_id, info.error_code) for info in received.group_info] == [
        ("nowhere", 10010),
        (group_id, 0),
        ("no such\nid", 10015),
    ]
    assert [info.group_id for info in received.failed] == ["nowhere", "no such\nid"]
    with pytest.raises(PartialFailureError, match="2 of the items failed"):
        received.raise_for_failed()


def test_an_own_field_without_a_value_is_sent_as_it_is() -> None:
    body = '{"GroupId":"g","AppDefinedData":[{"Key":"a"},{"Key":"b","Value":""}]}'
    assert Group.modify_info.encode(decode(body, ModifyGroup)).decode() == body


async def test_only_what_is_asked_for_is_reported(client: TimClient) -> None:
    own = [DefinedData(key="a", value="1"), DefinedData(key="b", value="2")]
    first = FirstMember(member_account="bob", app_member_defined_data=own)
    group_id = await make(client, app_defined_data=own, member_list=[first])
    wanted = ResponseFilter(
        group_base_info_filter=["Name", "ShutUpAllMember"],
        member_info_filter=["Role", "ShutUpUntil"],
        app_defined_data_filter_group=["b"],
        app_defined_data_filter_group_member=["a"],
    )
    (info,) = (await client.group.get_info(group_id_list=[group_id], response_filter=wanted)).group_info
    assert (info.name, info.mute_all_member, info.app_defined_data) == ("测试群", "Off", [OwnField(key="b", value="2")])
    assert (info.type, info.create_time, info.member_num, info.owner_account) == (None, None, None, None)
    assert info.member_list is not None
    (bob,) = info.member_list
    assert (bob.member_account, bob.role, bob.mute_until) == ("bob", "Member", 0)
    assert bob.app_member_defined_data == [OwnField(key="a", value="1")]
    assert (bob.join_time, bob.name_card, bob.msg_flag) == (None, None, None)
    bare = ResponseFilter(group_base_info_filter=["Type"])
    (info,) = (await client.group.get_info(group_id_list=[group_id], response_filter=bare)).group_info
    assert (info.type, info.member_list) == ("Public", None)


async def test_an_id_is_taken(client: TimClient) -> None:
    await make(client, owner_account="alice", group_id="sea")
    again = make(client, owner_account="bob", group_id="sea")
    await refused(again, InvalidRequestError, 10021)
    await refused(make(client, owner_account="alice", group_id="sea"), ApiError, 10025)
    imported = client.group.import_group(type="Public", name="x", group_id="sea")
    await refused(imported, InvalidRequestError, 10021)


@pytest.mark.parametrize(
    ("fields", "cls", "code"),
    [
        pytest.param({"type": "BChatRoom"}, InvalidRequestError, 10004, id="bad type"),
        pytest.param({"group_id": "@TGS#mine"}, InvalidRequestError, 10004, id="reserved id"),
        pytest.param({"type": "Community", "group_id": "mine"}, InvalidRequestError, 10004, id="community's id"),
        pytest.param({"owner_account": "nobody"}, InvalidRequestError, 10019, id="unknown owner"),
        pytest.param({"member_list": [FirstMember(member_account="nobody")]}, InvalidRequestError, 10019, id="unknown"),
        pytest.param({"max_member_count": 6_001}, RateLimitedError, 10038, id="cap above the plan's"),
        pytest.param(
            {"max_member_count": 1, "owner_account": "alice", "member_list": [FirstMember(member_account="bob")]},
            RateLimitedError,
            10038,
            id="more members than the cap",
        ),
        pytest.param({"support_topic": 1}, InvalidRequestError, 10004, id="topics"),
        pytest.param({"type": "Community", "enable_permission": 1}, InvalidRequestError, 10004, id="permissions"),
        pytest.param(
            {"type": "AVChatRoom", "member_list": [FirstMember(member_account="bob")]},
            InvalidRequestError,
            10007,
            id="live",
        ),
        pytest.param(
            {"type": "Work", "member_list": [FirstMember(member_account="bob", role="Admin")]},
            InvalidRequestError,
            10007,
            id="admins of a work group",
        ),
        pytest.param(
            {"member_list": [FirstMember(member_account="bob", role="Owner")]}, InvalidRequestError, 10004, id="owner"
        ),
    ],
)
async def test_a_group_is_not_made(
    client: TimClient, emulator: Emulator, fields: dict[str, Any], cls: type[ApiError], code: int
) -> None:
    await refused(make(client, **fields), cls, code)
    assert emulator.groups == {}
    assert [account for account in NAMES if list(emulator._state.part(Groups).joined(account))] == []


@pytest.mark.parametrize(("name", "kind"), [("Work", "Private"), ("Meeting", "ChatRoom"), ("Community", "Community")])
async def test_types_have_two_names(client: TimClient, emulator: Emulator, name: GroupType, kind: str) -> None:
    group_id = await make(client, name, owner_account="alice")
    assert emulator.groups[group_id].kind == kind
    (info,) = (await client.group.get_info(group_id_list=[group_id])).group_info
    assert info.type == kind
    listed = await client.group.list_all(group_type=name)
    assert [group.group_id for group in listed.group_id_list] == [group_id]
    assert (await client.group.list_all(group_type="Public")).total_count == 0


async def test_what_differs_between_the_types(client: TimClient, emulator: Emulator) -> None:
    """One row a type: its own part of the ids, the cap, who is in at once, how one comes in, and who owns it later."""
    rows = {}
    for kind in KINDS:
        group_id = await make(client, kind, owner_account="alice")
        group = emulator.groups[group_id]
        rows[kind] = (group_id[:6], group.max_member_num, list(group.members), group.apply_join_option)
    assert rows == {
        "Public": ("@TGS#2", 2_000, ["alice"], "NeedPermission"),
        "Private": ("@TGS#1", 200, ["alice"], "DisableApply"),
        "ChatRoom": ("@TGS#3", 6_000, ["alice"], "FreeAccess"),
        "AVChatRoom": ("@TGS#a", None, [], "FreeAccess"),
        "Community": ("@TGS#_", 100_000, ["alice"], "FreeAccess"),
    }


@pytest.mark.parametrize("kind", KINDS)
async def test_transfer(client: TimClient, emulator: Emulator, kind: GroupType) -> None:
    group_id = await make(client, kind, owner_account="alice")
    call = client.group.change_owner(group_id=group_id, new_owner_account="bob")
    if kind == "AVChatRoom":
        emulator.join_group(group_id, "bob")
        await refused(call, InvalidRequestError, 10007)
        assert emulator.groups[group_id].owner == "alice"
        return
    await refused(call, InvalidRequestError, 10004)  # not a member
    emulator.groups[group_id].apply_join_option = "FreeAccess"
    emulator._state.part(Groups).join(emulator.groups[group_id], "bob", NOW)
    await client.group.change_owner(group_id=group_id, new_owner_account="bob")
    assert emulator.groups[group_id].owner == "bob"
    assert emulator.groups[group_id].role("alice") == "Member"


async def test_a_group_without_an_owner_gets_one(client: TimClient, emulator: Emulator) -> None:
    group_id = await make(client, member_list=[FirstMember(member_account="bob")])
    (info,) = (await client.group.get_info(group_id_list=[group_id])).group_info
    assert info.owner_account == ""
    await client.group.change_owner(group_id=group_id, new_owner_account="bob")
    assert emulator.groups[group_id].role("bob") == "Owner"


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("Private", {"mute_all_member": "On"}, 10007),
        ("Public", {"max_member_num": 6_001}, 10038),
        ("Public", {"enable_permission": 1}, 10004),
        ("Community", {"enable_permission": 1}, 10004),
        ("AVChatRoom", {"mute_all_member": "On", "max_member_num": 6_001}, 0),
    ],
)
async def test_changes_that_a_type_does_not_know(
    client: TimClient, emulator: Emulator, kind: GroupType, fields: dict[str, Any], code: int
) -> None:
    group_id = await make(client, kind)
    if code:
        with pytest.raises(ApiError) as caught:
            await client.group.modify_info(group_id=group_id, name="new", **fields)
        assert caught.value.code == code
        assert (emulator.groups[group_id].name, emulator.groups[group_id].info_seq) == ("测试群", 1)
    else:
        await client.group.modify_info(group_id=group_id, name="new", **fields)
        assert (emulator.groups[group_id].name, emulator.groups[group_id].max_member_num) == ("new", None)


async def test_a_live_group_reports_nothing_of_members(client: TimClient, emulator: Emulator) -> None:
    group_id = await make(client, "AVChatRoom")
    emulator.join_group(group_id, "alice", "bob")
    (info,) = (await client.group.get_info(group_id_list=[group_id])).group_info
    assert (info.member_num, info.member_list, info.max_member_num) == (None, None, None)


async def test_a_community_with_topics(client: TimClient, emulator: Emulator) -> None:
    group_id = await make(
        client, "Community", group_id="@TGS#_sea", support_topic=1, enable_permission=1, default_permission=5
    )
    assert group_id == "@TGS#_sea"
    await client.group.modify_info(group_id=group_id, default_permission=7)
    (info,) = (await client.group.get_info(group_id_list=[group_id])).group_info
    assert (info.enable_permission, info.default_permission) == (1, 7)
    assert emulator.groups[group_id].support_topic


async def test_imported_groups(client: TimClient, emulator: Emulator) -> None:
    imported = await client.group.import_group(
        type="Work", name="旧群", owner_account="alice", group_id="old", create_time=NOW - 9, introduction="i"
    )
    group = emulator.groups[imported.group_id]
    assert (group.group_id, group.create_time, group.max_member_num, group.introduction) == ("old", NOW - 9, 2_000, "i")
    assert group.members["alice"].join_time == NOW - 9
    for fields, cls, code in [
        ({"type": "AVChatRoom"}, InvalidRequestError, 10007),
        ({"type": "Public", "create_time": NOW + 1}, InvalidRequestError, 10004),
        ({"type": "Nothing"}, InvalidRequestError, 10004),
        ({"type": "Public", "support_topic": 1}, InvalidRequestError, 10004),
    ]:
        await refused(client.group.import_group(name="x", **fields), cls, code)  # type: ignore[arg-type]
    assert list(emulator.groups) == ["old"]


async def test_groups_of_the_app_are_paged(client: TimClient, emulator: Emulator) -> None:
    made = [await make(client, "Public" if number % 2 else "ChatRoom") for number in range(7)]
    first = await client.group.list_all(limit=3)
    assert (first.total_count, [group.group_id for group in first.group_id_list]) == (7, made[:3])
    await client.group.destroy(group_id=made[0])
    await client.group.destroy(group_id=made[5])
    rest = await client.group.list_all(limit=10, next=first.next)
    assert ([group.group_id for group in rest.group_id_list], rest.next) == ([made[3], made[4], made[6]], 0)
    before = emulator.count("group_open_http_svc/get_appid_group_list")
    assert [group_id async for group_id in client.group.iter_all(page_size=2)] == [*made[1:5], made[6]]
    assert emulator.count("group_open_http_svc/get_appid_group_list") == before + 3
    assert [group_id async for group_id in client.group.iter_all(group_type="Public")] == [made[1], made[3]]


async def test_groups_of_an_account(client: TimClient, emulator: Emulator) -> None:
    public = await make(client, owner_account="alice")
    quiet = await make(client, "Work", owner_account="alice")
    talking = await make(client, "Work", owner_account="bob", member_list=[FirstMember(member_account="alice")])
    live = await make(client, "AVChatRoom")
    topics = await make(client, "Community", owner_account="alice", support_topic=1)
    emulator.join_group(live, "alice")
    emulator.groups[talking].thread.take_seq(NOW)

    async def ids(**fields: Any) -> list[str]:
        received = await client.group.list_joined(member_account="alice", **fields)
        return [group.group_id for group in received.group_id_list]

    assert await ids() == [public, talking, topics]
    assert await ids(with_no_active_groups=1) == [public, quiet, talking, topics]
    assert await ids(with_huge_groups=1) == [public, talking, topics, live]
    assert await ids(group_type="Work") == [talking]
    assert await ids(group_type="Community", support_topic=1) == [topics]
    assert await ids(offset=1, limit=1) == [talking]
    page = await client.group.list_joined(member_account="alice", limit=1)
    assert page.total_count == 3
    assert page.group_id_list[0].name is None
    wanted = JoinedFilter(
        group_base_info_filter=["Name", "MuteAllMember", "SupportTopic", "GrossTopicNextMsgSeq"],
        self_info_filter=["Role", "MsgSeq", "GrossTopicReadSeq"],
    )
    received = [group async for group in client.group.iter_joined("alice", response_filter=wanted, page_size=2)]
    assert [(group.group_id, group.name, group.type) for group in received] == [
        (group_id, "测试群", None) for group_id in (public, talking, topics)
    ]
    assert [group.self_info and group.self_info.role for group in received] == ["Owner", "Member", "Owner"]
    assert (received[0].support_topic, received[0].gross_topic_next_msg_seq) == (0, None)
    assert (received[2].support_topic, received[2].gross_topic_next_msg_seq) == (1, 1)
    assert received[2].self_info is not None
    assert (received[2].self_info.gross_topic_read_seq, received[2].self_info.join_time) == (0, None)
    everything = client.group.iter_joined("alice", with_live=True, with_inactive=True)
    assert len([group async for group in everything]) == 5
    await refused(
        client.group.list_joined(member_account="nobody"),
        InvalidRequestError,
        10004,
    )


async def test_profiles_of_any_number_of_groups(client: TimClient, emulator: Emulator) -> None:
    made = [await make(client) for _ in range(51)]
    received = await client.group.get_info_all(iter([*made, "nowhere"]), response_filter=ResponseFilter())
    assert [len(result.group_info) for result in received.results] == [50, 2]
    assert [info.group_id for result in received.results for info in result.failed] == ["nowhere"]
    assert emulator.count("group_open_http_svc/get_group_info") == 2


async def test_an_answer_of_more_than_1_mb_is_refused(client: TimClient, emulator: Emulator) -> None:
    accounts = [f"account-{number:020}" for number in range(6_000)]
    emulator.add_accounts(*accounts)
    group_id = await make(client, max_member_count=6_000)
    for account in accounts:
        emulator._state.part(Groups).join(emulator.groups[group_id], account, NOW)
    await refused(client.group.get_info(group_id_list=[group_id]), InvalidRequestError, 10018)
    wanted = ResponseFilter(member_info_filter=["Role"])
    (info,) = (await client.group.get_info(group_id_list=[group_id], response_filter=wanted)).group_info
    assert info.member_list is not None
    assert len(info.member_list) == 6_000


async def test_iterators_report_a_service_that_repeats_itself() -> None:
    class Stuck(Caller):
        calls = 0

        async def call(self, endpoint: Any, request: Any) -> Any:
            self.calls += 1
            if endpoint is Group.list_all:
                return ListedGroups(group_id_list=[ListedGroup(group_id="g")], next=7)
            return JoinedGroups(total_count=5)

    stuck = Stuck()
    assert len(await read_until_stuck(Group(stuck).iter_all())) == 2
    assert len([group async for group in Group(stuck).iter_joined("alice")]) == 0
    assert stuck.calls == 3


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("create", {"type": "", "name": "x"}, "type"),
        ("create", {"type": "Public", "name": ""}, "name"),
        ("create", {"type": "Public", "name": "群" * 33 + "xx"}, "name"),
        ("create", {"type": "Public", "name": "x", "introduction": "群" * 134}, "introduction"),
        ("create", {"type": "Public", "name": "x", "notification": "x" * 401}, "notification"),
        ("create", {"type": "Public", "name": "x", "face_url": "x" * 501}, "face_url"),
        ("create", {"type": "Public", "name": "x", "group_id": "x" * 49}, "group_id"),
        ("create", {"type": "Public", "name": "x", "owner_account": ""}, "owner_account"),
        ("create", {"type": "Public", "name": "x", "max_member_count": 0}, "max_member_count"),
        ("create", {"type": "Public", "name": "x", "apply_join_option": "Free"}, "apply_join_option"),
        ("create", {"type": "Public", "name": "x", "support_topic": 2}, "support_topic"),
        (
            "create",
            {"type": "Public", "name": "x", "member_list": [FirstMember(member_account="b")] * 101},
            "member_list",
        ),
        (
            "create",
            {"type": "Public", "name": "x", "member_list": [FirstMember(member_account="x" * 33)]},
            "member_list[0].member_account",
        ),
        ("import_group", {"type": "Public", "name": "x" * 101}, "name"),
        ("import_group", {"type": "Public", "name": "x", "create_time": -1}, "create_time"),
        ("modify_info", {"group_id": ""}, "group_id"),
        ("modify_info", {"group_id": "g", "mute_all_member": "on"}, "mute_all_member"),
        ("modify_info", {"group_id": "g", "from_account": "x" * 33}, "from_account"),
        ("modify_info", {"group_id": "g", "max_member_num": 0}, "max_member_num"),
        ("destroy", {"group_id": ""}, "group_id"),
        ("destroy", {"group_id": 5}, "group_id"),
        ("change_owner", {"group_id": "g", "new_owner_account": ""}, "new_owner_account"),
        ("change_owner", {"group_id": "g", "new_owner_account": "a", "from_account": ""}, "from_account"),
        ("get_info", {"group_id_list": []}, "group_id_list"),
        ("get_info", {"group_id_list": ["g"] * 51}, "group_id_list"),
        ("get_info", {"group_id_list": ["g", ""]}, "group_id_list[1]"),
        ("list_all", {"limit": 10_001}, "limit"),
        ("list_all", {"next": -1}, "next"),
        ("list_joined", {"member_account": ""}, "member_account"),
        ("list_joined", {"member_account": "a", "limit": 5_001}, "limit"),
        ("list_joined", {"member_account": "a", "offset": -1}, "offset"),
    ],
)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.group, method)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0
