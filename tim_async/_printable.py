"""Texts of others in logs, errors and on terminals: they stay on their line and cannot steer a terminal.

Accounts, names and answers come from people, and a terminal obeys what is printed on it: ESC and U+009B begin commands
(OSC 8 makes links that show one address and open another), U+202E turns the rest of the line around, and a line break
begins a line that this library never wrote.
"""

from __future__ import annotations

from typing import Final

# Not printable for Python, and harmless: the spaces of typeset and East Asian text, the joiners of emoji and scripts.
_HARMLESS: Final = "\u00a0\u3000\u200c\u200d"


def is_harmless(character: str) -> bool:
    """Return whether a character is shown, and does nothing else; a line break and a tab do more."""
    return character.isprintable() or character in _HARMLESS


def one_line(text: str, limit: int | None = None) -> str:
    """Return a text with escapes (`\\x1b`) in place of what is not harmless, cut after `limit` characters."""
    if limit is not None and len(text) > limit:
        text = f"{text[:limit]}..."
    if text.isprintable():
        return text
    return "".join(each if is_harmless(each) else each.encode("unicode_escape").decode() for each in text)


def json_text(text: str) -> str:
    """Return JSON, one line or several, with its own escapes (`\\u001b`) in place of what is not harmless."""
    if text.isprintable():
        return text
    return "".join(each if each == "\n" or is_harmless(each) else _json_escape(each) for each in text)


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
