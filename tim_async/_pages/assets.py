"""The files of pages, read from the package: from a folder as well as from a zip.

A mount maps a name in the URL to a package with a folder `static`: `/_assets/pages/shell.js` is the file `shell.js` of
`tim_async/_pages/static`. Files are read once. Browsers revalidate their copies on every request, so a newer version of
the package is visible immediately.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Final, NamedTuple

from aiohttp import web

from .policy import HEADERS

PREFIX: Final = "/_assets/"
_ADDRESS: Final = re.compile(r"/_assets/([a-z]+)/([a-z][a-z0-9_]*\.([a-z]+))")
_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
}


class _File(NamedTuple):
    data: bytes
    tag: str


class Assets:
    """The files of a server's pages.

    Args:
        mounts: packages by their name in URLs; each has a folder `static`.
    """

    def __init__(self, mounts: Mapping[str, str]) -> None:
        self._mounts = mounts
        self._files: dict[str, _File] = {}

    def serve(self, request: web.BaseRequest) -> web.Response:
        """Answer a request whose path begins with the prefix."""
        if request.method not in {"GET", "HEAD"}:
            return web.Response(status=405, headers={**HEADERS, "Allow": "GET, HEAD"})
        address = _ADDRESS.fullmatch(request.path)
        file = None if address is None else self._find(address[1], address[2], address[3])
        if address is None or file is None:
            return web.Response(status=404, text="file not found\n", headers=HEADERS)
        headers = {**HEADERS, "Cache-Control": "no-cache", "ETag": file.tag}
        if file.tag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        return web.Response(body=file.data, headers={**headers, "Content-Type": _TYPES[address[3]]})

    def _find(self, mount: str, name: str, suffix: str) -> _File | None:
        package = self._mounts.get(mount)
        if package is None or suffix not in _TYPES:
            return None
        known = self._files.get(f"{mount}/{name}")
        if known is not None:
            return known
        try:
            data = files(package).joinpath("static", name).read_bytes()
        except OSError:
            return None
        file = self._files[f"{mount}/{name}"] = _File(data, f'"{hashlib.sha256(data).hexdigest()[:32]}"')
        return file
