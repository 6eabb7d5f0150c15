"""Serves the console to browsers: its page at `/`, and the files of the page."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from aiohttp import web

from ..._pages.assets import PREFIX as ASSETS_PREFIX
from ..._pages.assets import Assets
from ..._pages.guard import why_refused
from ..._pages.page import page, respond
from ..._pages.policy import HEADERS

# Packages with the files of the page, by their names in addresses.
MOUNTS: Final = {
    "pages": "tim_async._pages",
    "console": "tim_async.emulator.console",
    "explorer": "tim_async._explorer",
}
# The style sheets of the views; the views themselves are listed in `static/main.js`.
STYLES: Final = ("console/inbox.css", "console/views.css", "explorer/explorer.css")


class Console:
    """Serves the page of an emulator.

    Args:
        hosts: names of the emulator's host besides loopback names; None is any name.
    """

    def __init__(self, hosts: Collection[str] | None) -> None:
        self._hosts = hosts
        self._assets = Assets(MOUNTS)
        self._page = page("TIM emulator", script="console/main.js", styles=STYLES)

    def serve(self, request: web.BaseRequest) -> web.Response | None:
        """Answer a request for the page or a file of it; None for any other."""
        is_asset = request.path.startswith(ASSETS_PREFIX)
        if not is_asset and not _is_for_browser(request):
            return None
        problem = why_refused(request, self._hosts)
        if problem is not None:
            return web.Response(status=403, text=f"{problem}\n", headers=HEADERS)
        return self._assets.serve(request) if is_asset else respond(self._page)


def _is_for_browser(request: web.BaseRequest) -> bool:
    return (
        request.path == "/" and request.method in {"GET", "HEAD"} and "text/html" in request.headers.get("Accept", "")
    )
