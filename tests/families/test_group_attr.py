"""Attributes and counters of groups, end to end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.families.conftest import refused
from tim_async import GroupType, InvalidRequestError, TimClient, UsageError
from tim_async.emulator import Emulator
from tim_async.models.group_attr import COUNTER_MAX, COUNTER_MIN, Counter, GroupAttr, GroupAttrKey

KINDS = ("Public", "Private", "ChatRoom", "AVChatRoom", "Community")


async def make(client: TimClient, type: GroupType = "AVChatRoom") -> str:
    return (await client.group.create(type=type, name="g")).group_id


def attrs(**values: str) -> list[GroupAttr]:
    return [GroupAttr(key=key, value=value) for key, value in values.items()]


def counters(**values: int) -> list[Counter]:
    return [Counter(key=key, value=value) for key, value in values.items()]


async def test_attributes_are_written_read_and_removed(timed_client: TimClient, timed_emulator: Emulator) -> None:
    client, emulator = timed_client, timed_emulator
    group_id = await make(client)
    attr = client.group_attr
    assert (await attr.get(group_id=group_id)).as_dict() == {}
    await attr.modify(group_id=group_id, group_attr=attrs(seat1="小红 🎤", seat2=""))
    await attr.modify(group_id=group_id, group_attr=attrs(seat2="bob", seat3="eve"))
    assert (await attr.get(group_id=group_id)).as_dict() == {"seat1": "小红 🎤", "seat2": "bob", "seat3": "eve"}
    assert b'"GroupAttr":[{"key":"seat2","value":"bob"}' in emulator.arrivals[-2].body
    await attr.delete(group_id=group_id, group_attr=[GroupAttrKey(key="seat1")])
    keys = [GroupAttrKey(key="seat2"), GroupAttrKey(key="seat1")]
    await refused(attr.delete(group_id=group_id, group_attr=keys), InvalidRequestError, 10050)
    assert (await attr.get(group_id=group_id)).as_dict() == {"seat2": "bob", "seat3": "eve"}
    await attr.set(group_id=group_id, group_attr=attrs(seat9="x"))
    assert emulator.groups[group_id].attributes == {"seat9": "x"}
    await attr.clear(group_id=group_id)
    assert emulator.groups[group_id].attributes == {}
    await refused(attr.get(group_id="nowhere"), InvalidRequestError, 10010)


async def test_what_a_group_can_hold_is_counted_over_all(timed_client: TimClient, timed_emulator: Emulator) -> None:
    client, emulator = timed_client, timed_emulator
    group_id = await make(client, "Public")
    attr = client.group_attr
    await attr.set(group_id=group_id, group_attr=attrs(**{f"k{number}": "" for number in range(16)}))
    await attr.modify(group_id=group_id, group_attr=attrs(k0="again"))
    await refused(attr.modify(group_id=group_id, group_attr=attrs(k16="")), InvalidRequestError, 10047)
    full = {f"k{number}": "好" * 1_333 for number in range(4)}  # 3,999 bytes each
    await attr.set(group_id=group_id, group_attr=attrs(**full))
    await attr.modify(group_id=group_id, group_attr=attrs(k4="1234"))
    await refused(attr.modify(group_id=group_id, group_attr=attrs(k4="12345")), InvalidRequestError, 10048)
    assert emulator.groups[group_id].attributes == {**full, "k4": "1234"}


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([{"key": "x" * 33, "value": ""}], 10045),
        ([{"key": "键" * 11, "value": ""}], 10045),
        ([{"key": "x", "value": "x" * 4_001}], 10046),
        ([{"key": f"k{number}", "value": ""} for number in range(17)], 10047),
        ([{"key": f"k{number}", "value": "x" * 4_000} for number in range(5)], 10048),
        ([{"key": "", "value": ""}], 10004),
        ([{"Key": "x", "Value": ""}], 10004),
        ([{"key": "x", "value": 1}], 10004),
        (["x"], 10004),
        ([], 10004),
        ("x", 10004),
    ],
)
async def test_the_service_refuses_what_the_client_would_not_send(
    client: TimClient, emulator: Emulator, items: object, code: int
) -> None:
    group_id = await make(client)
    for word in ("set_group_attr", "modify_group_attr"):
        call = client.request(f"group_open_http_svc/{word}", {"GroupId": group_id, "GroupAttr": items})
        await refused(call, InvalidRequestError, code)
    assert emulator.groups[group_id].attributes == {}


async def test_counters(client: TimClient, emulator: Emulator) -> None:
    group_id = await make(client)
    attr = client.group_attr
    received = await attr.update_counters(group_id=group_id, group_counter=counters(like=5, 点赞=0), mode="Set")
    assert received.as_dict() == {"like": 5, "点赞": 0}
    received = await attr.update_counters(group_id=group_id, group_counter=counters(like=2, gift=3), mode="Increase")
    assert received.as_dict() == {"like": 7, "gift": 3}
    received = await attr.update_counters(group_id=group_id, group_counter=counters(like=10, fresh=1), mode="Decrease")
    assert received.as_dict() == {"like": -3, "fresh": -1}
    assert (await attr.get_counters(group_id=group_id)).as_dict() == {"like": -3, "点赞": 0, "gift": 3, "fresh": -1}
    some = await attr.get_counters(group_id=group_id, group_counter_keys=["gift", "nothing"])
    assert some.as_dict() == {"gift": 3}
    await attr.update_counters(group_id=group_id, group_counter=counters(gift=4))
    await attr.delete_counters(group_id=group_id, group_counter_keys=["like", "nothing"])
    assert emulator.groups[group_id].counters == {"点赞": 0, "gift": 4, "fresh": -1}
    await attr.delete_counters(group_id=group_id)
    assert emulator.groups[group_id].counters == {}


async def test_counters_have_64_bits(client: TimClient, emulator: Emulator) -> None:
    group_id = await make(client)
    attr = client.group_attr
    limits = counters(top=COUNTER_MAX, bottom=COUNTER_MIN)
    received = await attr.update_counters(group_id=group_id, group_counter=limits, mode="Set")
    assert received.as_dict() == {"top": COUNTER_MAX, "bottom": COUNTER_MIN}
    for mode, beyond in (("Increase", counters(other=1, top=1)), ("Decrease", counters(other=1, bottom=1))):
        call = attr.update_counters(group_id=group_id, group_counter=beyond, mode=mode)  # type: ignore[arg-type]
        await refused(call, InvalidRequestError, 10004)
    assert set(emulator.groups[group_id].counters) == {"top", "bottom"}


async def test_a_group_has_twenty_counters(client: TimClient, emulator: Emulator) -> None:
    group_id = await make(client)
    twenty = counters(**{f"c{number}": number for number in range(20)})
    await client.group_attr.update_counters(group_id=group_id, group_counter=twenty, mode="Set")
    call = client.group_attr.update_counters(group_id=group_id, group_counter=counters(more=1), mode="Set")
    await refused(call, InvalidRequestError, 10063)
    body = {"GroupId": group_id, "GroupCounter": [{"Key": f"k{number}", "Value": 1} for number in range(21)]}
    await refused(client.request("group_open_http_svc/update_group_counter", body), InvalidRequestError, 10063)
    assert len(emulator.groups[group_id].counters) == 20


@pytest.mark.parametrize("kind", KINDS)
async def test_every_type_has_attributes_and_communities_no_counters(client: TimClient, kind: GroupType) -> None:
    group_id = await make(client, kind)
    await client.group_attr.modify(group_id=group_id, group_attr=attrs(a="1"))
    calls = [
        client.group_attr.update_counters(group_id=group_id, group_counter=counters(a=1)),
        client.group_attr.get_counters(group_id=group_id),
        client.group_attr.delete_counters(group_id=group_id),
    ]
    for call in calls:
        if kind == "Community":
            await refused(call, InvalidRequestError, 10007)
        else:
            await call


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("get", {}, None),
        ("clear", {}, None),
        ("modify", {"group_attr": []}, "group_attr"),
        ("modify", {"group_attr": attrs(a="") * 17}, "group_attr"),
        ("modify", {"group_attr": [GroupAttr(key="键" * 11, value="")]}, "group_attr[0].key"),
        ("set", {"group_attr": [GroupAttr(key="", value="")]}, "group_attr[0].key"),
        ("set", {"group_attr": attrs(a="x", b="好" * 1_334)}, "group_attr[1].value"),
        ("set", {"group_attr": attrs(a="x" * 4_000) * 4 + attrs(b="x")}, "group_attr"),
        ("delete", {"group_attr": [GroupAttrKey(key="x" * 33)]}, "group_attr[0].key"),
        ("delete", {"group_attr": []}, "group_attr"),
        ("update_counters", {"group_counter": counters(a=1) * 21}, "group_counter"),
        ("update_counters", {"group_counter": []}, "group_counter"),
        ("update_counters", {"group_counter": [Counter(key="x" * 129, value=0)]}, "group_counter[0].key"),
        ("update_counters", {"group_counter": counters(a=COUNTER_MAX + 1)}, "group_counter[0].value"),
        ("update_counters", {"group_counter": counters(a=1), "mode": "Add"}, "mode"),
        ("get_counters", {"group_counter_keys": "like"}, "group_counter_keys"),
        ("get_counters", {"group_counter_keys": [""]}, "group_counter_keys[0]"),
        ("delete_counters", {"group_counter_keys": ["k"] * 21}, "group_counter_keys"),
    ],
)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, Any], field: str | None
) -> None:
    for group_id, wrong in (("g", field), ("", "group_id")):
        if wrong is not None:
            with pytest.raises(UsageError) as caught:
                await getattr(client.group_attr, method)(group_id=group_id, **fields)
            assert caught.value.field == wrong
    assert emulator.count() == 0
