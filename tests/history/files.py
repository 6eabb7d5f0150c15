"""Files as the service writes them, and as others keep them."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any

from tim_async.models.operation import ArchiveFile

HEAD: dict[str, object] = {"SdkAppId": 1400000000, "ChatType": "C2C", "MsgTime": "2026112415"}


def c2c(number: int, text: str = "hi") -> dict[str, Any]:
    """Return a one-to-one message as the service writes it."""
    return {
        "From_Account": f"sender{number}",
        "To_Account": "bob",
        "MsgTimestamp": 1_795_000_000 + number,
        "MsgSeq": 3_452_069_198,
        "MsgRandom": number,
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}],
    }


def group(number: int, text: str = "hi") -> dict[str, Any]:
    """Return a group message as the service writes it."""
    return {
        "From_Account": f"sender{number}",
        "GroupId": "@TGS#1",
        "MsgTimestamp": 1_795_000_000 + number,
        "MsgSeq": number,
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}],
    }


def compact(value: object) -> str:
    """Return JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def lines(messages: list[Any], head: dict[str, object] | None = None) -> bytes:
    """Return the layout of the service: the head, a message a line, the end."""
    first = compact({**(head or HEAD), "MsgList": []}).removesuffix("]}")
    rows = ",\n".join(each if isinstance(each, str) else compact(each) for each in messages)
    return f"{first}\n{rows}\n]}}".encode()


def announced(content: bytes, packed: bytes, url: str = "") -> ArchiveFile:
    """Return the service's description of a file."""
    return ArchiveFile(
        url=url,
        file_size=len(content),
        file_md5=hashlib.md5(content).hexdigest(),
        gzip_size=len(packed),
        gzip_md5=hashlib.md5(packed).hexdigest().upper(),
    )


def pack(content: bytes) -> bytes:
    """Return it gzipped."""
    return gzip.compress(content, mtime=0)
