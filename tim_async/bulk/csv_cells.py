"""CSV cells that no spreadsheet executes and no terminal interprets, and that can be read back.

An app's end users choose their accounts, and an error may repeat what they wrote. A spreadsheet treats a cell that
begins with `=`, `+`, `-` or `@` as a formula, which may fetch or start something (OWASP, "CSV Injection"). So:

- a cell that begins with one of these, or with their full-width forms, gets an apostrophe in front, as does one that
  begins with an apostrophe;
- invisible characters with an effect (line breaks, tabs, ESC, C1 controls, bidirectional marks) become Python escapes
  (`\\n`, `\\x1b`, `\\u202e`), and a backslash becomes two;
- a semicolon in front of such a beginning is `\\x3b`: a spreadsheet that uses it as the separator, as in much of
Europe,
  would begin a cell there.

`restore_cell` restores the original text of a cell.
"""

from __future__ import annotations

import re
from typing import Final

from .._printable import is_harmless

GUARDED: Final = frozenset("=+-@＝＋－＠'")
"""First characters that get an apostrophe in front."""

_FORMULA: Final = "=+\\-@＝＋－＠"
_NEW_CELL: Final = re.compile(f";(?=[\\s\"']*[{_FORMULA}])")
_ESCAPE: Final = re.compile(r"\\(?:[tnr\\]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")


def protect_cell(text: str) -> str:
    """Return a text as a cell that every spreadsheet treats as text."""
    if not text.isprintable() or "\\" in text:
        text = "".join(
            each if is_harmless(each) and each != "\\" else each.encode("unicode_escape").decode() for each in text
        )
    if ";" in text:
        text = _NEW_CELL.sub(r"\\x3b", text)
    return f"'{text}" if text[:1] in GUARDED else text


def restore_cell(cell: str) -> str:
    """Return the original text of a cell of an export."""
    return _ESCAPE.sub(lambda found: found[0].encode().decode("unicode_escape"), cell.removeprefix("'"))
