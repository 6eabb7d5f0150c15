"""`tim-async bulk run`, inside this process and as a separate process."""

from __future__ import annotations

import csv
import json
import re
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.commands.bulk.conftest import WritePeople
from tests.cli.helpers import KEY, Invoke, RunProcess, emulator_process, interrupted, posix


def test_rehearsal_needs_no_account_and_keeps_no_ledger(invoke: Invoke, people: WritePeople, in_folder: Path) -> None:
    args = ("bulk", "run", people(60), "--name", "spring", "--text", "Hi $name", "--emulator")
    result = invoke(*args, "--limit", "openim/sendmsg=5000")
    assert result.exit_code == 0
    assert "nothing is sent to the service" in result.stderr
    assert "spring: 60 of 60, 60 sent" in result.stderr
    assert "60 of 60 recipients sent, 0 failed" in result.stdout
    assert [path.name for path in in_folder.iterdir()] == ["people.csv"]


def test_exit_code_is_0_only_when_every_row_was_sent(invoke: Invoke, people: WritePeople) -> None:
    result = invoke("bulk", "run", people(5, extra=",x\n"), "--name", "spring", "--text", "Hi", "--emulator")
    assert result.exit_code == 1
    assert "5 of 5 recipients sent" in result.stdout
    assert result.stderr.endswith("\ntim-async: not every row was sent: 1 bad row\n")
    long = people(4, extra=f"long,{'x' * 9000}\n")
    failing = invoke("bulk", "run", long, "--name", "spring", "--text", "Hi $name", "--emulator")
    assert failing.exit_code == 1
    assert "1 failed with 0 not_sent" in failing.stdout
    assert failing.stderr.endswith("\ntim-async: not every row was sent: 1 failed\n")


def test_run_says_what_is_missing_and_what_to_do(tim_async: RunProcess, people: WritePeople) -> None:
    file = people(3, extra=",x\n")
    with emulator_process("--no-auto-import", "--account", "user-0") as (_, exports, _):
        done = tim_async("bulk", "run", file, "--name", "spring", "--text", "Hi", **exports)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "tim-async: not every row was sent: 1 bad row, 2 failed; use --retry-failed to try the failed ones again; "
        "tim-async bulk export lists all of them"
    )
    refused = "--change-message sends it to the remaining recipients, with {}--retry-failed also to the 2 that failed"
    with emulator_process() as (_, exports, _):
        other = tim_async("bulk", "run", "--name", "spring", "--text", "Ho", **exports)
    assert (other.returncode, refused.format("") in other.stderr) == (2, True), other.stderr
    other = tim_async("bulk", "plan", "--name", "spring", "--text", "Ho")
    assert (other.returncode, f"run {refused.format('run ')}" in other.stderr) == (2, True), other.stderr


def test_no_recipients_is_not_a_success(invoke: Invoke, people: WritePeople) -> None:
    result = invoke("bulk", "run", people(0), "--name", "spring", "--text", "Hi", "--emulator")
    assert result.exit_code == 2
    assert "the campaign 'spring' has no recipients" in result.stderr


def test_run_without_credentials(invoke: Invoke, people: WritePeople) -> None:
    result = invoke("bulk", "run", people(3), "--name", "spring", "--text", "Hi")
    assert result.exit_code == 2
    assert "TIM_SDK_APP_ID (or --sdk-app-id) is missing; --emulator needs none" in result.stderr


def test_run_carry_on_status_and_export(tim_async: RunProcess, people: WritePeople, in_folder: Path) -> None:
    file = people(30)
    (in_folder / "message.json").write_text(
        '{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"Hi $name 👋"}}],"From_Account":"shop"}', "utf-8"
    )
    with emulator_process() as (_, exports, _):
        line = ("bulk", "run", file, "--name", "spring", "--message", "message.json", "--ledger", "my.db")
        for _ in range(2):  # the same line again has nothing left to do
            done = tim_async(*line, **exports)
            assert (done.returncode, "30 of 30 recipients sent" in done.stdout) == (0, True), done.stderr
        other = tim_async(*line[:-4], "--text", "other", "--ledger", "my.db", **exports)
        assert other.returncode == 2
        assert "--change-message" in other.stderr
        assert "change_message" not in other.stderr
        more = tim_async("bulk", "run", people(31, name="more.csv"), *line[3:], **exports)
        assert more.returncode == 2
        assert "--add-recipients" in more.stderr
        assert "add_recipients" not in more.stderr
    status = tim_async("bulk", "status", "--name", "spring", "--ledger", "my.db", "--json")
    assert json.loads(status.stdout)["sent"] == 30
    assert tim_async("bulk", "export", "out.csv", "--name", "spring", "--ledger", "my.db").returncode == 0
    with (in_folder / "out.csv").open(encoding="utf-8", newline="") as rows:
        assert Counter(row["state"] for row in csv.DictReader(rows)) == {"sent": 30}
    lines = tim_async("bulk", "export", "-", "--format", "jsonl", "--name", "spring", "--ledger", "my.db").stdout
    assert [json.loads(each)["account"] for each in lines.splitlines()][:2] == ["user-0", "user-1"]


@posix
def test_line_to_carry_on_has_no_password(people: WritePeople) -> None:
    """SQLite ignores a password; if one is given, it must not be printed."""
    url = "sqlite://me:hunter2@/spring.db"
    text = "https://shop.example/?who=$name"
    line = ["bulk", "run", people(1000), "--name", "spring", "--text", text, f"--ledger={url}", "--broker", url]
    with emulator_process() as (_, exports, _):
        output, errors, _ = interrupted(line, exports, signal.SIGTERM)
    assert "to continue, run it again: tim-async bulk run" in errors
    assert "'--ledger=sqlite://me:***@/spring.db' --broker 'sqlite://me:***@/spring.db'" in errors
    assert "hunter2" not in output + errors
    assert f"--text '{text}'" in errors  # it would be another message


@posix
@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.soak)], ids=lambda number: number.name
)
def test_signal_finishes_what_is_in_flight_and_prints_how_to_carry_on(
    tim_async: RunProcess, people: WritePeople, number: signal.Signals
) -> None:
    line = ["bulk", "run", people(1000), "--name", "spring", "--text", "Hi $name"]
    with emulator_process() as (_, exports, _):
        output, errors, code = interrupted(line, exports, number)
        assert code == 1
        assert re.search(r"campaign spring: interrupted: interrupted by (Ctrl-C|SIGTERM)", output)
        assert "in flight" not in output
        assert "finishing what is in flight; a second signal stops at once" in errors
        assert f"to continue, run it again: tim-async bulk run {line[2]} --name spring --text 'Hi $name'" in errors
        assert KEY not in output + errors
        done = tim_async(*line, "--limit", "openim/sendmsg=190", **exports)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1,000 of 1,000 recipients sent" in done.stdout
