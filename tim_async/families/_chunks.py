"""Splitting: a list longer than one call may have, handed over in chunks, with nothing lost on the way.

Only where splitting is harmless: what the service does for two halves must be what it would have done for the whole.
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
"""Whatever gives things one by one: a list, a generator, an asynchronous one such as the rows of a query."""


@dataclass(eq=False, repr=False, slots=True)
class FailedChunk(Generic[T]):
    """A chunk whose call failed as a whole.

    Attributes:
        items: what the call was for.
        error: why it failed; `error.maybe_delivered` says whether it may have taken effect all the same.
    """

    items: Sequence[T]
    error: TimError

    def __repr__(self) -> str:
        return f"<FailedChunk of {len(self.items)}: {self.error}>"


@dataclass(eq=False, repr=False, slots=True)
class Chunked(Generic[T, R]):
    """What became of a list that was handed over in chunks.

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
        """The failed items of all answers, then the chunks that failed as a whole; empty when all went well."""
        items = [item for result in self.results if isinstance(result, PartialResult) for item in result.failed]
        return [*items, *self.failed_chunks]

    def raise_for_failed(self) -> None:
        """Raise `PartialFailureError` when anything failed."""
        failed = self.failed
        if failed:
            raise PartialFailureError(failed)


async def in_chunks(
    field: str, items: Items[T], size: int, call: Callable[[Sequence[T]], Awaitable[R]], *, concurrency: int = 8
) -> Chunked[T, R]:
    """Call once for every `size` items, up to `concurrency` calls at a time; the list is read as the calls go on.

    A chunk that fails does not keep the others from being sent. Cancelled, it starts no further chunk, and cancels
    those on their way. When the list itself raises, what it gave until then is handed over, and its error is raised as
    it is, with a note of how much that was.

    Args:
        field: what errors call `items`.
        items: what is to be handed over; read lazily.
        size: items in one call, at least 1.
        call: makes the call for one chunk.
        concurrency: calls at a time, at least 1.

    Raises:
        UsageError: a single text in place of a list, or sizes below 1; or no chunk could be sent for what was given,
            and so nothing was.
        Exception: what the list raised, or a call that did not fail with an error of ours: it ends those on their way.
    """
    check_source(field, items)
    check_whole("size", size, 1)
    check_whole("concurrency", concurrency, 1)
    outcomes: dict[int, R | FailedChunk[T]] = {}
    broken: list[Exception] = []
    numbers = count()
    reading = asyncio.Lock()  # an asynchronous list gives one item at a time

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
                await asyncio.sleep(0)  # what is refused here waits for nothing, and a long list would stop the loop

    try:
        async with (
            aclosing(each_of(items)) as each,
            aclosing(_cut(each, size, broken)) as chunks,
            asyncio.TaskGroup() as workers,
        ):
            for _ in range(concurrency):
                workers.create_task(work(chunks))
    except ExceptionGroup as group:
        raise group.exceptions[0] from None  # callers wait for their own error, not for a group of them
    if broken:
        failed = sum(isinstance(outcome, FailedChunk) for outcome in outcomes.values())
        broken[0].add_note(
            f"until then {len(outcomes)} chunks of up to {size} were handed over, {failed} of them failed"
        )
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
    """Yield one item after the other, whether they come asynchronously or not."""
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


async def _cut(items: AsyncIterator[T], size: int, broken: list[Exception]) -> AsyncGenerator[list[T], None]:
    """Yield the items in chunks; an error of theirs goes into `broken`, and ends it with what came until then."""
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
