"""The helpers of the families without a loop: what they are given runs in the calling thread."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from tests.blocking.interruption import Interruption, after
from tests.blocking.test_process import client_of, threads
from tests.scripted import SECRET_KEY
from tim_async import ApiError, Delivery, TextElem, TimError, UsageError
from tim_async.blocking import TimClient
from tim_async.blocking._serving import feed
from tim_async.emulator import Emulator
from tim_async.families._registry import FAMILIES
from tim_async.testing import FakePool, Sent, envelope

HI = [TextElem(text="hi")]
BATCH = envelope({"MsgKey": "1_2_3"})
ACCOUNTS = [f"user-{number}" for number in range(1200)]


def batches(client: TimClient) -> list[list[str]]:
    pool = client.pool
    assert isinstance(pool, FakePool)
    return [sent.fields["To_Account"] for sent in pool.sent]


def test_every_family_is_there() -> None:
    with client_of() as client:
        for name in FAMILIES:
            assert getattr(client, name).client is client
            assert getattr(client, name) is getattr(client, name)


# What a call reads


def test_generator_is_read_in_the_calling_thread_as_the_sending_goes_on() -> None:
    read_in: set[int] = set()

    def accounts() -> Iterator[str]:
        for account in ACCOUNTS:
            read_in.add(threading.get_ident())
            yield account

    with client_of(BATCH) as client:
        sent = client.c2c.send_to_all(accounts(), HI)
        assert len(sent.sent) == 1200
        assert read_in == {threading.get_ident()}
        assert sorted(account for batch in batches(client) for account in batch) == sorted(ACCOUNTS)
        assert [len(batch) for batch in batches(client)] == [500, 500, 200]


def test_generator_may_make_calls_of_its_own() -> None:
    """Such as one that reads members page by page while messages are sent to them."""
    with client_of(BATCH, rate_limits={"openim/batchsendmsg": 1000}) as client:

        def accounts() -> Iterator[str]:
            for account in ACCOUNTS[:5]:
                client.request("openim/querystate", {})
                yield account

        assert len(client.c2c.send_to_all(accounts(), HI).sent) == 5


def test_error_of_the_generator_is_raised_when_what_it_gave_is_sent() -> None:
    error = LookupError("the database is away")

    def accounts() -> Iterator[str]:
        yield from ACCOUNTS[:700]
        raise error

    seen: list[Delivery] = []
    with client_of(BATCH) as client:
        with pytest.raises(LookupError) as caught:
            client.c2c.send_to_all(accounts(), HI, on_delivery=seen.append)
        assert caught.value is error
        assert len(seen) == 700


@pytest.mark.parametrize(
    ("given", "count"),
    [
        (ACCOUNTS[:3], 3),
        (tuple(ACCOUNTS[:3]), 3),
        (dict.fromkeys(ACCOUNTS[:3]), 3),
        (set(ACCOUNTS[:3]), 3),
        (iter(ACCOUNTS[:3]), 3),
        (iter(()), 0),
        (map(str.upper, ACCOUNTS[:3]), 3),
    ],
    ids=["list", "tuple", "dict", "set", "iterator", "empty", "map"],
)
def test_iterables_of_every_kind_are_read(given: Any, count: int) -> None:
    with client_of(BATCH) as client:
        assert len(client.c2c.send_to_all(given, HI).sent) == count


@pytest.mark.parametrize("wrong", ["alice", b"alice", 7, None], ids=repr)
def test_what_is_no_list_is_refused_as_ever(wrong: Any) -> None:
    with client_of(BATCH) as client, pytest.raises(UsageError) as caught:
        client.c2c.send_to_all(wrong, HI)
    assert caught.value.field == "to_accounts"


def test_asynchronous_iterable_is_read_in_the_loop() -> None:
    async def accounts() -> AsyncIterator[str]:
        yield "alice"

    with client_of(BATCH) as client:
        assert len(client.c2c.send_to_all(accounts(), HI).sent) == 1  # type: ignore[arg-type]  # it works


def test_no_item_is_held_back_while_the_next_one_is_waited_for() -> None:
    with client_of() as client:
        read: list[str] = []
        arrived = [threading.Event() for _ in range(3)]

        def slowly() -> Iterator[str]:
            for number, event in enumerate(arrived):
                yield str(number)
                assert event.wait(10)

        async def read_all(items: AsyncIterator[str]) -> None:
            async for item in items:
                read.append(item)
                arrived[int(item)].set()

        client.wait(read_all, client.feed(slowly()))
        assert read == ["0", "1", "2"]


def test_interruption_while_a_generator_is_read_ends_the_call(interrupt: Callable[[], None]) -> None:
    waits = threading.Event()

    def accounts() -> Iterator[str]:
        yield from ACCOUNTS[:600]
        waits.set()
        threading.Event().wait(30)

    seen: list[Delivery] = []
    with client_of(BATCH) as client:
        interrupter = after(waits, interrupt)
        with pytest.raises(Interruption):
            client.c2c.send_to_all(accounts(), HI, on_delivery=seen.append)
        interrupter.join()
        assert len(batches(client)) == 1
        assert client.c2c.send_to_all(["bob"], HI).sent


# What a call calls


def test_outcomes_are_handed_over_in_the_calling_thread() -> None:
    called_in: list[int] = []
    seen: list[str] = []

    def note(delivery: Delivery) -> None:
        called_in.append(threading.get_ident())
        seen.append(delivery.account)

    with client_of(BATCH) as client:
        client.c2c.send_to_all(ACCOUNTS, HI, on_delivery=note)
    assert set(called_in) == {threading.get_ident()}
    assert sorted(seen) == sorted(ACCOUNTS)


def test_error_of_the_function_ends_the_sending_and_is_raised() -> None:
    def refuse(delivery: Delivery) -> None:
        calls.append(delivery)
        raise LookupError("no such row")

    calls: list[Delivery] = []
    with client_of(BATCH) as client:
        with pytest.raises(LookupError, match="no such row"):
            client.c2c.send_to_all(ACCOUNTS[:1], HI, on_delivery=refuse)
        assert len(calls) == 1
        with pytest.raises(LookupError):
            client.c2c.send_to_all(iter(ACCOUNTS * 100), HI, on_delivery=refuse)
        assert len(calls) == 2


def test_asynchronous_function_is_refused_as_ever() -> None:
    async def note(delivery: Delivery) -> None: ...

    with client_of(BATCH) as client, pytest.raises(UsageError, match="on_delivery must be a plain function"):
        client.c2c.send_to_all(["bob"], HI, on_delivery=note)


def test_function_may_make_calls_of_its_own() -> None:
    with client_of(BATCH) as client:
        client.c2c.send_to_all(["bob"], HI, on_delivery=lambda _: client.c2c.send_to_all(["carol"], HI))
        assert batches(client) == [["bob"], ["carol"]]


# Iterators


@pytest.fixture
def history(client: TimClient) -> TimClient:
    for number in range(7):
        client.c2c.send_text("bob", f"text {number}", from_account="alice")
    return client


def tasks_of(client: TimClient) -> int:
    async def count() -> int:
        await asyncio.sleep(0)
        return len(asyncio.all_tasks()) - 1

    return client.wait(count)


def test_iterator_is_a_plain_one(history: TimClient) -> None:
    messages = history.c2c.iter_roam_msgs("alice", "bob", page_size=3)
    assert isinstance(messages, Iterator)
    texts = [TextElem(text=f"text {number}") for number in reversed(range(7))]
    assert [message.msg_body[0] for message in messages] == texts
    assert list(messages) == []


def test_page_is_asked_for_when_the_one_before_is_used_up(history: TimClient) -> None:
    messages = history.c2c.iter_roam_msgs("alice", "bob", page_size=3)
    command = "openim/admin_getroammsg"
    assert command not in history.stats()
    next(messages)
    assert history.stats()[command].calls == 1
    for _ in range(2):
        next(messages)
    assert history.stats()[command].calls == 1
    next(messages)
    assert history.stats()[command].calls == 2


@pytest.mark.parametrize("read", [0, 1, 4])
def test_half_read_iterator_that_is_dropped_leaves_nothing(read: int, history: TimClient) -> None:
    for _ in range(10):
        messages = history.c2c.iter_roam_msgs("alice", "bob", page_size=3)
        for _ in range(read):
            next(messages)
        del messages
    gc.collect()
    assert tasks_of(history) == 0
    assert history.wait(_count_generators) == 0


async def _count_generators() -> int:
    """Return how many asynchronous generators the loop knows, but for those that wait for its end."""
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    return sum("at_end_of_loop" not in each.__qualname__ for each in loop._asyncgens)  # type: ignore[attr-defined]


def test_error_of_a_page_is_raised_where_it_is_read(history: TimClient, emulator: Emulator) -> None:
    messages = history.c2c.iter_roam_msgs("alice", "bob", page_size=3)
    for _ in range(3):
        next(messages)
    emulator.faults.answer(90012)
    with pytest.raises(ApiError) as caught:
        next(messages)
    assert caught.value.code == 90012
    assert list(messages) == []


def test_iterator_goes_on_in_another_thread(history: TimClient) -> None:
    messages = history.c2c.iter_roam_msgs("alice", "bob", page_size=3)
    next(messages)
    rest: list[object] = []
    thread = threading.Thread(target=lambda: rest.extend(messages))
    thread.start()
    thread.join()
    assert len(rest) == 6


def test_iterator_of_a_closed_client_is_refused(history: TimClient) -> None:
    messages = history.c2c.iter_roam_msgs("alice", "bob", page_size=3)
    next(messages)
    history.close()
    with pytest.raises(UsageError, match="the client is closed"):
        next(messages)
    assert threads() == 0


# Streams


def test_stream_is_written_bit_by_bit(client: TimClient) -> None:
    with client.c2c.stream("bob", from_account="alice", pace=0) as stream:
        for words in ("你好", ", ", "Bob 👋"):
            stream.write(words)
    assert (stream.text, stream.is_ended) == ("你好, Bob 👋", True)
    assert stream.result is not None
    assert "ended" in repr(stream)


def test_block_that_is_left_by_an_error_ends_the_stream_and_raises_it(client: TimClient) -> None:
    stream = client.c2c.stream("bob", from_account="alice", pace=0)

    def write() -> None:
        with stream:
            stream.write("half")
            raise LookupError

    with pytest.raises(LookupError):
        write()
    assert (stream.text, stream.is_ended) == ("half", True)
    with pytest.raises(UsageError, match="inside its"):
        stream.write("more")


def test_pieces_of_a_robots_answer_go_out_as_they_come() -> None:
    pieces: list[str] = []

    async def answer(sent: Sent) -> bytes:
        pieces.append(sent.fields["Chunk"])
        return envelope({"MsgKey": "1_2_3"})

    pool = FakePool(answer)
    with TimClient(1400000000, SECRET_KEY, base_url="http://127.0.0.1:9", pool=pool) as client:
        pieces_given: list[Any] = [["a", "b", ""], iter("ab")]
        for given in pieces_given:
            assert client.robot.send_stream("@RBT#bot", "bob", given) == "1_2_3"
    assert pieces == ["a", "b"] * 2


# The parts


def test_feed_of_what_is_at_hand_is_itself() -> None:
    for given in ([1], (1,), {1}, {1: 2}, "text", b"bytes", range(3)):
        assert feed(given) is given  # type: ignore[comparison-overlap]


def test_error_after_items_comes_after_them() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise TimError("no more")

    found: list[int] = []

    async def read(source: AsyncIterator[int]) -> None:
        async for item in source:
            found.append(item)  # noqa: PERF401 - those before the error count

    with client_of() as client, pytest.raises(TimError, match="no more"):
        client.wait(read, client.feed(items()))
    assert found == [1, 2]
