"""The page of `tim-async console`: only the explorer. The emulator's console includes the same views."""

from __future__ import annotations

from typing import Final

from .._pages.assets import Assets
from .._pages.page import page

MOUNT: Final = {"explorer": "tim_async._explorer"}
STYLES: Final = ("explorer/explorer.css",)


def explorer_page() -> bytes:
    """Return the page."""
    return page("tim-async console", script="explorer/main.js", styles=STYLES)


def explorer_assets() -> Assets:
    """Return the files of the page."""
    return Assets({"pages": "tim_async._pages", **MOUNT})
