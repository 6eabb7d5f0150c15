from __future__ import annotations

from tests.cli.commands.bulk.conftest import WritePeople
from tests.cli.helpers import Invoke


def test_plan_describes_the_campaign_and_sends_nothing(invoke: Invoke, people: WritePeople) -> None:
    rows = ",x\nuser-1,again\n"
    result = invoke("bulk", "plan", people(40, extra=rows), "--name", "spring", "--text", "Hi $name")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "campaign spring: 40 recipients, 1 duplicate" in result.stdout
    assert "1 bad row" in result.stdout
    assert "line 42: '': account is empty" in result.stdout
    assert "-> lanes=single: 40 calls, 1 s" in result.stdout
    assert "planned" in invoke("bulk", "status", "--name", "spring").stdout


def test_plan_without_recipients(invoke: Invoke, people: WritePeople) -> None:
    assert "no recipients" in invoke("bulk", "plan", people(0), "--name", "spring", "--text", "Hi").stdout
