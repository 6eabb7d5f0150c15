"""Writes the pages that are made from the code into a tree, before Sphinx reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from . import (
    codes,
    command_line,
    control,
    endpoints,
    errors,
    events,
    fixtures,
    ledger,
    settings,
    structs,
    worker_metrics,
)
from .words import Words

FOLDER: Final = "reference/made"


def made(words: Words) -> dict[str, str]:
    """Return the pages by their names in the folder of what is made."""
    return {
        **endpoints.pages(words),
        "elements": structs.elements(words),
        "offline-push": structs.offline_push(words),
        "settings": settings.page(words),
        "events": events.page(words),
        "errors": errors.page(words),
        "error-codes": codes.page(words),
        "command-line": command_line.page(words),
        "worker-metrics": worker_metrics.page(words),
        "ledger": ledger.page(words),
        "control-api": control.page(words),
        "fixtures": fixtures.page(words),
    }


def write(tree: Path, words: Words) -> None:
    """Write the pages into a tree, and remove those that are not made any more."""
    folder = tree / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    pages = made(words)
    for path in folder.glob("*.md"):
        if path.stem not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text("utf-8") != text:  # what is the same is not read again
            path.write_text(text, "utf-8")
