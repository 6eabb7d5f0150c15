"""How docstrings are read for the site."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.docs


def test_indented_code_is_marked_and_sections_are_not() -> None:
    from docs.site.docstrings import mark_code

    text = """Do it:

    client.send()

    client.close()

Then rest.

Args:

    name: what.

        More of it.
"""
    marked = mark_code(text.splitlines())
    assert [number for number, line in enumerate(marked) if line.startswith("..")] == [2]
    assert marked[2:5] == [".. code-block:: python", "", "    client.send()"]
    assert [line for line in marked if not line.startswith("..")] != text.splitlines()
    assert len(marked) == len(text.splitlines()) + 2
