"""The fixtures of the pytest plugin for tests run by anyio's plugin, which accepts plain asynchronous fixtures."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .._core.client import TimClient
    from ..emulator import Emulator


@pytest.fixture
async def _tim_emulator_anyio(
    request: pytest.FixtureRequest, tim_emulator_options: Mapping[str, Any]
) -> AsyncIterator[Emulator]:
    from ._fixtures import Emulator, show_if_failed

    async with Emulator(**tim_emulator_options) as emulator:
        yield emulator
        await show_if_failed(request, emulator)


@pytest.fixture
async def _tim_client_anyio(tim_emulator: Emulator, tim_client_options: Mapping[str, Any]) -> AsyncIterator[TimClient]:
    from ._fixtures import make_client

    async with make_client(tim_emulator, tim_client_options) as client:
        yield client
