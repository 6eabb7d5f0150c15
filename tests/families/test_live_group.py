"""Live groups, end to end: who is online, marks, robots, admins."""

from __future__ import annotations

from typing import Any

import pytest

from tests.families.conftest import Clock, read_until_stuck, refused
from tim_async import GroupType, InvalidRequestError, TimClient, UsageError
from tim_async._api.endpoint import Caller
from tim_async.emulator import Emulator
from tim_async.families.live_group import LiveGroup
from tim_async.models.live_group import MarkedMember, OnlineMember, OnlineMembers

NOW = 1_800_000_000
DAY = 86_400


@pytest.fixture
def emulator(timed_emulator: Emulator) -> Emulator:
    return timed_emulator


@pytest.fixture
def client(timed_client: TimClient) -> TimClient:
    return timed_client


async def make(client: TimClient, type: GroupType = "AVChatRoom", **fields: Any) -> str:
    return (await client.group.create(type=type, name="直播", **fields)).group_id


async def online(client: TimClient, group_id: str, mark: int | None = None) -> list[str]:
    return [member.member_account async for member in client.live_group.iter_online(group_id, mark=mark)]


async def test_who_is_online(client: TimClient, emulator: Emulator, emulator_clock: Clock) -> None:
    group_id = await make(client, owner_account="alice")
    live = client.live_group
    assert (await live.get_online_num(group_id=group_id)).online_member_num == 0
    await client.account.import_account(user_id="bob", nick="鲍勃", face_url="https://example.com/b.png")
    emulator.join_group(group_id, "bob")
    emulator_clock.now += 5
    emulator.join_group(group_id, "alice", "bob")
    assert (await live.get_online_num(group_id=group_id)).online_member_num == 2
    page = await live.list_online(group_id=group_id, timestamp=0)
    assert page.member_list == [
        OnlineMember(member_account="alice", join_time=NOW + 5),
        OnlineMember(member_account="bob", join_time=NOW, nick_name="鲍勃", avatar="https://example.com/b.png"),
    ]
    assert page.next_timestamp == 0
    present = await live.check_members(group_id=group_id, member_account=["bob", "carol", "nobody", "alice"])
    assert present.member_account == ["bob", "alice"]
    emulator.leave_group(group_id, "bob")
    assert await online(client, group_id) == ["alice"]


async def test_the_newest_thousand_are_listed_page_by_page(client: TimClient, emulator: Emulator) -> None:
    names = [f"u{number}" for number in range(1_100)]
    emulator.add_accounts(*names)
    group_id = await make(client)
    emulator.join_group(group_id, *names)
    first = await client.live_group.list_online(group_id=group_id, timestamp=0)
    assert (len(first.member_list), first.next_timestamp > 0) == (250, True)
    emulator.join_group(group_id, "bob")  # who comes later does not shift the pages
    second = await client.live_group.list_online(group_id=group_id, timestamp=first.next_timestamp)
    assert second.member_list[0].member_account == "u849"
    listed = await online(client, group_id)
    assert listed == ["bob", *reversed(names[101:])]
    assert (await client.live_group.get_online_num(group_id=group_id)).online_member_num == 1_101
    assert (await client.live_group.check_members(group_id=group_id, member_account=["u0"])).member_account == ["u0"]


async def test_marks(client: TimClient, emulator: Emulator) -> None:
    group_id = await make(client)
    live = client.live_group
    emulator.join_group(group_id, "alice", "bob", "carol")
    received = await live.mark_members(
        group_id=group_id,
        command_type=1,
        member_list=[
            MarkedMember(member_account="alice", marks=[1_000, 1_001, 1_000]),
            MarkedMember(member_account="bob", marks=[1_000]),
            MarkedMember(member_account="carol", marks=[600]),
            MarkedMember(member_account="dave", marks=[1_000]),
        ],
    )
    assert received.command_type == 1
    assert [(member.member_account, member.marks) for member in received.member_list] == [
        ("alice", [1_000, 1_001]),
        ("bob", [1_000]),
        ("carol", [600]),
    ]
    assert await online(client, group_id) == ["bob", "alice"]  # carol is hidden
    assert await online(client, group_id, mark=1_001) == ["alice"]
    page = await live.list_online(group_id=group_id, timestamp=0)
    assert [member.marks for member in page.member_list] == [[1_000], [1_000, 1_001]]
    await live.mark_members(
        group_id=group_id, command_type=2, member_list=[MarkedMember(member_account="alice", marks=[1_000, 1_002])]
    )
    assert await online(client, group_id, mark=1_000) == ["bob"]
    emulator.leave_group(group_id, "bob")
    emulator.join_group(group_id, "bob")
    assert await online(client, group_id, mark=1_000) == []


async def test_marks_have_limits(client: TimClient, emulator: Emulator) -> None:
    names = [f"u{number}" for number in range(1_001)]
    emulator.add_accounts(*names)
    group_id = await make(client)
    emulator.join_group(group_id, *names)
    ten = MarkedMember(member_account="u0", marks=list(range(1_000, 1_010)))
    await client.live_group.mark_members(group_id=group_id, command_type=1, member_list=[ten])
    eleventh = MarkedMember(member_account="u1", marks=[2_000])
    call = client.live_group.mark_members(group_id=group_id, command_type=1, member_list=[eleventh])
    await refused(call, InvalidRequestError, 10004)
    assert "u1" not in emulator.groups[group_id].marks
    everybody = (MarkedMember(member_account=name, marks=[1_000]) for name in names)
    received = await client.live_group.mark_all(group_id, everybody, 1)
    assert sum(len(result.member_list) for result in received.results) == 1_000
    (chunk,) = received.failed_chunks
    assert (len(chunk.items), chunk.error.code) == (1, 10004)


async def test_robots_are_always_online_for_three_days(
    client: TimClient, emulator: Emulator, emulator_clock: Clock
) -> None:
    group_id = await make(client)
    live = client.live_group
    emulator.join_group(group_id, "alice")
    await live.add_robots(group_id=group_id, member_account=["robot", "alice"])
    assert await online(client, group_id) == ["robot", "alice"]
    assert (await live.get_online_num(group_id=group_id)).online_member_num == 2
    emulator.leave_group(group_id, "alice")
    assert await online(client, group_id) == ["alice", "robot"]
    emulator_clock.now += DAY
    bob = MarkedMember(member_account="bob", marks=[500, 1_000])
    received = await live.mark_members(group_id=group_id, command_type=1, member_list=[bob])
    assert received.member_list[0].marks == [500]  # an absent account can only be a robot
    await live.delete_robots(group_id=group_id, member_account=["alice", "carol"])
    assert await online(client, group_id, mark=500) == ["bob", "robot"]
    emulator_clock.now += 2 * DAY
    assert await online(client, group_id) == ["bob"]
    await refused(live.add_robots(group_id=group_id, member_account=["nobody"]), InvalidRequestError, 10004)
    await live.add_robots(group_id=group_id)


async def test_admins(client: TimClient, emulator: Emulator) -> None:
    group_id = await make(client, owner_account="alice")
    live = client.live_group
    emulator.join_group(group_id, "alice", "carol")
    await client.account.import_account(user_id="bob", nick="鲍勃")
    await live.modify_admins(group_id=group_id, command_type=1, admin_account=["bob", "carol", "alice"])
    group = emulator.groups[group_id]
    assert [group.role(name) for name in ("alice", "bob", "carol")] == ["Owner", "NotMember", "Admin"]
    emulator.join_group(group_id, "bob")
    assert group.role("bob") == "Admin"
    admins = (await live.list_admins(group_id=group_id)).admin_list
    assert [(admin.admin_account, admin.nick_name, admin.avatar) for admin in admins] == [
        ("bob", "鲍勃", ""),
        ("carol", "", ""),
        ("alice", "", ""),
    ]
    await live.modify_admins(group_id=group_id, command_type=1, admin_account=["dave", "robot", "dave"])
    call = live.modify_admins(group_id=group_id, command_type=1, admin_account=["administrator"])
    await refused(call, InvalidRequestError, 10004)
    await live.modify_admins(group_id=group_id, command_type=2, admin_account=["carol", "dave"])
    assert group.live_admins == ["bob", "alice", "robot"]
    assert group.role("carol") == "Member"
    call = live.modify_admins(group_id=group_id, command_type=1, admin_account=["nobody"])
    await refused(call, InvalidRequestError, 10004)


@pytest.mark.parametrize("kind", ["Public", "Private", "ChatRoom", "Community"])
async def test_what_is_for_live_groups_only(client: TimClient, emulator: Emulator, kind: GroupType) -> None:
    group_id = await make(client, kind, owner_account="alice")
    live = client.live_group
    calls = [
        live.check_members(group_id=group_id, member_account=["alice"]),
        live.list_admins(group_id=group_id),
        live.modify_admins(group_id=group_id, command_type=1, admin_account=["bob"]),
        live.add_robots(group_id=group_id, member_account=["robot"]),
        live.delete_robots(group_id=group_id, member_account=["robot"]),
        live.mark_members(
            group_id=group_id, command_type=1, member_list=[MarkedMember(member_account="alice", marks=[1_000])]
        ),
    ]
    for call in calls:
        await refused(call, InvalidRequestError, 10007)
    if kind == "Community":
        emulator.join_group(group_id, "alice", "bob")
        assert await online(client, group_id) == ["bob", "alice"]
        assert (await live.get_online_num(group_id=group_id)).online_member_num == 2
    else:
        await refused(live.list_online(group_id=group_id, timestamp=0), InvalidRequestError, 10007)
        # A member who was added is not online by that.
        assert (await live.get_online_num(group_id=group_id)).online_member_num == 0
    await refused(live.get_online_num(group_id="nowhere"), InvalidRequestError, 10010)


async def test_iterator_reports_a_service_that_repeats_itself() -> None:
    class Stuck(Caller):
        calls = 0

        async def call(self, endpoint: Any, request: Any) -> Any:
            self.calls += 1
            return OnlineMembers(member_list=[OnlineMember()], next_timestamp=7)

    stuck = Stuck()
    assert len(await read_until_stuck(LiveGroup(stuck).iter_online("g"))) == 2
    assert stuck.calls == 2


ALICE = MarkedMember(member_account="alice", marks=[1_000])


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("mark_members", {"command_type": 1, "member_list": []}, "member_list"),
        ("mark_members", {"command_type": 1, "member_list": [ALICE] * 501}, "member_list"),
        ("mark_members", {"command_type": 3, "member_list": [ALICE]}, "command_type"),
        (
            "mark_members",
            {"command_type": 1, "member_list": [MarkedMember(member_account="", marks=[500])]},
            "member_list[0].member_account",
        ),
        (
            "mark_members",
            {"command_type": 1, "member_list": [MarkedMember(member_account="a", marks=[999])]},
            "member_list[0].marks",
        ),
        (
            "mark_members",
            {"command_type": 1, "member_list": [ALICE, MarkedMember(member_account="a", marks=[])]},
            "member_list[1].marks",
        ),
        ("list_online", {"timestamp": -1}, "timestamp"),
        ("list_online", {"timestamp": 0, "mark": -1}, "mark"),
        ("modify_admins", {"command_type": 1, "admin_account": ["a"] * 6}, "admin_account"),
        ("modify_admins", {"command_type": 0, "admin_account": ["a"]}, "command_type"),
        ("add_robots", {"member_account": [""]}, "member_account[0]"),
        ("delete_robots", {"member_account": []}, "member_account"),
        ("check_members", {"member_account": "alice"}, "member_account"),
    ],
)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, Any], field: str
) -> None:
    for group_id, wrong in (("g", field), ("", "group_id")):
        with pytest.raises(UsageError) as caught:
            await getattr(client.live_group, method)(group_id=group_id, **fields)
        assert caught.value.field == wrong
    assert emulator.count() == 0
