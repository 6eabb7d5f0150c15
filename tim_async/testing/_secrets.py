"""Removes secrets from recordings, in every spelling in which a service or a proxy may echo them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

import msgspec

HIDDEN: Final = b"<hidden>"
# JSON may be nested in the line of the recording, in the answer it contains, and in a text of that answer.
_JSON_LEVELS: Final = 3


def spellings(secret: str) -> list[bytes]:
    """Return the spellings of a secret: as it is, in a URL, and in JSON within JSON; the longest first."""
    quoted = quote(secret, safe="")
    texts = {secret, quoted, re.sub("%..", lambda code: code.group().lower(), quoted)}
    for _ in range(_JSON_LEVELS):
        texts |= {spelling for text in texts for spelling in _in_json(text)}
    return sorted((text.encode() for text in texts), key=len, reverse=True)


def _in_json(text: str) -> tuple[str, ...]:
    plain = msgspec.json.encode(text).decode()[1:-1]
    escaped = json.dumps(text)[1:-1]
    return plain, escaped, plain.replace("/", "\\/")


def hide(data: bytes, found: Iterable[bytes]) -> bytes:
    """Replace these spellings."""
    for spelling in found:
        data = data.replace(spelling, HIDDEN)
    return data
