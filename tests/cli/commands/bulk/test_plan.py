from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands.bulk.conftest import WritePeople
from tests.cli.helpers import Invoke


def test_plan_describes_the_campaign_and_sends_nothing(invoke: Invoke, people: WritePeople) -> None:
    rows = ",x\nuser-1,again\n"
    result = invoke("bulk", "plan", people(40, extra=rows), "--name", "spring", "--text", "Hi $name")
    assert (result.exit_code, result.stderr) == (1, "tim-async: not every row will be sent: 1 bad row\n")
    assert "campaign spring: 40 recipients, 1 duplicate" in result.stdout
    assert "1 bad row" in result.stdout
    assert "line 42: '': account is empty" in result.stdout
    assert "-> lanes=single: 40 calls, 1 s" in result.stdout
    assert "planned" in invoke("bulk", "status", "--name", "spring").stdout


def test_plan_without_recipients(invoke: Invoke, people: WritePeople) -> None:
    result = invoke("bulk", "plan", people(0), "--name", "spring", "--text", "Hi")
    assert "there are no recipients" in result.stdout
    assert (result.exit_code, result.stderr) == (1, "tim-async: not every row will be sent: no recipients\n")


def test_plan_that_foresees_failures_ends_with_1(invoke: Invoke, in_folder: Path) -> None:
    rows = ["account,name", "alice,A", "=A1,B", f"long,{'x' * 9000}", "none", ",x", "bob,B,C"]
    (in_folder / "people.csv").write_text("\n".join(rows), encoding="utf-8")
    for _ in range(2):  # also from the ledger
        result = invoke("bulk", "plan", "people.csv", "--name", "spring", "--text", "Hi $name")
        assert result.exit_code == 1
        assert result.stderr == (
            "tim-async: not every row will be sent: 2 bad rows, 1 message too large, 1 message that cannot be made\n"
        )
        assert "  warning: 1 account looks like a formula, such as '=A1': put only the account into the cell" in (
            result.stdout.splitlines()
        )


def test_plan_without_shortfall_ends_with_0(invoke: Invoke, people: WritePeople) -> None:
    result = invoke("bulk", "plan", people(3), "--name", "spring", "--text", "Hi $name")
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("command", ["plan", "run"])
def test_placeholder_without_a_column_is_refused_at_once(invoke: Invoke, people: WritePeople, command: str) -> None:
    people(3)
    line = ("bulk", command, "people.csv", "--name", "spring", "--text", "Hi $nme", "--ledger", "spring.db")
    result = invoke(*line, *(["--emulator"] if command == "run" else []))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1] == (
        "tim-async: --text has a placeholder without a column: $nme; people.csv has 'account', 'name'; did you mean "
        "$name? ($$ is a dollar sign); more: tim-async explain usage"
    )
    if command == "plan":
        assert invoke("bulk", "status", "--name", "spring", "--ledger", "spring.db").exit_code == 1
