"""Profiles: which code refuses what."""

from __future__ import annotations

import pytest

SET = "profile/portrait_set"
GET = "profile/portrait_get"
TAGS = ["Tag_Profile_IM_Nick"]


def one(tag: object, value: object) -> dict[str, object]:
    return {"From_Account": "bob", "ProfileItem": [{"Tag": tag, "Value": value}]}


CODES = {
    "no From_Account": (SET, {"ProfileItem": [{"Tag": TAGS[0], "Value": "x"}]}, 40001),
    "account unknown": (SET, {**one(TAGS[0], "x"), "From_Account": "stranger"}, 40003),
    "no items": (SET, {"From_Account": "bob", "ProfileItem": []}, 40001),
    "no value": (SET, {"From_Account": "bob", "ProfileItem": [{"Tag": TAGS[0]}]}, 40001),
    "an own tag": (SET, one("Tag_Profile_Custom_Test", 1), 0),
    "an own tag of 9 letters": (SET, one("Tag_Profile_Custom_Testtests", 1), 40009),
    "tag unknown": (SET, one("Tag_Profile_IM_Nickname", "x"), 40009),
    "a list": (SET, one(TAGS[0], ["x"]), 40610),
    "a birthday of text": (SET, one("Tag_Profile_IM_BirthDay", "19900612"), 40610),
    "a birthday": (SET, one("Tag_Profile_IM_BirthDay", 19900612), 0),
    "an AllowType of number": (SET, one("Tag_Profile_IM_AllowType", 1), 40610),
    "an AllowType of its own": (SET, one("Tag_Profile_IM_AllowType", "Any"), 40605),
    "500 bytes": (SET, one(TAGS[0], "x" * 500), 0),
    "501 bytes": (SET, one(TAGS[0], "x" * 501), 40601),
    "get without accounts": (GET, {"To_Account": [], "TagList": TAGS}, 40002),
    "get without tags": (GET, {"To_Account": ["bob"]}, 40001),
    "get, tag unknown": (GET, {"To_Account": ["bob"], "TagList": ["Tag_Profile_IM_X"]}, 40009),
    "get of 101": (GET, {"To_Account": [f"u{n}" for n in range(101)], "TagList": TAGS}, 40001),
}


@pytest.mark.parametrize(("command", "body", "code"), CODES.values(), ids=CODES)
async def test_code(api, command, body, code):
    assert await api.code(command, body) == code


async def test_profile_of_an_account_that_comes_to_be(start):
    async with start(auto_import=True) as own:
        assert await own.code(SET, {**one(TAGS[0], "N"), "From_Account": "new"}) == 0
        answer = await own.call(GET, {"To_Account": ["new"], "TagList": TAGS})
    assert answer["UserProfileItem"][0]["ProfileItem"] == [{"Tag": TAGS[0], "Value": "N"}]
