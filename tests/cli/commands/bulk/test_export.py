from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.commands.bulk.conftest import WritePeople
from tests.cli.helpers import Invoke


@pytest.fixture
def planned(invoke: Invoke, people: WritePeople) -> str:
    assert invoke("bulk", "plan", people(3), "--name", "spring", "--text", "Hi").exit_code == 0
    return "spring"


def test_export_into_a_file(invoke: Invoke, planned: str, in_folder: Path) -> None:
    result = invoke("bulk", "export", "out.csv", "--name", planned)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "3 rows in out.csv\n")
    with (in_folder / "out.csv").open(encoding="utf-8", newline="") as file:
        assert Counter(row["account"] for row in csv.DictReader(file)) == {"user-0": 1, "user-1": 1, "user-2": 1}


def test_export_to_standard_output(invoke: Invoke, planned: str) -> None:
    lines = invoke("bulk", "export", "-", "--format", "jsonl", "--name", planned).stdout.splitlines()
    assert [json.loads(line)["account"] for line in lines] == ["user-0", "user-1", "user-2"]


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["outcomes"], "--format must be csv or jsonl"),
        (["missing/out.csv"], "cannot write missing/out.csv: No such file or directory"),
    ],
    ids=["no ending", "no folder"],
)
def test_export_to_a_place_that_is_wrong(invoke: Invoke, planned: str, args: list[str], problem: str) -> None:
    result = invoke("bulk", "export", *args, "--name", planned)
    assert result.exit_code == 2
    assert result.stderr == f"{result.stderr.splitlines()[0]}\n"
    assert problem in result.stderr
