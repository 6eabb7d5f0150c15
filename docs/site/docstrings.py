"""How docstrings are read by Sphinx: they mark code as Markdown does, and their types have private homes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from aiohttp import TraceConfig

from tim_async._core import config

if TYPE_CHECKING:
    from docutils.nodes import Element, TextElement, reference
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

# Sections whose indented lines are entries, and not code.
_SECTION: Final = re.compile(r"(Args|Attributes|Raises|Returns|Yields|Example):$")
_PRIVATE: Final = re.compile(r"\b(?:tim_async|collections\.abc|datetime|pathlib)(?:\.\w+)*\.(\w+)")


def setup(app: Sphinx) -> None:
    """Read docstrings in this way."""
    vars(config)["TraceConfig"] = TraceConfig  # which is imported there for type checkers only
    app.connect("autodoc-process-docstring", _mark, priority=400)  # before napoleon reads the sections
    app.connect("autodoc-process-docstring", _shorten, priority=600)
    app.connect("missing-reference", _link_public_name)


def _mark(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    lines[:] = mark_code(lines)


def mark_code(lines: list[str]) -> list[str]:
    """Return the lines of a docstring with a directive in front of every indented block that is code."""
    marked: list[str] = []
    before = ""  # the last line that is not blank
    for number, line in enumerate(lines):
        begins = line.startswith("    ") and number > 0 and not lines[number - 1].strip()
        if begins and before and not before.startswith(" ") and not _SECTION.match(before):
            marked += [".. code-block:: python", ""]
        marked.append(line)
        before = line if line.strip() else before
    return marked


def _shorten(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Show types of attributes without the modules they are made in."""
    lines[:] = [_PRIVATE.sub(r"\1", line) if line.startswith(":vartype ") else line for line in lines]


def _link_public_name(app: Sphinx, env: BuildEnvironment, node: Element, contnode: TextElement) -> reference | None:
    """Link a name by its private home, such as `tim_async._core.config.Settings`, to where it is documented."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or not target.startswith("tim_async."):
        return None
    home, _, name = target.rpartition(".")
    domain = env.domains.python_domain
    while home:
        found = domain.objects.get(f"{home}.{name}")
        if found is not None and app.builder is not None:
            return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", f"{home}.{name}", node, contnode)
        home = home.rpartition(".")[0]
    return None
