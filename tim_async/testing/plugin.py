"""The pytest plugin, which pytest loads if tim-async is installed.

    async def test_greeting(tim_emulator: Emulator, tim_client: TimClient) -> None:
        tim_emulator.add_accounts("bob")
        await greet(tim_client, "bob")
        assert tim_emulator.sent(to="bob")[0].text == "hello"

It works with pytest-asyncio, in strict and in auto mode and with all of its loop scopes, and with anyio's plugin,
whichever runs the test. The rest of tim_async is imported only when a test uses one of the fixtures.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .._core.client import TimClient
    from ..emulator import Emulator

# What the tests of this process have sent, for the report.
_reported: list[Mapping[str, Any]] = []
_NOT_ASYNC = (
    "tim_emulator and tim_client can be used only in asynchronous tests that pytest-asyncio or anyio's plugin runs: "
    "make the test an async function, and install one of them"
)


@pytest.fixture
def tim_emulator_options() -> Mapping[str, Any]:
    """Arguments for the `Emulator` of `tim_emulator`; override this fixture to change them."""
    return {}


@pytest.fixture
def tim_client_options() -> Mapping[str, Any]:
    """Settings for the `TimClient` of `tim_client`; override this fixture to change them."""
    return {}


@pytest.fixture
def tim_emulator(request: pytest.FixtureRequest) -> Emulator:
    """An empty `Emulator` of the service on a loopback port, running in the event loop of the test."""
    emulator: Emulator = request.getfixturevalue(f"_tim_emulator_{_runner(request)}")
    from ._shown import EMULATOR

    request.node.stash[EMULATOR] = emulator
    return emulator


@pytest.fixture
def tim_client(request: pytest.FixtureRequest) -> TimClient:
    """A `TimClient` connected to `tim_emulator`."""
    client: TimClient = request.getfixturevalue(f"_tim_client_{_runner(request)}")
    return client


def _runner(request: pytest.FixtureRequest) -> str:
    """Return the plugin that runs the test: only its fixtures run in the loop of the test."""
    if "anyio_backend" in request.fixturenames:
        backend = request.getfixturevalue("anyio_backend")
        name = backend if isinstance(backend, str) else backend[0]
        if name != "asyncio":
            pytest.fail(f"tim_async runs on asyncio, not on {name}: use the asyncio backend of anyio", pytrace=False)
        return "anyio"
    if not request.config.pluginmanager.has_plugin("asyncio") or not _is_asynchronous(request.function):
        pytest.fail(_NOT_ASYNC, pytrace=False)
    return f"asyncio_{_loop_scope(request)}"


def _is_asynchronous(function: Callable[..., object]) -> bool:
    given = getattr(function, "hypothesis", None)
    if given is not None:
        # The function that hypothesis calls for each example; pytest-asyncio may have wrapped it already.
        function = inspect.unwrap(given.inner_test)
    return inspect.iscoroutinefunction(function)


def _loop_scope(request: pytest.FixtureRequest) -> str:
    """Return the scope of the pytest-asyncio loop in which the test runs."""
    marker = request.node.get_closest_marker("asyncio")
    scope = marker.kwargs.get("loop_scope") or marker.kwargs.get("scope") if marker is not None else None
    return str(scope or request.config.getini("asyncio_default_test_loop_scope") or "function")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the plugin."""
    group = parser.getgroup("tim_async")
    group.addoption(
        "--tim-show",
        action="store_true",
        help="show address and last calls of a failed test's emulator; on a terminal, keep it open until Enter",
    )
    group.addoption("--tim-report", metavar="FILE", help="write what the tests sent to their emulators as HTML")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Record the outcome of a test that has an emulator, and what it sent."""
    report = yield
    if not {"tim_emulator", "tim_client"} & set(getattr(item, "fixturenames", ())):
        return report
    from ._shown import EMULATOR, FAILED, describe

    emulator = item.stash.get(EMULATOR, None)
    if report.failed:
        item.stash[FAILED] = True
    if emulator is not None and report.when != "teardown" and report.failed and item.config.getoption("tim_show"):
        report.sections.append(("tim_emulator", describe(emulator)))
    if emulator is not None and report.when == "teardown" and item.config.getoption("tim_report"):
        from ._html_report import reported

        outcome = "failed" if item.stash.get(FAILED, False) else "passed"
        # An attribute of a report is transferred with it from the processes of pytest-xdist.
        vars(report)["tim_async"] = reported(item.nodeid, outcome, emulator)
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect what the tests sent, including those of other processes."""
    sent = getattr(report, "tim_async", None)
    if sent is not None:
        _reported.append(sent)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:  # noqa: ANN401 - pytest's own
    """Write the report, in the process that has all of it."""
    path = config.getoption("tim_report")
    if path:
        from ._html_report import write_report

        try:
            write_report(Path(path), _reported)
        except OSError as error:  # the tests have run: their own summary must still appear
            terminalreporter.write_line(f"tim_async: --tim-report could not be written: {error}", red=True)
        else:
            terminalreporter.write_line(f"tim_async: what {len(_reported)} tests sent is in {path}")
        _reported.clear()


def pytest_configure(config: pytest.Config) -> None:
    """Register the fixtures for each of the plugins that is installed."""
    for runner in ("anyio", "asyncio"):
        if config.pluginmanager.has_plugin(runner):
            config.pluginmanager.import_plugin(f"tim_async.testing._{runner}_fixtures")
