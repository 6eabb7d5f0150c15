"""Untrusted text in logs, errors and terminals: kept on one line and unable to control a terminal.

Accounts, names and answers come from users, and a terminal obeys what is printed on it: ESC and U+009B start commands
(OSC 8 makes links that show one address and open another), U+202E reverses the rest of the line, and a line break
starts a line that this library never wrote.
"""

from __future__ import annotations

from typing import Final

# Unprintable according to Python but harmless: typographic and East Asian spaces, joiners of emoji and scripts.
_HARMLESS: Final = "\u00a0\u3000\u200c\u200d"


def is_harmless(character: str) -> bool:
    """Return whether a character only displays something; line breaks and tabs do more."""
    return character.isprintable() or character in _HARMLESS


def one_line(text: str, limit: int | None = None) -> str:
    """Return a text with unsafe characters escaped (`\\x1b`), cut after `limit` characters."""
    if limit is not None and len(text) > limit:
        text = f"{text[:limit]}..."
    if text.isprintable():
        return text
    return "".join(each if is_harmless(each) else each.encode("unicode_escape").decode() for each in text)


def json_text(text: str) -> str:
    """Return JSON, on one line or several, with unsafe characters as JSON escapes (`\\u001b`)."""
    if text.isprintable():
        return text
    return "".join(each if each == "\n" or is_harmless(each) else _json_escape(each) for each in text)


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
