"""What the guide to rich messages sends arrives as it says."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import pytest

from tests.site.blocks import LANGUAGES, defined_by, written
from tim_async import AndroidInfo, ApnsInfo, HarmonyInfo, OfflinePushInfo, TimClient
from tim_async.emulator import Emulator
from tim_async.families.c2c import C2C

PAGE: Final[dict[str, Any]] = defined_by("how-to/rich-messages")


@pytest.fixture
def emulator(tim_emulator: Emulator) -> Emulator:
    tim_emulator.add_accounts("alice", "bob", "carol", "shop")
    return tim_emulator


async def test_every_kind_of_element_is_sent(tim_client: TimClient, emulator: Emulator) -> None:
    await PAGE["invite"](tim_client)
    await PAGE["media"](tim_client, "bob")
    await PAGE["newer"](tim_client)
    await tim_client.c2c.send_text("bob", "see you at ten", from_account="alice")
    await PAGE["forward"](tim_client, "carol")
    sent = {element.msg_type for message in emulator.messages() for element in message.msg_body}
    (body,) = (field for field in C2C.send.fields if field.wire_name == "MsgBody")
    assert sent == set(body.kinds) - {"TIMStreamElem"} | {"TIMPollElem"}
    (forwarded,) = emulator.messages(to="carol")
    (element,) = forwarded.msg_body
    (original,) = element.msg_list  # type: ignore[attr-defined]
    assert (original.from_account, original.msg_body[0].text) == ("alice", "see you at ten")


async def test_push_has_what_each_vendor_takes(
    tim_client: TimClient, emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    await PAGE["shipped"](tim_client, "A-17")
    push = json.loads(emulator.arrivals[-1].body)["OfflinePushInfo"]
    assert json.loads(push["Ext"]) == {"order": "A-17"}
    assert {"HuaWeiCategory", "XiaoMiChannelID", "VIVOCategory", "MeiZuNoticeMsgType"} <= push["AndroidInfo"].keys()
    assert not caplog.records, "nothing that a vendor may not like"


@pytest.mark.parametrize("language", LANGUAGES)
def test_fields_that_the_page_names_for_vendors_exist(language: str) -> None:
    page = written(language)["how-to/rich-messages"].partition("(push-by-vendor)=")[2]
    named = {name for name in re.findall(r"`(\w+)(?:=\w+)?`", page) if "_" in name}
    fields = {
        field for struct in (OfflinePushInfo, AndroidInfo, ApnsInfo, HarmonyInfo) for field in struct.__struct_fields__
    }
    assert named - fields == {"offline_push_info"}
    vendors = {name for name in AndroidInfo.__struct_fields__ if not name.startswith("ext_as")}
    assert {name.split("_")[0] for name in vendors} <= {name.split("_")[0] for name in named | {"sound"}}
