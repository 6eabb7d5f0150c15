"""The fixtures of the pytest plugin for tests run by pytest-asyncio, which in strict mode runs only its own fixtures.

There is one for each of its loop scopes: an emulator answers only in the loop in which the test runs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from .._core.client import TimClient
    from ..emulator import Emulator


_LoopScope = Literal["function", "class", "module", "package", "session"]


def _add(loop_scope: _LoopScope) -> None:
    """Add the fixtures for one loop scope, with new functions each time: pytest-asyncio marks the functions."""

    async def emulator(
        request: pytest.FixtureRequest, tim_emulator_options: Mapping[str, Any]
    ) -> AsyncIterator[Emulator]:
        from ._fixtures import Emulator, show_if_failed

        async with Emulator(**tim_emulator_options) as emulator:
            yield emulator
            await show_if_failed(request, emulator)

    async def client(tim_emulator: Emulator, tim_client_options: Mapping[str, Any]) -> AsyncIterator[TimClient]:
        from ._fixtures import make_client

        async with make_client(tim_emulator, tim_client_options) as client:
            yield client

    for kind, function in (("emulator", emulator), ("client", client)):
        name = f"_tim_{kind}_asyncio_{loop_scope}"
        globals()[name] = pytest_asyncio.fixture(loop_scope=loop_scope, name=name)(function)


_add("function")
_add("class")
_add("module")
_add("package")
_add("session")
