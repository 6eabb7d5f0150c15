"""A waiter whose clock is replaced by a test."""

from __future__ import annotations

import asyncio

import freezegun
import pytest

from tests.shared_limits.claims import FreeSlot
from tim_async import UsageError
from tim_async._shared_limits.turn_queue import Waiter


def waiter() -> Waiter:
    return Waiter((0, 1), FreeSlot(), is_repeat=False, since=0.0)


async def test_wait_for_a_reservation_while_the_clock_of_the_loop_stands_still_is_an_error() -> None:
    with freezegun.freeze_time("2021-03-04"), pytest.raises(UsageError, match="real_asyncio=True"):
        await waiter().sleep(0.01)


async def test_waiter_makes_way_while_the_clock_stands_still() -> None:
    one = waiter()
    with freezegun.freeze_time("2021-03-04"):
        sleeping = asyncio.create_task(one.sleep(60))
        await asyncio.sleep(0)
        one.make_way()
        await sleeping
