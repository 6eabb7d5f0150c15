"""Senders that are not imported: found out before a recipient is blamed."""

from __future__ import annotations

import pytest

from tests.bulk.conftest import FAST, accounts, each_got
from tests.bulk.engine.lanes import BOTH, IMPORT, SINGLE
from tests.families.conftest import client_of
from tim_async import TextElem
from tim_async.bulk import Message
from tim_async.bulk._engine import verification


@pytest.fixture(autouse=True)
def settled_at_once(monkeypatch):
    monkeypatch.setattr(verification, "SETTLED_AFTER_S", 0.0)


def from_whom(name):
    return Message(msg_body=[TextElem(text="x")], from_account=name)


@BOTH
@pytest.mark.parametrize("import_missing", [True, False])
async def test_sender_that_is_not_imported_stops_it_and_fails_no_recipient(
    strict, campaign, lanes, command, import_missing
):
    strict.add_accounts(*accounts(1500))
    options = {"recipients": accounts(1500), "message": from_whom("ghost"), "lanes": lanes}
    async with client_of(strict, rate_limits=FAST) as client:
        report = await campaign(**options, import_missing=import_missing).run(client)
        assert report.status == "stopped"
        assert report.reason.startswith(f"the sender 'ghost' is not imported: {command}: the service answered ")
        assert (report.sent, report.failed, report.unknown, report.in_flight) == (0, 0, 0, 0)
        assert strict.count("im_open_login_svc/account_check") == 1
        assert strict.count(IMPORT) == 0
        strict.add_accounts("ghost")
        assert (await campaign().run(client)).is_complete
    assert each_got(strict) == {1: 1500}


async def test_recipients_that_are_not_imported_are_not_taken_for_the_sender(strict, campaign):
    """20003 may mean either: the service is asked once, and not at all about a sender of an accepted message."""
    strict.add_accounts("shop")
    strict.faults.answer(20003, command=SINGLE, times=40)
    options = {"recipients": accounts(15), "message": from_whom("shop"), "lanes": "single"}
    async with client_of(strict, rate_limits=FAST) as client:
        report = await campaign(**options).run(client)
        assert (report.status, report.failed) == ("done", 15)
        assert strict.count("im_open_login_svc/account_check") == 1
        strict.faults.clear()
        strict.faults.answer(20003, command=SINGLE, after_calls=5)
        report = await campaign(retry_failed=True, concurrency=1, lanes="single").run(client)
        assert (report.sent, report.failed) == (5, 10)
    assert strict.count("im_open_login_svc/account_check") == 1


async def test_function_that_names_an_unknown_sender(strict, campaign, ledger):
    """One such message fails alone, with the reason; as many in a row as of any other refusal stop the campaign."""
    strict.add_accounts(*accounts(300), "shop")

    def make(recipient):
        return from_whom("ghost" if recipient.account in bad else "shop")

    bad = {"u3"}
    async with client_of(strict, rate_limits=FAST) as client:
        report = await campaign(recipients=accounts(10), message=make, import_missing=True).run(client)
        assert (report.status, report.sent, report.failed) == ("done", 9, 1)
        [found] = [row async for row in campaign().outcomes() if row.state == "failed"]
        assert (found.code, found.info) == (20003, "the sender 'ghost' is not imported")
        assert strict.count(IMPORT) == 0
        bad = set(accounts(300))
        options = {"recipients": accounts(300), "message": make, "ledger": ledger.with_name("two.db")}
        report = await campaign(**options).run(client)
    assert report.status == "stopped"
    assert 100 <= report.failed < 300


async def test_sender_that_cannot_be_asked_about(strict, campaign):
    strict.faults.answer(70402, command="im_open_login_svc/account_check")
    async with client_of(strict, rate_limits=FAST) as client:
        report = await campaign(recipients=accounts(15), message=from_whom("ghost"), lanes="single").run(client)
    assert (report.status, report.failed) == ("done", 15)
