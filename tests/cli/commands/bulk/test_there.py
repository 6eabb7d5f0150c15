"""`list`, `show`, `retry`, `archive` and `delete`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands.bulk.conftest import WritePeople
from tests.cli.helpers import Invoke, emulated
from tim_async.cli import _output
from tim_async.cli.commands.bulk import list as list_command

NAME = ("--name", "spring")


@pytest.fixture
def sent(invoke: Invoke, people: WritePeople, credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A campaign of 3, of which one failed."""
    with emulated(lambda emulator: emulator.faults.answer(70107, times=1, command="openim/sendmsg")) as emulator:
        monkeypatch.setenv("TIM_BASE_URL", emulator.url)
        result = invoke("bulk", "run", people(3), *NAME, "--text", "Hi $name", "--new")
    assert result.exit_code == 1, result.output


pytestmark = pytest.mark.usefixtures("credentials")


@pytest.mark.usefixtures("sent")
def test_list(invoke: Invoke) -> None:
    result = invoke("bulk", "list")
    assert result.exit_code == 0
    titles, row = result.stdout.splitlines()
    assert titles.split() == [
        "CAMPAIGN", "STATE", "RECIPIENTS", "SENT", "FAILED", "UNKNOWN", "TO", "DO", "PLANNED", "STARTED", "ENDED",
    ]  # fmt: skip
    assert row.split()[:7] == ["spring", "done", "3", "2", "1", "0", "0"]
    assert result.stderr == "1 campaign\n"
    [found] = json.loads(invoke("bulk", "list", "--json").stdout)["campaigns"]
    assert (found["name"], found["status"], found["sent"]) == ("spring", "done", 2)


@pytest.mark.usefixtures("sent")
def test_list_on_a_narrow_terminal(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (_output, list_command):
        monkeypatch.setattr(module, "is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    lines = invoke("bulk", "list").stdout.splitlines()
    assert lines[0].strip() == "spring: done"
    assert lines[1].split(maxsplit=1)[1].strip() == "2 of 3, 1 failed, 0 unknown, 0 to do"
    assert [line.split()[0] for line in lines[1:]] == ["sent", "planned", "started", "ended"]
    assert max(map(len, lines)) <= 60
    monkeypatch.setenv("COLUMNS", "160")
    assert invoke("bulk", "list").stdout.startswith("CAMPAIGN")


def test_list_of_nothing(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert invoke("bulk", "list").exit_code == 1  # the ledger that was named is not there
    monkeypatch.delenv("TIM_LEDGER")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    result = invoke("bulk", "list")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "0 campaigns\n")


@pytest.mark.usefixtures("sent")
def test_show(invoke: Invoke) -> None:
    shown = {account: invoke("bulk", "show", *NAME, "--account", account) for account in ("user-0", "user-1", "user-2")}
    [failed] = [account for account, result in shown.items() if "failed with 70107" in result.stdout]
    for account, result in shown.items():
        number = account.removeprefix("user-")
        assert result.stdout.startswith(f"account {account}\n  state      {'failed' if account == failed else 'sent'}")
        assert f"  row        line {int(number) + 2}: name=Name {number}\n" in result.stdout
        assert "  message    as it was sent: {" in result.stdout
        assert f'"Text":"Hi Name {number}"' in result.stdout
    found = json.loads(invoke("bulk", "show", *NAME, "--account", failed, "--json").stdout)
    assert (found["account"], found["state"], found["code"]) == (failed, "failed", 70107)
    result = invoke("bulk", "show", *NAME, "--account", "nobody")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "the campaign 'spring' has no recipient 'nobody'" in result.stderr


@pytest.mark.usefixtures("sent")
def test_retry(invoke: Invoke) -> None:
    result = invoke("bulk", "retry", *NAME, "--code", "20003")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "tim-async: nothing was changed: no recipient to retry\n"
    result = invoke("bulk", "retry", *NAME, "--unknown", "--code", "20003")
    assert result.exit_code == 2
    assert "--code" in result.stderr
    result = invoke("bulk", "retry", *NAME, "--code", "70107")
    assert result.exit_code == 0
    assert result.stdout == (
        "campaign spring: 1 failed, 0 unknown and 0 given-up recipients will be retried; "
        "to send: tim-async bulk run --name spring\n"
    )
    found = json.loads(invoke("bulk", "status", *NAME, "--json").stdout)
    assert (found["status"], found["failed"]) == ("interrupted", 0)
    found = json.loads(invoke("bulk", "retry", *NAME, "--json").stdout)
    assert found["retried"]["failed"] == 0


@pytest.mark.usefixtures("sent")
def test_archive(invoke: Invoke) -> None:
    result = invoke("bulk", "archive", *NAME)
    assert result.exit_code == 2
    assert "--yes is missing: standard input is not a terminal" in result.stderr
    result = invoke("bulk", "archive", *NAME, "--yes")
    assert (result.exit_code, result.stdout) == (
        0, "campaign spring is now archived; tim-async bulk list --archived shows it\n",
    )  # fmt: skip
    assert invoke("bulk", "list").stdout == ""
    assert "spring" in invoke("bulk", "list", "--archived").stdout
    result = invoke("bulk", "run", *NAME)
    assert (result.exit_code, "is archived: unarchive it first" in result.stderr) == (2, True)
    assert json.loads(invoke("bulk", "archive", *NAME, "--undo", "--json").stdout)["is_archived"] is False
    result = invoke("bulk", "archive", *NAME, "--undo")
    assert (result.exit_code, result.stderr) == (
        1, "tim-async: nothing was changed: campaign 'spring' is not archived\n",
    )  # fmt: skip


@pytest.mark.usefixtures("sent")
def test_delete(invoke: Invoke, in_folder: Path) -> None:
    result = invoke("bulk", "delete", *NAME)
    assert (result.exit_code, "--yes is missing" in result.stderr) == (2, True)
    assert (in_folder / "spring.db").exists()
    result = invoke("bulk", "delete", *NAME, "--yes")
    assert (result.exit_code, result.stdout) == (
        0, "campaign spring is deleted: 3 recipients, 2 of them sent to\n",
    )  # fmt: skip
    assert not (in_folder / "spring.db").exists()


@pytest.mark.parametrize(("answer", "code"), [("n\n", 1), ("y\n", 0), ("", 1)])
@pytest.mark.usefixtures("sent")
def test_what_is_asked(
    invoke: Invoke, in_folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    monkeypatch.setattr("tim_async.cli.commands.bulk._confirm.is_terminal", lambda: True)
    result = invoke("bulk", "delete", *NAME, stdin=answer)
    assert result.exit_code == code
    assert "Delete campaign 'spring' from " in result.stderr
    assert "and a new campaign of that name sends to all of them again. [y/N]" in result.stderr
    assert (in_folder / "spring.db").exists() == bool(code)
