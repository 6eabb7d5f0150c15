"""Where the documentation explains what commands name.

The documentation has no address yet: its pages are named by where they are in the folder that `python -m docs.site`
writes. Once it has one, `BASE` is that, with a slash at its end.
"""

from __future__ import annotations

from typing import Final

BASE: Final = ""
LANGUAGES: Final = ("en", "zh")


def topic_pages(topic: str) -> dict[str, str]:
    """Return where the topic of an error is explained, by language."""
    return _places(f"errors.html#error-{topic}")


def code_pages(scope: str, code: int) -> dict[str, str]:
    """Return where an error code is explained, by language."""
    return _places(f"error-codes.html#{code_anchor(scope, code)}")


def code_anchor(scope: str, code: int) -> str:
    """Return the name of a code's row; names of places have no two hyphens in a row."""
    return f"code-{scope.replace('_', '-')}-{str(code).replace('-', 'minus-')}"


def _places(place: str) -> dict[str, str]:
    return {language: f"{BASE}{language}/reference/made/{place}" for language in LANGUAGES}
