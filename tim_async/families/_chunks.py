"""Splitting: a list that is too long for one call is passed in chunks, and nothing gets lost on the way.

Only where splitting is harmless: the service must treat two halves as it would have treated the whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, TypeAlias, TypeVar

from .._api.checks import check_list, check_whole, quoted
from .._api.wire import PartialResult
from ..errors import PartialFailureError, TimError, UsageError

T = TypeVar("T")
R = TypeVar("R")

Items: TypeAlias = Iterable[T] | AsyncIterable[T]
"""Anything that yields items: a list, a generator, or an asynchronous one such as the rows of a query."""


@dataclass(eq=False, repr=False, slots=True)
class FailedChunk(Generic[T]):
    """A chunk whose call failed as a whole.

    Attributes:
        items: the items of the call.
        error: why it failed; `error.maybe_delivered` says whether it may still have taken effect.
    """

    items: Sequence[T]
    error: TimError

    def __repr__(self) -> str:
        return f"<FailedChunk of {len(self.items)}: {self.error}>"


@dataclass(eq=False, repr=False, slots=True)
class Chunked(Generic[T, R]):
    """The outcome of a list that was passed in chunks.

    Attributes:
        results: the answers, in the order of the list.
        failed_chunks: the chunks whose calls failed as a whole.
    """

    results: list[R] = field(default_factory=list)
    failed_chunks: list[FailedChunk[T]] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Chunked: {len(self.results)} answers, {len(self.failed_chunks)} failed chunks>"

    @property
    def failed(self) -> list[object]:
        """The failed items of all answers, then the chunks that failed as a whole; empty if nothing failed."""
        items = [item for result in self.results if isinstance(result, PartialResult) for item in result.failed]
        return [*items, *self.failed_chunks]

    def raise_for_failed(self) -> None:
        """Raise `PartialFailureError` if anything failed."""
        failed = self.failed
        if failed:
            raise PartialFailureError(failed)


async def in_chunks(
    field: str, items: Items[T], size: int, call: Callable[[Sequence[T]], Awaitable[R]], *, concurrency: int = 8
) -> Chunked[T, R]:
    """Call once for every `size` items, with up to `concurrency` calls in parallel; the list is consumed lazily.

    A chunk that fails does not stop the others. When cancelled, it starts no further chunk and cancels those in flight.
    When the list itself raises, the items it yielded before are passed on, and its error is raised unchanged, with a
    note saying how many those were.

    Args:
        field: the name of `items` in errors.
        items: the items to pass; consumed lazily.
        size: items per call, at least 1.
        call: makes the call for one chunk.
        concurrency: maximum number of parallel calls, at least 1.

    Raises:
        UsageError: a single text instead of a list, or a size below 1; or no chunk could be sent because of the
            arguments, so nothing was.
        Exception: raised by the list, or by a call with an error that is not a `TimError`; it ends the calls in flight.
    """
    check_source(field, items)
    check_whole("size", size, 1)
    check_whole("concurrency", concurrency, 1)
    outcomes: dict[int, R | FailedChunk[T]] = {}
    broken: list[Exception] = []
    numbers = count()
    reading = asyncio.Lock()  # an asynchronous source yields one item at a time

    async def work(chunks: AsyncIterator[list[T]]) -> None:
        while True:
            async with reading:
                chunk, number = await anext(chunks, None), next(numbers)
            if chunk is None:
                return
            try:
                outcomes[number] = await call(chunk)
            except TimError as error:
                outcomes[number] = FailedChunk(chunk, error)
                await asyncio.sleep(0)  # a refused chunk never waits, so a long list would block the loop

    try:
        async with (
            aclosing(each_of(items)) as each,
            aclosing(_cut(each, size, broken)) as chunks,
            asyncio.TaskGroup() as workers,
        ):
            for _ in range(concurrency):
                workers.create_task(work(chunks))
    except ExceptionGroup as group:
        raise group.exceptions[0] from None  # callers expect their own error, not a group
    if broken:
        failed = sum(isinstance(outcome, FailedChunk) for outcome in outcomes.values())
        broken[0].add_note(f"before that, {len(outcomes)} chunks of up to {size} were sent, {failed} of them failed")
        raise broken[0]
    chunked: Chunked[T, R] = Chunked()
    for _, outcome in sorted(outcomes.items(), key=lambda pair: pair[0]):
        if isinstance(outcome, FailedChunk):
            chunked.failed_chunks.append(outcome)
        else:
            chunked.results.append(outcome)
    if not chunked.results and chunked.failed_chunks and all(map(_is_misuse, chunked.failed_chunks)):
        raise chunked.failed_chunks[0].error
    return chunked


def check_source(field: str, items: object) -> None:
    """Raise `UsageError` unless a value yields items one by one; a single text does not."""
    check_list(field, items)
    if not isinstance(items, Iterable | AsyncIterable):
        raise UsageError(f"{field} must be iterable, synchronously or asynchronously, not {quoted(items)}", field=field)


async def each_of(items: Items[T]) -> AsyncGenerator[T, None]:
    """Yield items from a synchronous or asynchronous source."""
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


async def _cut(items: AsyncIterator[T], size: int, broken: list[Exception]) -> AsyncGenerator[list[T], None]:
    """Yield the items in chunks; an error of the source goes into `broken`, after a chunk with the last items."""
    chunk: list[T] = []
    try:
        async for item in items:
            chunk.append(item)
            if len(chunk) == size:
                yield chunk
                chunk = []
    except Exception as error:  # noqa: BLE001 - it is raised again when all that was read is handed over
        broken.append(error)
    if chunk:
        yield chunk


def _is_misuse(chunk: FailedChunk[T]) -> bool:
    """Return whether a chunk was refused before anything was sent."""
    return isinstance(chunk.error, UsageError)
