"""What the guide to sending shows does what it says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from tests.site.blocks import defined_by
from tim_async import Region, TimClient
from tim_async.emulator import Emulator

PAGE: Final[dict[str, Any]] = defined_by("how-to/sending")


def test_clients_have_the_data_centres_that_are_named() -> None:
    hosts = [client.base_url.removeprefix("https://") for client in PAGE["make_clients"]()]
    assert hosts == [region.hosts[0] for region in (Region.CHINA, Region.SINGAPORE, Region.SEOUL)]


async def test_message_has_what_it_was_given(tim_client: TimClient, tim_emulator: Emulator) -> None:
    tim_emulator.add_accounts("lumotuwe2", "shop")
    key = await PAGE["notify"](tim_client, "A-17")
    (message,) = tim_emulator.history("lumotuwe2", "shop")
    assert message.msg_key == key
    assert [element.msg_type for element in message.msg_body] == ["TIMTextElem", "TIMCustomElem"]
    assert message.cloud_custom_data == '{"campaign": 7}'


async def test_newer_things_can_be_sent(
    tim_client: TimClient, tim_emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    tim_emulator.add_accounts("bob")
    await PAGE["newer_things"](tim_client)
    assert b'"NewField":1' in tim_emulator.arrivals[0].body
    assert capsys.readouterr().out == "0\n"


async def test_conversation_is_read_newest_first(
    tim_client: TimClient, tim_emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    tim_emulator.add_accounts("alice", "bob")
    for text in ("first", "second"):
        await tim_client.c2c.send_text("alice", text, from_account="bob")
    await PAGE["read"](tim_client)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" ")[2] for line in lines] == [
        "bob [TextElem(text='second')]",
        "bob [TextElem(text='first')]",
    ]


async def test_message_to_many_has_an_outcome_for_each(
    tim_client: TimClient, tim_emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    tim_emulator.add_accounts("alice", "bob")

    async def accounts() -> AsyncIterator[str]:
        for account in ("alice", "bob", "bob", "a stranger"):
            yield account

    await PAGE["tell_everyone"](tim_client, accounts())
    assert capsys.readouterr().out == "2 [('a stranger', 70107)] []\n"


async def test_accounts_profiles_and_friends(
    tim_client: TimClient, tim_emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    await PAGE["welcome"](tim_client, ["ada", "bob", "carol"])
    failed, *friends = capsys.readouterr().out.splitlines()
    assert failed == "[]"
    assert [line.split()[0] for line in friends] == ["bob", "carol"]
    assert "ada" in tim_emulator.accounts


async def test_results_are_kept_as_json_and_as_pickles(
    tim_client: TimClient, tim_emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    tim_emulator.add_accounts("bob", "carol")
    kept = await PAGE["keep"](tim_client)
    assert [each["account"] for each in kept["deliveries"]] == ["bob", "carol"]
    assert capsys.readouterr().out.splitlines()[0] == "<Deliveries: 2 sent, 0 failed, 0 unknown>"
