"""`pause`, `resume` and `cancel`, of a campaign in a file that another process runs."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.cli.commands.bulk.conftest import WritePeople
from tests.cli.helpers import APP, KEY, Invoke, command, emulated
from tim_async.emulator import Emulator

NAME = ("--name", "spring")


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


@contextmanager
def at_work(people: str, emulator: Emulator) -> Iterator[subprocess.Popen[str]]:
    """Run a campaign of 2,000 as a process, in the middle of its work."""
    env = {"TIM_SDK_APP_ID": APP, "TIM_SECRET_KEY": KEY, "TIM_BASE_URL": emulator.url}
    line = command("bulk", "run", people, *NAME, "--text", "Hi $name", "--new", "--limit", "openim/sendmsg=100")
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env={**os.environ, **env}
    )
    with process:
        try:
            until(lambda: len(emulator.messages()) >= 3)
            yield process
        finally:
            process.kill()


def test_paused_and_resumed(invoke: Invoke, people: WritePeople) -> None:
    with emulated() as emulator, at_work(people(2000), emulator) as process:
        result = invoke("bulk", "pause", *NAME, "--reason", "the price is wrong")
        assert result.exit_code == 0, result.output
        first, second, *_ = result.stdout.splitlines()
        assert first == ("paused: what is in flight is finished; to continue it: tim-async bulk resume --name spring")
        assert second == "campaign spring: paused: the price is wrong"
        again = invoke("bulk", "pause", *NAME, "--json")
        assert again.exit_code == 1
        assert json.loads(again.stdout)["is_changed"] is False
        assert "nothing was changed: campaign 'spring' is paused" in again.stderr

        def in_flight() -> int:
            return int(json.loads(invoke("bulk", "status", *NAME, "--json").stdout)["in_flight"])

        until(lambda: in_flight() == 0)
        assert process.poll() is None
        assert len(emulator.messages()) < 2000
        result = invoke("bulk", "resume", *NAME, "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["report"]["status"] == "running"
        sent = len(emulator.messages())
        until(lambda: len(emulator.messages()) > sent)
        process.terminate()
        _, errors = process.communicate(timeout=30)
        assert "campaign spring is paused (the price is wrong): this process waits" in errors
        assert set(Counter(each.to_account for each in emulator.messages()).values()) == {1}


def test_cancelled(invoke: Invoke, people: WritePeople) -> None:
    with emulated() as emulator, at_work(people(2000), emulator) as process:
        result = invoke("bulk", "cancel", *NAME, "--reason", "enough")
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith("cancelled: what is in flight is finished, and recipients who were not sent to")
        output, errors = process.communicate(timeout=30)
        assert process.returncode == 1
        assert "campaign spring: cancelled: enough" in output
        assert "to continue" not in errors
        result = invoke("bulk", "cancel", *NAME)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == "tim-async: nothing was changed: campaign 'spring' is cancelled\n"


def test_stopped_while_it_waits_it_says_how_to_go_on(invoke: Invoke, people: WritePeople) -> None:
    with emulated() as emulator, at_work(people(2000), emulator) as process:
        assert invoke("bulk", "pause", *NAME).exit_code == 0
        assert process.stderr is not None
        until(lambda: "this process waits" in (process.stderr.readline() if process.stderr else ""))
        process.terminate()
        output, errors = process.communicate(timeout=30)
        assert process.returncode == 1
        assert "campaign spring: paused" in output
        assert "to continue it: tim-async bulk resume --name spring\n" in errors
        assert "run it again" not in errors
        result = invoke("bulk", "resume", *NAME)
        assert result.exit_code == 0
        assert result.stdout.startswith(
            "resumed, but no process is waiting; to continue: tim-async bulk run --name spring\n"
        )


@pytest.mark.parametrize("what", ["pause", "resume", "cancel"])
def test_without_a_ledger(invoke: Invoke, what: str) -> None:
    result = invoke("bulk", what, *NAME)
    assert result.exit_code == 1
    assert "does not exist" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("what", ["pause", "resume", "cancel"])
def test_where_no_ledger_is_named(invoke: Invoke, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIM_LEDGER")
    result = invoke("bulk", what, *NAME)
    assert result.exit_code == 2
    assert "give --ledger or --sdk-app-id" in result.stderr
