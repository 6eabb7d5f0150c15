"""An emulator that refuses some recipients."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.bulk.conftest import Clock, accounts
from tim_async.emulator import Emulator


@pytest.fixture
async def strict(clock: Clock) -> AsyncIterator[Emulator]:
    """An emulator that knows 15 of 20."""
    async with Emulator(rate_limits={"*": 100_000}, clock=clock) as emulator:
        emulator.add_accounts(*accounts(15))
        yield emulator
