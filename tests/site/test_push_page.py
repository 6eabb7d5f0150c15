"""What the guide to pushes shows does what it says."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from tests.site.blocks import LANGUAGES, defined_by, written
from tim_async import Rate, TimClient, UserTags
from tim_async.emulator import Emulator
from tim_async.families.push import Push

PAGE: Final[dict[str, Any]] = defined_by("how-to/push")


@pytest.fixture
def emulator(tim_emulator: Emulator) -> Emulator:
    tim_emulator.add_accounts("alice", "bob", "carol")
    return tim_emulator


async def test_push_goes_to_those_with_the_tag_and_is_taken_back(tim_client: TimClient, emulator: Emulator) -> None:
    await tim_client.push.add_tags(user_tags=[UserTags(to_account="carol", tags=["unsubscribed"])])
    task_id = await PAGE["announce"](tim_client, ["alice", "carol"])
    (push,) = emulator.pushes
    assert (push.task_id, push.to) == (task_id, ["alice"])
    await PAGE["take_back"](tim_client, task_id)
    assert push.revoked_at is not None
    assert push.shown_instead is not None
    assert push.shown_instead.desc == "Not yet"


async def test_push_goes_to_a_city(
    tim_client: TimClient, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    await PAGE["to_a_city"](tim_client, {"alice": "深圳", "bob": "北京", "a stranger": "深圳"})
    assert capsys.readouterr().out == "[('a stranger', 70107)]\n"
    assert [push.to for push in emulator.pushes] == [["alice"]]


async def test_push_to_a_list_is_tasks_with_one_data_id(tim_client: TimClient, emulator: Emulator) -> None:
    ids = await PAGE["to_some"](tim_client, ["alice", "bob", "a stranger"])
    assert [(push.task_id, push.to, push.data_id) for push in emulator.pushes] == [
        (ids[0], ["alice", "bob"], "winback")
    ]


async def test_scheduled_push_is_deleted_and_figures_are_read(
    tim_client: TimClient, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    task_id = await PAGE["announce"](tim_client, ["alice"])
    await PAGE["remind"](tim_client, task_id)
    assert re.fullmatch(r"\d+ \d+\n", capsys.readouterr().out)
    assert len(emulator.pushes) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_column_of_limits_is_that_of_the_endpoints(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    page = written(language)["how-to/push"]
    rows = dict(re.findall(r"^\| `push\.(\w+)` \| ([^|]*) \|", page, re.MULTILINE))
    for name, text in rows.items():
        limits = [str(rate.limit) for rate in getattr(Push, name).limits if rate != Rate(200)]
        assert re.findall(r"\d+", text) == limits
    monkeypatch.setenv("TIM_SDK_APP_ID", "1400000000")
    monkeypatch.setenv("TIM_SECRET_KEY", "0" * 64)
    client = PAGE["standard_edition"]()
    assert client.limits_of(Push.send)[1] == Rate(100, per=86_400)
    assert client.limits_of(Push.send_batch)[0].limit == 500
