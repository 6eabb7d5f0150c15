"""Cells of a CSV file that no spreadsheet runs and no terminal obeys, and that can be read back.

Accounts are chosen by an app's end users, and an error may repeat what they wrote. A spreadsheet takes a cell for a
formula that begins with `=`, `+`, `-` or `@`, and may fetch or start what that names (OWASP, "CSV
Injection"). So:

- a cell that begins with one of these, or with their wide forms, gets an apostrophe in front, as does one that begins
  with an apostrophe;
- what is not shown, and does something else (line breaks, tabs, ESC, C1 controls, marks that turn a line around), is
  an escape of Python (`\\n`, `\\x1b`, `\\u202e`), and a backslash is two;
- a semicolon in front of such a beginning is `\\x3b`: a spreadsheet that takes it for the separator, as it does in much
  of Europe, would begin a cell there.

`restore_cell` turns a cell back into what it was.
"""

from __future__ import annotations

import re
from typing import Final

from .._printable import is_harmless

GUARDED: Final = frozenset("=+-@＝＋－＠'")
"""With what a cell begins that gets an apostrophe in front."""

_FORMULA: Final = "=+\\-@＝＋－＠"
_NEW_CELL: Final = re.compile(f";(?=[\\s\"']*[{_FORMULA}])")
_ESCAPE: Final = re.compile(r"\\(?:[tnr\\]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")


def protect_cell(text: str) -> str:
    """Return a text as a cell that is a text for every spreadsheet."""
    if not text.isprintable() or "\\" in text:
        text = "".join(
            each if is_harmless(each) and each != "\\" else each.encode("unicode_escape").decode() for each in text
        )
    if ";" in text:
        text = _NEW_CELL.sub(r"\\x3b", text)
    return f"'{text}" if text[:1] in GUARDED else text


def restore_cell(cell: str) -> str:
    """Return the text that a cell of an export stands for."""
    return _ESCAPE.sub(lambda found: found[0].encode().decode("unicode_escape"), cell.removeprefix("'"))
