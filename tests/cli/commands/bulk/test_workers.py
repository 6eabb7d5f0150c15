"""`pause`, `resume`, `cancel` and `run --workers`, as far as they go without a database and a broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands.bulk.conftest import WritePeople
from tests.cli.helpers import APP, Invoke

pytest.importorskip("redis")
pytest.importorskip("taskiq_aio_pika")


@pytest.fixture(autouse=True)
def no_ledger_is_named(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIM_LEDGER")


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["pause"], "TIM_LEDGER (or --ledger) is missing: the URL of the workers' database"),
        (["cancel"], "TIM_LEDGER (or --ledger) is missing: the URL of the workers' database"),
        (["resume"], "--broker is missing; see tim-async bulk resume --help"),
        (["resume", "--broker", "amqp://mq/"], "--sdk-app-id is missing; see tim-async bulk resume --help"),
        (["resume", "--broker", "amqp://mq/", "--sdk-app-id", APP], "TIM_LEDGER (or --ledger) is missing"),
    ],
)
def test_what_workers_need(invoke: Invoke, args: list[str], problem: str) -> None:
    result = invoke("bulk", *args, "--name", "spring")
    assert result.exit_code == 2
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["--emulator", "--broker", "amqp://mq/"], "--workers and --emulator cannot be combined"),
        ([], "--broker is missing; see tim-async bulk run --help"),
        (["--broker", "amqp://mq/"], "TIM_LEDGER (or --ledger) is missing: the URL of the workers' database"),
        (
            ["--broker", "nonsense", "--ledger", "postgresql+asyncpg://u@127.0.0.1:1/x"],
            "--broker must look like amqp://",
        ),
    ],
)
@pytest.mark.usefixtures("credentials")
def test_run_with_workers(invoke: Invoke, people: WritePeople, args: list[str], problem: str) -> None:
    result = invoke("bulk", "run", people(3), "--name", "spring", "--text", "Hi", "--workers", *args)
    assert result.exit_code == 2
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1
