"""Markdown from texts and rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

_INTROS: Final = Path(__file__).with_name("intros")


class Tab(NamedTuple):
    """One of several ways to show a thing.

    Attributes:
        key: its name for the reader's choice, the same in all languages.
        title: what its label says.
        content: Markdown.
    """

    key: str
    title: str
    content: str


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


def html(source: str) -> str:
    """Return HTML that stands in the page as it is."""
    return f"```{{raw}} html\n{source}\n```\n\n"


def tabs(name: str, given: Iterable[Tab]) -> str:
    """Return tabs of which one is seen, by style sheets alone; `name` is unique on the page."""
    parts = ['<div class="tabs">']
    for number, tab in enumerate(given):
        checked = "" if number else " checked"
        one = f"{name}-{tab.key}"
        parts[-1] += (
            f'\n<input type="radio" name="{name}" id="{one}" value="{tab.key}"{checked}>'
            f'<label for="{one}">{tab.title}</label>\n<div class="tab">'
        )
        parts += [tab.content, "</div>"]
    parts[-1] += "\n</div>"
    return "".join(part if number % 2 else html(part) for number, part in enumerate(parts))


def details(summary: str, content: str) -> str:
    """Return Markdown that is seen when its summary is clicked."""
    return html(f"<details><summary>{summary}</summary>") + content + html("</details>")


def intro(page: str, language: str) -> str:
    """Return what stands above what is made from the code, in Markdown."""
    return (_INTROS / f"{page}.{language}.md").read_text("utf-8")
