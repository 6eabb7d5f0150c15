"""Plays the acts, one after the other."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .acts import CROWD, Performance, converse, lose_an_answer, opened, race
from .messages import MESSAGES
from .stage import Stage


@asynccontextmanager
async def _quiet() -> AsyncIterator[None]:
    """Suppress the library's log of the lost answer between the lines."""
    handler, logger = logging.NullHandler(), logging.getLogger("tim_async")
    propagates, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagates


async def play(stage: Stage, *, crowd: int = CROWD) -> Performance:
    """Perform the demo, show it, and return the results."""
    async with _quiet(), opened() as (emulator, client):
        performance = Performance(emulator.url, len(MESSAGES))
        messages = await converse(client)
        performance.arrived = len(messages)
        await stage.show_conversation(messages, performance)
        with stage.race() as show:
            performance.lanes = await race(emulator, client, show, crowd)
        performance.repeat = await lose_an_answer(emulator, client)
        await stage.show_repeat(performance.repeat)
    stage.show_next()
    return performance
