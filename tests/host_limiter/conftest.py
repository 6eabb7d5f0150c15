"""Limiters of this machine, in a folder of the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tim_async import HostRateLimiter

Make = Callable[..., Any]


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Make]:
    """Make limiters as the processes of this machine have them."""
    async with AsyncExitStack() as stack:

        async def make(**options: Any) -> HostRateLimiter:
            return await stack.enter_async_context(HostRateLimiter(**{"folder": tmp_path, **options}))

        yield make


def limits_file(folder: Path) -> Path:
    """Return the one file of limits in a folder."""
    (found,) = folder.glob("*.limits")
    return found
