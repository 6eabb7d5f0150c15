"""Files of messages at an address."""

from __future__ import annotations

import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from tests.history.files import announced, c2c, lines, pack
from tim_async import ArchiveError, UsageError
from tim_async.history import download, read_url
from tim_async.models.operation import ArchiveFile

CONTENT = lines([c2c(number, "你好" * 50) for number in range(3_000)])
PACKED = pack(CONTENT)


@asynccontextmanager
async def serving(data: bytes, **options: object) -> AsyncIterator[str]:
    """Serve a file at any path."""

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=data, **options)  # type: ignore[arg-type]

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/msg_history/1.gz?sign=a%2Fb"
    finally:
        await runner.cleanup()


def kept(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}], ids=["as it is", "named as an encoding"])
async def test_messages_come_and_are_checked(headers: dict[str, str]) -> None:
    async with (
        serving(PACKED, headers=headers) as url,
        read_url(announced(CONTENT, PACKED, url)) as messages,
    ):
        read = [message.from_account async for message in messages]
    assert read == [f"sender{number}" for number in range(3_000)]
    assert (messages.info.chat_type, messages.count, messages.damaged) == ("C2C", 3_000, 0)


async def test_address_alone_is_enough() -> None:
    async with serving(CONTENT) as url:
        assert len([message async for message in read_url(url)]) == 3_000


async def test_download_can_be_left_early() -> None:
    async with serving(PACKED) as url, read_url(url) as messages:
        assert (await anext(messages)).from_account == "sender0"
    with pytest.raises(StopAsyncIteration):
        await anext(messages)


async def test_file_that_does_not_fit_raises_at_its_end() -> None:
    async with serving(PACKED) as url, read_url(announced(CONTENT + b" ", PACKED, url)) as messages:
        with pytest.raises(ArchiveError, match="instead of the announced") as caught:
            [message async for message in messages]
    assert messages.count == 3_000
    assert caught.value.source.endswith("/msg_history/1.gz")


async def test_file_is_checked_as_it_is_when_it_is_named_as_an_encoding() -> None:
    another = gzip.compress(CONTENT, compresslevel=1, mtime=0)
    async with serving(PACKED, headers={"Content-Encoding": "gzip"}) as url:
        with pytest.raises(ArchiveError, match="instead of the announced"):
            [message async for message in read_url(announced(CONTENT, another, url))]


async def test_host_that_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(ArchiveError, match=r"it did not arrive within 0\.05 s"):
            await anext(read_url(f"http://127.0.0.1:{port}/1.gz", timeout=0.05))


async def test_refusal_names_the_address_without_its_query() -> None:
    async with serving(b"", status=403) as url:
        with pytest.raises(
            ArchiveError, match=r"HTTP status 403: client.operation.get_history returns a new"
        ) as caught:
            await anext(read_url(url))
    assert "sign" not in str(caught.value)


async def test_host_that_is_away() -> None:
    with pytest.raises(ArchiveError, match=r"it did not arrive \(ClientConnectorError\)"):
        await anext(read_url("http://127.0.0.1:9/1.gz"))


@pytest.mark.parametrize(
    "file", ["", "1.gz", "ftp://host/1.gz", "http:///1.gz", "http://host:port/1.gz", ArchiveFile()]
)
def test_address_is_checked_at_once(file: ArchiveFile | str) -> None:
    with pytest.raises(UsageError) as caught:
        read_url(file)
    assert caught.value.field == "file"


async def test_download_keeps_what_fits(tmp_path: Path) -> None:
    async with serving(PACKED) as url:
        path = await download(announced(CONTENT, PACKED, url), tmp_path / "1.gz")
    assert kept(tmp_path) == {"1.gz": PACKED}
    assert path == tmp_path / "1.gz"


async def test_download_keeps_nothing_that_does_not_fit(tmp_path: Path) -> None:
    (tmp_path / "1.gz").write_bytes(b"before")
    async with serving(PACKED[:-9]) as url:
        with pytest.raises(ArchiveError, match="instead of the announced"):
            await download(announced(CONTENT, PACKED, url), tmp_path / "1.gz")
    assert kept(tmp_path) == {"1.gz": b"before"}


async def test_download_into_a_folder_that_is_missing(tmp_path: Path) -> None:
    async with serving(PACKED) as url:
        with pytest.raises(ArchiveError, match=r"cannot write .*No such file"):
            await download(url, tmp_path / "no" / "1.gz")
