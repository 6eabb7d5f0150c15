"""The page of the control API names every operation with all of its fields, in both languages."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest

from docs.site import control
from docs.site.words import LANGUAGES, Words
from tim_async.emulator.control.openapi import _document
from tim_async.emulator.control.routes import PREFIX, ROUTES, Route

DOCUMENT: dict[str, Any] = json.loads(_document())
PAGES = {words.code: control.page(words) for words in LANGUAGES.values()}
BOTH = pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)


def section(words: Words, anchor: str) -> str:
    found = PAGES[words.code].partition(f"\n({anchor})=\n")[2]
    return re.split(r"^\(|^## ", found, maxsplit=1, flags=re.MULTILINE)[0]


@BOTH
def test_every_operation_is_in_the_list_and_has_a_section(words: Words) -> None:
    listed = set(re.findall(r"^- \[`(.*?)`\]\(#(.*?)\): ", PAGES[words.code], re.MULTILINE))
    assert listed == {(f"{each.method} {each.path}", control.anchor(each)) for each in ROUTES}
    assert len({control.anchor(each) for each in ROUTES}) == len(ROUTES)
    for each in ROUTES:
        assert section(words, control.anchor(each)), each.path


@BOTH
@pytest.mark.parametrize("each", ROUTES, ids=lambda each: f"{each.method} {each.path}")
def test_section_has_what_the_description_has(words: Words, each: Route) -> None:
    operation = DOCUMENT["paths"][PREFIX + each.path][each.method.lower()]
    text = section(words, control.anchor(each))
    names = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"]
    if each.body is not None:
        names += DOCUMENT["components"]["schemas"][each.body.__name__]["properties"]
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) != [] or not names
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(names)
    for name in re.findall(r"\(#control-(\w+)\)", text):
        assert section(words, f"control-{name}"), name


@BOTH
def test_every_object_has_its_fields(words: Words) -> None:
    listed = re.findall(r"^### (\w+)$", PAGES[words.code].rpartition("\n## ")[2], re.MULTILINE)
    schemas = DOCUMENT["components"]["schemas"]
    answers = {name for name in re.findall(r"\[(\w+)\]\(#control-", PAGES[words.code]) if name in schemas}
    assert answers == set(listed)
    for name in listed:
        rows = re.findall(r"^\| `(\w+)` \|", section(words, f"control-{name.lower()}"), re.MULTILINE)
        assert rows == list(schemas[name].get("properties", ()))


def test_both_languages_say_everything() -> None:
    for texts in control.TEXTS.values():
        assert all(value for name, value in texts._asdict().items() if name != "summaries")
        assert set(texts.areas) == {each.path.split("/")[1] for each in ROUTES}
    assert set(control.TEXTS["zh"].summaries) == {f"{each.method} {each.path}" for each in ROUTES}


class Sample(msgspec.Struct, kw_only=True):
    """A struct.

    Attributes:
        few: how many.
    """

    few: int = 3


def test_default_is_shown_where_a_field_is_given() -> None:
    english = LANGUAGES["en"]
    assert "| `few` | integer | how many.<br>default `3` |" in control._fields(Sample, english)
    assert "default" not in control._fields(Sample, english, is_given=False)
