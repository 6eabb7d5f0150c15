from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.cli.helpers import Invoke, RunProcess
from tim_async import _public
from tim_async.cli import _demo
from tim_async.emulator import Emulator
from tim_async.families.c2c import C2C
from tim_async.models.c2c import RoamMsg


def test_demo_prints_a_delivered_message_where_there_is_no_terminal(tim_async: RunProcess) -> None:
    done = tim_async("demo", COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    assert "alice to bob: 你好, Bob! 👋" in done.stdout
    assert re.search(r"^  delivered, MsgKey \d+_\d+_\d+, \d{4}-[\d-]+ [\d:]+ UTC$", done.stdout, re.MULTILINE)
    assert "10 of 10 messages were delivered" in done.stdout
    assert re.search(r"openim/sendmsg: 10 calls in 10 attempts; .* of the 200 calls it may have\.", done.stdout)
    assert "\x1b" not in done.stdout


def test_demo_where_chinese_cannot_be_shown(tim_async: RunProcess) -> None:
    done = tim_async("demo", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "10 of 10 messages were delivered" in done.stdout


def test_demo_shows_every_kind_that_can_be_sent(invoke: Invoke) -> None:
    output = invoke("demo").stdout
    kinds = {name for name in _public.__all__ if name.endswith("Elem")} - {"StreamElem"}  # a command of its own
    shown = set(re.findall(r"\b([A-Z][A-Za-z]+Elem)\b +[│|]", output))
    assert shown == kinds


def test_demo_one_message_comes_with_offline_push(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    emulators = []

    class Kept(Emulator):
        def __init__(self) -> None:
            super().__init__()
            emulators.append(self)

    monkeypatch.setattr(_demo, "Emulator", Kept)
    assert invoke("demo").exit_code == 0
    bodies = [arrival.body for arrival in emulators[0].arrivals if arrival.command == C2C.send.command]
    assert [b'"OfflinePushInfo":{' in body for body in bodies].count(True) == 1


def test_demo_when_a_message_does_not_arrive(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    read = C2C.iter_roam_msgs

    async def read_one_less(*args: Any) -> AsyncIterator[RoamMsg]:
        messages = [message async for message in read(*args)]
        for message in messages[1:]:
            yield message

    monkeypatch.setattr(C2C, "iter_roam_msgs", read_one_less)
    result = invoke("demo")
    assert result.exit_code == 1
    assert "9 of 10 messages were delivered" in result.stdout


@pytest.mark.parametrize("code", [90012, 20006])
def test_demo_when_the_service_refuses(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    class Failing(Emulator):
        def __init__(self) -> None:
            super().__init__()
            self.faults.answer(code, command=C2C.send.command)

    monkeypatch.setattr(_demo, "Emulator", Failing)
    result = invoke("demo")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"tim-async: openim/sendmsg: the service answered {code} ")
    assert result.stderr.count("\n") == 1
