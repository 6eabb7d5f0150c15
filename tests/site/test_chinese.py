"""How lines of Chinese paragraphs are joined."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.docs


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        pytest.param("从不", "停发", True, id="characters"),
        pytest.param("计数器，", "Redis", True, id="after-a-mark"),
        pytest.param("Redis", "（本机）", True, id="before-a-mark"),
        pytest.param("使用", "Redis", False, id="before-latin"),
        pytest.param("two", "words", False, id="latin"),
    ],
)
def test_lines_are_joined_as_they_are_read(before: str, after: str, joined: bool) -> None:
    pytest.importorskip("docutils", reason="docutils is in the group `docs`")
    from docs.site.chinese import is_joined

    assert is_joined(before, after) is joined
