"""The pages that are made from the code name all there is, in both languages."""

from __future__ import annotations

import re

import pytest

from docs.site import pages
from docs.site.words import LANGUAGES, Words
from tim_async import _codes, endpoints
from tim_async.cli._topics import pages as topics
from tim_async.webhooks import EVENTS

pytestmark = pytest.mark.docs

BOTH = pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)


def sections(text: str) -> list[str]:
    return re.findall(r"^## (.*)$", text, re.MULTILINE)


@BOTH
def test_every_endpoint_has_a_section_with_both_titles(words: Words) -> None:
    made = pages.made(words)
    found = [title for page in made.values() for title in sections(page) if " · " in title]
    assert len(found) == len(endpoints()) == 190
    for endpoint in endpoints().values():
        section = made[endpoint.family].partition(f"(call-{endpoint.family}-{endpoint.name}".replace("_", "-"))[2]
        section = section.partition("\n(call-")[0]
        assert section, endpoint
        for text in (endpoint.title, endpoint.title_zh, endpoint.command, endpoint.url, endpoint.url_zh):
            assert (text or "") in section
        for field in endpoint.fields:
            assert f"`{field.wire_name}`" in section
        assert f"await client.{endpoint.family}.{endpoint.name}(" in section
        assert f"tim-async call {endpoint.family}.{endpoint.name}" in section


@BOTH
def test_every_code_has_a_row(words: Words) -> None:
    page = pages.made(words)["error-codes"]
    listed = set()
    for scope in words.scopes:
        part = page.partition(f"(codes-{scope})=")[2].partition("\n(codes-")[0]
        listed |= {(scope, int(code)) for code in re.findall(r"^\| `(-?\d+)`", part, re.MULTILINE)}
    assert listed == {(row.scope, row.code) for row in _codes.rows() if row.code}


@BOTH
def test_every_topic_and_every_event_has_a_section(words: Words) -> None:
    made = pages.made(words)
    assert re.findall(r"^\(error-(.*)\)=$", made["errors"], re.MULTILINE) == [page.topic for page in topics()]
    assert sections(made["events"]) == list(EVENTS)


def test_both_languages_say_everything() -> None:
    for words in LANGUAGES.values():
        assert all(value for name, value in words._asdict().items() if name != "texts_in_english")
    assert LANGUAGES["en"].scopes.keys() == LANGUAGES["zh"].scopes.keys()
