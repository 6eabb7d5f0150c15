from __future__ import annotations

import sys

import pytest

pytest.importorskip("typer")
pytest.importorskip("redis")
pytest.importorskip("taskiq_aio_pika")
pytest.importorskip("opentelemetry")

from tests.cli.helpers import Invoke, run_without
from tim_async.cli._errors import CommandError
from tim_async.cli.commands.worker import make_telemetry
from tim_async.otel import Telemetry


def test_telemetry_without_a_provider_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert isinstance(make_telemetry(), Telemetry)
    assert "warning: no tracer provider is set up" in capsys.readouterr().err


def test_telemetry_without_the_extra_names_the_one_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(CommandError) as caught:
        make_telemetry()
    assert (caught.value.line, caught.value.code) == (
        '--otel needs opentelemetry: pip install "tim-async[otel]"',
        2,
    )


OPTIONS = ("--ledger", "postgresql://db/x", "--broker", "amqp://mq/", "--redis", "redis://cache/0")


@pytest.mark.parametrize("given", [0, 2, 4, 6], ids=["ledger", "broker", "redis", "app"])
def test_worker_names_the_option_that_is_missing(invoke: Invoke, given: int) -> None:
    result = invoke("worker", *OPTIONS[:given])
    missing = (*OPTIONS[::2], "--sdk-app-id")[given // 2]
    assert result.exit_code == 2
    assert result.stderr == f"tim-async: {missing} is missing; see tim-async worker --help\n"


def test_worker_without_the_extra_names_the_one_to_install() -> None:
    done = run_without("redis", "worker")
    assert done.returncode == 2
    assert (
        done.stderr == 'tim-async: tim_async.cluster.RedisRateLimiter needs redis: pip install "tim-async[cluster]"\n'
    )
