"""Every link of the site leads somewhere, between the languages too, and no page loads anything from another host."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tim_async import _codes
from tim_async.cli._site import BASE, code_pages, topic_pages
from tim_async.cli._topics import pages as topics

pytestmark = pytest.mark.docs

ROOT = Path(__file__).parents[2]


class Page(HTMLParser):
    """What a page links to, what it loads, and the names of its places.

    Attributes:
        ids: the names.
        links: addresses of links.
        loaded: addresses of what is loaded with the page.
    """

    def __init__(self, source: str) -> None:
        super().__init__()
        self.ids: set[str] = {"", "top"}
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the names and addresses of an element."""
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.add(given["id"])
        if tag == "a" and "href" in given:
            self.links.add(given["href"])
        elif tag == "link" and "href" in given:
            # To other pages, such as the next one; what is loaded is a style sheet or an icon.
            is_page = given.get("rel") in ("next", "prev", "index", "search", "author", "canonical", "alternate")
            (self.links if is_page else self.loaded).add(given["href"])
        self.loaded |= {given[name] for name in ("src", "srcset", "poster", "data") if name in given}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site: that of `TIM_TEST_SITE` where it was built before, otherwise built here."""
    pytest.importorskip("sphinx", reason="the dependency group `docs` is not installed")
    folder = Path(os.environ.get("TIM_TEST_SITE") or tmp_path_factory.mktemp("site"))
    if not all((folder / language / "index.html").exists() for language in ("en", "zh")):
        subprocess.run([sys.executable, "-m", "docs.site", str(folder)], cwd=ROOT, check=True)
    return folder.resolve()


@cache
def read(path: Path) -> Page:
    return Page(path.read_text("utf-8"))


def pages_of(site: Path) -> list[Path]:
    found = [path for language in ("en", "zh") for path in sorted((site / language).rglob("*.html"))]
    assert len(found) > 100
    return found


def is_there(site: Path, page: Path, link: str) -> bool:
    """Whether a link of a page leads to a file of the site, and to a place in it."""
    parts = urlsplit(link)
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_relative_to(site) or not target.is_file():
        return False
    return target.suffix != ".html" or unquote(parts.fragment) in read(target).ids


def test_every_link_leads_somewhere(site: Path) -> None:
    broken = [
        (page.relative_to(site).as_posix(), link)
        for page in pages_of(site)
        for link in sorted(read(page).links)
        if not urlsplit(link).scheme and not is_there(site, page, link)
    ]
    assert broken == []


def test_links_to_other_hosts_are_encrypted_and_none_is_to_this_machine(site: Path) -> None:
    links = {link for page in pages_of(site) for link in read(page).links if urlsplit(link).scheme}
    assert len(links) > 100
    assert {urlsplit(link).scheme for link in links} <= {"https", "mailto"}


def test_nothing_is_loaded_from_another_host(site: Path) -> None:
    for page in pages_of(site):
        for address in read(page).loaded:
            parts = urlsplit(address)
            assert parts.scheme in ("", "data"), (page, address)
            assert not parts.netloc, (page, address)
            assert parts.scheme or is_there(site, page, address), (page, address)
    for path in site.rglob("*.css"):
        addresses = re.findall(r"url\(\s*['\"]?([^)'\"]*)|@import\s+['\"]([^'\"]*)", path.read_text("utf-8"))
        assert [each for pair in addresses for each in pair if re.match(r"(?:https?:)?//", each)] == [], path


def test_each_page_is_there_in_both_languages(site: Path) -> None:
    english, chinese = (
        {path.relative_to(site / language) for path in (site / language).rglob("*.html")} for language in ("en", "zh")
    )
    assert english == chinese


def test_what_explain_names_is_there(site: Path) -> None:
    named = [place for topic in topics() for place in topic_pages(topic.topic).values()]
    named += [place for row in _codes.rows() if row.code for place in code_pages(row.scope, row.code).values()]
    assert len(named) > 600
    assert [each for each in named if not is_there(site, site / "index.html", each.removeprefix(BASE))] == []
