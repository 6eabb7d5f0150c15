"""The command line, inside this process and as a separate process."""

from __future__ import annotations

import os
import subprocess

import pytest
from typer.testing import CliRunner, Result

from tests.cli.helpers import APP, KEY, ROOT, Invoke, RunProcess, command
from tim_async.cli.app import app


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of a real app, no colours, and lines that are not broken."""
    for name in os.environ:
        if name.startswith("TIM_"):
            monkeypatch.delenv(name)
    for name in ("FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.setenv("TERMINAL_WIDTH", "240")
    monkeypatch.setenv("PYTHONUTF8", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIM_SDK_APP_ID", APP)
    monkeypatch.setenv("TIM_SECRET_KEY", KEY)


@pytest.fixture
def invoke() -> Invoke:
    """Run a command in this process; what it prints never holds the planted key."""

    def invoke(*args: str, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(app, args, input=stdin)
        assert KEY not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return invoke


@pytest.fixture
def tim_async() -> RunProcess:
    """Run a command as a process, to its end."""

    def run(*args: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command(*args),
            input=stdin,
            check=False,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, **env},
            timeout=30,
        )
        assert KEY not in done.stdout + done.stderr
        return done

    return run
