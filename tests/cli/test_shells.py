from __future__ import annotations

import shlex

import pytest

from tests.cli.helpers import APP, Invoke, emulated, emulator_process, posix
from tim_async.cli import _shells
from tim_async.cli._shells import join, set_variable
from tim_async.cli.commands import emulator as command

WORDS = ["tim-async", "bulk", "run", r"C:\people.csv", "--text", "it's $name; 你好 👋", "", "--ledger=x y"]


def test_lines_of_other_systems_are_read_back_by_their_shells() -> None:
    assert shlex.split(join(WORDS)) == WORDS
    assert set_variable("TIM_SDK_APP_ID", APP) == f"export TIM_SDK_APP_ID={APP}"
    assert set_variable("TIM_IDENTIFIER", "it's") == """export TIM_IDENTIFIER='it'"'"'s'"""


def test_lines_of_windows_are_powershells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_shells, "WINDOWS", True)
    assert join(WORDS) == (r"tim-async bulk run C:\people.csv --text 'it''s $name; 你好 👋' '' '--ledger=x y'")
    assert set_variable("TIM_IDENTIFIER", "it's") == "$env:TIM_IDENTIFIER = 'it''s'"


def test_examples_of_help_are_powershells_on_windows(monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    assert "export TIM_BROKER_URL=" in invoke("worker", "--help").stdout
    monkeypatch.setattr(_shells, "WINDOWS", True)
    help_of_worker, help_of_signing = invoke("worker", "--help").stdout, invoke("user-sig", "--help").stdout
    assert "  $env:TIM_BROKER_URL = 'amqp://tim:...@mq/'; $env:TIM_REDIS_URL = 'redis://cache/0'\n" in help_of_worker
    assert "export" not in help_of_worker
    assert "  Get-Content user_sig.txt | tim-async user-sig --verify\n" in help_of_signing


@posix
def test_emulator_prints_lines_of_the_shell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with emulator_process() as (_, variables, _):
        assert set(variables) == {"TIM_BASE_URL", "TIM_SDK_APP_ID", "TIM_SECRET_KEY", "TIM_IDENTIFIER"}
    monkeypatch.setattr(_shells, "WINDOWS", True)
    with emulated() as served:
        command._introduce(served, "a key", "administrator", as_json=False)
    assert "$env:TIM_SECRET_KEY = 'a key'" in capsys.readouterr().out
