"""Takes secrets out of recordings, in every spelling in which a service or a proxy may echo them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

import msgspec

HIDDEN: Final = b"<hidden>"
# The line of the recording, the answer in it, and JSON in a text of that.
_LEVELS: Final = 3


def spellings(secret: str) -> list[bytes]:
    """Return a secret as it may stand in bytes: as it is, in a URL, and in JSON within JSON; the longest first."""
    quoted = quote(secret, safe="")
    texts = {secret, quoted, re.sub("%..", lambda code: code.group().lower(), quoted)}
    for _ in range(_LEVELS):
        texts |= {spelling for text in texts for spelling in _in_json(text)}
    return sorted((text.encode() for text in texts), key=len, reverse=True)


def _in_json(text: str) -> tuple[str, ...]:
    plain = msgspec.json.encode(text).decode()[1:-1]
    escaped = json.dumps(text)[1:-1]
    return plain, escaped, plain.replace("/", "\\/")


def hide(data: bytes, found: Iterable[bytes]) -> bytes:
    """Replace some spellings."""
    for spelling in found:
        data = data.replace(spelling, HIDDEN)
    return data
