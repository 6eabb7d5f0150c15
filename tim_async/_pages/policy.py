"""What a page of ours may do in the browser: run its own scripts, and talk to its own server. Nothing else.

A text that someone sent is shown by these pages. Should markup in it ever get into a page as markup, it has no script,
style, picture, frame or form of another place, and no script that stands in the page itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    # A script that makes markup or code of a text is stopped there, whatever the text is.
    "require-trusted-types-for": "'script'",
}

HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": "; ".join(map(" ".join, _POLICY.items())),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)
"""Of every page and every file of it."""
