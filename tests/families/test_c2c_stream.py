"""Streaming, on a clock that jumps: the pace, the end in every case, and what becomes of the text."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests import clock
from tests.families.conftest import client_of
from tests.in_process import inside
from tim_async import (
    ApiError,
    BodyTooLargeError,
    ConnectionLostError,
    InvalidRequestError,
    RetryPolicy,
    StreamElem,
    TimClient,
    UsageError,
    may_have_been_delivered,
)
from tim_async.emulator import Emulator
from tim_async.families._streaming import MessageStream
from tim_async.models.c2c_stream import SendStreamMsgResult

STREAM = "stream_msg/send_c2c_stream_msg"
Scene = Callable[[TimClient, Emulator], Coroutine[Any, Any, None]]


def play(scene: Scene, **options: Any) -> None:
    """Play a scene with alice, bob and an emulator without tolerance; no task is left afterwards."""

    async def main() -> None:
        async with inside("alice", "bob", emulated={"tolerance": 0.0}, **options) as (client, emulator):
            await scene(client, emulator)
            left = {task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()}
            assert not {name for name in left if name.startswith("tim_async")}

    clock.run(main())


def shown(emulator: Emulator) -> StreamElem:
    (stored,) = emulator.messages()
    (element,) = stored.msg_body
    assert isinstance(element, StreamElem)
    return element


def text_of(emulator: Emulator) -> str:
    return "".join(chunk.markdown or "" for chunk in shown(emulator).chunks)


def has_ended(emulator: Emulator) -> bool:
    chunks = shown(emulator).chunks
    assert [chunk.index for chunk in chunks] == list(range(1, len(chunks) + 1))
    assert not any(chunk.is_last for chunk in chunks[:-1])
    return chunks[-1].is_last is True


def calls(emulator: Emulator) -> list[float]:
    return [arrival.time for arrival in emulator.arrivals if arrival.command == STREAM]


def test_text_goes_out_at_the_pace_and_what_is_written_meanwhile_together() -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        async with client.c2c.stream("bob", from_account="alice", compatible_text="旧") as stream:
            for number in range(100):
                await stream.write(f"{number} ")
                await asyncio.sleep(0.02)
            assert stream.text
            assert not stream.is_ended
        assert stream.is_ended
        assert stream.text == text_of(emulator) == "".join(f"{number} " for number in range(100))
        assert has_ended(emulator)
        assert shown(emulator).compatible_text == "旧"
        (stored,) = emulator.messages()
        assert stream.result is not None
        assert (stored.from_account, stored.msg_key) == ("alice", stream.result.msg_key)
        assert 10 <= len(calls(emulator)) <= 13, "two seconds of writing"
        assert clock.worst_window(calls(emulator), 1 - 1e-6) <= 5
        assert {arrival.code for arrival in emulator.arrivals} == {0}

    play(scene)


def test_writing_does_not_wait_for_the_pace_but_for_the_first_answer() -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with client.c2c.stream("bob") as stream:
            await stream.write("a")
            answered = loop.time()
            assert answered - began == pytest.approx(0.02)
            assert stream.text == "a"
            for _ in range(1000):
                await stream.write("b")
            assert loop.time() == answered
        assert len(calls(emulator)) == 2
        assert text_of(emulator) == "a" + 1000 * "b"

    play(scene)


def test_nothing_written_is_nothing_sent() -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        async with client.c2c.stream("bob") as stream:
            await stream.write("")
        assert (emulator.count(), stream.result, stream.is_ended, stream.text) == (0, None, False, "")
        with pytest.raises(ValueError, match="mine"):
            async with client.c2c.stream("bob"):
                raise ValueError("mine")
        assert emulator.count() == 0

    play(scene)


def test_error_of_the_first_call_is_raised_by_the_first_write() -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        with pytest.raises(InvalidRequestError) as caught:
            async with client.c2c.stream("nobody") as stream:
                await stream.write("hi")
        assert caught.value.code == 90012
        assert emulator.count(STREAM) == 1, "there is nothing to end"
        assert emulator.messages() == []

    play(scene)


def test_error_of_the_first_call_is_raised_by_whoever_writes() -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        async def main() -> None:
            async with client.c2c.stream("nobody") as stream:
                results = await asyncio.gather(*(stream.write("hi") for _ in range(3)), return_exceptions=True)
                assert [type(each) for each in results] == [InvalidRequestError] * 3
                await stream.write("more")

        with pytest.raises(InvalidRequestError):
            await main()

    play(scene)


@pytest.mark.parametrize("where", ["at once", "later"])
def test_block_that_raises_ends_the_stream_with_all_that_was_written(where: str) -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        async def main() -> None:
            async with client.c2c.stream("bob") as stream:
                await stream.write("a")
                await stream.write("b")
                if where == "later":
                    await asyncio.sleep(1)
                    await stream.write("c")
                raise ValueError("mine")

        with pytest.raises(ValueError, match="mine"):
            await main()
        assert has_ended(emulator)
        assert text_of(emulator) == ("ab" if where == "at once" else "abc")

    play(scene)


async def cancelled_at(scene: Coroutine[Any, Any, None], after: float) -> float:
    """Cancel a scene after this many seconds; return how long it continued."""
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(scene)
    await asyncio.sleep(after)
    task.cancel()
    began = loop.time()
    with pytest.raises(asyncio.CancelledError):
        await task
    return loop.time() - began


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(0.01, id="in the first write"),
        pytest.param(0.1, id="in the block, between two calls"),
        pytest.param(0.21, id="in the block, during a call"),
        pytest.param(1.05, id="while leaving"),
    ],
)
def test_cancelled_anywhere_the_stream_is_ended(after: float) -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        async def main() -> None:
            async with client.c2c.stream("bob") as stream:
                for _ in range(100):
                    await stream.write("x")
                    await asyncio.sleep(0.01)

        took = await cancelled_at(main(), after)
        assert took < 1
        assert has_ended(emulator)

    play(scene)


def test_cancelled_while_the_service_hangs_the_end_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        async def main() -> None:
            async with client.c2c.stream("bob", end_timeout=2.0) as stream:
                await stream.write("x")
                emulator.faults.delay(3600)
                await stream.write("y")
                await asyncio.sleep(60)

        assert await cancelled_at(main(), 1.0) == pytest.approx(2.0, abs=0.05)
        assert "the service will end it" in caplog.text

    with caplog.at_level(logging.WARNING, "tim_async"):
        play(scene, timeout=600.0)


def test_cancelled_while_leaving_and_the_service_hangs_the_end_is_bounded() -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        async def main() -> None:
            async with client.c2c.stream("bob", end_timeout=2.0) as stream:
                await stream.write("x")
                emulator.faults.delay(3600)

        assert await cancelled_at(main(), 100.0) == pytest.approx(2.0, abs=0.05)

    play(scene, timeout=600.0)


def test_cancelled_again_and_again_it_is_bounded_all_the_same() -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        async def main() -> None:
            async with client.c2c.stream("bob", end_timeout=2.0) as stream:
                await stream.write("x")
                emulator.faults.delay(3600)

        loop = asyncio.get_running_loop()
        task = asyncio.create_task(main())
        await asyncio.sleep(10)
        began = loop.time()
        for _ in range(10):
            task.cancel()
            await asyncio.sleep(0.1)
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        assert loop.time() - began == pytest.approx(2.0, abs=0.05)

    play(scene, timeout=600.0)


def test_a_timeout_around_the_block_works() -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        async def main() -> None:
            async with client.c2c.stream("bob") as stream:
                await stream.write("x")
                await asyncio.sleep(60)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await main()
        assert has_ended(emulator)

    play(scene)


# Trouble on the way


@pytest.mark.parametrize("code", [20004, 91000])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_trouble_inside_the_service_is_repeated_and_adds_nothing_twice(code: int, after: bool) -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        emulator.faults.answer(code, after=after, rate=0.3, seed=5)
        async with client.c2c.stream("bob") as stream:
            for number in range(40):
                await stream.write(f"{number} ")
                await asyncio.sleep(0.1)
        assert text_of(emulator) == stream.text == "".join(f"{number} " for number in range(40))
        assert has_ended(emulator)
        assert code in {arrival.code for arrival in emulator.arrivals}

    play(scene, retry=RetryPolicy(max_attempts=20, base=0.01))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_lost_answer_stops_the_writing_and_the_end_makes_the_text_whole(after: bool) -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        emulator.faults.drop(after=after, after_calls=1, times=1)
        stream = client.c2c.stream("bob")

        async def main() -> None:
            async with stream:
                await stream.write("a")
                await stream.write("b")
                await asyncio.sleep(1)
                await stream.write("c")

        with pytest.raises(ConnectionLostError) as caught:
            await main()
        assert may_have_been_delivered(caught.value)
        assert text_of(emulator) == stream.text == "ab", "what the refused write was given is not in it"
        assert stream.is_ended
        assert has_ended(emulator)

    play(scene)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_lost_answer_to_the_end_is_made_good_and_nothing_is_raised(after: bool) -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        emulator.faults.drop(after=after, after_calls=1, times=1)
        async with client.c2c.stream("bob") as stream:
            await stream.write("a")
            await stream.write("b")
        assert stream.text == text_of(emulator) == "ab"
        assert stream.is_ended
        assert has_ended(emulator)
        assert emulator.count(STREAM) == 3

    play(scene)


def test_refused_piece_goes_out_with_the_end() -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        emulator.faults.answer(60007, after_calls=1, times=1)
        async with client.c2c.stream("bob") as stream:
            await stream.write("a")
            await stream.write("b")
            await asyncio.sleep(0.5)
        assert text_of(emulator) == stream.text == "ab"
        assert has_ended(emulator)

    play(scene)


def test_stream_that_cannot_be_ended_raises_what_went_wrong_first(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        stream = client.c2c.stream("bob")

        async def main() -> None:
            async with stream:
                await stream.write("a")
                emulator.faults.answer(90001, times=1)
                emulator.faults.answer(90009)
                await stream.write("b")

        with pytest.raises(ApiError) as caught:
            await main()
        assert caught.value.code == 90001
        assert (stream.text, stream.is_ended) == ("a", False)
        assert "could not end it" in caplog.text

    with caplog.at_level(logging.WARNING, "tim_async"):
        play(scene)


def test_error_of_the_block_is_not_hidden_by_that_of_the_end() -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        async def main() -> None:
            async with client.c2c.stream("bob") as stream:
                await stream.write("a")
                emulator.faults.answer(90001)
                raise ValueError("mine")

        with pytest.raises(ValueError, match="mine"):
            await main()

    play(scene)


# The gap


def test_quiet_stream_is_kept_going() -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        async with client.c2c.stream("bob") as stream:
            await stream.write("a")
            await asyncio.sleep(100)
            await stream.write("b")
        assert text_of(emulator) == stream.text == "ab"
        assert has_ended(emulator)
        assert max(later - sooner for sooner, later in zip(calls(emulator), calls(emulator)[1:], strict=False)) < 15

    play(scene)


def test_without_keep_alive_a_quiet_stream_is_over_and_says_so() -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        stream = client.c2c.stream("bob", keep_alive=None)

        async def main() -> None:
            async with stream:
                await stream.write("a")
                await asyncio.sleep(16)
                await stream.write("b")

        with pytest.raises(ApiError) as caught:
            await main()
        assert caught.value.code == 90054
        assert (stream.text, stream.is_ended) == ("a", False)

    play(scene)


def test_refused_keep_alive_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        async with client.c2c.stream("bob") as stream:
            await stream.write("a")
            emulator.faults.answer(90001, times=1)
            await asyncio.sleep(12)
            await stream.write("b")
        assert text_of(emulator) == "ab"
        assert has_ended(emulator)
        assert "refused an empty keep-alive piece" in caplog.text

    with caplog.at_level(logging.WARNING, "tim_async"):
        play(scene)


# Sizes and arguments


@pytest.mark.parametrize("words", ["x", "汉", "😀"])
def test_128_kb_are_checked_before_and_the_stream_goes_on(words: str) -> None:
    async def scene(client: TimClient, emulator: Emulator) -> None:
        size = len(words.encode())
        async with client.c2c.stream("bob", compatible_text="ab") as stream:
            await stream.write(words * (100_000 // size))
            left = 131_072 - 2 - 100_000 // size * size
            with pytest.raises(BodyTooLargeError) as caught:
                await stream.write("y" * left)
            assert (caught.value.actual, caught.value.limit, caught.value.field) == (131_072, 131_071, "text")
            assert str(caught.value).startswith("the streamed message has 131072 bytes, 1 over the limit of 131071")
            await stream.write("y" * (left - 1))
        assert len(text_of(emulator).encode()) == 131_069
        assert has_ended(emulator)

    play(scene)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param({"to_account": ""}, "to_account", id="no-recipient"),
        pytest.param({"from_account": "x" * 33}, "from_account", id="long-sender"),
        pytest.param({"sync_other_machine": 3}, "sync_other_machine", id="sync"),
        pytest.param({"pace": -1}, "pace", id="pace"),
        pytest.param({"pace": float("nan")}, "pace", id="pace-nan"),
        pytest.param({"keep_alive": 0}, "keep_alive", id="keep-alive"),
        pytest.param({"keep_alive": 16}, "keep_alive", id="keep-alive-too-long"),
        pytest.param({"end_timeout": -1}, "end_timeout", id="end-timeout"),
        pytest.param({"compatible_text": "x" * 131_072}, "compatible_text", id="long-compatible-text"),
    ],
)
async def test_wrong_arguments_are_reported_at_once(client: TimClient, arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(UsageError) as caught:
        client.c2c.stream(**{"to_account": "bob", **arguments})
    assert caught.value.field == field


@asynccontextmanager
async def opened(client: TimClient) -> AsyncIterator[MessageStream[SendStreamMsgResult]]:
    async with client.c2c.stream("bob") as stream:
        yield stream


async def test_stream_is_used_inside_its_block_and_once(client: TimClient, emulator: Emulator) -> None:
    stream = client.c2c.stream("bob")
    with pytest.raises(UsageError, match="inside its"):
        await stream.write("too soon")
    async with stream:
        with pytest.raises(UsageError) as caught:
            await stream.write(5)  # type: ignore[arg-type]
        assert caught.value.field == "text"
        with pytest.raises(UsageError):
            await stream.write("\ud800")
    with pytest.raises(UsageError, match="inside its"):
        await stream.write("too late")
    with pytest.raises(UsageError, match="once"):
        await stream.__aenter__()
    assert emulator.count() == 0


async def test_over_sockets(client: TimClient, emulator: Emulator) -> None:
    async with opened(client) as stream:
        await stream.write("你好 ")
        await stream.write("👋")
    assert (text_of(emulator), stream.text) == ("你好 👋", "你好 👋")
    assert has_ended(emulator)
    assert "ended" in repr(stream)


async def test_client_that_was_closed_inside_the_block(emulator: Emulator) -> None:
    client = client_of(emulator)
    stream = client.c2c.stream("bob")

    async def main() -> None:
        async with stream:
            await stream.write("a")
            await client.close()

    with pytest.raises(UsageError, match="closed"):
        await main()
    assert stream.text == "a"
