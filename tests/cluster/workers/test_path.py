"""How many files one chunk of a worker goes through."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

pytest.importorskip("redis")
pytest.importorskip("asyncpg")
pytest.importorskip("taskiq_aio_pika")

from tests.called_files import CalledFiles
from tests.cluster.workers.deployment import Deployment, ended
from tim_async.bulk import Template
from tim_async.bulk._engine import runner
from tim_async.cluster import Worker
from tim_async.cluster._workers import presence
from tim_async.cluster._workers import worker as worker_module

MOST_FILES = 18


@pytest.fixture
def called() -> Iterator[CalledFiles]:
    files = CalledFiles("bulk", "cluster")
    yield files
    files.stop()


async def test_chunk_of_a_worker_goes_through_few_files(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, called: CalledFiles
) -> None:
    """Looked at from the second to the fourth of a campaign's chunks, one of which is in flight at a time."""
    monkeypatch.setattr(worker_module, "_WATCH_INTERVAL_S", 60.0)  # exclude the work besides the chunks
    monkeypatch.setattr(runner, "LOOK_INTERVAL_S", 60.0)
    monkeypatch.setattr(presence, "_RENEWALS_PER_LEASE", 0.01)
    run_chunk, chunks = Worker.run_chunk, 0

    async def count(self: Worker, name: str) -> None:
        nonlocal chunks
        await run_chunk(self, name)
        chunks += 1
        if chunks == 1:
            called.start()
        elif chunks == 4:
            called.stop()

    monkeypatch.setattr(Worker, "run_chunk", count)
    campaign = deployment.campaign(count=60, message=Template("Hi $name"))
    await deployment.submit(campaign, parallel=1)
    [worker] = await deployment.work(1, client={"shared": False})
    while chunks < 6:  # noqa: ASYNC110 - the chunks are counted above
        await asyncio.sleep(0.01)
    await worker.finish("spring")
    assert (await ended(campaign)).sent == 60
    for step in ("cluster/_workers/worker.py", "cluster/_workers/campaign_worker.py", "bulk/_ledger/leases.py"):
        assert step in called.names
    assert len(called.names) <= MOST_FILES, sorted(called.names)
