"""One message of a campaign to a test account, outside of the campaign."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bulk.conftest import accounts, each_got
from tim_async import ApiError, LedgerError, TextElem, TimClient, UsageError
from tim_async.bulk import Campaign, Recipient, Template
from tim_async.emulator import Emulator

MakeCampaign = Callable[..., Campaign]


def texts(emulator: Emulator) -> list[tuple[str, str]]:
    return [
        (each.to_account, element.text)
        for each in emulator.messages()
        for element in each.msg_body
        if isinstance(element, TextElem)
    ]


async def test_first_recipients_message_is_sent_and_nothing_is_planned(
    campaign: MakeCampaign, client: TimClient, emulator: Emulator, tmp_path: Path
) -> None:
    people = tmp_path / "people.csv"
    people.write_text("account,name\nu1,Ann\nu2,Bob\n", encoding="utf-8")
    spring = campaign(recipients=people, message=Template("Hi $name ($account)"))
    sent = await spring.send_to_me(client, "me")
    assert sent.msg_key
    assert texts(emulator) == [("me", "Hi Ann (u1)")]
    assert (await campaign().locate()).is_new
    await spring.send_to_me(client, "me")  # not taken for a repeat
    assert each_got(emulator) == {2: 1}
    assert (await spring.run(client)).sent == 2
    assert each_got(emulator) == {2: 1, 1: 2}


async def test_message_of_a_campaign_that_is_in_the_ledger(
    campaign: MakeCampaign, client: TimClient, emulator: Emulator
) -> None:
    await campaign(recipients=[{"account": "u1", "name": "Ann"}], message=Template("Hi $name")).plan(client=client)
    before = await campaign().status()
    await campaign().send_to_me(client, "me")
    await campaign(message=Template("Hello $name")).send_to_me(client, "me")
    assert texts(emulator) == [("me", "Hi Ann"), ("me", "Hello Ann")]
    assert await campaign().status() == before


async def test_iterator_is_read_whole_afterwards(campaign: MakeCampaign, client: TimClient, emulator: Emulator) -> None:
    async def message(recipient: Recipient) -> str:
        return f"Hi {recipient.account}"

    spring = campaign(recipients=iter(accounts(3)), message=message)
    await spring.send_to_me(client, "me")
    assert texts(emulator) == [("me", "Hi u0")]
    assert (await spring.run(client)).sent == 3


async def test_what_is_missing_or_wrong_is_said(campaign: MakeCampaign, client: TimClient, emulator: Emulator) -> None:
    with pytest.raises(LedgerError, match="does not exist"):
        await campaign(message="Hi").send_to_me(client, "me")
    with pytest.raises(UsageError, match="to_me"):
        await campaign(recipients=["u1"], message="Hi").send_to_me(client, "")
    with pytest.raises(UsageError, match="no message can be made"):
        await campaign(recipients=[""], message="Hi").send_to_me(client, "me")
    with pytest.raises(UsageError, match="name"):
        await campaign(recipients=["u1"], message=Template("Hi $name")).send_to_me(client, "me")
    emulator.faults.answer(20003)
    with pytest.raises(ApiError):
        await campaign(recipients=["u1"], message="Hi").send_to_me(client, "me")
    assert emulator.messages() == []
