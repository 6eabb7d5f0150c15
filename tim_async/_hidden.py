"""Secrets: strings and bytes whose `repr` hides their contents."""

from __future__ import annotations

import re


class Hidden(str):
    """Text whose `repr` hides it: secret keys, UserSigs and URLs that contain one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<hidden>"


class HiddenBytes(bytes):
    """The same for bytes: a key as it is passed to the signing functions."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<hidden>"


def hide(secret: object) -> Hidden | None:
    """Return a secret wrapped in `Hidden`, before anything can raise; None stays None, anything but text becomes ""."""
    if secret is None:
        return None
    return Hidden(secret) if isinstance(secret, str) else Hidden()


def hide_in(text: str, secret: str) -> str:
    """Return a text with a secret removed, including partly, fully or doubly percent-encoded copies of it."""
    text = text.replace(secret, "<hidden>")
    if "%" not in text or not secret:
        return text
    encoded = (
        f"(?:{re.escape(char)}|" + "".join(f"%(?:25)*{byte:02x}" for byte in char.encode(errors="replace")) + ")"
        for char in secret
    )
    return re.sub("".join(encoded), "<hidden>", text, flags=re.IGNORECASE)
