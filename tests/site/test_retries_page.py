"""What the guide to retries says is what policies do."""

from __future__ import annotations

import ast
import re
from typing import Any, Final

import pytest

from tests.site.blocks import LANGUAGES, defined_by, written
from tim_async import RetryPolicy, SendMsg, TextElem, TimClient, endpoints
from tim_async.emulator import Emulator

PAGE: Final[dict[str, Any]] = defined_by("how-to/retries")


@pytest.fixture
def tim_client_options() -> dict[str, Any]:
    return {"timeout": 2.0}


@pytest.mark.parametrize("language", LANGUAGES)
def test_policy_line_has_the_defaults(language: str) -> None:
    page = written(language)["how-to/retries"]
    (line,) = re.findall(r"`RetryPolicy\(codes=TRANSIENT_CODES, ([^`]*)\)`", page)
    values = ast.parse(f"dict({line})", mode="eval").body
    assert isinstance(values, ast.Call)
    policy = RetryPolicy()
    assert [keyword.arg for keyword in values.keywords] == list(RetryPolicy.__struct_fields__[1:])
    for keyword in values.keywords:
        assert getattr(policy, str(keyword.arg)) == ast.literal_eval(keyword.value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_table_of_repeats_is_that_of_the_endpoints(language: str) -> None:
    rows = dict(
        re.findall(r"^\| `(always|identity|never)` \| (.*) \|$", written(language)["how-to/retries"], re.MULTILINE)
    )
    by_repeat: dict[str, set[str]] = {}
    for endpoint in endpoints().values():
        by_repeat.setdefault(endpoint.repeat, set()).add(f"{endpoint.family}.{endpoint.name}")
    assert str(len(by_repeat["always"])) in rows["always"]
    assert set(re.findall(r"`(\w+\.\w+)`", rows["identity"])) == by_repeat["identity"]
    assert set(re.findall(r"`(\w+\.\w+)`", rows["never"])) < by_repeat["never"]


def test_client_has_the_policy_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIM_SDK_APP_ID", "1400000000")
    monkeypatch.setenv("TIM_SECRET_KEY", "0" * 64)
    assert PAGE["make_client"]().settings.retry == RetryPolicy(max_attempts=6, max_elapsed=60.0)


async def test_lost_answer_is_asked_for_again_and_doubles_nothing(
    tim_client: TimClient, tim_emulator: Emulator
) -> None:
    tim_emulator.add_accounts("bob")
    tim_emulator.faults.drop(after=True, command="openim/sendmsg", times=1)
    await PAGE["careful"](tim_client)
    assert tim_emulator.count("openim/sendmsg") == 2
    assert len(tim_emulator.messages(to="bob")) == 1


@pytest.mark.parametrize("after", [True, False], ids=["delivered", "not delivered"])
async def test_much_later_the_history_decides(tim_client: TimClient, tim_emulator: Emulator, *, after: bool) -> None:
    tim_emulator.add_accounts("bob")
    tim_emulator.faults.drop(after=after, command="openim/sendmsg", times=1)
    await PAGE["send_once"](tim_client)
    assert tim_emulator.count("openim/sendmsg") == (1 if after else 2)
    assert len(tim_emulator.messages(to="bob")) == 1
    lost = SendMsg(to_account="bob", msg_body=[TextElem(text="x")], msg_seq=1, msg_random=2)
    assert await PAGE["much_later"](tim_client, lost)
    assert not await PAGE["much_later"](tim_client, lost)


async def test_call_that_was_timed_out_from_outside_is_perhaps_sent(
    tim_client: TimClient, tim_emulator: Emulator
) -> None:
    tim_emulator.add_accounts("bob")
    assert await PAGE["in_a_hurry"](tim_client) == "sent"
    tim_emulator.faults.stall(command="openim/sendmsg")
    assert await PAGE["in_a_hurry"](tim_client) == "perhaps sent"


async def test_best_effort_is_one_attempt(tim_client: TimClient, tim_emulator: Emulator) -> None:
    tim_emulator.add_accounts("bob")
    tim_emulator.faults.answer(20004, command="openim/sendmsg", times=1)
    with pytest.raises(Exception, match="20004"):
        await PAGE["best_effort"](tim_client, "bob")
    assert tim_emulator.count("openim/sendmsg") == 1
