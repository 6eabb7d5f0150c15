"""Pushes to all users, end to end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.families.conftest import Clock, client_of, sign
from tim_async import (
    BodyTooLargeError,
    InvalidRequestError,
    OfflinePushInfo,
    Rate,
    RateLimitedError,
    RetryPolicy,
    TextElem,
    TimClient,
    UsageError,
    WaitTooLongError,
)
from tim_async.emulator import Emulator
from tim_async.models.account import UserIDItem
from tim_async.models.all_member_push import Condition, UserAttrNames, UserAttrs, UserTags

PUSH = "all_member_push/im_push"
HI = [TextElem(text="大家好 👋")]
DAY = 86_400
FAST = {PUSH: Rate(100_000)}  # without the number of a day


@pytest.fixture
async def quick() -> AsyncIterator[tuple[TimClient, Emulator]]:
    """Client and emulator without the second between two pushes."""
    async with Emulator(rate_limits=FAST) as emulator, client_of(emulator, rate_limits=FAST) as client:
        emulator.add_accounts("alice", "bob", "carol")
        yield client, emulator


@pytest.fixture
async def timed(emulator_clock: Clock) -> AsyncIterator[tuple[TimClient, Emulator]]:
    """An emulator with a stopped clock and with limits; the client has none."""
    async with (
        Emulator(clock=emulator_clock) as emulator,
        client_of(emulator, user_sig_provider=sign, rate_limits=FAST) as client,
    ):
        yield client, emulator


CONDITIONS = {
    "everyone": (None, ["administrator", "alice", "bob", "carol"]),
    "any tag": (Condition(tags_or=["a", "b"]), ["bob", "carol"]),
    "all tags": (Condition(tags_and=["a", "b"]), ["bob"]),
    "all of these tags and one of those": (Condition(tags_and=["b"], tags_or=["x", "a"]), ["bob"]),
    "any attribute": (Condition(attrs_or={"level": "gold", "城市": "北京"}), ["alice"]),
    "all attributes": (Condition(attrs_and={"城市": "深圳"}), ["alice", "bob"]),
    "all of these attributes and one of those": (
        Condition(attrs_and={"城市": "深圳"}, attrs_or={"level": "gold"}),
        ["alice"],
    ),
    "nobody": (Condition(tags_or=["nobody has this"]), []),
}


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS.values(), ids=CONDITIONS)
async def test_a_push_reaches_those_whom_the_condition_picks(
    quick: tuple[TimClient, Emulator], condition: Condition | None, expected: list[str]
) -> None:
    client, emulator = quick
    family = client.all_member_push
    await family.set_attr_names(attr_names={"0": "城市", "1": "level"})
    await family.set_attrs(
        user_attrs=[
            UserAttrs(to_account="alice", attrs={"城市": "深圳", "level": "gold"}),
            UserAttrs(to_account="bob", attrs={"城市": "深圳"}),
        ]
    )
    await family.add_tags(
        user_tags=[UserTags(to_account="bob", tags=["a", "b"]), UserTags(to_account="carol", tags=["b"])]
    )
    task = await family.send(
        condition=condition,
        msg_body=HI,
        msg_life_time=DAY,
        from_account="news",
        offline_push_info=OfflinePushInfo(title="标题", desc="内容"),
    )
    (push,) = emulator.pushes
    assert push.task_id == task.task_id != ""
    assert sorted(push.to) == expected
    assert (push.msg_body, push.from_account, push.command) == (HI, "news", PUSH)
    assert push.offline_push_info is not None
    assert push.offline_push_info.desc == "内容"
    assert emulator.messages() == []


async def test_attributes_go_by_the_number_of_their_name(client: TimClient) -> None:
    family = client.all_member_push
    await family.set_attr_names(attr_names={"0": "sex", "3": "city"})
    await family.set_attrs(user_attrs=[UserAttrs(to_account="bob", attrs={"sex": "m", "city": "深圳"})])
    await family.set_attrs(user_attrs=[UserAttrs(to_account="bob", attrs={"city": "北京"})])
    await family.set_attr_names(attr_names={"3": "城市"})
    assert (await family.get_attr_names()).attr_names == {"0": "sex", "3": "城市"}
    (bob, alice) = (await family.get_attrs(to_account=["bob", "alice"])).user_attrs
    assert (bob.to_account, bob.attrs) == ("bob", {"sex": "m", "城市": "北京"})
    assert (alice.to_account, alice.attrs) == ("alice", {})
    await family.remove_attrs(user_attrs=[UserAttrNames(to_account="bob", attrs=["sex"])])
    (bob,) = (await family.get_attrs(to_account=["bob"])).user_attrs
    assert bob.attrs == {"城市": "北京"}
    for call in (
        family.set_attrs(user_attrs=[UserAttrs(to_account="bob", attrs={"city": "x"})]),
        family.remove_attrs(user_attrs=[UserAttrNames(to_account="bob", attrs=["city"])]),
        family.send(msg_body=HI, condition=Condition(attrs_or={"city": "x"})),
    ):
        with pytest.raises(InvalidRequestError) as caught:
            await call
        assert caught.value.code == 90033


async def test_tags_come_and_go(client: TimClient) -> None:
    family = client.all_member_push
    await family.add_tags(user_tags=[UserTags(to_account=name, tags=["a", "甲 😀"]) for name in ("alice", "bob")])
    await family.add_tags(user_tags=[UserTags(to_account="bob", tags=["a", "c"])])
    await family.remove_tags(user_tags=[UserTags(to_account="bob", tags=["a", "never had"])])
    await family.clear_tags(to_account=["alice"])
    found = (await family.get_tags(to_account=["alice", "bob"])).user_tags
    assert {user.to_account: user.tags for user in found} == {"alice": [], "bob": ["甲 😀", "c"]}


async def test_a_deleted_account_has_lost_all(client: TimClient) -> None:
    family = client.all_member_push
    await family.set_attr_names(attr_names={"0": "city"})
    await family.set_attrs(user_attrs=[UserAttrs(to_account="bob", attrs={"city": "x"})])
    await family.add_tags(user_tags=[UserTags(to_account="bob", tags=["a"])])
    await client.account.delete(delete_item=[UserIDItem(user_id="bob")])
    await family.add_tags(user_tags=[UserTags(to_account="bob", tags=["to nobody"])])
    await client.account.import_account(user_id="bob")
    assert (await family.get_tags(to_account=["bob"])).user_tags[0].tags == []
    assert (await family.get_attrs(to_account=["bob"])).user_attrs[0].attrs == {}


async def test_any_number_of_users_is_split_by_hundreds(client: TimClient, emulator: Emulator) -> None:
    users = [f"user{number}" for number in range(250)]
    emulator.add_accounts(*users)
    family = client.all_member_push
    await family.set_attr_names(attr_names={"0": "number"})
    received = await family.set_attrs_all(
        UserAttrs(to_account=user, attrs={"number": str(index)}) for index, user in enumerate(users)
    )
    tagged = await family.add_tags_all(UserTags(to_account=user, tags=["all"]) for user in users)
    assert (received.failed, tagged.failed, len(received.results)) == ([], [], 3)
    found = await family.get_attrs_all(users)
    values = [user.attrs["number"] for page in found.results for user in page.user_attrs]
    assert values == [str(index) for index in range(250)]
    await family.remove_attrs_all(UserAttrNames(to_account=user, attrs=["number"]) for user in users)
    await family.remove_tags_all(UserTags(to_account=user, tags=["all"]) for user in users[:150])
    tags = [user.tags for page in (await family.get_tags_all(users)).results for user in page.user_tags]
    assert tags == [[]] * 150 + [["all"]] * 100
    await family.clear_tags_all(users)
    tags = [user.tags for page in (await family.get_tags_all(users)).results for user in page.user_tags]
    attrs = [user.attrs for page in (await family.get_attrs_all(users)).results for user in page.user_attrs]
    assert (tags, attrs) == ([[]] * 250, [{}] * 250)
    assert emulator.count("all_member_push/im_remove_all_tags") == 3


async def test_a_bad_user_fails_with_its_hundred_only(client: TimClient, emulator: Emulator) -> None:
    users = [f"user{number}" for number in range(150)]
    emulator.add_accounts(*users)
    received = await client.all_member_push.add_tags_all(
        UserTags(to_account=user, tags=["x" * 51 if user == "user3" else "x"]) for user in users
    )
    (chunk,) = received.failed_chunks
    assert isinstance(chunk.error, UsageError)
    assert chunk.error.field == "user_tags[3].tags[0]"
    found = (await client.all_member_push.get_tags(to_account=["user0", "user149"])).user_tags
    assert [user.tags for user in found] == [[], ["x"]]


async def test_second_push_of_a_second_is_asked_to_slow_down(
    timed: tuple[TimClient, Emulator], emulator_clock: Clock
) -> None:
    client, emulator = timed
    calm = client.with_options(retry=RetryPolicy.off())
    await calm.all_member_push.send(msg_body=HI)
    with pytest.raises(RateLimitedError) as caught:
        await calm.all_member_push.send(msg_body=HI)
    assert caught.value.code == 90024
    assert len(emulator.pushes) == 1
    assert emulator.count(PUSH) == 2


async def test_client_keeps_a_second_between_pushes(client: TimClient, emulator: Emulator) -> None:
    await client.all_member_push.send(msg_body=HI)
    with pytest.raises(WaitTooLongError):
        await client.with_options(deadline=0.5).all_member_push.send(msg_body=HI)
    assert emulator.count(PUSH) == 1


async def test_a_day_has_a_hundred_pushes(timed: tuple[TimClient, Emulator], emulator_clock: Clock) -> None:
    client, emulator = timed
    emulator_clock.now += DAY - (emulator_clock.now + 8 * 3600) % DAY  # midnight in China
    for _ in range(100):
        await client.all_member_push.send(msg_body=HI)
        emulator_clock.now += 1
    with pytest.raises(RateLimitedError) as caught:
        await client.all_member_push.send(msg_body=HI)
    assert caught.value.code == 90047
    # No pause follows: it would not help.
    emulator_clock.now += DAY - 101
    with pytest.raises(RateLimitedError):
        await client.all_member_push.send(msg_body=HI)
    emulator_clock.now += 1
    await client.all_member_push.send(msg_body=HI)
    assert len(emulator.pushes) == 101


async def test_a_repeat_is_the_same_push_for_seven_days(
    timed: tuple[TimClient, Emulator], emulator_clock: Clock
) -> None:
    client, emulator = timed
    first = await client.all_member_push.send(msg_body=HI, msg_random=7)
    emulator_clock.now += 7 * DAY - 1
    assert await client.all_member_push.send(msg_body=HI, msg_random=7) == first
    assert len(emulator.pushes) == 1
    emulator_clock.now += 1
    assert await client.all_member_push.send(msg_body=HI, msg_random=7) != first
    assert len(emulator.pushes) == 2


async def test_a_push_whose_answer_was_lost_is_repeated_without_harm(quick: tuple[TimClient, Emulator]) -> None:
    client, emulator = quick
    emulator.faults.drop(after=True, command=PUSH, times=1)
    policy = RetryPolicy(transport="any", base=0.001)
    task = await client.with_options(retry=policy).all_member_push.send(msg_body=HI)
    assert emulator.count(PUSH) == 2
    assert [push.task_id for push in emulator.pushes] == [task.task_id]


async def test_ten_kilobytes_are_the_most(quick: tuple[TimClient, Emulator]) -> None:
    client, emulator = quick
    room = 10 * 1024 - len(b'{"MsgRandom":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":""}}]}')
    with pytest.raises(BodyTooLargeError) as caught:
        await client.all_member_push.send(msg_random=1, msg_body=[TextElem(text="x" * (room + 1))])
    assert (caught.value.actual, caught.value.limit) == (10_241, 10_240)
    assert emulator.count() == 0
    await client.all_member_push.send(msg_random=1, msg_body=[TextElem(text="x" * room)])
    body = {"MsgType": "TIMTextElem", "MsgContent": {"Text": "x" * (room + 1)}}
    with pytest.raises(InvalidRequestError) as refused:
        await client.request(PUSH, {"MsgRandom": 1, "MsgBody": [body]})
    assert refused.value.code == 90056


BAD = {
    "empty condition": ("send", {"msg_body": HI, "condition": Condition()}, "condition"),
    "tags and attributes": (
        "send",
        {"msg_body": HI, "condition": Condition(tags_or=["a"], attrs_and={"b": "c"})},
        "condition",
    ),
    "no tags": ("send", {"msg_body": HI, "condition": Condition(tags_and=[])}, "condition.tags_and"),
    "11 tags": ("send", {"msg_body": HI, "condition": Condition(tags_or=["t"] * 11)}, "condition.tags_or"),
    "empty tag": ("send", {"msg_body": HI, "condition": Condition(tags_or=["a", ""])}, "condition.tags_or[1]"),
    "tag in both": (
        "send",
        {"msg_body": HI, "condition": Condition(tags_or=["a"], tags_and=["b", "a"])},
        "condition.tags_and",
    ),
    "long value": (
        "send",
        {"msg_body": HI, "condition": Condition(attrs_or={"a": "长" * 17})},
        "condition.attrs_or['a']",
    ),
    "a text as tags": ("send", {"msg_body": HI, "condition": Condition(tags_or="abc")}, "condition.tags_or"),
    "condition a dict": ("send", {"msg_body": HI, "condition": {"tags_or": ["a"]}}, "condition"),
    "no elements": ("send", {"msg_body": []}, "msg_body"),
    "8 days": ("send", {"msg_body": HI, "msg_life_time": 8 * DAY}, "msg_life_time"),
    "number 10": ("set_attr_names", {"attr_names": {"10": "x"}}, "attr_names"),
    "no names": ("set_attr_names", {"attr_names": {}}, "attr_names"),
    "empty name": ("set_attr_names", {"attr_names": {"0": ""}}, "attr_names['0']"),
    "101 users": ("get_attrs", {"to_account": ["x"] * 101}, "to_account"),
    "one user as text": ("get_tags", {"to_account": "bob"}, "to_account"),
    "no users": ("clear_tags", {"to_account": []}, "to_account"),
    "101 users with attributes": (
        "set_attrs",
        {"user_attrs": [UserAttrs(to_account="x", attrs={"a": "b"})] * 101},
        "user_attrs",
    ),
    "empty value": (
        "set_attrs",
        {"user_attrs": [UserAttrs(to_account="x", attrs={"a": ""})]},
        "user_attrs[0].attrs['a']",
    ),
    "no attributes": ("set_attrs", {"user_attrs": [UserAttrs(to_account="x", attrs={})]}, "user_attrs[0].attrs"),
    "user of 33 bytes": (
        "remove_attrs",
        {"user_attrs": [UserAttrNames(to_account="x" * 33, attrs=["a"])]},
        "user_attrs[0].to_account",
    ),
    "11 tags for a user": (
        "add_tags",
        {"user_tags": [UserTags(to_account="x", tags=["t"] * 11)]},
        "user_tags[0].tags",
    ),
    "tag of 51 bytes": (
        "remove_tags",
        {"user_tags": [UserTags(to_account="x", tags=["长" * 17])]},
        "user_tags[0].tags[0]",
    ),
}


@pytest.mark.parametrize(("method", "fields", "field"), BAD.values(), ids=BAD)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.all_member_push, method)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0
