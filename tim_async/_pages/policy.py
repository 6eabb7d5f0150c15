"""What a page may do in the browser: run its own scripts and talk to its own server, nothing else.

These pages show untrusted text. Should markup in it ever become markup of the page, it can load no script, style,
image, frame or form from elsewhere, and run no inline script.
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
    # Stops scripts that turn a text into markup or code.
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
"""For every page and every file of it."""
