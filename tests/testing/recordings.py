"""Recordings that tests make."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tim_async import RetryPolicy
from tim_async.testing import Answer, FakePool, Recorder


def lines(path: Path) -> list[Any]:
    """Return the lines of a recording, as JSON."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


async def record(path: Path, *answers: Answer, calls: int = 1, **options: Any) -> tuple[FakePool, Exception | None]:
    """Record messages to bob that get these answers; return the pool, and the error of the last one."""
    pool = FakePool(*answers)
    last: Exception | None = None
    async with pool.client(retry=RetryPolicy.off()) as client:
        with Recorder(path, **options) as recorder:
            recorder.attach(client)
            for _ in range(calls):
                last = None
                try:
                    await client.c2c.send_text("bob", "hi bob", from_account="alice")
                except Exception as error:  # noqa: BLE001 - any error is recorded
                    last = error
    return pool, last
