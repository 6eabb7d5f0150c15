"""Members of groups, end to end: coming and going, roles, mutes, bans, and what differs between the five types."""

from __future__ import annotations

from typing import Any

import pytest

from tests.families.conftest import Clock, read_until_stuck, refused
from tim_async import (
    ApiError,
    InvalidRequestError,
    PartialFailureError,
    RateLimitedError,
    TimClient,
    UsageError,
)
from tim_async._api.endpoint import Caller
from tim_async.emulator import Emulator
from tim_async.families.group_member import GroupMember
from tim_async.models.group import DefinedData, FirstMember, MemberInfo, OwnField
from tim_async.models.group_member import (
    FOREVER,
    AddedMember,
    AddedMembers,
    BannedAccounts,
    ImportedMember,
    MemberPage,
    NewMember,
)

NOW = 1_800_000_000
KINDS = ("Public", "Private", "ChatRoom", "AVChatRoom", "Community")


@pytest.fixture
def emulator(timed_emulator: Emulator) -> Emulator:
    return timed_emulator


@pytest.fixture
def client(timed_client: TimClient) -> TimClient:
    return timed_client


async def make(client: TimClient, type: str = "Public", *members: str, **fields: Any) -> str:
    first = [FirstMember(member_account=account) for account in members]
    owner = None if type == "AVChatRoom" else "alice"
    return (
        await client.group.create(type=type, name="g", owner_account=owner, member_list=first or None, **fields)
    ).group_id


def new(*accounts: str) -> list[NewMember]:
    return [NewMember(member_account=account) for account in accounts]


async def test_members_come_and_go(client: TimClient, emulator: Emulator, emulator_clock: Clock) -> None:
    group_id = await make(client)
    emulator_clock.now += 5
    added = await client.group_member.add(group_id=group_id, member_list=new("bob", "alice", "nobody"), silence=1)
    assert [(member.member_account, member.result, member.is_member) for member in added.member_list] == [
        ("bob", 1, True),
        ("alice", 2, True),
        ("nobody", 0, False),
    ]
    assert [member.member_account for member in added.failed] == ["nobody"]
    with pytest.raises(PartialFailureError):
        added.raise_for_failed()
    roles = await client.group_member.get_roles(group_id=group_id, user_account=["alice", "bob", "carol"])
    assert [(role.member_account, role.role) for role in roles.user_id_list] == [
        ("alice", "Owner"),
        ("bob", "Member"),
        ("carol", "NotMember"),
    ]
    await client.group_member.delete(
        group_id=group_id, member_to_del_account=["bob", "carol", "nobody"], silence=1, reason="刷屏"
    )
    assert list(emulator.groups[group_id].members) == ["alice"]
    await refused(client.group_member.add(group_id=group_id, member_list=new("x", "y")), InvalidRequestError, 10019)
    await refused(client.group_member.add(group_id="nowhere", member_list=new("bob")), InvalidRequestError, 10010)


def test_who_waits_for_consent_did_not_fail() -> None:
    received = AddedMembers(
        member_list=[AddedMember(member_account="a", result=3), AddedMember(member_account="b", result=4)]
    )
    assert [member.member_account for member in received.waiting] == ["a"]
    assert [member.member_account for member in received.failed] == ["b"]
    assert not received.waiting[0].is_member


async def test_a_group_is_full(client: TimClient, emulator: Emulator) -> None:
    group_id = await make(client, "Public", max_member_count=2)
    await refused(client.group_member.add(group_id=group_id, member_list=new("bob", "carol")), RateLimitedError, 10014)
    assert list(emulator.groups[group_id].members) == ["alice"]
    # Existing members and unknown accounts take no room.
    added = await client.group_member.add(group_id=group_id, member_list=new("bob", "alice", "nobody", "bob"))
    assert [member.result for member in added.member_list] == [1, 2, 0, 2]
    imported = client.group_member.import_members(
        group_id=group_id, member_list=[ImportedMember(member_account="carol")]
    )
    await refused(imported, RateLimitedError, 10014)
    await client.group.modify_info(group_id=group_id, max_member_num=3)
    (await client.group_member.add(group_id=group_id, member_list=new("carol"))).raise_for_failed()


# What each type refuses: the call, and the code; those that are missing go through.
REFUSALS: dict[str, dict[str, int]] = {
    "Public": {},
    "ChatRoom": {},
    "Community": {},
    "Private": {"mute": 10007, "mute one": 10007, "admin": 10007},
    "AVChatRoom": {
        "add": 10007,
        "import": 10007,
        "delete": 10004,
        "list": 10007,
        "get": 10007,
        "roles": 10007,
        "card": 10007,
        "mute one": 10007,
        "admin": 10007,
    },
}


@pytest.mark.parametrize("kind", KINDS)
async def test_what_differs_between_the_types(client: TimClient, emulator: Emulator, kind: str) -> None:
    group_id = await make(client, kind)
    if kind == "AVChatRoom":
        emulator.join_group(group_id, "bob")
    members = client.group_member
    card = {"group_id": group_id, "member_account": "bob"}
    calls: dict[str, Any] = {
        "add": lambda: members.add(group_id=group_id, member_list=new("bob")),
        "import": lambda: members.import_members(
            group_id=group_id, member_list=[ImportedMember(member_account="carol")]
        ),
        "list": lambda: members.list_members(group_id=group_id),
        "get": lambda: members.get_info(group_id=group_id, member_list_account=["bob"]),
        "roles": lambda: members.get_roles(group_id=group_id, user_account=["bob"]),
        "card": lambda: members.modify_info(**card, name_card="B"),
        "admin": lambda: members.modify_info(**card, role="Admin"),
        "mute one": lambda: members.modify_info(**card, mute_time=60),
        "mute": lambda: members.mute(group_id=group_id, members_account=["bob"], mute_time=60),
        "muted": lambda: members.list_muted(group_id=group_id),
        "shutted": lambda: members.list_shutted(group_id=group_id),
        "delete": lambda: members.delete(group_id=group_id, member_to_del_account=["carol"]),
        "ban": lambda: members.ban(group_id=group_id, members_account=["bob"], duration=60),
        "banned": lambda: members.list_banned(group_id=group_id, offset=0),
        "unban": lambda: members.unban(group_id=group_id, members_account=["bob"]),
    }
    received: dict[str, int] = {}
    for name, call in calls.items():
        try:
            await call()
        except ApiError as error:
            received[name] = error.code
    assert received == REFUSALS[kind]
    assert "bob" not in emulator.groups[group_id].members


async def test_members_are_read_by_offset(client: TimClient, emulator: Emulator) -> None:
    group_id = await make(client, "Public", "bob", "carol", "dave", "eve")
    await client.group_member.modify_info(group_id=group_id, member_account="carol", role="Admin")
    page = await client.group_member.list_members(group_id=group_id, limit=2, offset=1)
    assert (page.member_num, [member.member_account for member in page.member_list]) == (5, ["bob", "carol"])
    assert page.next is None
    assert len((await client.group_member.list_members(group_id=group_id)).member_list) == 5
    wanted = client.group_member.iter_members(group_id, page_size=2)
    assert [member.member_account async for member in wanted] == ["alice", "bob", "carol", "dave", "eve"]
    assert emulator.count("group_open_http_svc/get_group_member_info") == 5
    chosen = client.group_member.iter_members(group_id, member_role_filter=["Owner", "Admin"], page_size=1)
    assert [(member.member_account, member.role) async for member in chosen] == [("alice", "Owner"), ("carol", "Admin")]


async def test_members_of_a_community_are_read_by_cursor(client: TimClient, emulator: Emulator) -> None:
    group_id = await make(client, "Community", "bob", "carol", "dave", "eve")
    first = await client.group_member.list_members(group_id=group_id, limit=2, next="")
    assert [member.member_account for member in first.member_list] == ["alice", "bob"]
    await client.group_member.delete(group_id=group_id, member_to_del_account=["alice", "bob"])
    second = await client.group_member.list_members(group_id=group_id, limit=2, next=first.next)
    assert [member.member_account for member in second.member_list] == ["carol", "dave"]
    assert second.next
    received = client.group_member.iter_members(group_id, page_size=2)
    assert [member.member_account async for member in received] == ["carol", "dave", "eve"]
    assert (await client.group_member.list_members(group_id=group_id)).next == ""
    for fields in ({"offset": 1}, {"next": "x"}, {"next": "9" * 19}):
        await refused(client.group_member.list_members(group_id=group_id, **fields), InvalidRequestError, 10004)


async def test_a_member_is_changed_and_read(client: TimClient, emulator_clock: Clock, emulator: Emulator) -> None:
    group_id = await make(client, "Public", "bob")
    await client.group_member.modify_info(
        group_id=group_id,
        member_account="bob",
        role="Admin",
        msg_flag="Discard",
        name_card="班长📣",
        mute_time=60,
        app_member_defined_data=[DefinedData(key="a", value="1"), DefinedData(key="b", value="2")],
    )
    await client.group_member.modify_info(
        group_id=group_id, member_account="bob", app_member_defined_data=[DefinedData(key="b", value="")]
    )
    received = await client.group_member.get_info(group_id=group_id, member_list_account=["bob", "carol", "bob"])
    assert received.group_id == group_id
    assert received.member_list == [
        MemberInfo(
            member_account="bob",
            role="Admin",
            join_time=NOW,
            msg_seq=0,
            msg_flag="Discard",
            last_send_msg_time=0,
            mute_until=NOW + 60,
            name_card="班长📣",
            app_member_defined_data=[OwnField(key="a", value="1"), OwnField(key="b", value="")],
        )
    ]
    emulator_clock.now += 60
    received = await client.group_member.get_info(
        group_id=group_id,
        member_list_account=["alice", "bob"],
        member_info_filter=["ShutUpUntil"],
        member_role_filter=["Admin"],
        app_defined_data_filter_group_member=["a"],
    )
    assert received.member_list == [
        MemberInfo(member_account="bob", mute_until=0, app_member_defined_data=[OwnField(key="a", value="1")])
    ]
    await client.group_member.modify_info(group_id=group_id, member_account="bob", role="Member")
    assert emulator.groups[group_id].role("bob") == "Member"


@pytest.mark.parametrize(
    ("fields", "cls", "code"),
    [
        pytest.param({"member_account": "carol"}, InvalidRequestError, 10007, id="not a member"),
        pytest.param({"member_account": "bob", "role": "Owner"}, InvalidRequestError, 10004, id="another owner"),
        pytest.param({"member_account": "alice", "role": "Member"}, InvalidRequestError, 10004, id="the owner"),
    ],
)
async def test_a_member_is_not_changed(
    client: TimClient, emulator: Emulator, fields: dict[str, Any], cls: type[ApiError], code: int
) -> None:
    group_id = await make(client, "Public", "bob")
    await refused(client.group_member.modify_info(group_id=group_id, name_card="X", **fields), cls, code)
    assert {member.name_card for member in emulator.groups[group_id].members.values()} == {""}
    assert [emulator.groups[group_id].role(name) for name in ("alice", "bob")] == ["Owner", "Member"]


async def test_mutes_end_are_lifted_and_outlast_leaving(
    client: TimClient, emulator: Emulator, emulator_clock: Clock
) -> None:
    group_id = await make(client, "Public", "bob", "carol", "dave")
    members = client.group_member
    await members.mute(group_id=group_id, members_account=["bob", "carol"], mute_time=60)
    await members.mute(group_id=group_id, members_account=["dave"], mute_time=FOREVER)
    await members.mute(group_id=group_id, members_account=["carol"], mute_time=0)
    await members.delete(group_id=group_id, member_to_del_account=["bob"])
    muted = await members.list_muted(group_id=group_id)
    assert muted.group_id == group_id
    received = [(account.member_account, account.muted_until) for account in muted.muted_account_list]
    assert received == [("bob", NOW + 60), ("dave", FOREVER)]
    older = await members.list_shutted(group_id=group_id)
    assert [(account.member_account, account.shutted_until) for account in older.shutted_uin_list] == received
    emulator_clock.now += 60
    muted = await members.list_muted(group_id=group_id)
    assert [account.member_account for account in muted.muted_account_list] == ["dave"]
    # All are members, or none is muted.
    call = members.mute(group_id=group_id, members_account=["carol", "eve"], mute_time=60)
    await refused(call, InvalidRequestError, 10007)
    assert len((await members.list_muted(group_id=group_id)).muted_account_list) == 1


async def test_mutes_in_topics_and_live_groups(client: TimClient, emulator: Emulator) -> None:
    community = await make(client, "Community", support_topic=1)
    live = await make(client, "AVChatRoom")
    members = client.group_member
    topic = f"{community}@TOPIC#_a"
    call = members.mute(group_id=community, members_account=["alice"], mute_time=1, topic_id=topic)
    await refused(call, InvalidRequestError, 10004)
    public = await make(client)
    call = members.mute(group_id=public, members_account=["alice"], mute_time=1, topic_id=topic)
    await refused(call, InvalidRequestError, 10007)
    await members.mute(group_id=live, members_account=["bob"], mute_time=60)  # who is not there yet
    assert len((await members.list_muted(group_id=live)).muted_account_list) == 1
    call = members.mute(group_id=live, members_account=["bob", "nobody"], mute_time=0)
    await refused(call, InvalidRequestError, 10004)
    assert len((await members.list_muted(group_id=live)).muted_account_list) == 1


async def test_bans(client: TimClient, emulator: Emulator, emulator_clock: Clock) -> None:
    group_id = await make(client, "Public", "bob", "carol")
    members = client.group_member
    await members.ban(group_id=group_id, members_account=["bob", "dave"], duration=60, description="违规")
    await members.ban(group_id=group_id, members_account=["eve"], duration=4_294_967_295)
    assert list(emulator.groups[group_id].members) == ["alice", "carol"]
    added = await members.add(group_id=group_id, member_list=new("bob", "dave"))
    assert [member.result for member in added.failed] == [0, 0]
    page = await members.list_banned(group_id=group_id, limit=2, offset=0)
    assert [(banned.member_account, banned.banned_until) for banned in page.banned_account_list] == [
        ("bob", NOW + 60),
        ("dave", NOW + 60),
    ]
    assert page.next_offset == 2
    assert [banned.member_account async for banned in members.iter_banned(group_id, page_size=1)] == [
        "bob",
        "dave",
        "eve",
    ]
    await members.unban(group_id=group_id, members_account=["dave", "carol"])
    emulator_clock.now += 60
    assert [banned.banned_until async for banned in members.iter_banned(group_id)] == [FOREVER]
    (await members.add(group_id=group_id, member_list=new("bob", "dave"))).raise_for_failed()
    call = members.ban(group_id=group_id, members_account=["bob", "nobody"], duration=1)
    await refused(call, InvalidRequestError, 10004)
    assert emulator.groups[group_id].role("bob") == "Member"


async def test_a_banned_account_leaves_a_live_group(
    client: TimClient, emulator: Emulator, emulator_clock: Clock
) -> None:
    group_id = await make(client, "AVChatRoom")
    emulator.join_group(group_id, "bob")
    await client.group_member.ban(group_id=group_id, members_account=["bob"], duration=60)
    with pytest.raises(UsageError, match="banned"):
        emulator.join_group(group_id, "bob")
    emulator_clock.now += 60
    emulator.join_group(group_id, "bob")


async def test_imported_members(client: TimClient, emulator: Emulator, emulator_clock: Clock) -> None:
    group_id = await make(client)
    thread = emulator.groups[group_id].thread
    for _ in range(5):
        thread.take_seq(NOW)
    emulator_clock.now += 100
    received = await client.group_member.import_members(
        group_id=group_id,
        member_list=[
            ImportedMember(member_account="bob", role="Admin", join_time=NOW + 50, unread_msg_num=2),
            ImportedMember(member_account="carol", unread_msg_num=99),
            ImportedMember(member_account="dave", join_time=NOW - 1),  # before there was a group
            ImportedMember(member_account="eve", join_time=NOW + 101),  # in the future
            ImportedMember(member_account="alice"),
            ImportedMember(member_account="nobody"),
        ],
    )
    assert [member.result for member in received.member_list] == [1, 1, 0, 0, 2, 0]
    assert [member.member_account for member in received.failed] == ["dave", "eve", "nobody"]
    group = emulator.groups[group_id]
    assert [(member.account, member.role, member.join_time) for member in group.members.values()] == [
        ("alice", "Owner", NOW),
        ("bob", "Admin", NOW + 50),
        ("carol", "Member", NOW + 100),
    ]
    assert [thread.unread(account) for account in ("bob", "carol")] == [2, 5]
    work = await make(client, "Work")
    received = await client.group_member.import_members(
        group_id=work, member_list=[ImportedMember(member_account="bob", role="Admin")]
    )
    assert [member.result for member in received.failed] == [0]


async def test_any_number_of_members(client: TimClient, emulator: Emulator) -> None:
    names = [f"u{number}" for number in range(1_250)]
    emulator.add_accounts(*names)
    group_id = await make(client, "Public")
    members = client.group_member

    def calls(command: str) -> int:
        return emulator.count(f"group_open_http_svc/{command}")

    added = await members.add_all(group_id, [*names[:700], "nobody"], silence=1)
    assert [len(result.member_list) for result in added.results] == [300, 300, 101]
    assert [member.member_account for result in added.results for member in result.failed] == ["nobody"]
    assert len(added.failed) == 1
    slow = await members.add_all(group_id, names[700:740], chunk_size=20)
    assert [len(result.member_list) for result in slow.results] == [20, 20]
    imported = await members.import_all(group_id, (ImportedMember(member_account=name) for name in names[740:]))
    assert [len(result.member_list) for result in imported.results] == [300, 210]
    assert len(emulator.groups[group_id].members) == 1_251
    roles = await members.get_roles_all(group_id, [*names, "bob"])
    assert {role.role for result in roles.results for role in result.user_id_list[:250]} == {"Member"}
    assert roles.results[-1].user_id_list[-1].role == "NotMember"
    assert calls("get_role_in_group") == 3
    infos = await members.get_info_all(group_id, names[:101], member_info_filter=["Role"])
    assert [len(result.member_list) for result in infos.results] == [50, 50, 1]
    assert infos.results[0].member_list[0].join_time is None
    assert (await members.mute_all(group_id, names, 60)).failed == []
    assert (calls("forbid_send_msg"), len(emulator.groups[group_id].thread.mutes)) == (3, 1_250)
    assert (await members.ban_all(group_id, names[:50], 60, description="x")).failed == []
    assert (calls("ban_group_member"), len(emulator.groups[group_id].bans)) == (3, 50)
    assert (await members.unban_all(group_id, names[:50])).failed == []
    assert (calls("unban_group_member"), len(emulator.groups[group_id].bans)) == (3, 0)
    assert (await members.delete_all(group_id, names, silence=1, reason="x")).failed == []
    assert (calls("delete_group_member"), list(emulator.groups[group_id].members)) == (13, ["alice"])


async def test_a_chunk_that_fails_is_reported(client: TimClient, emulator: Emulator) -> None:
    names = [f"u{number}" for number in range(350)]
    emulator.add_accounts(*names[:300])
    group_id = await make(client, max_member_count=500)
    received = await client.group_member.add_all(group_id, names)
    (chunk,) = received.failed_chunks
    assert (list(chunk.items), chunk.error.code) == (names[300:], 10019)  # type: ignore[attr-defined]
    assert len(emulator.groups[group_id].members) == 301


async def test_iterators_report_a_service_that_repeats_itself() -> None:
    class Stuck(Caller):
        calls = 0

        async def call(self, endpoint: Any, request: Any) -> Any:
            self.calls += 1
            if endpoint is GroupMember.list_members:
                return MemberPage(
                    member_num=9, member_list=[MemberInfo()] if request.next is not None else [], next="c"
                )
            return BannedAccounts(next_offset=7)

    stuck = Stuck()
    members = GroupMember(stuck)
    assert len(await read_until_stuck(members.iter_members("@TGS#_x"))) == 2
    assert len([member async for member in members.iter_members("g")]) == 0
    assert await read_until_stuck(members.iter_banned("g")) == []
    assert stuck.calls == 5


async def test_a_single_account_is_no_list(client: TimClient, emulator: Emulator) -> None:
    """Its letters would be treated as accounts."""
    for call in (client.group_member.add_all("g", "bob"), client.group_member.delete_all("g", "bob")):
        with pytest.raises(UsageError, match="single text"):
            await call
    with pytest.raises(UsageError) as caught:
        await anext(client.group_member.iter_members(5))  # type: ignore[arg-type]
    assert caught.value.field == "group_id"
    assert emulator.count() == 0


ONE = new("bob")


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("add", {"member_list": []}, "member_list"),
        ("add", {"member_list": ONE * 301}, "member_list"),
        ("add", {"member_list": new("bob", "")}, "member_list[1].member_account"),
        ("add", {"member_list": ["bob"]}, "member_list[0]"),
        ("add", {"member_list": ONE, "silence": 2}, "silence"),
        ("delete", {"member_to_del_account": ["b"] * 101}, "member_to_del_account"),
        ("delete", {"member_to_del_account": "bob"}, "member_to_del_account"),
        ("list_members", {"limit": 201}, "limit"),
        ("list_members", {"offset": -1}, "offset"),
        ("list_members", {"member_role_filter": ["owner"]}, "member_role_filter[0]"),
        ("get_info", {"member_list_account": ["b"] * 51}, "member_list_account"),
        ("modify_info", {"member_account": ""}, "member_account"),
        ("modify_info", {"member_account": "b", "name_card": "名" * 17}, "name_card"),
        ("modify_info", {"member_account": "b", "mute_time": -1}, "mute_time"),
        ("modify_info", {"member_account": "b", "role": "admin"}, "role"),
        ("get_roles", {"user_account": ["b"] * 501}, "user_account"),
        ("mute", {"members_account": ["b"] * 501, "mute_time": 1}, "members_account"),
        ("mute", {"members_account": ["b"], "mute_time": 2**32}, "mute_time"),
        ("import_members", {"member_list": []}, "member_list"),
        ("import_members", {"member_list": [ImportedMember(member_account="b")] * 301}, "member_list"),
        (
            "import_members",
            {"member_list": [ImportedMember(member_account="b", join_time=-1)]},
            "member_list[0].join_time",
        ),
        (
            "import_members",
            {"member_list": [ImportedMember(member_account="b", unread_msg_num=-1)]},
            "member_list[0].unread_msg_num",
        ),
        ("import_members", {"member_list": [ImportedMember(member_account="")]}, "member_list[0].member_account"),
        ("ban", {"members_account": ["b"] * 21, "duration": 1}, "members_account"),
        ("ban", {"members_account": ["b"], "duration": 0}, "duration"),
        ("ban", {"members_account": ["b"], "duration": 1, "description": "x" * 1_001}, "description"),
        ("unban", {"members_account": []}, "members_account"),
        ("list_banned", {"offset": 0, "limit": 101}, "limit"),
        ("list_banned", {"offset": -1}, "offset"),
    ],
)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, Any], field: str
) -> None:
    for group_id, wrong in (("g", field), ("", "group_id")):
        with pytest.raises(UsageError) as caught:
            await getattr(client.group_member, method)(group_id=group_id, **fields)
        assert caught.value.field == wrong
    assert emulator.count() == 0
