"""The page of the errors: a section for each class, named by its topic."""

from __future__ import annotations

from tim_async.cli._topics import NEXT_STEPS, pages

from .markup import table, text
from .words import Words


def page(words: Words) -> str:
    """Return the page."""
    parts = [f"(errors)=\n# {words.errors_title}\n\n{words.errors_title_text}\n\n"]
    for each in pages():
        parts.append(f"(error-{each.topic})=\n## {each.name}\n\n{text(each.meaning)}\n\n")
        if each.broader:
            parts.append(f"- {words.broader}: [](#error-{each.broader})\n")
        if each.narrower:
            parts.append(f"- {words.narrower}: {', '.join(f'[](#error-{name})' for name in each.narrower)}\n")
        parts.append(f"- {words.topic}: `{each.topic}`\n- {words.to_do}: {text(NEXT_STEPS[each.topic])}\n\n")
        if each.attributes:
            parts.append(
                table([words.field, words.meaning], [[f"`{name}`", text(note)] for name, note in each.attributes])
            )
    return "".join(parts)
