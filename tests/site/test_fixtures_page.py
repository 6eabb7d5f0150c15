"""The page of the pytest plugin names every fixture and option, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from docs.site import fixtures
from docs.site.words import LANGUAGES, Words
from tim_async.testing import plugin


class Group:
    """A group of options, as pytest has it."""

    def __init__(self) -> None:
        self.added: list[tuple[str, str]] = []

    def getgroup(self, name: str) -> Group:
        return self

    def addoption(self, name: str, **said: Any) -> None:
        self.added.append((" ".join(filter(None, (name, said.get("metavar")))), said["help"]))


def test_all_of_the_plugin_is_read_from_its_source() -> None:
    assert [each.name for each in fixtures.fixtures()] == [name for name in vars(plugin) if name.startswith("tim_")]
    group = Group()
    plugin.pytest_addoption(group)  # type: ignore[arg-type] # all that it asks of a parser
    assert fixtures.options() == group.added


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_every_fixture_and_option_has_a_row(words: Words) -> None:
    page = fixtures.page(words)
    for fixture in fixtures.fixtures():
        assert f"| `{fixture.name}`<br><small>`{fixture.gives}`</small> |" in page
    for option in fixtures.options():
        assert f"| `{option.name}` |" in page


def test_both_languages_say_everything() -> None:
    for texts in fixtures.TEXTS.values():
        assert all(value for name, value in texts._asdict().items() if name != "meanings")
    named = {each.name for each in fixtures.fixtures()} | {each.name for each in fixtures.options()}
    assert set(fixtures.TEXTS["zh"].meanings) == named
