"""The compose file: what its containers are given, against what the commands in them read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("yaml")
pytest.importorskip("typer")
pytest.importorskip("redis")

import yaml
from typer.main import get_command

from tim_async.cli._frame import LazyGroup
from tim_async.cli.app import app

HERE = Path(__file__).parents[2] / "examples" / "cluster"
REAL = {"TIM_SDK_APP_ID": "1400000007", "TIM_SECRET_KEY": "real", "TIM_REGION": "singapore"}
SERVICES = {"TIM_LEDGER": "postgres", "TIM_BROKER_URL": "rabbitmq", "TIM_REDIS_URL": "redis"}


def rehearsal() -> dict[str, str]:
    lines = (HERE / "rehearsal.env").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def filled_in(value: str, variables: Mapping[str, str]) -> str:
    """Substitute variables as compose does; a missing required one is a KeyError."""

    def fill(found: re.Match[str]) -> str:
        name, mark, default = found.groups()
        given = variables.get(name, "")
        if not given and mark == "?":
            raise KeyError(name)
        return given or default

    return re.sub(r"\$\{(\w+):([-?])([^}]*)\}", fill, value)


def composed(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the services that run with these variables."""
    services = yaml.safe_load((HERE / "compose.yaml").read_text("utf-8"))["services"]
    profiles = set(variables.get("COMPOSE_PROFILES", "").split(","))
    running = {
        name: each for name, each in services.items() if profiles.intersection(each.get("profiles", ())) or
        "profiles" not in each
    }  # fmt: skip
    for each in running.values():
        found = each.get("environment", {})
        each["environment"] = {name: filled_in(value, variables) for name, value in found.items()}
    return running


def root() -> LazyGroup:
    command = get_command(app)
    assert isinstance(command, LazyGroup)
    return command


def read_by_worker(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what `tim-async worker` reads from an environment."""
    command = root().load("worker")
    for parameter in command.params:
        if parameter.envvar:
            monkeypatch.delenv(str(parameter.envvar), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return command.make_context("worker", []).params


def test_real_service_is_the_one_of_the_region_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    services = composed(REAL)
    assert set(services) == {"worker", "redis", "rabbitmq", "postgres"}
    found = read_by_worker(services["worker"]["environment"], monkeypatch)
    assert (found["sdk_app_id"], found["region"], found["base_url"]) == ("1400000007", "singapore", None)
    assert services["worker"]["environment"]["TIM_SECRET_KEY"] == "real"


def test_rehearsal_goes_to_the_emulator_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    services = composed(rehearsal())
    found = read_by_worker(services["worker"]["environment"], monkeypatch)
    assert found["base_url"] == "http://emulator:8900"
    emulator = services["emulator"]
    assert emulator["environment"] == services["worker"]["environment"]  # app and key are the same
    assert emulator["command"][0] == "emulator"
    assert services["worker"]["depends_on"]["emulator"] == {"condition": "service_healthy", "required": False}


@pytest.mark.parametrize("missing", ["TIM_SDK_APP_ID", "TIM_SECRET_KEY"])
def test_what_is_not_set_is_demanded(missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        composed({name: value for name, value in REAL.items() if name != missing})


def test_everything_that_is_set_is_read() -> None:
    command = root().load("worker")
    read = {str(each.envvar) for each in command.params if each.envvar}
    found = set(composed(REAL)["worker"]["environment"])
    assert found <= read | {"TIM_SECRET_KEY"}
    assert read - found == {"TIM_OTEL", "TIM_HEALTH_ADDRESS"}


def test_services_are_named_as_they_are_and_ready_before_the_workers() -> None:
    services = composed(REAL)
    worker = services["worker"]
    assert worker["command"] == ["worker"]
    for variable, name in SERVICES.items():
        assert re.search(rf"[/@]{name}/", worker["environment"][variable])
        assert worker["depends_on"][name] == {"condition": "service_healthy"}
        assert services[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
        assert re.fullmatch(rf"{name}:\d+(\.\d+)?", services[name]["image"])
    user = services["rabbitmq"]["environment"]
    assert worker["environment"]["TIM_BROKER_URL"] == (
        f"amqp://{user['RABBITMQ_DEFAULT_USER']}:{user['RABBITMQ_DEFAULT_PASS']}@rabbitmq/"
    )
    user = services["postgres"]["environment"]
    assert worker["environment"]["TIM_LEDGER"] == (
        f"postgresql+asyncpg://{user['POSTGRES_USER']}:{user['POSTGRES_PASSWORD']}@postgres/{user['POSTGRES_DB']}"
    )
    # Longer than calls in flight may take, see _GRACE_S of the runner.
    assert worker["stop_grace_period"] == "40s"
    assert "pip install" in worker["build"]["dockerfile_inline"]
    assert (HERE / worker["build"]["context"] / "pyproject.toml").exists()
