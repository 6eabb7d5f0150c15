"""The page of the errors: how to read one, the tree of their classes, and a section for each, named by its topic."""

from __future__ import annotations

from collections.abc import Iterator

from typer.testing import CliRunner

from tim_async.cli._topics import NEXT_STEPS, ErrorPage, pages
from tim_async.cli._topics_zh import TOPICS
from tim_async.cli.app import app
from tim_async.errors import TimError

from .markup import block, intro, table, text
from .words import Words

_EXPLAINED = "60005"


def page(words: Words) -> str:
    """Return the page."""
    every = {each.topic: each for each in pages()}
    shown = block("console", f"$ tim-async explain {_EXPLAINED}\n{_explain(_EXPLAINED)}").rstrip()
    parts = [
        f"(errors)=\n# {words.errors_title}\n\n",
        intro("errors", words.folder).replace("{explained}", shown),
        "\n",
    ]
    parts += [*_branch(every[TimError.topic], every, words, 0), "\n"]
    parts += [_section(each, words) for each in every.values()]
    return "".join(parts)


def _explain(subject: str) -> str:
    return CliRunner().invoke(app, ["explain", subject]).stdout


def _branch(each: ErrorPage, every: dict[str, ErrorPage], words: Words, depth: int) -> Iterator[str]:
    """Yield the lines of a nested list: a class with its meaning and its own attributes, then what derives from it."""
    own = ", ".join(f"`{name}`" for name, _ in each.attributes)
    line = f"[{each.name}](#error-{each.topic}){words.colon}{text(_meaning(each, words))}"
    yield f"{'  ' * depth}- {line}{f' ({own})' if own else ''}\n"
    for topic in each.narrower:
        yield from _branch(every[topic], every, words, depth + 1)


def _section(each: ErrorPage, words: Words) -> str:
    step = TOPICS[each.topic][1] if words.folder == "zh" else NEXT_STEPS[each.topic]
    parts = [f"(error-{each.topic})=\n## {each.name}\n\n{text(_meaning(each, words))}\n\n"]
    if each.broader:
        parts.append(f"- {words.broader}{words.colon}[](#error-{each.broader})\n")
    if each.narrower:
        below = ", ".join(f"[](#error-{name})" for name in each.narrower)
        parts.append(f"- {words.narrower}{words.colon}{below}\n")
    parts.append(f"- {words.topic}{words.colon}`{each.topic}`\n- {words.to_do}{words.colon}{text(step)}\n\n")
    if each.attributes:
        rows = [[f"`{name}`", text(note)] for name, note in each.attributes]
        parts.append(table([words.attribute, words.meaning], rows))
    return "".join(parts)


def _meaning(each: ErrorPage, words: Words) -> str:
    return TOPICS[each.topic][0] if words.folder == "zh" else each.meaning
