"""The pictures of the documentation can be generated, and exist."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.pictures import (
    CAMPAIGN_SIZE,
    FOLDER,
    LOCALES,
    SIZE,
    write_picture_of_a_campaign,
    write_pictures,
)

pytestmark = pytest.mark.browser


def size(picture: Path) -> tuple[int, int]:
    head = picture.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


async def test_pictures_of_the_documentation_are_made_by_the_console_as_it_is(browser: Browser, tmp_path: Path) -> None:
    made = await write_pictures(browser, tmp_path, ["en"])
    assert {each.name for each in made} <= {each.name for each in FOLDER.iterdir()}
    for each in made:
        assert size(each) == (SIZE["width"], SIZE["height"])


async def test_picture_of_a_campaign_is_made_by_its_page_as_it_is(browser: Browser, tmp_path: Path) -> None:
    made = await write_picture_of_a_campaign(browser, tmp_path, "zh", 0.0)
    assert made.name in {each.name for each in FOLDER.iterdir()}
    assert size(made) == size(FOLDER / made.name) == (CAMPAIGN_SIZE["width"], CAMPAIGN_SIZE["height"])


def test_every_picture_is_there_in_every_language() -> None:
    names = {each.name.partition(".")[0] for each in FOLDER.iterdir()}
    assert {each.name for each in FOLDER.iterdir()} == {
        f"{name}.{language}.png" for name in names for language in LOCALES
    }
