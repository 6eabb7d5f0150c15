"""Follows, end to end."""

from __future__ import annotations

import time

import pytest

from tim_async import InvalidRequestError, TimClient, UsageError
from tim_async.emulator import Emulator
from tim_async.models.follow import FollowItem
from tim_async.models.tags import ProfileTag

from .conftest import Clock, client_of


def items(*accounts: str) -> list[FollowItem]:
    return [FollowItem(to_account=account) for account in accounts]


async def test_follows_begin_are_listed_and_end(client: TimClient, emulator: Emulator) -> None:
    emulator.add_accounts("carol")
    await client.profile.set_values("bob", {ProfileTag.NICK: "Bob 😀"})
    added = await client.follow.add(from_account="alice", follow_item=items("bob", "carol", "nobody", "alice"))
    assert [item.result_code for item in added.result_item] == [0, 0, 30003, 30001]
    assert [item.to_account for item in added.failed] == ["nobody", "alice"]
    await client.follow.add(from_account="bob", follow_item=items("alice"))

    received = [entry async for entry in client.follow.iter_followings("alice")]
    assert [entry.to_account for entry in received] == ["bob", "carol"]
    assert (received[0].text_of(ProfileTag.NICK), received[0].profile_sequence) == ("Bob 😀", 1)
    assert [entry.to_account async for entry in client.follow.iter_followers("alice")] == ["bob"]
    assert [entry.to_account async for entry in client.follow.iter_mutual("alice")] == ["bob"]
    assert [entry.to_account async for entry in client.follow.iter_followers("carol")] == ["alice"]

    checked = await client.follow.check(from_account="alice", to_account=["bob", "carol", "nobody"])
    assert [(item.follow_type, item.is_follower, item.is_followed) for item in checked.result_item] == [
        (3, True, True),
        (2, False, True),
        (0, False, False),
    ]
    assert [item.to_account for item in checked.failed] == ["nobody"]
    back = await client.follow.check(from_account="carol", to_account=["alice", "bob"])
    assert [item.follow_type for item in back.result_item] == [1, 0]

    counts = await client.follow.get_counts(from_account="carol", to_account=["alice", "bob", "nobody"])
    assert [
        (item.follower_count, item.following_count, item.mutual_following_count) for item in counts.follow_info
    ] == [(1, 2, 1), (1, 1, 1), (0, 0, 0)]
    assert [item.result_code for item in counts.failed] == [30003]

    gone = await client.follow.delete(from_account="alice", to_account=["bob", "nobody"])
    assert [item.to_account for item in gone.failed] == ["nobody"]
    checked = await client.follow.check(from_account="alice", to_account=["bob"])
    assert checked.result_item[0].follow_type == 1


async def test_first_follow_stands(emulator_clock: Clock) -> None:
    emulator_clock.now = time.time()  # the client's UserSig has the current time
    async with Emulator(clock=emulator_clock) as emulator, client_of(emulator) as client:
        emulator.add_accounts("alice", "bob")
        started = int(emulator_clock.now)
        await client.follow.add(from_account="alice", follow_item=items("bob"))
        emulator_clock.now += 60
        await client.follow.add(from_account="alice", follow_item=items("bob"))
        (entry,) = [entry async for entry in client.follow.iter_followings("alice")]
        assert entry.follow_time == started


async def test_pages_go_on_while_follows_end(client: TimClient, emulator: Emulator) -> None:
    names = [f"u{number}" for number in range(45)]
    emulator.add_accounts(*names)
    received = await client.follow.add_all("alice", [*names, "nobody"])
    assert [len(result.result_item) for result in received.results] == [20, 20, 6]
    assert len(received.failed) == 1
    page = await client.follow.get(from_account="alice", follow_type=2, start_cursor="", want_num=20)
    assert ([entry.to_account for entry in page.follow_item], page.is_complete) == (names[:20], False)
    assert (await client.follow.delete_all("alice", names[:30])).failed == []
    rest = await client.follow.get(from_account="alice", follow_type=2, start_cursor=page.next_cursor, want_num=15)
    assert ([entry.to_account for entry in rest.follow_item], rest.is_complete) == (names[30:], True)
    assert [entry.to_account async for entry in client.follow.iter_followings("alice", page_size=4)] == names[30:]
    checked = await client.follow.check_all("alice", names * 3)
    assert [len(result.result_item) for result in checked.results] == [100, 35]
    counts = await client.follow.get_counts_all("alice", names)
    assert sum(item.follower_count for result in counts.results for item in result.follow_info) == 15


async def test_follows_go_with_their_accounts(client: TimClient) -> None:
    await client.follow.add(from_account="alice", follow_item=items("bob"))
    await client.follow.add(from_account="bob", follow_item=items("alice"))
    await client.account.delete_all(["bob"])
    await client.account.import_account(user_id="bob")
    checked = await client.follow.check(from_account="alice", to_account=["bob"])
    assert checked.result_item[0].follow_type == 0


async def test_accounts_no_one_knows_follow_no_one(client: TimClient) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await client.follow.check(from_account="nobody", to_account=["bob"])
    assert (caught.value.code, caught.value.command) == (30003, "follow/follow_check")
    with pytest.raises(InvalidRequestError) as caught:
        await client.follow.get(from_account="alice", follow_type=1, start_cursor="x", want_num=1)
    assert caught.value.code == 30001


PAGE = {"from_account": "a", "follow_type": 1, "start_cursor": "", "want_num": 1}


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("add", {"from_account": "a", "follow_item": items(*["b"] * 21)}, "follow_item"),
        ("add", {"from_account": "a", "follow_item": items("b", "")}, "follow_item[1].to_account"),
        ("add", {"from_account": "", "follow_item": items("b")}, "from_account"),
        ("delete", {"from_account": "a", "to_account": []}, "to_account"),
        ("delete", {"from_account": "a", "to_account": ["b"] * 21}, "to_account"),
        ("get", {**PAGE, "follow_type": 4}, "follow_type"),
        ("get", {**PAGE, "want_num": 1001}, "want_num"),
        ("get", {**PAGE, "want_num": 0}, "want_num"),
        ("check", {"from_account": "a", "to_account": ["b"] * 101}, "to_account"),
        ("get_counts", {"from_account": "a", "to_account": ["b"] * 21}, "to_account"),
    ],
)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.follow, method)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0
