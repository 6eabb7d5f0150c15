"""Secrets that do not show: a string and bytes whose `repr` hides what they hold."""

from __future__ import annotations

import re


class Hidden(str):
    """Text that does not show itself: secret keys, UserSigs and URLs that hold one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<hidden>"


class HiddenBytes(bytes):
    """The same for bytes: a key as it is handed to the signing functions."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<hidden>"


def hide(secret: object) -> Hidden | None:
    """Return a secret that does not show, before anything can raise; None stays None, what is not text becomes ""."""
    if secret is None:
        return None
    return Hidden(secret) if isinstance(secret, str) else Hidden()


def hide_in(text: str, secret: str) -> str:
    """Return a text in which a secret is hidden, also where it is percent-encoded, more or less of it, or twice."""
    text = text.replace(secret, "<hidden>")
    if "%" not in text or not secret:
        return text
    encoded = (
        f"(?:{re.escape(char)}|" + "".join(f"%(?:25)*{byte:02x}" for byte in char.encode(errors="replace")) + ")"
        for char in secret
    )
    return re.sub("".join(encoded), "<hidden>", text, flags=re.IGNORECASE)
