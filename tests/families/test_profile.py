"""Profiles, end to end."""

from __future__ import annotations

import json

import pytest

from tim_async import InvalidRequestError, PartialFailureError, TimClient, UsageError, decode
from tim_async.emulator import Emulator
from tim_async.models.profile import ProfileItem, Profiles, UserProfile
from tim_async.models.tags import VALUE_MAX_BYTES, ProfileTag

ALL_TAGS = list(ProfileTag)


async def test_profile_is_set_and_read(client: TimClient, emulator: Emulator) -> None:
    await client.account.import_account(user_id="carol", nick="卡萝", face_url="https://example.com/c")
    items = [
        ProfileItem(tag=ProfileTag.GENDER, value="Gender_Type_Female"),
        ProfileItem(tag=ProfileTag.BIRTHDAY, value=19900612),
        ProfileItem(tag=ProfileTag.LEVEL, value=0),
        ProfileItem(tag="Tag_Profile_Custom_Test", value="007 😀"),
    ]
    await client.profile.set(from_account="carol", profile_item=items)
    await client.profile.set_values("carol", {ProfileTag.NICK: "C"})
    assert emulator.accounts["carol"].nick == "C"
    received = await client.profile.get(to_account=["carol", "bob"], tag_list=[*ALL_TAGS, "Tag_Profile_Custom_Test"])
    received.raise_for_failed()
    carol, bob = received.user_profile_item
    assert carol.values == {
        ProfileTag.NICK: "C",
        ProfileTag.GENDER: "Gender_Type_Female",
        ProfileTag.BIRTHDAY: 19900612,
        ProfileTag.IMAGE: "https://example.com/c",
        ProfileTag.LEVEL: 0,
        "Tag_Profile_Custom_Test": "007 😀",
    }
    assert carol.value_of(ProfileTag.LEVEL) == 0
    assert (carol.number_of(ProfileTag.BIRTHDAY), carol.text_of(ProfileTag.BIRTHDAY)) == (19900612, "19900612")
    assert (carol.value_of(ProfileTag.ROLE), carol.number_of(ProfileTag.ROLE), carol.text_of("x")) == (None, None, None)
    assert bob.values == {}


async def test_accounts_no_one_knows_fail_one_by_one(client: TimClient) -> None:
    received = await client.profile.get(to_account=["nobody", "bob"], tag_list=[ProfileTag.NICK])
    assert received.fail_account == ["nobody"]
    assert [(item.to_account, item.result_code) for item in received.failed] == [("nobody", 40003)]
    with pytest.raises(PartialFailureError):
        received.raise_for_failed()
    with pytest.raises(InvalidRequestError) as caught:
        await client.profile.set_values("nobody", {ProfileTag.NICK: "N"})
    assert (caught.value.code, caught.value.command) == (40003, "profile/portrait_set")


async def test_profiles_of_any_number_are_read_in_chunks(client: TimClient, emulator: Emulator) -> None:
    names = [f"u{number}" for number in range(250)]
    emulator.add_accounts(*names)
    await client.profile.set_values("u249", {ProfileTag.ROLE: 3})
    received = await client.profile.get_all([*names, "nobody"], [ProfileTag.ROLE])
    assert [len(result.user_profile_item) for result in received.results] == [100, 100, 51]
    assert [item.number_of(ProfileTag.ROLE) for item in received.results[2].user_profile_item[-2:]] == [3, None]
    assert len(received.failed) == 1


async def test_profile_goes_with_its_account(client: TimClient) -> None:
    await client.profile.set_values("bob", {ProfileTag.NICK: "B", ProfileTag.ROLE: 3})
    await client.account.delete_all(["bob"])
    await client.account.import_account(user_id="bob")
    received = await client.profile.get(to_account=["bob"], tag_list=ALL_TAGS)
    assert received.user_profile_item[0].values == {}


async def test_bad_field_sets_nothing(client: TimClient) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await client.profile.set_values("bob", {ProfileTag.ROLE: 3, "Tag_Profile_IM_New": "x"})
    assert caught.value.code == 40009
    received = await client.profile.get(to_account=["bob"], tag_list=ALL_TAGS)
    assert received.user_profile_item[0].values == {}


def test_accounts_that_only_fail_account_names_are_not_lost() -> None:
    received = decode(b'{"UserProfileItem":[{"To_Account":"a","ResultCode":40006}],"Fail_Account":["a","b"]}', Profiles)
    assert [(item.to_account, item.result_code) for item in received.failed] == [("a", 40006), ("b", -1)]


@pytest.mark.parametrize(
    ("value", "text", "number"),
    [("12", "12", 12), ("-1", "-1", -1), ("1x", "1x", None), ("", "", None), (7, "7", 7), (["a"], None, None)],
    ids=repr,
)
def test_value_is_read_as_what_is_wanted(value: object, text: str | None, number: int | None) -> None:
    profile = decode(json.dumps({"ProfileItem": [{"Tag": "T", "Value": value}]}), UserProfile)
    assert profile.value_of("T") == value
    assert (profile.text_of("T"), profile.number_of("T")) == (text, number)


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("set", {"from_account": "", "profile_item": []}, "from_account"),
        ("set", {"from_account": "bob", "profile_item": []}, "profile_item"),
        ("get", {"to_account": ["a"] * 101, "tag_list": [ProfileTag.NICK]}, "to_account"),
        ("get", {"to_account": ["a"], "tag_list": []}, "tag_list"),
        ("get", {"to_account": ["a"], "tag_list": "Tag_Profile_IM_Nick"}, "tag_list"),
        ("get", {"to_account": ["a"], "tag_list": [ProfileTag.NICK, "Tag_SNS_IM_Remark"]}, "tag_list[1]"),
    ],
)
async def test_bad_fields_are_named(
    client: TimClient, emulator: Emulator, method: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await getattr(client.profile, method)(**fields)
    assert caught.value.field == field
    assert emulator.count() == 0


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        pytest.param(ProfileTag.NICK, 7, id="nick-a-number"),
        pytest.param(ProfileTag.NICK, "你" * (VALUE_MAX_BYTES // 3 + 1), id="nick-too-long"),
        pytest.param(ProfileTag.BIRTHDAY, "19900612", id="birthday-a-text"),
        pytest.param(ProfileTag.LEVEL, -1, id="level-below-0"),
        pytest.param(ProfileTag.LEVEL, 2**32, id="level-over-u32"),
        pytest.param(ProfileTag.ROLE, True, id="role-a-bool"),
        pytest.param(ProfileTag.ALLOW_TYPE, "AllowAny", id="allow-type-of-its-own"),
        pytest.param(ProfileTag.ALLOW_TYPE, 1, id="allow-type-a-number"),
        pytest.param(ProfileTag.GENDER, "male", id="gender-of-its-own"),
        pytest.param("Tag_Profile_Custom_Test", ["a"], id="own-a-list"),
        pytest.param("Tag_Profile_Custom_Test", "x" * 501, id="own-of-501-bytes"),
    ],
)
async def test_value_of_the_wrong_kind_is_refused(client: TimClient, tag: str, value: str | int) -> None:
    with pytest.raises(UsageError) as caught:
        await client.profile.set_values("bob", {"Tag_Profile_Custom_A": 1, tag: value})
    assert caught.value.field == "profile_item[1].value"
