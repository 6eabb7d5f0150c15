"""`tim-async bulk`, inside this process and as a process of its own."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter

import pytest

from tests.cli.conftest import KEY, command
from tests.cli.test_processes import BLOCKED, emulator, posix
from tim_async.cli._shared import hide_password

pytestmark = pytest.mark.usefixtures("in_folder")


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def people(in_folder):
    def write(count, name="people.csv", extra=""):
        path = in_folder / name
        rows = [f"user-{index},Name {index}" for index in range(count)]
        path.write_text("\n".join(["account,name", *rows]) + "\n" + extra, encoding="utf-8")
        return str(path)

    return write


def test_plan_tells_and_sends_nothing(invoke, people):
    told = invoke("bulk", "plan", people(40, extra=",x\nuser-1,again\n"), "--name", "spring", "--text", "Hi $name")
    assert (told.exit_code, told.stderr) == (0, "")
    assert "campaign spring: 40 recipients, 1 duplicates told once, 1 bad rows" in told.stdout
    assert "line 42: '': account is empty" in told.stdout
    assert "-> lanes=single: 40 calls, 1 s" in told.stdout
    assert "planned" in invoke("bulk", "status", "--name", "spring").stdout


def test_rehearsal_needs_no_account_and_keeps_no_ledger(invoke, people, in_folder):
    args = ("bulk", "run", people(60), "--name", "spring", "--text", "Hi $name", "--emulator")
    told = invoke(*args, "--limit", "openim/sendmsg=5000")
    assert told.exit_code == 0
    assert "nothing goes to the service" in told.stderr
    assert "spring: 60 of 60, 60 sent" in told.stderr
    assert "60 of 60 recipients sent, 0 failed" in told.stdout
    assert [path.name for path in in_folder.iterdir()] == ["people.csv"]


def test_exit_code_is_0_only_when_every_row_was_sent(invoke, people):
    told = invoke("bulk", "run", people(5, extra=",x\n"), "--name", "spring", "--text", "Hi", "--emulator")
    assert told.exit_code == 1
    assert "5 of 5 recipients sent" in told.stdout
    assert "1 bad rows" in told.stdout
    failing = invoke("bulk", "run", people(5), "--name", "spring", "--text", "Hi $city", "--emulator")
    assert failing.exit_code == 1
    assert "5 failed with 0 not_sent" in failing.stdout


def test_nobody_to_send_to_is_no_success(invoke, people):
    args = (people(0), "--name", "spring", "--text", "Hi")
    told = invoke("bulk", "run", *args, "--emulator")
    assert told.exit_code == 2
    assert "the campaign 'spring' has no recipients: the source names none" in told.stderr
    assert "there are no recipients" in invoke("bulk", "plan", *args).stdout


def test_name_that_is_no_text(invoke, people):
    told = invoke("bulk", "run", people(1), "--name", "spr\udcffng", "--text", "Hi", "--emulator")
    assert told.exit_code == 2
    assert "name 'spr\\udcffng' has what is no character" in told.stderr


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["people.csv", "--text", "a", "--message", "b.json"], "give --text or --message, one of the two"),
        (["people.csv", "--text", "100 $"], "--text: the template has a $ that begins no placeholder"),
        (["people.csv", "--message", "missing.json"], "--message missing.json: No such file"),
        (["people.xlsx", "--text", "a"], "the ending must be .csv, .jsonl or .ndjson"),
        (["missing.csv", "--text", "a"], "cannot read missing.csv: No such file"),
        (["people.csv", "--text", "a", "--account-column", "uid"], "has no column 'uid'; it has 'account', 'name'"),
        (["people.csv", "--text", "a", "--lanes", "fast"], "lanes is 'fast', it must be one of"),
        (["people.csv", "--text", "$name", "--lanes", "batch"], "only a message that is the same for all"),
        (["people.csv", "--text", "a", "--limit", "sendmsg=5"], "is no command; they look like openim/sendmsg"),
        (["people.csv", "--text", "a", "--limit", "openim/sendmsg=fast"], "it looks like openim/sendmsg=300"),
        (["people.csv", "--text", "a", "--limit", "openim/sendmsg=60/min"], "only openim/batchsendmsg has a limit"),
        (["people.csv", "--text", "a", "--delimiter", "::"], "--delimiter must be one character"),
        (["people.csv"], "give message"),
        (["--text", "a"], "give recipients"),
    ],
)
def test_line_that_is_wrong(invoke, people, args, problem):
    people(3)
    result = invoke("bulk", "plan", *args, "--name", "spring")
    assert result.exit_code == 2
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1


def test_run_without_credentials(invoke, people):
    result = invoke("bulk", "run", people(3), "--name", "spring", "--text", "Hi")
    assert result.exit_code == 2
    assert "TIM_SDK_APP_ID (or --sdk-app-id) is missing; --emulator needs none" in result.stderr


def test_status_and_export_of_what_is_not_there(invoke):
    for args in (("status",), ("export", "out.csv")):
        result = invoke("bulk", *args, "--name", "spring")
        assert result.exit_code == 1
        assert "there is no ledger spring.db" in result.stderr


def test_name_that_makes_no_file_name(invoke):
    assert "give --ledger" in invoke("bulk", "status", "--name", "../spring").stderr


def test_run_carry_on_status_and_export(tim_async, people, in_folder):
    file = people(30)
    (in_folder / "message.json").write_text(
        '{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"Hi $name 👋"}}],"From_Account":"shop"}', "utf-8"
    )
    with emulator() as (_, exports, _):
        line = ("bulk", "run", file, "--name", "spring", "--message", "message.json", "--ledger", "my.db")
        for _ in range(2):  # the same line again has nothing left to do
            done = tim_async(*line, **exports)
            assert (done.returncode, "30 of 30 recipients sent" in done.stdout) == (0, True), done.stderr
        other = tim_async(*line[:-4], "--text", "other", "--ledger", "my.db", **exports)
        assert other.returncode == 2
        assert "change_message" in other.stderr
    status = tim_async("bulk", "status", "--name", "spring", "--ledger", "my.db", "--json")
    assert json.loads(status.stdout)["sent"] == 30
    assert tim_async("bulk", "export", "out.csv", "--name", "spring", "--ledger", "my.db").returncode == 0
    with (in_folder / "out.csv").open(encoding="utf-8", newline="") as file:
        assert Counter(row["state"] for row in csv.DictReader(file)) == {"sent": 30}
    lines = tim_async("bulk", "export", "-", "--format", "jsonl", "--name", "spring", "--ledger", "my.db").stdout
    assert [json.loads(each)["account"] for each in lines.splitlines()][:2] == ["user-0", "user-1"]


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        ("postgresql+asyncpg://tim:hunter2@db/tim", "postgresql+asyncpg://tim:***@db/tim"),
        ("--ledger=postgresql+asyncpg://tim:hunter2@db:5432/tim", "--ledger=postgresql+asyncpg://tim:***@db:5432/tim"),
        ("amqp://tim:hun@ter/2?x:@mq/", "amqp://tim:***@mq/"),
        ("amqp://tim@mq/", "amqp://tim@mq/"),
        ("postgresql+asyncpg://db/tim?user=tim&password=hunter2", "postgresql+asyncpg://db/tim?***"),
        ("postgresql+asyncpg://db/tim?password=hunter2&mail=a:b@c", "postgresql+asyncpg://db:***@c"),
        ("Hi $name, see https://example.com/?a=b", "Hi $name, see https://example.com/?a=b"),
        ("spring.db", "spring.db"),
    ],
)
def test_passwords_are_not_shown(argument, shown):
    assert hide_password(argument) == shown


def interrupted(line, exports, number):
    """Send a signal to a campaign of 1,000 that has begun; return what it said, and its exit code."""
    process = subprocess.Popen(
        command(*line),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, **exports},
    )
    with process:
        assert "0 of 1,000" in process.stderr.readline()
        process.send_signal(number)
        told, errors = process.communicate(timeout=30)
    return told, errors, process.returncode


@posix
def test_line_to_carry_on_has_no_password(people):
    """SQLite does nothing with a password; whoever gives one does not find it in a log of the terminal."""
    url = "sqlite+aiosqlite://me:hunter2@/spring.db"
    text = "https://shop.example/?who=$name"
    line = ["bulk", "run", people(1000), "--name", "spring", "--text", text, f"--ledger={url}", "--broker", url]
    with emulator() as (_, exports, _):
        told, errors, _ = interrupted(line, exports, signal.SIGTERM)
    assert "to carry on, run it again: tim-async bulk run" in errors
    assert "'--ledger=sqlite+aiosqlite://me:***@/spring.db' --broker 'sqlite+aiosqlite://me:***@/spring.db'" in errors
    assert "hunter2" not in told + errors
    assert f"--text '{text}'" in errors  # it would be another message


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_signal_finishes_what_is_in_flight_and_tells_how_to_resume(tim_async, people, number):
    line = ["bulk", "run", people(1000), "--name", "spring", "--text", "Hi $name"]
    with emulator() as (_, exports, _):
        told, errors, code = interrupted(line, exports, number)
        assert code == 1
        assert re.search(r"campaign spring: interrupted: interrupted by (Ctrl-C|SIGTERM)", told)
        assert "in flight" not in told
        assert "finishing what is in flight" in errors
        assert f"to carry on, run it again: tim-async bulk run {line[2]} --name spring --text 'Hi $name'" in errors
        assert KEY not in told + errors
        done = tim_async(*line, "--limit", "openim/sendmsg=190", **exports)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1,000 of 1,000 recipients sent" in done.stdout


@pytest.mark.parametrize("missing", ["sqlalchemy", "aiosqlite", "greenlet"])
def test_without_the_extra_it_says_which_one_to_install(missing):
    code = BLOCKED.format(missing=missing).replace(
        "main()\n", "sys.argv[1:] = ['bulk', 'status', '--name', 'x']\nmain()\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=False, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 2
    assert done.stderr == f'tim-async: tim_async.bulk needs {missing}: pip install "tim-async[bulk]"\n'


def test_other_commands_do_not_need_the_extra():
    code = BLOCKED.format(missing="sqlalchemy").replace("main()\n", "sys.argv[1:] = ['explain', '20004']\nmain()\n")
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, encoding="utf-8")
    assert done.returncode == 0
