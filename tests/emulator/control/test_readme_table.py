"""README's table of the control API."""

from __future__ import annotations

import re
from pathlib import Path

import tim_async.emulator.control.api  # noqa: F401 - fills the routes
from tim_async.emulator.control.routes import ROUTES

README = Path(__file__).parents[3] / "README.md"


def test_readme_lists_every_path_with_its_methods() -> None:
    chapter = README.read_text("utf-8").partition("### The emulator from any language")[2].partition("\n### ")[0]
    listed = {
        (method, path)
        for path, what in re.findall(r"^\| `(/.*?)` \| (.*) \|$", chapter, re.MULTILINE)
        for method in re.findall(r"\b(GET|POST|PUT|DELETE): ", what)
    }
    assert listed == {(each.method, each.path) for each in ROUTES}
