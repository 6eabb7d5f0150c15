"""How many files one recipient of a campaign goes through: as few as a reader can keep in mind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.called_files import CalledFiles
from tim_async import TimClient
from tim_async.bulk import Template

MOST_FILES = 14


@pytest.fixture
def called() -> Iterator[CalledFiles]:
    files = CalledFiles("bulk")
    yield files
    files.stop()


@pytest.mark.parametrize("message", ["Hi", Template("Hi $account")], ids=["batch", "single"])
async def test_recipient_goes_through_few_files(client, campaign, monkeypatch, called, message):
    """From the second recipient to the ninth, each in its own chunk: claimed, written ahead, sent, settled."""
    call, calls = TimClient.call, 0

    async def count(self, *args):
        nonlocal calls
        answer = await call(self, *args)
        calls += 1
        if calls == 1:
            called.start()
        elif calls == 9:
            called.stop()
        return answer

    monkeypatch.setattr(TimClient, "call", count)
    recipients = [f"u{index}" for index in range(12)]
    report = await campaign(recipients=recipients, message=message, batch_size=1, concurrency=1).run(client)
    assert report.is_complete
    for step in ("_engine/feeding.py", "_engine/sending.py", "_ledger/chunks.py", "_ledger/writer.py"):
        assert f"bulk/{step}" in called.names
    assert len(called.names) <= MOST_FILES, sorted(called.names)
