"""Titles and URLs of the service's own pages, by command; read from `pages.json` on first use.

The English titles are this library's. The Chinese ones are those of the pages, except for the few commands whose page
was never seen: `is_title_zh_made` marks them. A URL is listed only if its page was seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from .data_files import data_file


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known about a command's page.

    Attributes:
        title: what the command does, in English.
        title_zh: the title of the Chinese page.
        is_title_zh_made: whether `title_zh` was written by analogy with its siblings because no page showed it.
        url: URL of the English page; None if none was seen.
        url_zh: URL of the Chinese page; None if none was seen.
        codes: the error codes that the page lists.
    """

    title: str | None = None
    title_zh: str | None = None
    is_title_zh_made: bool = False
    url: str | None = None
    url_zh: str | None = None
    codes: tuple[int, ...] = ()


_UNKNOWN = Page()


@lru_cache(maxsize=1)
def pages() -> Mapping[str, Page]:
    """Return the known pages, by command."""
    return msgspec.json.decode(data_file("pages.json"), type=dict[str, Page])


def page_of(command: str) -> Page:
    """Return a command's page; an empty one for an unknown command."""
    return pages().get(command, _UNKNOWN)
