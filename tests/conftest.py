"""What every test has around it."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import ClientResponse
from aioresponses import aioresponses

from tests import profiles

# Variables for this run do not apply to the pytest runs inside tests.
os.environ.pop("PYTEST_ADDOPTS", None)

profiles.register()

# Where asyncio's debug mode finds something: the client, what is built on it call by call, and what users run in loops
# and threads of their own. Elsewhere it finds the same again, and more than doubles the time of campaigns.
DEBUGGED = {Path(__file__).with_name(name) for name in ("core", "families", "testing", "webhooks")}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return three processes for every two cores: many tests wait for other processes and services."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores * 3 // 2)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.scheduling import Scheduling

    return Scheduling(config, log)


class MockedResponse(ClientResponse):
    """What aioresponses builds: up to 0.7.9 it does not pass what aiohttp 3.14 asks for."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"stream_writer": SimpleNamespace(output_size=0), **options})


class _MockedHttp(aioresponses):
    def add(self, *args: Any, **options: Any) -> None:
        super().add(*args, **{"response_class": MockedResponse, **options})


@pytest.fixture
def mocked_http() -> Iterator[aioresponses]:
    """Answer in the place of the network, above aiohttp's sockets."""
    with _MockedHttp() as mocked:
        yield mocked


@pytest.fixture(autouse=True, scope="module")
def quick_collections() -> None:
    """Objects that exist before a module's tests outlive them: exclude them from the thousands of collections below."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> None:
    """After an asynchronous test no task is left; open resources warn, and warnings are errors."""
    if asyncio.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("no_tasks_left")


@pytest.fixture
async def no_tasks_left(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    if not DEBUGGED.isdisjoint(request.path.parents):
        asyncio.get_running_loop().set_debug(True)
    before = asyncio.all_tasks()
    yield
    left = [task for task in asyncio.all_tasks() - before if task is not asyncio.current_task() and not task.done()]
    gc.collect()
    assert left == []


@pytest.fixture
def _left_behind() -> Iterator[None]:
    """Collect what the test left behind while its filter of warnings is in force; see `tests.closed_loops`."""
    yield
    gc.collect()
