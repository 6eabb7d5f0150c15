"""Pages: the loop behind every iterator over a command that answers page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from typing import TypeVar

P = TypeVar("P")
C = TypeVar("C", bound=Hashable)


async def pages(fetch: Callable[[C], Awaitable[P]], first: C, following: Callable[[P], C | None]) -> AsyncIterator[P]:
    """Yield page after page; each is asked for only when the one before was used up.

    It ends when `following` says so, and also when a page names a place that was read already: such pages would be
    asked for again and again.

    Args:
        fetch: asks for the page that begins at a place: an offset, a cursor, a time.
        first: the place of the first page.
        following: returns the place of the next page, None after the last one.
    """
    place: C | None = first
    seen: set[C] = set()
    while place is not None and place not in seen:
        seen.add(place)
        page = await fetch(place)
        yield page
        place = following(page)
