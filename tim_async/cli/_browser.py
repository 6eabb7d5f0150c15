"""Opens a page in the browser of this machine."""

from __future__ import annotations

import os
import sys


def has_browser() -> bool:
    """Return whether a browser can be opened beside this terminal; a text browser would take the terminal over."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_address(address: str) -> None:
    """Open the browser, if there is one; do not wait for its launcher, which may run until the browser ends."""
    if not has_browser():
        return
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
