"""The code that the pages of the documentation show."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, NamedTuple

DOCS: Final = Path(__file__).parents[2] / "docs"
LANGUAGES: Final = ("en", "zh")

_BLOCK: Final = re.compile(r"^(?:<!-- file: ([^\n]*?) -->\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A block of code.

    Attributes:
        page: the page that shows it, such as `how-to/limits`.
        language: its language, such as `python`.
        source: its text.
        file: the file in which a tutorial has it saved; empty without.
    """

    page: str
    language: str
    source: str
    file: str = ""

    @property
    def is_program(self) -> bool:
        """Whether it runs by itself."""
        return self.language == "python" and "asyncio.run(" in self.source


def written(language: str) -> dict[str, str]:
    """Return the pages of a tree that are written by hand, by their names."""
    tree = DOCS / language
    return {
        path.relative_to(tree).with_suffix("").as_posix(): path.read_text("utf-8")
        for path in sorted(tree.rglob("*.md"))
        if "made" not in path.parts
    }


def blocks(language: str) -> list[Block]:
    """Return the blocks of code of a tree, in the order of the pages."""
    return [
        Block(page, kind, source, file)
        for page, text in written(language).items()
        for file, kind, source in _BLOCK.findall(text)
    ]


def defined_by(page: str) -> dict[str, Any]:
    """Return the names that the Python code of an English page defines, whole programs left out."""
    names: dict[str, Any] = {}
    for block in blocks("en"):
        if block.page == page and block.language == "python" and not block.is_program:
            exec(compile(block.source, f"{page}.md", "exec"), names)
    return names
