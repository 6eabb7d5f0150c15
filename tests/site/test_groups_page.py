"""What the guide to groups shows does what it says."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from tests.site.blocks import LANGUAGES, defined_by, written
from tim_async import TimClient
from tim_async.emulator import Emulator
from tim_async.emulator.state.group_rules import RULES

PAGE: Final[dict[str, Any]] = defined_by("how-to/groups")


@pytest.fixture
def emulator(tim_emulator: Emulator) -> Emulator:
    tim_emulator.add_accounts("alice", "bob", "carol")
    return tim_emulator


async def test_group_examples_do_what_they_say(
    tim_client: TimClient, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    group_id = await PAGE["found_a_group"](tim_client, "alice", ["bob", "carol", "nobody"])
    await PAGE["in_a_group"](tim_client, group_id)
    printed = capsys.readouterr().out
    assert "[AddedMember(member_account='nobody', result=0)]" in printed
    assert "alice Owner\nbob Admin\n10004 " in printed
    assert "4 administrator [TextElem(text='We meet at ten')]\n[]\n" in printed, "after three notices"


async def test_attributes_and_counters(tim_client: TimClient, emulator: Emulator) -> None:
    group_id = (await tim_client.group.create(type="Meeting", name="Karaoke", owner_account="alice")).group_id
    assert [await PAGE["on_stage"](tim_client, group_id, "bob") for _ in range(2)] == [3, 6]
    attributes = await tim_client.group_attr.get(group_id=group_id)
    assert [(attribute.key, attribute.value) for attribute in attributes.group_attr_ary] == [("mic", "bob")]


async def test_live_room(tim_client: TimClient, emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    group_id = (await tim_client.group.create(type="AVChatRoom", name="Live")).group_id
    emulator.join_group(group_id, "alice", "bob")
    assert await PAGE["live"](tim_client, group_id, ["bob"]) == ["bob"]
    assert capsys.readouterr().out == "2\n[]\n"


async def test_community_and_topic(
    tim_client: TimClient, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    community, topic = await PAGE["found_a_community"](tim_client, "alice")
    assert (community, topic) == ("@TGS#_hikers", "@TGS#_hikers@TOPIC#_yunnan")
    assert capsys.readouterr().out == "[TextElem(text='Who is in Dali?')]\n"


@pytest.mark.parametrize("language", LANGUAGES)
def test_table_of_types_is_that_of_the_emulator(language: str) -> None:
    page = written(language)["how-to/groups"]
    table = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    cells = [[not cell.startswith(("no", "不支持")) for cell in row[1:]] for row in table[-10:]]
    rules = [RULES[kind] for kind in ("Public", "Private", "ChatRoom", "AVChatRoom", "Community")]
    names = ("can_apply", "can_add", "can_remove", None, "can_mute", "can_transfer", "has_history", "has_unread")
    for name, row in zip((*names, "has_receipts"), cells, strict=False):
        if name is not None:
            assert row == [getattr(each, name) for each in rules], name
    assert [re.sub(r"\D", "", cell) or None for cell in table[-1][1:]] == [
        None if each.max_members is None else str(each.max_members) for each in rules
    ]
