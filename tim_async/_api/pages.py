"""Titles and addresses of the service's own pages, by command; read from `pages.json` when they are asked for.

The English titles are this library's. The Chinese ones are those of the pages, but for the few that no page was seen
of: `is_title_zh_made` marks them. An address stands here only when the page was seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from .data_files import data_file


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of a command's page.

    Attributes:
        title: what the command does, in English.
        title_zh: the title of the Chinese page.
        is_title_zh_made: whether `title_zh` was made in the manner of its siblings, because no page showed it.
        url: address of the English page; None when no such page was seen.
        url_zh: address of the Chinese page; None when no such page was seen.
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
    """Return what is known of the pages, by command."""
    return msgspec.json.decode(data_file("pages.json"), type=dict[str, Page])


def page_of(command: str) -> Page:
    """Return what is known of a command's page; of an unknown command, nothing is."""
    return pages().get(command, _UNKNOWN)
