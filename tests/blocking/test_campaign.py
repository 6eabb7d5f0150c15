"""Campaigns without an event loop: the same ledger, what they are given in the calling thread, nothing left behind."""

from __future__ import annotations

import asyncio
import gc
import inspect
import io
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.blocking.interruption import Interruption, after
from tests.blocking.test_process import client_of, threads
from tests.scripted import OK
from tim_async import LedgerError, Rate, UsageError, blocking, bulk
from tim_async import TimClient as AsyncClient
from tim_async.blocking import Campaign, SuppressionLists, TimClient
from tim_async.bulk import PlanProgress, Progress, Recipient, Template
from tim_async.emulator import Emulator
from tim_async.testing import FakePool

LITERAL = "Literal['csv', 'jsonl']"
PEOPLE = [{"account": f"user-{number}", "name": f"Name {number}"} for number in range(40)]


@pytest.fixture
def people(emulator: Emulator) -> list[dict[str, str]]:
    emulator.add_accounts(*(each["account"] for each in PEOPLE))
    return PEOPLE


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "campaigns.db"


def test_campaign_is_run_and_looked_at(client: TimClient, people: list[dict[str, str]], ledger: Path) -> None:
    campaign = Campaign("spring", ledger=ledger, recipients=people, message=Template("Hi $name 🌸"), lanes="single")
    assert campaign.locate(client=client).is_new
    assert campaign.plan(client=client).recipients == 40
    assert campaign.send_to_me(client, "bob").msg_key
    report = campaign.run(client)
    assert (report.sent, report.failed, report.left) == (40, 0, 0)
    assert campaign.status().sent == 40
    assert campaign.show("user-7").account == "user-7"
    assert [row.state for row in campaign.outcomes()] == ["sent"] * 40
    text = io.StringIO()
    assert campaign.export(text, file_format="jsonl") == 40
    assert campaign.retry(["unknown"]).total == 0
    assert campaign.archive()
    assert campaign.unarchive()
    campaign.delete()
    assert not campaign.stop()
    client.close()
    assert threads() == 0


def parameters(function: Callable[..., object]) -> list[tuple[str, object, str]]:
    """Return the parameters with their defaults and their types as they are written, without modules."""
    return [
        (
            each.name,
            each.default,
            re.sub(r"\b(bulk|export|retrying)\.", "", str(each.annotation).replace('"', "'")).replace(
                LITERAL, "Format"
            ),
        )
        for each in list(inspect.signature(function).parameters.values())[1:]
    ]


def test_campaign_has_what_the_asynchronous_one_has() -> None:
    for ours, theirs in ((Campaign, bulk.Campaign), (SuppressionLists, bulk.SuppressionLists)):
        for name, member in inspect.getmembers(theirs, inspect.isfunction):
            if name.startswith("_"):
                continue
            assert parameters(getattr(ours, name)) == parameters(member)
            assert inspect.getdoc(getattr(ours, name)), name


def test_campaign_shows_its_arguments_by_name() -> None:
    shown = inspect.signature(Campaign)
    assert shown == inspect.signature(bulk.Campaign)
    assert "not_before" in shown.parameters
    assert "**arguments" not in str(shown)


def test_generator_and_functions_run_in_the_calling_thread(
    client: TimClient, people: list[dict[str, str]], ledger: Path
) -> None:
    where: dict[str, set[int]] = {}

    def here(what: str) -> None:
        where.setdefault(what, set()).add(threading.get_ident())

    def recipients() -> Iterator[dict[str, str]]:
        for each in people:
            here("recipients")
            yield each

    def message(recipient: Recipient) -> str:
        here("message")
        return f"Hi {recipient.columns['name']}"

    def progress(_: Progress | PlanProgress) -> None:
        here("progress")
        assert client.stats() is not None

    campaign = Campaign("spring", ledger=ledger, recipients=recipients(), message=message, message_version="1")
    report = campaign.run(client, on_progress=progress, on_planning=progress, progress_every_s=0.01)
    assert report.sent == 40
    assert where == {what: {threading.get_ident()} for what in ("recipients", "message", "progress")}


def test_slow_function_is_not_too_late_for_those_behind_it(client: TimClient, people: Any, ledger: Path) -> None:
    """No waiting call fails because of the time that others take in the shared thread."""

    def message(recipient: Recipient) -> str:
        time.sleep(0.002)
        return "hi"

    campaign = Campaign(
        "slow", ledger=ledger, recipients=people, message=message, message_version="1", message_timeout_s=0.01
    )
    assert campaign.run(client).sent == 40


def test_function_is_compared_as_the_asynchronous_campaign_compares_it(
    emulator: Emulator, client: TimClient, people: list[dict[str, str]], ledger: Path
) -> None:
    """One continues what the other has started."""
    greeting = "Hi"

    def message(recipient: Recipient) -> str:
        return f"{greeting} {recipient.account}"

    async def begin() -> int:
        async with AsyncClient(emulator.sdk_app_id, emulator.secret_key, base_url=emulator.url) as other:
            campaign = bulk.Campaign("both", ledger=ledger, recipients=people[:3], message=message)
            return (await campaign.run(other)).sent

    assert asyncio.run(begin()) == 3
    campaign = Campaign("both", ledger=ledger, recipients=people, message=message, add_recipients=True)
    assert campaign.run(client).sent == 40


def test_iterator_that_was_read_cannot_be_read_again(client: TimClient, people: Any, ledger: Path) -> None:
    recipients = iter(people)
    campaign = Campaign("once", ledger=ledger, recipients=recipients, message="hi")
    assert campaign.send_to_me(client, "bob").msg_key  # looks at the first
    assert campaign.run(client).sent == 40


def test_stop_from_another_thread_lets_a_run_end_in_order(ledger: Path) -> None:
    client = client_of(OK, rate_limits={"openim/sendmsg": Rate(1, 0.2)})
    campaign = Campaign("long", ledger=ledger, recipients=PEOPLE, message="hi", lanes="single", concurrency=1)
    has_begun = threading.Event()

    def progress(seen: Progress) -> None:
        if seen.sent:
            has_begun.set()

    stopper = after(has_begun, lambda: campaign.stop("enough"))
    report = campaign.run(client, on_progress=progress, progress_every_s=0.01)
    stopper.join()
    assert (report.status, report.reason) == ("interrupted", "enough")
    assert 0 < report.sent < 40
    client.close()


def test_interrupted_run_has_written_what_is_known(ledger: Path, interrupt: Callable[[], None]) -> None:
    client = client_of(OK, rate_limits={"openim/sendmsg": Rate(1, 0.2)})
    campaign = Campaign("long", ledger=ledger, recipients=PEOPLE, message="hi", lanes="single", concurrency=1)
    has_begun = threading.Event()

    def progress(seen: Progress) -> None:
        if seen.sent:
            has_begun.set()

    interrupter = after(has_begun, interrupt)
    with pytest.raises(Interruption):
        campaign.run(client, on_progress=progress, progress_every_s=0.01)
    interrupter.join()
    pool = client.pool
    assert isinstance(pool, FakePool)
    sent = len(pool.sent)
    assert 0 < sent < 40
    assert campaign.status().sent == sent
    client.close()
    assert threads() == 0


def test_outcomes_that_are_half_read_leave_nothing(client: TimClient, people: Any, ledger: Path) -> None:
    campaign = Campaign("spring", ledger=ledger, recipients=people, message="hi")
    campaign.run(client)
    client.close()
    unread, dropped, closed = campaign.outcomes(), campaign.outcomes(), campaign.outcomes()
    assert next(dropped).account == next(closed).account
    assert threads() == 1
    closed.close()  # type: ignore[attr-defined]
    assert list(closed) == []
    del unread, dropped
    gc.collect()
    end = time.monotonic() + 60
    while threads() and time.monotonic() < end:
        time.sleep(0.001)
    assert threads() == 0
    assert len(list(campaign.outcomes())) == 40
    assert threads() == 0


def test_calls_without_a_client_leave_no_thread(ledger: Path) -> None:
    lists = SuppressionLists(ledger)
    assert lists.add(iter(["alice", "bob"]), list_name="gone").added == 2
    assert lists.add(["carol"]).added == 1
    assert sorted(lists.accounts("gone")) == ["alice", "bob"]
    assert [each.name for each in lists.all()] == ["gone", "suppressed"]
    assert lists.remove(["alice"]) == 1
    assert lists.remove_list("gone") == 1
    with pytest.raises(LedgerError):
        Campaign("unknown", ledger=ledger).status()
    assert threads() == 0


async def test_campaign_in_an_event_loop_is_refused(ledger: Path) -> None:
    with pytest.raises(UsageError, match=r"tim_async\.TimClient there"):
        Campaign("spring", ledger=ledger).status()


def test_wrong_argument_is_refused_by_name(ledger: Path) -> None:
    with pytest.raises(UsageError, match="lanes"):
        Campaign("spring", ledger=ledger, lanes="wrong")  # type: ignore[arg-type]
    assert repr(Campaign("spring", ledger=ledger)) == "<blocking Campaign 'spring'>"
    assert repr(SuppressionLists(ledger)) == "<blocking SuppressionLists>"
    with pytest.raises(AttributeError, match="no attribute 'Camapign'"):
        blocking.Camapign  # type: ignore[attr-defined]  # noqa: B018
