"""Pushes of the push service, end to end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import tim_async
from tests.families.conftest import Clock, client_of, sign
from tim_async import (
    InvalidRequestError,
    OfflinePushInfo,
    Rate,
    RateLimitedError,
    RetryPolicy,
    TimClient,
    UsageError,
    WaitTooLongError,
)
from tim_async.emulator import Emulator
from tim_async.errors import ApiError, PartialFailureError
from tim_async.families.all_member_push import AllMemberPush
from tim_async.families.push import Push
from tim_async.models.all_member_push import UserAttrNames, UserAttrs, UserTags
from tim_async.models.push import TimPushCondition

DAY = 86_400
INFO = OfflinePushInfo(title="标题", desc="内容 🎉")
# Without the number of a day and the users a second.
FAST = {"timpush/batch": Rate(100_000, cost="to_account", max_cost=500), "timpush/push": Rate(100_000)}
UNLIMITED: dict[str, int | Rate] = {**FAST, "timpush/revoke": 100_000}


@pytest.fixture
async def timed(emulator_clock: Clock) -> AsyncIterator[tuple[TimClient, Emulator]]:
    """An emulator with a stopped clock and with limits; the client has none."""
    async with (
        Emulator(clock=emulator_clock, rate_limits=FAST) as emulator,
        client_of(emulator, user_sig_provider=sign, rate_limits=UNLIMITED) as client,
    ):
        emulator.add_accounts("alice", "bob", "carol")
        yield client, emulator


async def test_a_push_goes_to_an_audience_and_is_taken_back(client: TimClient, emulator: Emulator) -> None:
    emulator.add_accounts("carol")
    family = client.push
    await family.add_tags(
        user_tags=[
            UserTags(to_account="alice", tags=["vip"]),
            UserTags(to_account="bob", tags=["vip", "退订"]),
            UserTags(to_account="carol", tags=["退订"]),
        ]
    )
    task = await family.send(
        from_account="administrator",
        condition=TimPushCondition(tags_or=["vip"], tags_not=["退订"]),
        offline_push_info=INFO,
        data_id="spring",
    )
    (push,) = emulator.pushes
    assert (push.task_id, push.to, push.data_id, push.revoked_at) == (task.task_id, ["alice"], "spring", None)
    assert (push.offline_push_info, push.msg_body) == (INFO, ())
    await family.revoke(task_id=task.task_id, offline_push_info=OfflinePushInfo(desc="已撤回"))
    assert push.revoked_at is not None
    assert push.shown_instead == OfflinePushInfo(desc="已撤回")


async def test_everyone_but_those_with_a_tag(timed: tuple[TimClient, Emulator]) -> None:
    client, emulator = timed
    await client.push.add_tags(user_tags=[UserTags(to_account="bob", tags=["x"])])
    await client.push.send(from_account="a", condition=TimPushCondition(tags_not=["x", "y"]), offline_push_info=INFO)
    await client.push.send(from_account="a", offline_push_info=INFO)
    others = ["administrator", "alice", "carol"]
    assert [push.to for push in emulator.pushes] == [others, ["administrator", "alice", "bob", "carol"]]


async def test_revoking_is_refused_where_it_cannot_be(timed: tuple[TimClient, Emulator], emulator_clock: Clock) -> None:
    client, _ = timed
    client = client.with_options(retry=RetryPolicy.off())

    async def revoke(task_id: str) -> ApiError:
        emulator_clock.now += 1
        with pytest.raises(ApiError) as caught:
            await client.push.revoke(task_id=task_id, offline_push_info=INFO)
        return caught.value

    first, second = [(await client.push.send(from_account="a", offline_push_info=INFO)).task_id for _ in range(2)]
    await client.push.revoke(task_id=first, offline_push_info=INFO)
    assert (await revoke(first)).code == 90050
    unknown = await revoke("nobody knows this")
    assert (unknown.code, type(unknown)) == (90049, InvalidRequestError)
    emulator_clock.now += DAY
    assert (await revoke(second)).code == 90052


async def test_second_revocation_of_a_second_is_asked_to_slow_down(timed: tuple[TimClient, Emulator]) -> None:
    client, _ = timed
    tasks = [(await client.push.send(from_account="a", offline_push_info=INFO)).task_id for _ in range(2)]
    await client.push.revoke(task_id=tasks[0], offline_push_info=INFO)
    with pytest.raises(RateLimitedError) as caught:
        await client.push.revoke(task_id=tasks[1], offline_push_info=INFO)
    assert caught.value.code == 90051


async def test_a_batch_names_those_it_does_not_go_to(client: TimClient, emulator: Emulator) -> None:
    task = await client.push.send_batch(
        from_account="a", to_account=["alice", "nobody", "bob", "没有"], offline_push_info=INFO
    )
    assert [(failure.to_account, failure.error_code) for failure in task.failed] == [("nobody", 70107), ("没有", 70107)]
    with pytest.raises(PartialFailureError, match="2 of the items failed"):
        task.raise_for_failed()
    assert [(push.task_id, push.to) for push in emulator.pushes] == [(task.task_id, ["alice", "bob"])]
    assert client.stats()["timpush/batch"].failed_items == 2


async def test_a_batch_of_any_size_is_one_task_for_every_500(timed: tuple[TimClient, Emulator]) -> None:
    client, emulator = timed
    users = [f"user{number}" for number in range(1_234)]
    emulator.add_accounts(*(user for user in users if user != "user700"))
    received = await client.push.send_batch_all(users, from_account="a", offline_push_info=INFO, data_id="spring")
    # The clock is stopped: with one MsgRandom for all, the second and the third would have been dropped.
    assert [len(push.to) for push in sorted(emulator.pushes, key=lambda push: push.to[0])] == [500, 234, 499]
    assert sorted(user for push in emulator.pushes for user in push.to) == sorted(set(users) - {"user700"})
    assert {push.task_id for push in emulator.pushes} == {result.task_id for result in received.results}
    assert {push.data_id for push in emulator.pushes} == {"spring"}
    assert [failure.to_account for failure in received.failed] == ["user700"]  # type: ignore[attr-defined]


async def test_a_batch_is_known_by_its_random_for_a_second(
    timed: tuple[TimClient, Emulator], emulator_clock: Clock
) -> None:
    client, emulator = timed
    for wait in (0.0, 0.96875, 0.03125):  # exact in binary
        emulator_clock.now += wait
        await client.push.send_batch(from_account="a", to_account=["bob"], msg_random=5, offline_push_info=INFO)
    assert [push.at for push in emulator.pushes] == [1_800_000_000.0, 1_800_000_001.0]


async def test_thirty_users_a_second_get_a_batch(emulator_clock: Clock) -> None:
    async with (
        Emulator(clock=emulator_clock, tolerance=0.0) as emulator,
        client_of(emulator, user_sig_provider=sign, rate_limits=UNLIMITED) as client,
    ):
        for number in (28, 2):
            await client.push.send_batch(from_account="a", to_account=["bob"] * number, offline_push_info=INFO)
        with pytest.raises(RateLimitedError) as caught:
            await client.push.send_batch(from_account="a", to_account=["bob"], offline_push_info=INFO)
        assert caught.value.code == 90057


async def test_a_batch_of_any_size_has_what_the_limit_allows_in_a_call(emulator: Emulator) -> None:
    faster = {"timpush/batch": Rate(60, cost="to_account", max_cost=60)}
    async with client_of(emulator, rate_limits=faster) as client:
        assert client.push._most_targets(Push.send_batch) == 60
    async with client_of(emulator) as client:
        done = await client.push.send_batch_all(["bob"] * 31, from_account="a", offline_push_info=INFO)
        assert sorted(len(push.to) for push in emulator.pushes) == [1, 30]
        assert len(done.results) == 2


async def test_ten_pushes_a_day_and_then_an_error_with_the_time(emulator: Emulator, emulator_clock: Clock) -> None:
    limits = {"timpush/push": (Rate(100_000), Rate(10, per=DAY))}
    async with (
        Emulator(clock=emulator_clock) as served,
        client_of(served, user_sig_provider=sign, rate_limits=limits) as client,
        client_of(served, user_sig_provider=sign, rate_limits=UNLIMITED, retry=RetryPolicy.off()) as careless,
    ):
        for _ in range(10):
            await client.push.send(from_account="a", offline_push_info=INFO)
            emulator_clock.now += 1
        fast = careless.push.send(from_account="a", offline_push_info=INFO)
        emulator_clock.now -= 1  # in the second of the last one
        with pytest.raises(RateLimitedError) as too_fast:
            await fast
        assert too_fast.value.code == 90024
        emulator_clock.now += 1
        with pytest.raises(WaitTooLongError) as waiting:
            await client.push.send(from_account="a", offline_push_info=INFO)
        assert (waiting.value.limit, served.count("timpush/push")) == ("10/day", 11)
        with pytest.raises(RateLimitedError) as caught:
            await careless.push.send(from_account="a", offline_push_info=INFO)
        assert caught.value.code == 90047
        emulator_clock.now += DAY
        await careless.push.send(from_account="a", offline_push_info=INFO)


async def test_attributes_and_tags_are_those_of_the_older_pushes(client: TimClient) -> None:
    new, old = client.push, client.all_member_push
    await new.set_attr_names(attr_names={"0": "city", "1": "level"}, attr_types={"0": 0, "1": 1})
    assert (await old.get_attr_names()).attr_names == (await new.get_attr_names()).attr_names
    done = await new.set_attrs(
        user_attrs=[UserAttrs(to_account=name, attrs={"city": "深圳"}) for name in ("bob", "nobody")]
    )
    assert [failure.to_account for failure in done.failed] == ["nobody"]
    tagged = await new.add_tags(user_tags=[UserTags(to_account=name, tags=["a", "b"]) for name in ("bob", "nobody")])
    assert [failure.to_account for failure in tagged.failed] == ["nobody"]
    attrs = await new.get_attrs(to_account=["bob", "nobody"])
    assert [(user.to_account, user.attrs) for user in attrs.user_attrs] == [("bob", {"city": "深圳"})]
    assert attrs.user_attrs == (await old.get_attrs(to_account=["bob"])).user_attrs
    assert [failure.to_account for failure in attrs.failed] == ["nobody"]
    await new.remove_tags(user_tags=[UserTags(to_account="bob", tags=["a"])])
    tags = await new.get_tags(to_account=["bob", "nobody"])
    assert [(user.to_account, user.tags) for user in tags.user_tags] == [("bob", ["b"])]
    assert [failure.error_code for failure in tags.failed] == [70107]
    assert (await new.remove_attrs(user_attrs=[UserAttrNames(to_account="bob", attrs=["city"])])).failed == []
    cleared = await new.clear_tags(to_account=["bob", "nobody"])
    assert [failure.to_account for failure in cleared.failed] == ["nobody"]
    assert (await old.get_tags(to_account=["bob"])).user_tags[0].tags == []
    assert (await old.get_attrs(to_account=["bob"])).user_attrs[0].attrs == {}


async def test_any_number_of_users_is_split_by_hundreds(client: TimClient, emulator: Emulator) -> None:
    users = [f"user{number}" for number in range(230)]
    emulator.add_accounts(*users[:-1])
    family = client.push
    await family.set_attr_names(attr_names={"0": "n"})
    set_ = await family.set_attrs_all(UserAttrs(to_account=user, attrs={"n": user}) for user in users)
    added = await family.add_tags_all(UserTags(to_account=user, tags=["t", "u"]) for user in users)
    removed = await family.remove_tags_all(UserTags(to_account=user, tags=["t"]) for user in users)
    attrs = await family.get_attrs_all(users)
    tags = await family.get_tags_all(users)
    for received in (set_, added, removed, attrs, tags):
        assert len(received.results) == 3
        assert [failure.to_account for failure in received.failed] == [users[-1]]  # type: ignore[attr-defined]
    assert [user.attrs for page in attrs.results for user in page.user_attrs] == [{"n": user} for user in users[:-1]]
    assert [user.tags for page in tags.results for user in page.user_tags] == [["u"]] * 229
    await family.remove_attrs_all(UserAttrNames(to_account=user, attrs=["n"]) for user in users)
    await family.clear_tags_all(users)
    attrs, tags = await family.get_attrs_all(users), await family.get_tags_all(users)
    assert [user.attrs for page in attrs.results for user in page.user_attrs] == [{}] * 229
    assert [user.tags for page in tags.results for user in page.user_tags] == [[]] * 229


SENT = {"from_account": "a", "offline_push_info": INFO}
BAD = {
    "no sender": ("send", {**SENT, "from_account": ""}, "from_account"),
    "data id of 65 bytes": ("send", {**SENT, "data_id": "x" * 65}, "data_id"),
    "random too large": ("send", {**SENT, "msg_random": 2**32}, "msg_random"),
    "badge": (
        "send",
        {**SENT, "offline_push_info": OfflinePushInfo(badge_add_num=100)},
        "offline_push_info.badge_add_num",
    ),
    "empty condition": ("send", {**SENT, "condition": TimPushCondition()}, "condition"),
    "not and attributes": (
        "send",
        {**SENT, "condition": TimPushCondition(tags_not=["a"], attrs_or={"b": "c"})},
        "condition",
    ),
    "501 targets": ("send_batch", {**SENT, "to_account": ["x"] * 501}, "to_account"),
    "no targets": ("send_batch", {**SENT, "to_account": []}, "to_account"),
    "an empty target": ("send_batch", {**SENT, "to_account": ["x", ""]}, "to_account[1]"),
    "targets as text": ("send_batch", {**SENT, "to_account": "bob"}, "to_account"),
    "no task": ("revoke", {"task_id": "", "offline_push_info": INFO}, "task_id"),
    "type of another number": ("set_attr_names", {"attr_names": {"0": "a"}, "attr_types": {"1": 0}}, "attr_types"),
    "type 2": ("set_attr_names", {"attr_names": {"0": "a"}, "attr_types": {"0": 2}}, "attr_types['0']"),
    "name of 51 bytes": ("set_attr_names", {"attr_names": {"0": "长" * 17}}, "attr_names['0']"),
}


@pytest.mark.parametrize(("method", "fields", "field"), BAD.values(), ids=BAD)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.push, method)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0


REGISTRATION_ID = "0123456789abcdef-0123456789abcdef-01"


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("get_attrs", {"to_account": ["{}"]}),
        ("set_attrs", {"user_attrs": [UserAttrs(to_account="{}", attrs={"sex": "f"})]}),
        ("remove_attrs", {"user_attrs": [UserAttrNames(to_account="{}", attrs=["sex"])]}),
        ("get_tags", {"to_account": ["{}"]}),
        ("add_tags", {"user_tags": [UserTags(to_account="{}", tags=["a"])]}),
        ("remove_tags", {"user_tags": [UserTags(to_account="{}", tags=["a"])]}),
        ("clear_tags", {"to_account": ["{}"]}),
    ],
)
def test_a_user_may_be_a_registration_id(method: str, fields: dict[str, object]) -> None:
    """36 bytes, where an account has 32 at most; the older pushes to all users know none."""
    endpoint = getattr(Push, method)
    assert len(REGISTRATION_ID) == 36

    body = tim_async.encode(endpoint.request(**fields)).decode()
    endpoint.encode(tim_async.decode(body.replace("{}", REGISTRATION_ID), endpoint.request))
    with pytest.raises(UsageError, match="1 to 36"):
        endpoint.encode(tim_async.decode(body.replace("{}", REGISTRATION_ID + "x"), endpoint.request))
    older = getattr(AllMemberPush, method)
    with pytest.raises(UsageError, match="1 to 32"):
        older.encode(tim_async.decode(body.replace("{}", REGISTRATION_ID), older.request))


async def test_names_of_attributes_come_with_what_they_belong_to(client: TimClient) -> None:
    await client.push.set_attr_names(attr_names={"0": "sex", "1": "city"}, attr_types={"1": 1})
    named = await client.push.get_attr_names()
    assert (named.attr_names, named.attr_types) == ({"0": "sex", "1": "city"}, {"1": 1})
