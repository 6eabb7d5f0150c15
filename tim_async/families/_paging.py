"""Paging: the loop behind every iterator over a command that answers page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from typing import TypeVar

from ..errors import ReplyDecodeError

P = TypeVar("P")
C = TypeVar("C", bound=Hashable)
T = TypeVar("T")


async def pages(
    command: str, fetch: Callable[[C], Awaitable[P]], first: C, following: Callable[[P], C | None]
) -> AsyncIterator[P]:
    """Yield page after page while `following` returns a place; each is fetched only after the previous one is used.

    Args:
        command: the command that `fetch` calls.
        fetch: fetches the page that begins at a place: an offset, a cursor, a time.
        first: the place of the first page.
        following: returns the place of the next page, None after the last one.

    Raises:
        ReplyDecodeError: a page names a place that was already read. Following it would never end, and stopping there
            would present a part as the whole.
    """
    place: C | None = first
    seen: set[C] = set()
    while place is not None:
        if place in seen:
            raise _stuck(command, "names a place that was already read")
        seen.add(place)
        page = await fetch(place)
        yield page
        place = following(page)


async def entries_once(
    command: str,
    fetch: Callable[[C], Awaitable[P]],
    first: C,
    following: Callable[[P], C | None],
    entries: Callable[[P], Sequence[T]],
    key: Callable[[T], Hashable],
) -> AsyncIterator[T]:
    """Yield the entries of possibly overlapping `pages`, each once.

    Args:
        command: the command that `fetch` calls.
        fetch: fetches the page that begins at a place.
        first: the place of the first page.
        following: returns the place of the next page, None after the last one.
        entries: returns the entries of a page.
        key: returns the identity of an entry.
    """
    seen: set[Hashable] = set()
    async for page in pages(command, fetch, first, following):
        for entry in entries(page):
            name = key(entry)
            if name not in seen:
                seen.add(name)
                yield entry


async def entries_by_offset(
    command: str,
    fetch: Callable[[int], Awaitable[P]],
    entries: Callable[[P], Sequence[T]],
    total: Callable[[P], int],
) -> AsyncIterator[T]:
    """Yield the entries of a command that takes an offset and returns a total.

    It ends when all were read, or with an empty page.

    Args:
        command: the command that `fetch` calls.
        fetch: fetches the page at an offset.
        entries: returns the entries of a page.
        total: returns the number of entries of all pages.

    Raises:
        ReplyDecodeError: a page is repeated: the service ignores the offset, and reading would never end.
    """
    offset = 0
    found: Sequence[T] = ()
    while True:
        page = await fetch(offset)
        before, found = found, entries(page)
        if found and found == before:
            raise _stuck(command, "is the same for another offset")
        for entry in found:
            yield entry
        offset += len(found)
        if not found or offset >= total(page):
            return


def _stuck(command: str, what: str) -> ReplyDecodeError:
    error = ReplyDecodeError(f"the answer says that there is more, but {what}", status=200)
    error.command = command
    return error
