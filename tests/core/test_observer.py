"""What an observer of calls is given: every attempt, and one end for each call."""

from __future__ import annotations

import asyncio

import pytest

from tests import clock
from tests.scripted import OK, scripted
from tim_async import RetryPolicy, TextElem, TimError

Seen = list[tuple[str, int, int]]


class Observer:
    """Notes attempts and ends; the last number is that of a call's attempts, or of failed items."""

    def __init__(self) -> None:
        self.seen: Seen = []
        self.began: list[tuple[str, str]] = []
        self.sources: list[object] = []

    def attach(self, source: object) -> None:
        self.sources.append(source)

    def begin(self, command: str, priority: str) -> Observer:
        self.began.append((command, priority))
        return self

    def attempt(self, number: int, outcome: str, waited_s: float, took_s: float) -> None:
        assert waited_s >= 0
        assert took_s >= 0
        self.seen.append((f"attempt {outcome}", number, 0))

    def end(self, outcome: str, attempts: int, *, failed_items: int = 0) -> None:
        self.seen.append((f"end {outcome}", attempts, failed_items))


@pytest.mark.parametrize(
    ("answers", "seen"),
    [
        pytest.param([OK], [("attempt 0", 1, 0), ("end 0", 1, 0)], id="success"),
        pytest.param([91000, OK], [("attempt 91000", 1, 0), ("attempt 0", 2, 0), ("end 0", 2, 0)], id="retry"),
        pytest.param([90001], [("attempt 90001", 1, 0), ("end 90001", 1, 0)], id="refusal"),
        pytest.param(
            [b'{"ErrorCode":0,"MsgTime":{}}'], [("attempt 0", 1, 0), ("end ReplyDecodeError", 1, 0)], id="unreadable"
        ),
    ],
)
def test_observer_sees_attempts_and_the_end(answers: list[object], seen: Seen) -> None:
    observer = Observer()
    client, _ = scripted(*answers, observer=observer, retry=RetryPolicy())

    async def main() -> None:
        try:
            await client.with_options(priority="background").c2c.send_text("bob", "hi")
        except TimError:
            assert not seen[-1][0].startswith("end 0")

    clock.run(main())
    assert observer.seen == seen
    assert observer.began == [("openim/sendmsg", "background")]


def test_observer_sees_a_raw_call_and_failed_items() -> None:
    observer = Observer()
    client, _ = scripted({"ErrorList": [{"To_Account": "bob", "ErrorCode": 70107}]}, observer=observer)

    async def main() -> None:
        await client.c2c.send_batch(to_account=["ann", "bob"], msg_body=[TextElem("hi")])
        await client.request("openim/batchsendmsg", {"To_Account": ["ann", "bob"], "MsgBody": []})

    clock.run(main())
    assert [each for each in observer.seen if each[0].startswith("end")] == [("end 0", 1, 1), ("end 0", 1, 0)]


def test_observer_sees_a_cancelled_call() -> None:
    async def never(sent: object) -> bytes:
        await asyncio.sleep(60)
        return OK

    observer = Observer()
    client, _ = scripted(never, observer=observer)

    async def main() -> None:
        task = asyncio.create_task(client.c2c.send_text("bob", "hi"))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])

    clock.run(main())
    assert observer.seen == [("attempt cancelled", 1, 0), ("end cancelled", 1, 0)]


@pytest.mark.parametrize("failed", [[], ["bob"]], ids=["none", "one"])
def test_failed_items_are_counted_and_logged_where_there_are_some(
    failed: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    client, _ = scripted({"ErrorList": [{"To_Account": account, "ErrorCode": 70107} for account in failed]})
    clock.run(client.c2c.send_batch(to_account=["ann", "bob"], msg_body=[TextElem("hi")]))
    assert client.stats()["openim/batchsendmsg"].failed_items == len(failed)
    assert ("of its items failed" in caplog.text) is bool(failed)
