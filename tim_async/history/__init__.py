"""Reads the files of `client.operation.get_history`: an hour's messages of the whole app.

    archive = await client.operation.get_history(chat_type="C2C", msg_time="2026112415")
    for file in archive.file:
        async with read_url(file) as messages:
            async for message in messages:
                print(message.from_account, message.msg_timestamp, message.msg_body)

A file is read as it arrives, however large it is, and checked against the sizes and MD5s that the service announced.
These are known only at its end: `read_url` yields messages before that. `download` keeps only a file that matches;
`read_file` reads a downloaded file, or any other file of this kind.

Decoding is lenient: unknown fields are ignored, unknown elements become `RawElem`, numbers may be text, a damaged text
is repaired, and a message that cannot be read is skipped and counted (`damaged`).
"""

from __future__ import annotations

from ..models.history import ArchivedC2CMsg, ArchivedGroupMsg, ArchivedMsg, HistoryInfo
from ..models.operation import ArchiveFile
from .files import FileMessages, read_file
from .urls import UrlMessages, download, read_url

__all__ = (
    "ArchiveFile",
    "ArchivedC2CMsg",
    "ArchivedGroupMsg",
    "ArchivedMsg",
    "FileMessages",
    "HistoryInfo",
    "UrlMessages",
    "download",
    "read_file",
    "read_url",
)
