"""Paging, and lists passed in chunks."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest

from tim_async import PartialFailureError, ReplyDecodeError, UsageError
from tim_async.errors import ConnectError
from tim_async.families._chunks import FailedChunk, in_chunks
from tim_async.families._paging import entries_by_offset, pages
from tim_async.models.account import AccountResultItem, AccountResults

COMMAND = "some/list"


async def test_pages_come_one_after_the_other_and_only_when_wanted() -> None:
    asked: list[int] = []

    async def fetch(place: int) -> int:
        asked.append(place)
        return place

    walk = pages(COMMAND, fetch, 0, lambda page: page + 10 if page < 20 else None)
    assert await anext(walk) == 0
    assert asked == [0]
    assert [page async for page in walk] == [10, 20]
    assert asked == [0, 10, 20]


@pytest.mark.parametrize("circle", [{"a": "a"}, {"a": "b", "b": "a"}], ids=["itself", "in a circle"])
async def test_pages_that_lead_back_are_not_passed_off_as_all(circle: dict[str, str]) -> None:
    async def fetch(place: str) -> str:
        return place

    read: list[str] = []

    async def walk() -> None:
        async for page in pages(COMMAND, fetch, "a", circle.get):
            read.append(page)  # noqa: PERF401 - what was read before the error counts

    with pytest.raises(ReplyDecodeError, match="a place that was already read") as caught:
        await walk()
    assert read == list(circle)
    assert caught.value.command == COMMAND
    assert not caught.value.maybe_delivered


async def test_list_is_cut_and_answers_keep_its_order() -> None:
    async def call(chunk: Sequence[int]) -> list[int]:
        await asyncio.sleep(0.001 if chunk[0] == 0 else 0)
        return list(chunk)

    received = await in_chunks("numbers", range(7), 3, call)
    assert received.results == [[0, 1, 2], [3, 4, 5], [6]]
    assert received.failed == []
    received.raise_for_failed()


async def test_no_more_calls_at_a_time_than_wanted_and_the_list_is_read_as_they_go() -> None:
    running = most = read = 0

    def source() -> object:
        nonlocal read
        for number in range(1000):
            read += 1
            assert read <= 10 * (done + 4)
            yield number

    done = 0

    async def call(chunk: Sequence[int]) -> None:
        nonlocal running, most, done
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        done += 1

    await in_chunks("numbers", source(), 10, call, concurrency=3)  # type: ignore[arg-type]
    assert (most, done) == (3, 100)


async def test_failed_chunk_does_not_keep_the_others_back() -> None:
    async def call(chunk: Sequence[str]) -> AccountResults:
        if "b" in chunk:
            raise ConnectError("no way")
        return AccountResults(result_item=[AccountResultItem(user_id=name, result_code=70107) for name in chunk])

    received = await in_chunks("names", list("abc"), 1, call)
    assert [result.result_item[0].user_id for result in received.results] == ["a", "c"]
    (chunk,) = received.failed_chunks
    assert (list(chunk.items), type(chunk.error)) == (["b"], ConnectError)
    assert "no way" in repr(chunk)
    with pytest.raises(PartialFailureError) as caught:
        received.raise_for_failed()
    assert len(caught.value.failed) == 3
    assert isinstance(caught.value.failed[-1], FailedChunk)


async def test_error_that_is_not_the_services_ends_everything() -> None:
    async def call(chunk: Sequence[int]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await in_chunks("numbers", range(3), 1, call)


async def test_a_list_that_breaks_is_handed_over_as_far_as_it_came() -> None:
    done: list[list[int]] = []

    def numbers() -> Iterator[int]:
        yield from range(5)
        raise ValueError("line 6 is no number")

    async def call(chunk: Sequence[int]) -> None:
        await asyncio.sleep(0)
        if chunk[0] == 2:
            raise ConnectError("no way")
        done.append(list(chunk))

    with pytest.raises(ValueError, match="line 6") as caught:
        await in_chunks("numbers", numbers(), 2, call, concurrency=2)
    assert sorted(done) == [[0, 1], [4]]
    assert caught.value.__notes__ == ["before that, 3 chunks of up to 2 were sent, 1 of them failed"]


async def test_cancelled_it_begins_no_further_chunk() -> None:
    begun: list[int] = []
    both = asyncio.Event()

    async def call(chunk: Sequence[int]) -> None:
        begun.append(chunk[0])
        if len(begun) == 2:
            both.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(in_chunks("numbers", range(100), 1, call, concurrency=2))
    await both.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert begun == [0, 1]


@pytest.mark.parametrize(("size", "concurrency"), [(0, 1), (1, 0)], ids=["size", "concurrency"])
async def test_impossible_sizes_are_refused(size: int, concurrency: int) -> None:
    async def call(chunk: Sequence[int]) -> None:
        raise AssertionError("nothing is to be called")

    with pytest.raises(UsageError):
        await in_chunks("numbers", [1], size, call, concurrency=concurrency)


@pytest.mark.parametrize("items", ["bob", b"bob"], ids=["text", "bytes"])
async def test_a_single_text_is_no_list(items: Any) -> None:
    async def call(chunk: Sequence[int]) -> None:
        raise AssertionError("nothing is to be called")

    with pytest.raises(UsageError, match="single text") as caught:
        await in_chunks("items", items, 1, call)
    assert caught.value.field == "items"


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_list_may_come_asynchronously(concurrency: int) -> None:
    async def rows() -> AsyncIterator[int]:
        for number in range(7):
            await asyncio.sleep(0)
            yield number

    async def call(chunk: Sequence[int]) -> list[int]:
        await asyncio.sleep(0)
        return list(chunk)

    received = await in_chunks("rows", rows(), 3, call, concurrency=concurrency)
    assert received.results == [[0, 1, 2], [3, 4, 5], [6]]


@pytest.mark.parametrize("items", [None, 7, asyncio.sleep], ids=["None", "a number", "a function"])
async def test_what_gives_nothing_is_no_list(items: Any) -> None:
    async def call(chunk: Sequence[int]) -> None:
        raise AssertionError("nothing is to be called")

    with pytest.raises(UsageError, match="must be iterable") as caught:
        await in_chunks("accounts", items, 1, call)
    assert caught.value.field == "accounts"


async def test_what_no_chunk_can_be_sent_with_is_raised() -> None:
    """An empty list of results would be mistaken for an answer."""

    async def call(chunk: Sequence[int]) -> None:
        if chunk[0] < limit:
            raise UsageError("tags are missing", field="tags")

    limit = 2
    received = await in_chunks("numbers", range(3), 1, call)
    assert (len(received.failed_chunks), received.results) == (2, [None])
    limit = 3
    with pytest.raises(UsageError, match="tags are missing"):
        await in_chunks("numbers", range(3), 1, call)


async def test_chunks_that_are_refused_at_once_let_others_run() -> None:
    async def call(chunk: Sequence[int]) -> None:
        raise UsageError("the client is closed")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await in_chunks("numbers", itertools.count(), 1, call)


@pytest.mark.parametrize(
    ("pages_", "total", "expected", "asked"),
    [
        pytest.param([[1, 2], [3]], 3, [1, 2, 3], [0, 2], id="as many as were received"),
        pytest.param([[]], 3, [], [0], id="an empty page ends it"),
        pytest.param([[1, 2], []], 9, [1, 2], [0, 2], id="fewer than were received"),
    ],
)
async def test_entries_by_offset(pages_: list[list[int]], total: int, expected: list[int], asked: list[int]) -> None:
    rest = iter(pages_)
    offsets: list[int] = []

    async def fetch(offset: int) -> list[int]:
        offsets.append(offset)
        return next(rest)

    walk = entries_by_offset(COMMAND, fetch, lambda page: page, lambda page: total)
    read = [entry async for entry in walk]
    assert (read, offsets) == (expected, asked)


async def test_page_that_comes_again_is_not_passed_off_as_the_end() -> None:
    read: list[int] = []

    async def fetch(offset: int) -> list[int]:
        return [1, 2]

    async def walk() -> None:
        entries = entries_by_offset(COMMAND, fetch, lambda page: page, lambda page: 9)
        async for entry in entries:
            read.append(entry)  # noqa: PERF401 - what was read before the error counts

    with pytest.raises(ReplyDecodeError, match="is the same for another offset") as caught:
        await walk()
    assert read == [1, 2]
    assert caught.value.command == COMMAND
