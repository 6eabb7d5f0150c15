"""Friends, block list and friend lists, end to end."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tim_async import InvalidRequestError, RateLimitedError, TimClient, UsageError, decode
from tim_async.emulator import Emulator
from tim_async.models.sns import (
    AddFriendItem,
    FriendPage,
    ImportFriendItem,
    SnsItem,
    SnsResultItem,
    SnsResults,
    UpdateFriendItem,
)
from tim_async.models.tags import ProfileTag, SnsTag

SOURCE = "AddSource_Type_Test"


@pytest.fixture(autouse=True)
def people(emulator: Emulator) -> None:
    emulator.add_accounts("carol", "dave", "eve")


def new(*accounts: str) -> list[AddFriendItem]:
    return [AddFriendItem(to_account=account, add_source=SOURCE) for account in accounts]


def outcome(items: Sequence[SnsResultItem]) -> dict[str, int]:
    return {item.to_account: item.result_code for item in items}


async def relations(client: TimClient, account: str, *others: str) -> list[str]:
    received = await client.sns.check_friends(
        from_account=account, to_account=others, check_type="CheckResult_Type_Both"
    )
    return [item.relation.removeprefix("CheckResult_Type_") for item in received.info_item]


async def test_friends_are_made_read_changed_and_lost(client: TimClient) -> None:
    await client.profile.set_values("bob", {ProfileTag.NICK: "Bob 😀"})
    bob = AddFriendItem(to_account="bob", remark="老鲍", group_name="同学", add_source=SOURCE, add_wording="hi")
    added = await client.sns.add_friends(from_account="alice", add_friend_item=[bob, *new("carol", "nobody")])
    assert outcome(added.result_item) == {"bob": 0, "carol": 0, "nobody": 30003}
    assert added.fail_account == ["nobody"]
    assert outcome(added.failed) == {"nobody": 30003}
    assert await relations(client, "bob", "alice", "carol") == ["BothWay", "NoRelation"]

    friends = {friend.to_account: friend async for friend in client.sns.iter_friends("alice")}
    assert list(friends) == ["bob", "carol"]
    assert friends["bob"].text_of(SnsTag.REMARK) == "老鲍"
    assert friends["bob"].value_of(SnsTag.GROUP) == ["同学"]
    assert friends["bob"].text_of(ProfileTag.NICK) == "Bob 😀"
    assert friends["bob"].number_of(SnsTag.ADD_TIME)
    assert friends["carol"].value_of(SnsTag.REMARK) is None

    fields = [
        SnsItem(tag=SnsTag.REMARK, value="B"),
        SnsItem(tag=SnsTag.GROUP, value=["家人", "同学"]),
        SnsItem(tag="Tag_SNS_Custom_Since", value=1999),
    ]
    items = [UpdateFriendItem(to_account=account, sns_item=fields) for account in ("bob", "dave")]
    updated = await client.sns.update_friends(from_account="alice", update_item=items)
    assert outcome(updated.failed) == {"dave": 30001}
    tags = [SnsTag.REMARK, SnsTag.GROUP, "Tag_SNS_Custom_Since", ProfileTag.NICK, ProfileTag.ROLE]
    received = await client.sns.get_specified_friends(from_account="alice", to_account=["bob", "eve"], tag_list=tags)
    assert received.info_item[0].values == {
        SnsTag.REMARK: "B",
        SnsTag.GROUP: ["家人", "同学"],
        "Tag_SNS_Custom_Since": 1999,
        ProfileTag.NICK: "Bob 😀",
    }
    assert [(item.to_account, item.result_code) for item in received.failed] == [("eve", 30001)]

    deleted = await client.sns.delete_friends(from_account="alice", to_account=["bob", "dave"])
    assert outcome(deleted.failed) == {"dave": 31704}
    assert await relations(client, "alice", "bob", "carol") == ["BWithA", "BothWay"]
    await client.sns.delete_friends(from_account="alice", to_account=["bob"], delete_type="Delete_Type_Both")
    await client.sns.delete_all_friends(from_account="alice", delete_type="Delete_Type_Both")
    assert await relations(client, "alice", "bob", "carol") == ["NoRelation", "NoRelation"]


async def test_friendship_of_one_side(client: TimClient) -> None:
    await client.sns.add_friends(from_account="alice", add_friend_item=new("bob"), add_type="Add_Type_Single")
    assert await relations(client, "alice", "bob") == ["AWithB"]
    assert await relations(client, "bob", "alice") == ["BWithA"]
    single = await client.sns.check_friends(
        from_account="bob", to_account=["alice", "nobody"], check_type="CheckResult_Type_Single"
    )
    assert [(item.relation, item.is_on_own_list) for item in single.info_item] == [
        ("CheckResult_Type_NoRelation", False)
    ] * 2
    assert [(item.to_account, item.result_code) for item in single.failed] == [("nobody", 30003)]
    both = await client.sns.add_friends(from_account="bob", add_friend_item=new("alice"))
    assert both.failed == []
    assert await relations(client, "alice", "bob") == ["BothWay"]


async def test_profile_says_who_may_add(client: TimClient) -> None:
    await client.profile.set_values("bob", {ProfileTag.ALLOW_TYPE: "AllowType_Type_NeedConfirm"})
    await client.profile.set_values("carol", {ProfileTag.ALLOW_TYPE: "AllowType_Type_DenyAny"})
    await client.profile.set_values("dave", {ProfileTag.ALLOW_TYPE: "AllowType_Type_AllowAny"})
    people = new("bob", "carol", "dave", "alice", "dave")
    added = await client.sns.add_friends(from_account="alice", add_friend_item=people)
    assert [item.result_code for item in added.result_item] == [30539, 30516, 0, 30001, 30001]
    assert added.result_item[0].is_pending
    assert [item.to_account for item in added.failed] == ["carol", "alice", "dave"]
    assert added.fail_account == ["carol", "alice", "dave"]
    assert await relations(client, "alice", "bob", "carol", "dave") == ["NoRelation", "NoRelation", "BothWay"]
    forced = await client.sns.add_friends(from_account="alice", add_friend_item=new("bob", "carol"), force_add_flags=1)
    assert forced.failed == []
    assert await relations(client, "alice", "bob", "carol") == ["BothWay", "BothWay"]

    await client.profile.set_values("eve", {ProfileTag.ADMIN_FORBID_TYPE: "AdminForbid_Type_SendOut"})
    silent = await client.sns.add_friends(from_account="eve", add_friend_item=new("dave"))
    assert outcome(silent.failed) == {"dave": 30009}
    assert outcome((await client.sns.add_friends(from_account="dave", add_friend_item=new("eve"))).failed) == {}


async def test_blocking_ends_friendship_and_keeps_it_from_coming(client: TimClient) -> None:
    await client.sns.add_friends(from_account="alice", add_friend_item=new("bob", "carol"))
    blocked = await client.sns.add_to_black_list(from_account="alice", to_account=["bob", "dave", "nobody", "bob"])
    assert [item.result_code for item in blocked.result_item] == [0, 0, 30003, 30001]
    assert blocked.fail_account == ["nobody", "bob"]
    assert await relations(client, "alice", "bob", "carol") == ["NoRelation", "BothWay"]
    added = await client.sns.add_friends(from_account="alice", add_friend_item=new("bob"), force_add_flags=1)
    assert outcome(added.failed) == {"bob": 30515}
    added = await client.sns.add_friends(from_account="bob", add_friend_item=new("alice"))
    assert outcome(added.failed) == {"alice": 30525}

    received = await client.sns.check_black_list(
        from_account="bob", to_account=["alice", "dave", "nobody"], check_type="BlackCheckResult_Type_Both"
    )
    assert [item.relation for item in received.black_list_check_item] == [
        "BlackCheckResult_Type_BWithA",
        "BlackCheckResult_Type_NO",
        "BlackCheckResult_Type_NO",
    ]
    assert [item.to_account for item in received.failed] == ["nobody"]
    (own,) = (
        await client.sns.check_black_list(
            from_account="alice", to_account=["bob"], check_type="BlackCheckResult_Type_Single"
        )
    ).black_list_check_item
    assert (own.relation, own.is_on_own_list) == ("BlackCheckResult_Type_AWithB", True)

    page = await client.sns.get_black_list(from_account="alice", start_index=0, max_limited=1, last_sequence=0)
    assert ([item.to_account for item in page.black_list_item], page.start_index, page.is_complete) == (
        ["bob"],
        1,
        False,
    )
    everyone = [item async for item in client.sns.iter_black_list("alice", page_size=1)]
    assert [item.to_account for item in everyone] == ["bob", "dave"]
    assert all(item.add_black_time_stamp for item in everyone)
    same = await client.sns.get_black_list(
        from_account="alice", start_index=0, max_limited=9, last_sequence=page.curruent_sequence
    )
    assert same.black_list_item == []

    freed = await client.sns.delete_from_black_list(from_account="alice", to_account=["bob", "eve"])
    assert outcome(freed.failed) == {"eve": 30001}
    again = await client.sns.add_friends(from_account="bob", add_friend_item=new("alice"))
    assert again.failed == []


async def test_friends_are_imported(client: TimClient) -> None:
    await client.profile.set_values("bob", {ProfileTag.ALLOW_TYPE: "AllowType_Type_DenyAny"})
    bob = ImportFriendItem(
        to_account="bob",
        remark="B",
        remark_time=1420000001,
        group_name=["朋友", "同学"],
        add_source=SOURCE,
        add_wording="w",
        add_time=1420000002,
        custom_item=[SnsItem(tag="Tag_SNS_Custom_Test", value="x")],
    )
    others = [ImportFriendItem(to_account=account, add_source=SOURCE) for account in ("nobody", "alice")]
    received = await client.sns.import_friends(from_account="alice", add_friend_item=[bob, *others])
    assert outcome(received.failed) == {"nobody": 30003, "alice": 30001}
    assert await relations(client, "alice", "bob") == ["AWithB"]
    (friend,) = [friend async for friend in client.sns.iter_friends("alice")]
    assert {tag: value for tag, value in friend.values.items() if tag.startswith("Tag_SNS")} == {
        SnsTag.ADD_SOURCE: SOURCE,
        SnsTag.ADD_WORDING: "w",
        SnsTag.ADD_TIME: 1420000002,
        SnsTag.REMARK: "B",
        SnsTag.GROUP: ["朋友", "同学"],
        "Tag_SNS_Custom_Test": "x",
    }
    again = ImportFriendItem(to_account="bob", add_source=SOURCE, remark="")
    await client.sns.import_friends(from_account="alice", add_friend_item=[again])
    (friend,) = [friend async for friend in client.sns.iter_friends("alice")]
    assert (friend.value_of(SnsTag.REMARK), friend.value_of(SnsTag.ADD_TIME)) == (None, 1420000002)


async def test_friend_lists(client: TimClient) -> None:
    await client.sns.add_friends(from_account="alice", add_friend_item=new("bob", "carol"))
    made = await client.sns.add_friend_lists(
        from_account="alice", group_name=["同学", "work"], to_account=["bob", "dave"]
    )
    assert outcome(made.failed) == {"dave": 30001}
    empty = await client.sns.add_friend_lists(from_account="alice", group_name=["empty"])
    assert empty.current_sequence > made.current_sequence
    received = await client.sns.get_friend_lists(
        from_account="alice", last_sequence=0, need_friend="Need_Friend_Type_Yes"
    )
    assert [(each.group_name, each.friend_number, each.to_account) for each in received.result_item] == [
        ("同学", 1, ["bob"]),
        ("work", 1, ["bob"]),
        ("empty", 0, []),
    ]
    one = await client.sns.get_friend_lists(from_account="alice", last_sequence=0, group_name=["work"])
    assert [(each.group_name, each.to_account) for each in one.result_item] == [("work", [])]
    known = await client.sns.get_friend_lists(from_account="alice", last_sequence=received.current_sequence)
    assert known.result_item == []
    gone = await client.sns.delete_friend_lists(from_account="alice", group_name=["work", "empty"])
    received = await client.sns.get_friend_lists(from_account="alice", last_sequence=0)
    assert [each.group_name for each in received.result_item] == ["同学"]
    assert received.current_sequence == gone.current_sequence
    friends = {friend.to_account: friend async for friend in client.sns.iter_friends("alice")}
    assert friends["bob"].value_of(SnsTag.GROUP) == ["同学"]
    with pytest.raises(InvalidRequestError) as caught:
        await client.sns.delete_friend_lists(from_account="alice", group_name=["同学", "never"])
    assert caught.value.code == 30001
    assert (await client.sns.get_friend_lists(from_account="alice", last_sequence=0)).result_item


async def test_accounts_no_one_knows_have_no_friends(client: TimClient) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await client.sns.get_friends(from_account="nobody", start_index=0)
    assert (caught.value.code, caught.value.command) == (30003, "sns/friend_get")


async def test_deleted_account_is_on_no_list(client: TimClient) -> None:
    await client.sns.add_friends(from_account="alice", add_friend_item=new("bob"))
    await client.sns.add_to_black_list(from_account="carol", to_account=["bob"])
    await client.sns.add_friend_lists(from_account="bob", group_name=["mine"], to_account=["alice"])
    before = await client.sns.get_friends(from_account="alice", start_index=0)
    await client.account.delete_all(["bob"])
    await client.account.import_account(user_id="bob")
    after = await client.sns.get_friends(from_account="alice", start_index=0)
    assert after.user_data_item == []
    assert after.standard_sequence > before.standard_sequence
    assert [item async for item in client.sns.iter_black_list("carol")] == []
    assert (await client.sns.get_friend_lists(from_account="bob", last_sequence=0)).result_item == []
    assert [friend async for friend in client.sns.iter_friends("bob")] == []


async def test_pages_of_friends_and_versions(client: TimClient, emulator: Emulator) -> None:
    names = [f"u{number}" for number in range(250)]
    emulator.add_accounts(*names)
    items = [ImportFriendItem(to_account=name, add_source=SOURCE) for name in names]
    items[0].custom_item = [SnsItem(tag="Tag_SNS_Custom_Test", value=1)]
    await client.sns.import_friends(from_account="alice", add_friend_item=items)
    assert [friend.to_account async for friend in client.sns.iter_friends("alice")] == names
    assert emulator.count("sns/friend_get") == 3
    page = await client.sns.get_friends(from_account="alice", start_index=200)
    assert (page.friend_num, len(page.user_data_item), page.is_complete) == (250, 50, True)
    known = await client.sns.get_friends(
        from_account="alice", start_index=0, standard_sequence=page.standard_sequence, custom_sequence=0
    )
    assert known.user_data_item[0].values == {"Tag_SNS_Custom_Test": 1}
    received = await client.sns.get_specified_friends_all("alice", [*names, "bob"], [SnsTag.ADD_SOURCE])
    assert [len(result.info_item) for result in received.results] == [100, 100, 51]
    assert len(received.failed) == 1


async def test_any_number_is_blocked_asked_about_and_unblocked(client: TimClient, emulator: Emulator) -> None:
    names = [f"u{number}" for number in range(1005)]
    emulator.add_accounts(*names)
    received = await client.sns.add_to_black_list_all("alice", names)
    assert [item.result_code for item in received.results[1].result_item] == [30013] * 5
    checked = await client.sns.check_black_list_all("alice", names)
    states = [item.is_on_own_list for result in checked.results for item in result.black_list_check_item]
    assert states == [True] * 1000 + [False] * 5
    freed = await client.sns.delete_from_black_list_all("alice", names)
    assert len(freed.failed) == 5
    friends = await client.sns.check_friends_all("alice", names)
    assert [len(result.info_item) for result in friends.results] == [1000, 5]


async def test_lists_are_full_one_day(client: TimClient, emulator: Emulator) -> None:
    names = [f"u{number}" for number in range(3001)]
    emulator.add_accounts(*names)
    items = [ImportFriendItem(to_account=name, add_source=SOURCE) for name in names]
    received = await client.sns.import_friends(from_account="alice", add_friend_item=items)
    assert outcome(received.failed) == {"u3000": 30010}
    added = await client.sns.add_friends(from_account="alice", add_friend_item=new("bob"))
    assert outcome(added.failed) == {"bob": 30010}
    added = await client.sns.add_friends(from_account="bob", add_friend_item=new("alice"))
    assert outcome(added.failed) == {"alice": 30014}
    single = await client.sns.add_friends(from_account="bob", add_friend_item=new("alice"), add_type="Add_Type_Single")
    assert single.failed == []

    await client.sns.add_friend_lists(from_account="carol", group_name=[f"list {number}" for number in range(32)])
    await client.sns.add_friends(from_account="carol", add_friend_item=new("dave"))
    with pytest.raises(RateLimitedError) as full:
        await client.sns.add_friend_lists(from_account="carol", group_name=["one more"])
    assert full.value.code == 30011
    item = SnsItem(tag=SnsTag.GROUP, value=["list 1", "one more"])
    updated = await client.sns.update_friends(
        from_account="carol", update_item=[UpdateFriendItem(to_account="dave", sns_item=[item])]
    )
    assert outcome(updated.failed) == {"dave": 30011}
    eve = AddFriendItem(to_account="eve", add_source=SOURCE, group_name="one more")
    assert outcome((await client.sns.add_friends(from_account="carol", add_friend_item=[eve])).failed) == {"eve": 30011}
    assert await relations(client, "carol", "eve") == ["NoRelation"]


async def test_no_more_than_a_hundred_wait_for_consent(client: TimClient, emulator: Emulator) -> None:
    names = [f"u{number}" for number in range(102)]
    emulator.add_accounts(*names)
    for name in names:
        await client.profile.set_values(name, {ProfileTag.ALLOW_TYPE: "AllowType_Type_NeedConfirm"})

    async def ask(*others: str) -> list[int]:
        received = await client.sns.add_friends(from_account="alice", add_friend_item=new(*others))
        return [item.result_code for item in received.result_item]

    assert await ask(*names) == [30539] * 100 + [30012] * 2
    assert await ask("u0", "u100") == [30539, 30012]
    await client.account.delete_all(["u0"])
    assert await ask("u100", "u101") == [30539, 30012]
    await client.sns.add_to_black_list(from_account="u1", to_account=["alice"])
    assert await ask("u101") == [30539]


def test_what_waits_for_consent_has_not_failed() -> None:
    received = decode(
        b'{"ResultItem":[{"To_Account":"a","ResultCode":30539},{"To_Account":"b","ResultCode":30006}],'
        b'"Fail_Account":["a","b","c"]}',
        SnsResults,
    )
    assert outcome(received.failed) == {"b": 30006, "c": -1}


def test_page_with_numbers_as_text_is_read() -> None:
    page = decode(b'{"StandardSequence":"88","CompleteFlag":"1","UserDataItem":null}', FriendPage)
    assert (page.standard_sequence, page.is_complete, page.user_data_item) == (88, True, [])


def item(**fields: object) -> AddFriendItem:
    return AddFriendItem(**{"to_account": "a", "add_source": SOURCE, **fields})  # type: ignore[arg-type]


ALICE = {"from_account": "alice"}


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("add_friends", {"from_account": "x" * 33, "add_friend_item": [item()]}, "from_account"),
        ("add_friends", {**ALICE, "add_friend_item": []}, "add_friend_item"),
        ("add_friends", {**ALICE, "add_friend_item": [item(), item(to_account="")]}, "add_friend_item[1].to_account"),
        ("add_friends", {**ALICE, "add_friend_item": [item(remark="你" * 33)]}, "add_friend_item[0].remark"),
        ("add_friends", {**ALICE, "add_friend_item": [item(group_name="")]}, "add_friend_item[0].group_name"),
        ("add_friends", {**ALICE, "add_friend_item": [item(group_name="x" * 31)]}, "add_friend_item[0].group_name"),
        ("add_friends", {**ALICE, "add_friend_item": [item(add_source="Android")]}, "add_friend_item[0].add_source"),
        (
            "add_friends",
            {**ALICE, "add_friend_item": [item(add_source="AddSource_Type_NineLette")]},
            "add_friend_item[0].add_source",
        ),
        ("add_friends", {**ALICE, "add_friend_item": [item(add_wording="x" * 257)]}, "add_friend_item[0].add_wording"),
        ("add_friends", {**ALICE, "add_friend_item": [item()], "add_type": "Both"}, "add_type"),
        ("add_friends", {**ALICE, "add_friend_item": [item()], "force_add_flags": 2}, "force_add_flags"),
        (
            "import_friends",
            {**ALICE, "add_friend_item": [ImportFriendItem(to_account="a", add_source=SOURCE, group_name=["x", ""])]},
            "add_friend_item[0].group_name[1]",
        ),
        (
            "import_friends",
            {**ALICE, "add_friend_item": [ImportFriendItem(to_account="a", add_source=SOURCE, add_time=-1)]},
            "add_friend_item[0].add_time",
        ),
        (
            "update_friends",
            {**ALICE, "update_item": [UpdateFriendItem(to_account="a", sns_item=[])]},
            "update_item[0].sns_item",
        ),
        ("delete_friends", {**ALICE, "to_account": ["a"] * 1001}, "to_account"),
        ("delete_friends", {**ALICE, "to_account": "bob"}, "to_account"),
        ("delete_all_friends", {**ALICE, "delete_type": "Both"}, "delete_type"),
        ("check_friends", {**ALICE, "to_account": ["a"] * 1001, "check_type": "CheckResult_Type_Both"}, "to_account"),
        ("check_friends", {**ALICE, "to_account": ["a"], "check_type": "Both"}, "check_type"),
        ("get_friends", {**ALICE, "start_index": -1}, "start_index"),
        ("get_specified_friends", {**ALICE, "to_account": [], "tag_list": [SnsTag.REMARK]}, "to_account"),
        ("get_specified_friends", {**ALICE, "to_account": ["a"], "tag_list": ["Remark"]}, "tag_list[0]"),
        ("add_to_black_list", {**ALICE, "to_account": ["a"] * 1001}, "to_account"),
        ("delete_from_black_list", {**ALICE, "to_account": []}, "to_account"),
        ("get_black_list", {**ALICE, "start_index": 0, "max_limited": 0, "last_sequence": 0}, "max_limited"),
        ("check_black_list", {**ALICE, "to_account": ["a"], "check_type": "CheckResult_Type_Both"}, "check_type"),
        ("add_friend_lists", {**ALICE, "group_name": ["x"] * 33}, "group_name"),
        ("add_friend_lists", {**ALICE, "group_name": "x"}, "group_name"),
        ("delete_friend_lists", {**ALICE, "group_name": []}, "group_name"),
        ("get_friend_lists", {**ALICE, "last_sequence": 0, "need_friend": "Yes"}, "need_friend"),
    ],
)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.sns, method)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        pytest.param(SnsTag.GROUP, "a", id="lists-a-text"),
        pytest.param(SnsTag.GROUP, ["a", 1], id="lists-with-a-number"),
        pytest.param(SnsTag.GROUP, ["x" * 31], id="list-of-31-bytes"),
        pytest.param(SnsTag.REMARK, 7, id="remark-a-number"),
        pytest.param(SnsTag.REMARK, "x" * 97, id="remark-of-97-bytes"),
        pytest.param(SnsTag.ADD_TIME, "1", id="time-a-text"),
        pytest.param(SnsTag.ADD_SOURCE, "AddSource_Type_", id="source-without-keyword"),
        pytest.param("Tag_SNS_Custom_Test", ["a"], id="own-a-list"),
        pytest.param("Tag_SNS_Custom_Test", "x" * 501, id="own-of-501-bytes"),
        pytest.param("Tag_Profile_IM_Nick", "x", id="profile"),
    ],
)
async def test_value_of_the_wrong_kind_is_refused(client: TimClient, emulator: Emulator, tag: str, value: str) -> None:
    item = UpdateFriendItem(to_account="bob", sns_item=[SnsItem(tag=tag, value=value)])
    with pytest.raises(UsageError) as caught:
        await client.sns.update_friends(from_account="alice", update_item=[item])
    assert (caught.value.field or "").startswith("update_item[0].sns_item[0].")
    assert emulator.count() == 0
