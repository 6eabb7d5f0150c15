"""Markdown from texts and rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def text(value: str) -> str:
    """Return a text as Markdown that shows it as it is; what stands in backticks is code."""
    parts = re.split(r"(`[^`]+`)", value)
    return "".join(
        part if part.startswith("`") and len(part) > 1 else re.sub(r"([\\*_\[\]<>{}$#|])", r"\\\1", part)
        for part in parts
    )


def cell(value: str) -> str:
    """Return Markdown for a cell of a table."""
    return value.replace("|", "\\|").replace("\n", " ")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; its cells are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell(each) for each in line)} |\n" for line in lines) + "\n"


def block(language: str, source: str, caption: str = "") -> str:
    """Return a block of code."""
    option = f":caption: {caption}\n" if caption else ""
    return f"````{{code-block}} {language}\n{option}\n{source.rstrip()}\n````\n\n"


def index(*entries: str) -> str:
    """Return entries of the index, which lead here; the search finds them as they are, numbers too."""
    lines = "".join(f"   single: {each.replace(';', ',')}\n" for each in entries)
    return f"```{{eval-rst}}\n.. index::\n{lines}```\n\n"
