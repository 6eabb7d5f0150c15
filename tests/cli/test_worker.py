from __future__ import annotations

import sys

import pytest

pytest.importorskip("typer")
pytest.importorskip("redis")
pytest.importorskip("taskiq_aio_pika")
pytest.importorskip("opentelemetry")

import typer

from tim_async.cli.worker import make_telemetry
from tim_async.otel import Telemetry


def test_telemetry_that_nobody_listens_to_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert isinstance(make_telemetry(), Telemetry)
    assert "no tracer provider is set up" in capsys.readouterr().err


def test_telemetry_without_the_extra_tells_the_way_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(typer.Exit):
        make_telemetry()
    assert 'pip install "tim-async[otel]"' in capsys.readouterr().err
