"""The messages of a file at a URL, and the file itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import aiohttp
from yarl import URL

from ..errors import ArchiveError, UsageError
from ..models.history import ArchivedMsg
from ..models.operation import ArchiveFile
from .content import Content
from .reading import Reading, ReadSoFar

_CHUNK_BYTES: Final = 64 * 1024


class _Fetching:
    """Fetches a file from its URL."""

    def __init__(self, file: ArchiveFile | str, *, timeout: float, proxy: str | None) -> None:
        self.expected = None if isinstance(file, str) else file
        address = file if isinstance(file, str) else file.url
        try:
            self._url = URL(address, encoded=True)
            is_address = self._url.scheme in {"http", "https"} and bool(self._url.host)
        except ValueError:
            is_address = False
        if not is_address:
            raise UsageError("file must have an http or https URL", field="file")
        self.source = str(self._url.with_query(None).with_user(None))
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=timeout, sock_read=timeout)
        self._timeout_s = timeout
        self._proxy = proxy

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield the file in pieces."""
        try:
            # The checksums are those of the packed file: nothing may unpack it on the way.
            async with (
                aiohttp.ClientSession(
                    auto_decompress=False, timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar()
                ) as session,
                session.get(self._url, proxy=self._proxy, headers={"Accept-Encoding": "identity"}) as response,
            ):
                status = response.status
                if status == 200:
                    async for data in response.content.iter_chunked(_CHUNK_BYTES):
                        yield data
        except TimeoutError:
            problem = f"it did not arrive within {self._timeout_s:g} s"
        except (aiohttp.ClientError, OSError) as error:
            problem = f"it did not arrive ({type(error).__name__})"
        else:
            if status == 200:
                return
            problem = f"HTTP status {status}: client.operation.get_history returns a new URL"
        raise ArchiveError(f"cannot fetch {self.source}: {problem}", source=self.source)


class UrlMessages(ReadSoFar):
    """The messages of a file at a URL: an async iterator, and a context manager that ends the download.

    Attributes:
        source: the URL without its query, which may be a signature.
    """

    def __init__(self, file: ArchiveFile | str, *, timeout: float, proxy: str | None) -> None:
        self._fetching = _Fetching(file, timeout=timeout, proxy=proxy)
        self.source: str = self._fetching.source
        self._reading = Reading(self.source, self._fetching.expected)
        self._messages = self._read()

    async def aclose(self) -> None:
        """End the download."""
        await self._messages.aclose()

    async def _read(self) -> AsyncGenerator[ArchivedMsg, None]:
        chunks = self._fetching.chunks()
        try:
            async for data in chunks:
                for message in self._reading.feed(data):
                    yield message
        finally:
            await chunks.aclose()
        self._reading.end()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ArchivedMsg:
        return await anext(self._messages)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


def read_url(file: ArchiveFile | str, *, timeout: float = 60.0, proxy: str | None = None) -> UrlMessages:
    """Read the messages of a file at a URL while it downloads; its sizes and MD5s are checked at the end.

    Args:
        file: an entry of `Archive.file`, or a URL alone, for which only the file's own checksums are verified.
        timeout: seconds to connect, and between two pieces of the file; the whole download has no limit.
        proxy: URL of an HTTP proxy, such as `http://proxy:3128`; None for none.

    Raises:
        UsageError: there is no http or https URL.
        ArchiveError: during iteration: the file does not arrive, is truncated, damaged or not the announced one.
    """
    return UrlMessages(file, timeout=timeout, proxy=proxy)


async def download(
    file: ArchiveFile | str, path: str | Path, *, timeout: float = 60.0, proxy: str | None = None
) -> Path:
    """Download a file, check its sizes and MD5s, and store it as it arrived; return its path.

    Args:
        file: an entry of `Archive.file`, or a URL alone, for which only the file's own checksums are verified.
        path: where to store it; an existing file is replaced once all of the new one has arrived and matches.
        timeout: seconds to connect, and between two pieces of the file; the whole download has no limit.
        proxy: URL of an HTTP proxy, such as `http://proxy:3128`; None for none.

    Raises:
        UsageError: there is no http or https URL.
        ArchiveError: the file does not arrive, is truncated, damaged or not the announced one, or cannot be written.
    """
    fetching = _Fetching(file, timeout=timeout, proxy=proxy)
    content = Content(fetching.source, fetching.expected)
    target = Path(path)
    part = target.with_name(f"{target.name}.part")
    chunks = fetching.chunks()
    try:
        with part.open("wb") as kept:
            async for data in chunks:
                kept.write(data)
                for _ in content.feed(data):
                    pass  # reading is enough to check size and MD5
        content.end()
        part.replace(target)
    except OSError as error:
        problem = error.strerror or type(error).__name__
    else:
        return target
    finally:
        await chunks.aclose()
        with suppress(OSError):
            part.unlink(missing_ok=True)
    raise ArchiveError(f"cannot write {target}: {problem}", source=fetching.source)
