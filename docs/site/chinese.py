"""Chinese text on the site: a line that ends in the source is no space between two characters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from docutils.nodes import Text

if TYPE_CHECKING:
    from docutils.nodes import document
    from sphinx.application import Sphinx

_CHARACTER: Final = "\u4e00-\u9fff"
_MARK: Final = "\u3000-\u303f\uff01-\uff65\u201c\u201d\u2026"


def setup(app: Sphinx) -> None:
    """Join the lines of paragraphs in this way."""
    app.connect("doctree-read", _join)


def is_joined(before: str, after: str) -> bool:
    """Return whether two lines follow each other without a space."""
    if re.search(f"[{_MARK}]$", before) or re.match(f"[{_MARK}]", after):
        return True
    return bool(re.search(f"[{_CHARACTER}]$", before) and re.match(f"[{_CHARACTER}]", after))


def _join(app: Sphinx, doctree: document) -> None:
    for node in list(doctree.findall(Text)):
        around, index = node.parent.children, node.parent.index(node)
        is_end = node.astext() == "\n" and 0 < index < len(around) - 1
        if is_end and is_joined(around[index - 1].astext(), around[index + 1].astext()):
            node.parent.remove(node)
