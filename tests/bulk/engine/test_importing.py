"""Recipients that are refused as not imported, and imported before they are sent to again."""

from __future__ import annotations

import asyncio

import pytest

from tests.bulk.conftest import FAST, accounts, each_got, snapshot, until
from tests.bulk.engine.lanes import BOTH, IMPORT
from tests.families.conftest import client_of
from tim_async.bulk._engine import verification


@pytest.fixture(autouse=True)
def settled_at_once(monkeypatch):
    monkeypatch.setattr(verification, "SETTLED_AFTER_S", 0.0)


async def test_killed_while_refused_recipients_are_imported(strict, campaign, ledger):
    """The batch is over: none of it is sent to a second time under its identity; the others are imported again."""
    left = ledger.with_name("left.db")
    options = {"recipients": accounts(20), "message": "Hi", "batch_size": 20, "import_missing": True}
    async with client_of(strict, rate_limits=FAST) as client:
        fault = strict.faults.delay(60.0, command=IMPORT)
        running = asyncio.create_task(campaign(**options).run(client))
        await until(lambda: fault.hits > 0)
        snapshot(ledger, left)
        running.cancel()
        await asyncio.wait([running])
        strict.faults.clear()
        assert [(row.state, row.code) async for row in campaign(ledger=left).outcomes()] == [
            *[("sent", None)] * 15,
            *[("planned", 70107)] * 5,
        ]
        report = await campaign(**options, ledger=left).run(client)
    assert report.is_complete
    assert each_got(strict) == {1: 20}
    marks = {message.to_account: (message.msg_seq, message.msg_random) for message in strict.messages()}
    assert len(set(marks.values())) == 2
    assert marks["u0"] == marks["u14"] != marks["u15"] == marks["u19"]


@BOTH
async def test_import_that_fails_is_the_reason(strict, campaign, lanes, command):
    strict.faults.answer(70402, command=IMPORT)
    async with client_of(strict, rate_limits=FAST) as client:
        options = {"recipients": accounts(20), "message": "Hi", "import_missing": True, "lanes": lanes}
        report = await campaign(**options).run(client)
        assert (report.sent, report.failed, report.left) == (15, 5, 0)
        found = {row.info async for row in campaign().outcomes() if row.state == "failed"}
        assert len(found) == 1
        assert found.pop().startswith("importing it failed: the service answered 70402")
        strict.faults.clear()
        assert (await campaign(retry_failed=True, import_missing=True).run(client)).is_complete
    assert each_got(strict) == {1: 20}


async def test_stopped_while_importing_it_ends_at_once(strict, campaign):
    fault = strict.faults.delay(60.0, command=IMPORT)
    options = {"recipients": accounts(20), "message": "Hi", "batch_size": 20, "import_missing": True}
    async with client_of(strict, rate_limits=FAST) as client:
        first = campaign(**options)
        running = asyncio.create_task(first.run(client))
        await until(lambda: fault.hits > 0)
        first.stop()
        report = await asyncio.wait_for(running, 60)
        assert (report.sent, report.failed, report.left, report.in_flight) == (15, 0, 5, 0)
        strict.faults.clear()
        assert (await campaign(**options).run(client)).is_complete
    assert each_got(strict) == {1: 20}
