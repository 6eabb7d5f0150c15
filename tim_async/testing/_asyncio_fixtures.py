"""The fixtures of the pytest plugin for pytest-asyncio, which in strict mode takes its own alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest_asyncio

if TYPE_CHECKING:
    from .._client import TimClient
    from ..emulator import Emulator


@pytest_asyncio.fixture
async def _tim_emulator_asyncio(tim_emulator_options: Mapping[str, Any]) -> AsyncIterator[Emulator]:
    from ._fixtures import Emulator

    async with Emulator(**tim_emulator_options) as emulator:
        yield emulator


@pytest_asyncio.fixture
async def _tim_client_asyncio(
    tim_emulator: Emulator, tim_client_options: Mapping[str, Any]
) -> AsyncIterator[TimClient]:
    from ._fixtures import make_client

    async with make_client(tim_emulator, tim_client_options) as client:
        yield client
