"""One message to any number of accounts: one outcome for each, no duplicates, both limits fully used and respected."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest

from tests import clock
from tests.families.conftest import client_of
from tests.in_process import InsidePool, inside
from tim_async import (
    ApiError,
    BodyTooLargeError,
    ConnectionLostError,
    PartialFailureError,
    ReplyDecodeError,
    RetryPolicy,
    TextElem,
    TimClient,
    UsageError,
)
from tim_async.emulator import Emulator
from tim_async.families._fan_out import Deliveries, Delivery

BATCH = "openim/batchsendmsg"
HI = [TextElem(text="你好 👋")]
ANY = RetryPolicy(transport="any", max_attempts=6)


def crowd(size: int) -> list[str]:
    return [f"u{number:05}" for number in range(size)]


def notified_once(emulator: Emulator) -> bool:
    return max(Counter(message.to_account for message in emulator.messages()).values(), default=0) <= 1


def recipients(arrival_body: bytes) -> list[str]:
    found: list[str] = msgspec.json.decode(arrival_body)["To_Account"]
    return found


def deliveries_a_minute(emulator: Emulator) -> int:
    """Return the most deliveries that were requested within any minute, refused and repeated ones included."""
    arrivals = [each for each in emulator.arrivals if each.command == BATCH]
    costs = [len(recipients(each.body)) for each in arrivals]
    return clock.worst_window([each.time for each in arrivals], 60.0, costs)


@pytest.mark.parametrize(
    ("size", "chunk_size", "policy"),
    [
        pytest.param(12_345, 500, ANY, id="500-repeated"),
        pytest.param(12_345, 37, RetryPolicy(), id="37-default"),
        pytest.param(12_345, 37, ANY, id="37-repeated"),
        pytest.param(700, 1, ANY, id="1-repeated"),
    ],
)
def test_many_accounts_with_1_percent_missing_and_5_percent_faults(
    size: int, chunk_size: int, policy: RetryPolicy
) -> None:
    """At the real limits and with no tolerance, on a clock that jumps."""
    everyone = crowd(size)
    missing = set(random.Random(3).sample(everyone, size // 100))

    async def main() -> tuple[Deliveries, Emulator, InsidePool, int, float]:
        present = [account for account in everyone if account not in missing]
        options = {"emulated": {"tolerance": 0.0, "arrivals_size": 50_000}, "retry": policy}
        async with inside(*present, **options) as (client, emulator):
            faults = emulator.faults
            for number, code in enumerate((20004, 20005, 91000, 90992)):
                faults.answer(code, rate=0.0075, after=bool(number % 2), seed=number)
            faults.drop(rate=0.0075, seed=11)
            faults.drop(after=True, rate=0.0075, seed=12)
            faults.status(502, after=True, rate=0.005, seed=13)
            seen: Counter[str] = Counter()
            began = asyncio.get_running_loop().time()
            received = await client.c2c.send_to_all(
                iter(everyone), HI, chunk_size=chunk_size, on_delivery=lambda each: seen.update([each.account])
            )
            took = asyncio.get_running_loop().time() - began
            assert set(seen.values()) == {1}
            return received, emulator, client._state.pool, len(seen), took  # type: ignore[return-value]

    received, emulator, pool, seen, took = clock.run(main())
    # One outcome for each, in the order they were given.
    assert [each.account for each in received] == everyone
    assert seen == size == len(received.sent) + len(received.failed) + len(received.unknown)
    # No account got it twice; those reported as sent have it, those reported as failed do not.
    assert notified_once(emulator)
    has_it = {message.to_account for message in emulator.messages()}
    assert {each.account for each in received.sent} <= has_it
    assert not {each.account for each in received.failed} & has_it
    assert missing <= {each.account for each in received.failed} | {each.account for each in received.unknown}
    if policy is ANY:
        assert not received.unknown
        assert {each.account for each in received.failed} == missing
        assert {each.code for each in received.failed} <= {70107, 90012}
    else:
        assert received.unknown, "lost answers are not repeated by default"
        assert {type(each.error) for each in received.unknown} <= {ConnectionLostError, ReplyDecodeError}
    # Both limits held, in the emulator's own count and in ours, and the narrower one was kept busy.
    assert not [each for each in emulator.arrivals if each.code in (60007, 90057)]
    assert emulator.count(BATCH) > size / chunk_size
    calls = [each.time for each in emulator.arrivals]
    assert clock.worst_window(calls, 1 - 1e-6) <= 200
    assert deliveries_a_minute(emulator) <= 12_000
    asked = sum(len(recipients(each.body)) for each in emulator.arrivals)
    # The remaining ones at the end wait for their repeats, which have random delays.
    busy = took - 2.0
    assert asked >= (501 if size > 700 else 0) + 0.95 * 191 * busy
    assert pool.busiest <= 64


async def test_outcomes_over_sockets(client: TimClient, emulator: Emulator) -> None:
    received = await client.c2c.send_to_all(
        ["alice", "nobody", "bob", "alice", "", "汉" * 11], HI, cloud_custom_data="c"
    )
    assert [(each.account, each.state, each.code) for each in received] == [
        ("alice", "sent", None),
        ("nobody", "failed", 70107),
        ("bob", "sent", None),
        ("", "failed", None),
        ("汉" * 11, "failed", None),
    ]
    assert received["alice"].msg_key == received["bob"].msg_key != ""
    assert isinstance(received[""].error, UsageError)
    with pytest.raises(KeyError):
        received["carol"]
    assert len(received) == 5
    assert repr(received) == "<Deliveries: 2 sent, 3 failed, 0 unknown>"
    with pytest.raises(PartialFailureError) as caught:
        received.raise_for_failed()
    assert caught.value.failed == received.failed
    stored = emulator.messages()
    assert {(each.msg_seq, each.msg_random, each.cloud_custom_data) for each in stored} == {
        (received.msg_seq, received.msg_random, "c")
    }
    (arrival,) = emulator.arrivals
    assert recipients(arrival.body) == ["alice", "nobody", "bob"]


async def test_account_given_again_later_is_reported_once(client: TimClient, emulator: Emulator) -> None:
    received: list[str] = []
    await client.c2c.send_to_all(
        ["alice", "bob", "alice", "", "", "bob"],
        HI,
        chunk_size=1,
        on_delivery=lambda each: received.append(each.account),
    )
    assert sorted(received) == ["", "alice", "bob"]
    assert emulator.count(BATCH) == 2


async def test_unknown_accounts_are_sent_to_again_with_the_same_marks(client: TimClient, emulator: Emulator) -> None:
    emulator.faults.drop(after=True, times=1)
    received = await client.c2c.send_to_all(["alice", "bob"], HI)
    assert [each.state for each in received] == ["unknown", "unknown"]
    assert {type(each.error) for each in received} == {ConnectionLostError}
    again = [each.account for each in received.unknown]
    second = await client.c2c.send_to_all(again, HI, msg_seq=received.msg_seq, msg_random=received.msg_random)
    second.raise_for_failed()
    assert notified_once(emulator)
    assert len(emulator.messages()) == 2


@pytest.mark.parametrize(
    ("code", "state"), [(90001, "failed"), (91000, "unknown"), (90057, "failed")], ids=["refused", "trouble", "over"]
)
async def test_code_of_a_whole_chunk(client: TimClient, emulator: Emulator, code: int, state: str) -> None:
    emulator.faults.answer(code)
    received = await client.with_options(retry=RetryPolicy.off()).c2c.send_to_all(["alice", "bob"], HI)
    assert [(each.state, each.code) for each in received] == [(state, code)] * 2
    assert isinstance(received["bob"].error, ApiError)


async def test_no_one_to_send_to(client: TimClient, emulator: Emulator) -> None:
    received = await client.c2c.send_to_all([], HI)
    assert (len(received), list(received), emulator.count()) == (0, [], 0)
    received.raise_for_failed()


async def test_accounts_from_an_asynchronous_source_are_read_as_the_sending_goes_on() -> None:
    read: list[str] = []

    async def source() -> AsyncIterator[str]:
        for account in crowd(100):
            read.append(account)
            yield account
            await asyncio.sleep(0)

    async with Emulator(rate_limits={"*": 10_000}) as emulator, client_of(emulator) as client:
        emulator.add_accounts(*crowd(100))
        stall = emulator.faults.stall()
        task = asyncio.create_task(client.c2c.send_to_all(source(), HI, chunk_size=10))
        while not emulator.count(BATCH):  # noqa: ASYNC110 - the emulator knows no event for it
            await asyncio.sleep(0.005)
        assert len(read) == 10, "the first chunk goes alone"
        stall.release()
        received = await task
    assert [each.account for each in received] == crowd(100)
    assert len(received.sent) == 100


@pytest.mark.parametrize(
    ("accounts", "options", "field"),
    [
        pytest.param("bob", {}, "to_accounts", id="text"),
        pytest.param(b"bob", {}, "to_accounts", id="bytes"),
        pytest.param(None, {}, "to_accounts", id="none"),
        pytest.param(["bob"], {"chunk_size": 0}, "chunk_size", id="chunk-0"),
        pytest.param(["bob"], {"chunk_size": 501}, "chunk_size", id="chunk-501"),
        pytest.param(["bob"], {"chunk_size": 1.5}, "chunk_size", id="chunk-half"),
        pytest.param([], {"msg_body": []}, "msg_body", id="no-elements"),
        pytest.param(["bob"], {"from_account": ""}, "from_account", id="no-sender"),
        pytest.param(["bob"], {"msg_seq": "1"}, "msg_seq", id="seq-text"),
        pytest.param(["bob"], {"to_account": ["x"]}, None, id="other-name"),
        pytest.param(["bob"], {"forbid_callback_control": []}, None, id="field-of-another"),
    ],
)
async def test_wrong_arguments_are_reported_before_anything_is_sent(
    client: TimClient, emulator: Emulator, accounts: object, options: dict[str, object], field: str | None
) -> None:
    with pytest.raises(UsageError) as caught:
        await client.c2c.send_to_all(accounts, **{"msg_body": HI, **options})  # type: ignore[arg-type]
    assert caught.value.field == field
    assert emulator.count() == 0


async def test_message_that_is_too_large_is_reported_once_and_for_all(client: TimClient, emulator: Emulator) -> None:
    received: list[Delivery] = []
    with pytest.raises(BodyTooLargeError):
        await client.c2c.send_to_all(crowd(2000), [TextElem(text="x" * 8192)], on_delivery=received.append)
    assert (emulator.count(), received) == (0, [])


@pytest.mark.parametrize("bad", [5, None, ["u"], b"u"], ids=repr)
async def test_something_that_is_no_text_ends_the_reading(client: TimClient, emulator: Emulator, bad: object) -> None:
    received: list[Delivery] = []
    with pytest.raises(UsageError) as caught:
        await client.c2c.send_to_all(["bob", bad, "alice"], HI, on_delivery=received.append)  # type: ignore[list-item]
    assert caught.value.field == "to_accounts"
    assert [(each.account, each.state) for each in received] == [("bob", "sent")]


def broken() -> Iterator[str]:
    yield "alice"
    yield "bob"
    raise OSError("the file broke off")


@pytest.mark.parametrize("chunk_size", [1, 500])
async def test_source_that_breaks(client: TimClient, emulator: Emulator, chunk_size: int) -> None:
    received: list[Delivery] = []
    with pytest.raises(OSError, match="broke off"):
        await client.c2c.send_to_all(broken(), HI, chunk_size=chunk_size, on_delivery=received.append)
    assert sorted(each.account for each in received if each.state == "sent") == ["alice", "bob"]
    assert len(emulator.messages()) == 2


async def test_listener_that_breaks_stops_the_sending() -> None:
    def listen(delivery: Delivery) -> None:
        raise ValueError("no room")

    async with Emulator(rate_limits={"*": 10_000}) as emulator, client_of(emulator) as client:
        emulator.add_accounts(*crowd(100))
        with pytest.raises(ValueError, match="no room"):
            await client.c2c.send_to_all(crowd(100), HI, chunk_size=1, on_delivery=listen)
        assert emulator.count(BATCH) == 1


async def test_cancelled_reports_what_is_on_its_way_and_starts_nothing_more() -> None:
    async with Emulator(rate_limits={"*": 10_000}) as emulator, client_of(emulator) as client:
        emulator.add_accounts(*crowd(100))
        received: list[Delivery] = []
        stall = emulator.faults.stall(after_calls=1)
        sending = client.c2c.send_to_all(crowd(100), HI, chunk_size=10, on_delivery=received.append)
        task = asyncio.create_task(sending)
        while emulator.count(BATCH) < 5:  # noqa: ASYNC110 - the emulator knows no event for it
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        attempts = client.stats()[BATCH].attempts
        stall.release()
        states = Counter(each.state for each in received)
        assert max(Counter(each.account for each in received).values()) == 1
        assert states["sent"] == 10
        has_it = {message.to_account for message in emulator.messages()}
        assert has_it <= {each.account for each in received if each.state != "failed"}
        await asyncio.sleep(0.05)
        assert client.stats()[BATCH].attempts == attempts


def test_deadline_too_short_for_the_turn_is_a_failure_and_not_an_unknown() -> None:
    async def main() -> Deliveries:
        async with inside(*crowd(10_000), deadline=1.0) as (client, _):
            received: Deliveries = await client.c2c.send_to_all(crowd(10_000), HI)
            return received

    received = clock.run(main())
    assert (len(received.sent), len(received.failed), len(received.unknown)) == (9000, 1000, 0)


def test_interactive_message_goes_before_the_rest_of_a_fan_out() -> None:
    async def main() -> float:
        async with inside(*crowd(3000)) as (client, _):
            background = client.with_options(priority="background")
            task = asyncio.create_task(background.c2c.send_to_all(crowd(3000), HI))
            await asyncio.sleep(5)
            began = asyncio.get_running_loop().time()
            await client.c2c.send_batch(to_account=["u00001"], msg_body=[TextElem(text="now")])
            took = asyncio.get_running_loop().time() - began
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return took

    assert clock.run(main()) < 0.1


async def test_a_function_that_would_have_to_be_awaited_is_refused(client: TimClient, emulator: Emulator) -> None:
    async def on_delivery(delivery: Delivery) -> None:
        raise AssertionError("nobody awaits it")

    for wrong in (on_delivery, "print"):
        with pytest.raises(UsageError) as caught:
            await client.c2c.send_to_all(["alice"], HI, on_delivery=wrong)  # type: ignore[arg-type]
        assert caught.value.field == "on_delivery"
    assert emulator.count() == 0
