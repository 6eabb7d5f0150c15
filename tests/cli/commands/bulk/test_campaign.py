"""The meaning of the options of `bulk`, and refused command lines."""

from __future__ import annotations

import pytest

from tests.cli.commands.bulk.conftest import WritePeople
from tests.cli.helpers import Invoke, run_without


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["people.csv", "--text", "a", "--message", "b.json"], "give either --text or --message, not both"),
        (["people.csv", "--text", " "], "--text is empty: is a shell variable unset?"),
        (["people.csv", "--text", "100 $"], "--text: the template has a $ that does not start a placeholder"),
        (
            ["people.csv", "--text", "Hi $姓名"],
            "the template has a $ that does not start a placeholder; write $$ for a dollar sign, ${姓名} for a column",
        ),
        (["people.csv", "--message", "missing.json"], "--message missing.json: No such file"),
        (["people.xlsx", "--text", "a"], "people.xlsx is a workbook: save it as CSV first"),
        (["-", "--text", "a"], "standard input needs a format: give --format csv, jsonl or txt"),
        (["people.csv", "--text", "a", "--format", "xls"], "--format is 'xls'; it must be one of csv, jsonl, txt"),
        (
            ["people.csv", "--text", "a", "--format", "txt"],
            "separated by commas: read it by --format csv with --delimiter ,",
        ),
        (["people.csv", "--text", "a", "--encoding", "gb18300"], "unknown encoding 'gb18300'; did you mean 'gb18030'?"),
        (["missing.csv", "--text", "a"], "cannot read missing.csv: No such file"),
        (
            ["people.csv", "--text", "a", "--account-column", "uid"],
            "has no column 'uid'; it has 'account', 'name'; set --account-column to the one with the accounts",
        ),
        (["people.csv", "--text", "a", "--lanes", "fast"], "--lanes is 'fast'; it must be one of"),
        (["people.csv", "--text", "$name", "--lanes", "batch"], "only a message that is the same for all"),
        (["people.csv", "--text", "a", "--limit", "sendmsg=5"], "'sendmsg' is not a command"),
        (["people.csv", "--text", "a", "--limit", "openim/sendmgs=5"], "did you mean 'openim/sendmsg'?"),
        (["people.csv", "--text", "a", "--limit", "openim/sendmsg=fast"], "it must look like openim/sendmsg=300"),
        (["people.csv", "--text", "a", "--limit", "openim/sendmsg=60/min"], "only openim/batchsendmsg has a limit"),
        (["people.csv", "--text", "a", "--delimiter", "::"], "--delimiter must be one character"),
        (["people.csv"], "give --text or --message; more: tim-async explain usage"),
        (["--text", "a"], "give FILE; more: tim-async explain usage"),
    ],
)
def test_line_that_is_wrong(invoke: Invoke, people: WritePeople, args: list[str], problem: str) -> None:
    people(3)
    result = invoke("bulk", "plan", *args, "--name", "spring")
    assert result.exit_code == 2
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1


def test_name_that_is_not_text(invoke: Invoke, people: WritePeople) -> None:
    result = invoke("bulk", "run", people(1), "--name", "spr\udcffng", "--text", "Hi", "--emulator")
    assert result.exit_code == 2
    assert result.stderr.startswith("tim-async: --name 'spr\\udcffng' ")


def test_without_the_extra_it_names_the_one_to_install() -> None:
    done = run_without("sqlalchemy", "bulk", "status", "--name", "x")
    assert done.returncode == 2
    assert done.stderr == 'tim-async: tim_async.bulk needs sqlalchemy: pip install "tim-async[bulk]"\n'
