"""Pushes as each vendor shows them."""

from __future__ import annotations

import pytest

from tests.emulator.control.conftest import Remote
from tim_async import (
    AndroidInfo,
    ApnsInfo,
    CustomElem,
    FaceElem,
    HarmonyInfo,
    ImageElem,
    OfflinePushInfo,
    TextElem,
    WebInfo,
)
from tim_async.emulator.control.vendor_pushes import cut, push_text, shown_by_vendors

LONG = "字" * 1000


def test_every_vendor_gets_its_own_settings_and_its_own_length() -> None:
    info = OfflinePushInfo(
        title=LONG,
        desc=LONG,
        ext="{}",
        badge_set_num=3,
        android_info=AndroidInfo(sound="ding", oppo_channel_id="o", vivo_category="IM", push_style=0),
        apns_info=ApnsInfo(title="for Apple", sub_title="below", sound="a.mp3"),
        harmony_info=HarmonyInfo(title="for Harmony"),
    )
    shown = {each.vendor: each for each in shown_by_vendors(info, ())}
    lengths = {vendor: (len(each.title), len(each.text)) for vendor, each in shown.items()}
    assert lengths == {
        "apns": (9, 1000), "fcm": (1000, 1000), "harmony": (11, 1000), "honor": (50, 400), "huawei": (60, 600),
        "meizu": (32, 100), "oppo": (50, 50), "vivo": (40, 100), "xiaomi": (50, 128),
    }  # fmt: skip
    assert {vendor for vendor, each in shown.items() if each.is_cut} == set(shown) - {"apns", "fcm", "harmony"}
    assert (shown["apns"].title, shown["apns"].subtitle) == ("for Apple", "below")
    assert shown["apns"].given == {
        "Title": "for Apple", "Desc": LONG, "Ext": "{}", "BadgeSetNum": 3, "Sound": "a.mp3", "SubTitle": "below",
    }  # fmt: skip
    assert shown["oppo"].given.keys() - {"Title", "Desc"} == {"Ext", "Sound", "OPPOChannelID", "PushStyle"}
    assert shown["vivo"].given.keys() - {"Title", "Desc"} == {"Ext", "Sound", "VIVOCategory"}


def test_large_text_of_oppo_is_longer() -> None:
    info = OfflinePushInfo(desc=LONG, android_info=AndroidInfo(push_style=1))
    assert next(len(each.text) for each in shown_by_vendors(info, ()) if each.vendor == "oppo") == 128


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abc..."),
        ("🌸🌸🌸🌸", 7, "🌸🌸..."),
        ("🌸🌸🌸🌸", 6, "🌸..."),
        ("x", None, "x"),
    ],
)
def test_text_is_cut_in_utf_16_units(text: str, length: int | None, shown: str) -> None:
    assert cut(text, length) == shown


def test_text_of_a_push_is_that_of_its_elements_where_the_settings_have_none() -> None:
    body = [
        TextElem(text="hi "),
        FaceElem(index=1),
        CustomElem(data="x", desc="<b>"),
        ImageElem(uuid="1", image_format=1, image_info_array=[]),
    ]
    assert push_text(body) == "hi [Face]<b>[Image]"
    assert {each.text for each in shown_by_vendors(OfflinePushInfo(title="t"), body)} == {"hi [Face]<b>[Image]"}
    assert {each.title for each in shown_by_vendors(None, body, "alice")} == {"alice"}
    assert shown_by_vendors(None, [CustomElem(data="x")]) == []
    assert shown_by_vendors(OfflinePushInfo(push_flag=1, title="t"), body) == []


async def test_pushes_are_listed_as_the_vendors_show_them(remote: Remote) -> None:
    client = remote.client
    await client.push.send(from_account="alice", offline_push_info=OfflinePushInfo(title="<b>爱</b>", desc="🌸"))
    await client.push.send_web_batch(
        from_account="alice", to_account=["bob"], web_info=WebInfo(title="t", url="https://x.example")
    )
    web, push = (await remote.get("/pushes"))["pushes"]
    assert (web["vendors"], web["web_info"]) == ([], {"Title": "t", "URL": "https://x.example"})
    assert {(each["title"], each["text"]) for each in push["vendors"]} == {("<b>爱</b>", "🌸")}
    assert len(push["vendors"]) == 9
