"""Older names, nulls: what reading puts up with."""

from __future__ import annotations

from typing import ClassVar, cast

import msgspec
import pytest

from tim_async import TimClient, decode, encode, endpoints
from tim_async._api.aliases import aliases_of, without_nulls
from tim_async._api.wire import Request, Result, WireStruct, reader, validator
from tim_async.errors import UsageError


class Member(WireStruct, kw_only=True):
    _older: ClassVar = {"ShutUpUntil": "MuteUntil"}
    name: str = ""
    mute_until: int | None = None


class Group(WireStruct, kw_only=True):
    _older: ClassVar = {"ShutUpAllMember": "MuteAllMember"}
    mute_all_member: str | None = None
    member_list: list[Member] | None = None
    parent: Group | None = None


class Groups(Result, kw_only=True):
    group_info: list[Group] = msgspec.field(default_factory=list)


class Plain(Request, kw_only=True):
    number: int | None = None
    names: list[str] = msgspec.field(default_factory=list)


def test_older_names_are_read_at_every_depth_and_the_newer_are_sent() -> None:
    body = (
        b'{"GroupInfo":[{"ShutUpAllMember":"On","MemberList":[{"Name":"a","ShutUpUntil":"5"}],'
        b'"Parent":{"ShutUpAllMember":"Off"}}]}'
    )
    groups = decode(body, Groups)
    (group,) = groups.group_info
    assert group.mute_all_member == "On"
    assert group.member_list == [Member(name="a", mute_until=5)]
    assert group.parent == Group(mute_all_member="Off")
    assert encode(groups) == body.replace(b"ShutUp", b"Mute").replace(b'"5"', b"5")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"MuteUntil":2,"ShutUpUntil":1}', id="newer first"),
        pytest.param(b'{"ShutUpUntil":1,"MuteUntil":2}', id="older first"),
    ],
)
def test_newer_name_wins_where_both_are_there(body: bytes) -> None:
    assert decode(body, Member).mute_until == 2


def test_strict_reading_takes_older_names_and_still_checks_types() -> None:
    check = validator(Member)
    assert check(b'{"ShutUpUntil":1}').mute_until == 1
    with pytest.raises(msgspec.ValidationError, match="MuteUntil"):
        check(b'{"ShutUpUntil":"1"}')


def test_a_list_of_structs_with_older_names_is_read() -> None:
    assert decode(b'[{"ShutUpUntil":1}]', list[Member]) == [Member(mute_until=1)]


def test_each_of_several_structs_is_read_with_its_older_names() -> None:
    member, group = decode(b'[{"ShutUpUntil":1},{"ShutUpAllMember":"On"}]', tuple[Member, Group])
    assert (member.mute_until, group.mute_all_member) == (1, "On")


def test_types_without_older_names_have_no_spelling() -> None:
    assert aliases_of(Plain) is None
    assert aliases_of(dict[str, int]) is None
    assert aliases_of(Member | None) is not None


@pytest.mark.parametrize("kind", [Plain, Group], ids=["plain", "with older names"])
def test_null_stands_for_a_field_that_is_not_there(kind: type[WireStruct]) -> None:
    assert decode(b'{"Names":null,"Number":null,"MemberList":[{"Name":null}]}', kind) == (
        Plain() if kind is Plain else Group(member_list=[Member()])
    )


def test_what_is_wrong_beside_a_null_is_reported_as_it_was_met_first() -> None:
    with pytest.raises(UsageError, match=r"Expected `int \| null`, got `array`"):
        decode(b'{"Number":[],"Names":null}', Plain)
    with pytest.raises(msgspec.ValidationError, match="Number"):
        reader(Plain)(b'{"Number":[]}')


def test_nulls_are_taken_out_of_objects_and_left_in_arrays() -> None:
    assert without_nulls({"a": None, "b": [None, {"c": None}], "d": 0}) == {"b": [None, {}], "d": 0}


@pytest.mark.parametrize("body", [b"", b"[", b"\xff", b"[" * 5000], ids=["empty", "cut", "not UTF-8", "deep"])
def test_garbage_is_a_usage_error_with_older_names_too(body: bytes) -> None:
    with pytest.raises(UsageError):
        decode(body, Group)


def test_nesting_without_end_is_not_followed() -> None:
    """A body may be as deep as its sender likes; no struct is."""
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    aliases = aliases_of(Groups)
    assert aliases is not None
    renewed = aliases.resolve_object({"GroupInfo": deep, "Other": deep})
    (inner,) = cast(list[object], renewed["GroupInfo"])
    assert inner is deep[0]
    assert renewed["Other"] is deep


@pytest.mark.parametrize(
    ("command", "raw", "resolved"),
    [
        ("im_open_login_svc/account_import", {"Identifier": "bob"}, {"UserID": "bob"}),
        ("openim/sendmsg", {"Identifier": "bob"}, {"Identifier": "bob"}),  # it has no older names
    ],
)
def test_endpoint_resolves_the_older_names_of_its_request(
    command: str, raw: dict[str, object], resolved: dict[str, object]
) -> None:
    assert endpoints()[command].resolve_aliases(raw) == resolved


def test_endpoint_of_a_client_shows_its_command() -> None:
    client = TimClient(1400000000, "key")
    assert repr(client.c2c.send) == f"<bound method C2CCalls.send of <c2c of {client!r}>>"
    assert "`openim/sendmsg`" in (client.c2c.send.__doc__ or "")
