"""`run --workers`, as far as it goes without a database and a broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands.bulk.conftest import WritePeople
from tests.cli.helpers import Invoke

pytest.importorskip("redis")
pytest.importorskip("taskiq_aio_pika")


@pytest.fixture(autouse=True)
def no_ledger_is_named(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIM_LEDGER")


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
