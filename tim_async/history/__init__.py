"""Reads the files of `client.operation.get_history`: an hour's messages of the whole app.

    archive = await client.operation.get_history(chat_type="C2C", msg_time="2026112415")
    for file in archive.file:
        async with read_url(file) as messages:
            async for message in messages:
                print(message.from_account, message.msg_timestamp, message.msg_body)

A file is read as it comes, however large it is, and compared with the sizes and MD5s that the service announced. These
are known at its end only: `read_url` hands out messages before. `download` keeps nothing that does not fit; `read_file`
reads what it kept, or any other file of this kind.

Reading is lenient: unknown fields are ignored, unknown elements are `RawElem`, numbers may be text, a damaged text is
repaired, and a message that cannot be read is left out and counted (`damaged`).
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
