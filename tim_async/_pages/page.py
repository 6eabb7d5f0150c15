"""The one document that every page consists of; its entry module creates everything else.

It contains no script and no style: the policy forbids both.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from aiohttp import web

from .assets import PREFIX
from .policy import HEADERS

_DOCUMENT = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="{prefix}pages/icon.svg">
{styles}
<script src="{prefix}pages/theme.js"></script>
<script type="module" src="{prefix}{script}"></script>
</head>
<body>
<noscript>{title} needs JavaScript. / 此页面需要 JavaScript。</noscript>
</body>
</html>
"""


def page(title: str, *, script: str, styles: Sequence[str] = ()) -> bytes:
    """Return a page.

    Args:
        title: what the browser shows until the script runs.
        script: the entry module, such as `console/main.js`.
        styles: style sheets besides the common one, such as `console/inbox.css`.
    """
    links = "\n".join(f'<link rel="stylesheet" href="{PREFIX}{escape(each)}">' for each in ("pages/base.css", *styles))
    return _DOCUMENT.format(title=escape(title), prefix=PREFIX, styles=links, script=escape(script)).encode()


def respond(document: bytes) -> web.Response:
    """Answer with a page."""
    headers = {**HEADERS, "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Vary": "Accept"}
    return web.Response(body=document, headers=headers)
