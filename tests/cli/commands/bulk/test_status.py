from __future__ import annotations

import json

import pytest

from tests.cli.commands.bulk.conftest import WritePeople
from tests.cli.helpers import Invoke


def test_status_as_json_is_one_object_on_one_line(invoke: Invoke, people: WritePeople) -> None:
    invoke("bulk", "plan", people(3), "--name", "spring", "--text", "Hi")
    result = invoke("bulk", "status", "--name", "spring", "--json")
    assert (result.exit_code, result.stderr, result.stdout.count("\n")) == (0, "", 1)
    report = json.loads(result.stdout)
    assert (report["name"], report["sent"]) == ("spring", 0)


@pytest.mark.parametrize("args", [("status",), ("export", "out.csv")], ids=["status", "export"])
def test_campaign_without_a_ledger(invoke: Invoke, args: tuple[str, ...]) -> None:
    result = invoke("bulk", *args, "--name", "spring")
    assert result.exit_code == 1
    assert "spring.db" in result.stderr
    assert result.stderr.endswith("; more: tim-async explain ledger\n")
