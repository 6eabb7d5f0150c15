"""Opens a page in the browser of this machine."""

from __future__ import annotations

import os
import sys


def open_address(address: str) -> None:
    """Open the browser, where there is one beside this terminal: one inside of it would take the terminal over."""
    if sys.platform not in ("win32", "darwin") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return
    import threading
    import webbrowser

    # What starts a browser may not return before it ends, and is not waited for.
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
