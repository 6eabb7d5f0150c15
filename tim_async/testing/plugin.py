"""The pytest plugin, found by pytest where tim-async is installed.

    async def test_greeting(tim_emulator: Emulator, tim_client: TimClient) -> None:
        tim_emulator.add_accounts("bob")
        await greet(tim_client, "bob")
        assert tim_emulator.sent(to="bob")[0].text == "hello"

It works under pytest-asyncio, strict or auto and in any of its loops, and under the plugin of anyio, whichever runs the
test. Nothing of tim_async is imported before a test asks for a fixture: runs that use none of them pay nothing.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .._core.client import TimClient
    from ..emulator import Emulator

_HELP = "tim_emulator and tim_client need an asynchronous test, run by pytest-asyncio or by anyio's plugin"


@pytest.fixture
def tim_emulator_options() -> Mapping[str, Any]:
    """Arguments of the `Emulator` behind `tim_emulator`; override it to give some."""
    return {}


@pytest.fixture
def tim_client_options() -> Mapping[str, Any]:
    """Settings of the `TimClient` behind `tim_client`; override it to give some."""
    return {}


@pytest.fixture
def tim_emulator(request: pytest.FixtureRequest) -> Emulator:
    """The service, on a loopback port, empty: an `Emulator` that runs in the loop of the test."""
    emulator: Emulator = request.getfixturevalue(f"_tim_emulator_{_runner(request)}")
    return emulator


@pytest.fixture
def tim_client(request: pytest.FixtureRequest) -> TimClient:
    """A `TimClient` in front of `tim_emulator`."""
    client: TimClient = request.getfixturevalue(f"_tim_client_{_runner(request)}")
    return client


def _runner(request: pytest.FixtureRequest) -> str:
    """Tell who runs the test: only its own fixtures run in its loop."""
    if "anyio_backend" in request.fixturenames:
        backend = request.getfixturevalue("anyio_backend")
        name = backend if isinstance(backend, str) else backend[0]
        if name != "asyncio":
            pytest.fail(f"tim_async runs on asyncio, not on {name}", pytrace=False)
        return "anyio"
    if not request.config.pluginmanager.has_plugin("asyncio") or not _is_asynchronous(request.function):
        pytest.fail(_HELP, pytrace=False)
    return f"asyncio_{_loop_scope(request)}"


def _is_asynchronous(function: Callable[..., object]) -> bool:
    given = getattr(function, "hypothesis", None)
    if given is not None:
        # What hypothesis calls for each example; by the second test of a function, pytest-asyncio has wrapped it.
        function = inspect.unwrap(given.inner_test)
    return inspect.iscoroutinefunction(function)


def _loop_scope(request: pytest.FixtureRequest) -> str:
    """Tell which of pytest-asyncio's loops the test runs in."""
    marker = request.node.get_closest_marker("asyncio")
    scope = marker.kwargs.get("loop_scope") or marker.kwargs.get("scope") if marker is not None else None
    return str(scope or request.config.getini("asyncio_default_test_loop_scope") or "function")


def pytest_configure(config: pytest.Config) -> None:
    """Take in the fixtures of each runner that is there."""
    for runner in ("anyio", "asyncio"):
        if config.pluginmanager.has_plugin(runner):
            config.pluginmanager.import_plugin(f"tim_async.testing._{runner}_fixtures")
