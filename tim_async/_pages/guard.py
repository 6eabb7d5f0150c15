"""Which requests a page's server answers: those of this machine's browser, but not of other sites in it.

Every site in the user's browser can reach a page that listens on loopback, in two ways. A site's host name may resolve
to 127.0.0.1 (DNS rebinding): its `Host` is not one of ours. Or its script or form may post to our URL: its `Origin` is
not ours, and a form cannot send `application/json`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from aiohttp import web

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_READS: Final = frozenset({"GET", "HEAD"})


def why_refused(request: web.BaseRequest, hosts: Collection[str] | None = ()) -> str | None:
    """Return why a request must be refused, None if it may be answered.

    Args:
        request: the request.
        hosts: host names of the server besides loopback, without a port; None accepts any name.
    """
    host = request.headers.get("Host", "")
    name = _name_of(host)
    if hosts is not None and name not in _LOOPBACK and name not in hosts:
        return "the Host header names another host"
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != host:
        return "the request comes from a page of another site"
    if request.method not in _READS and request.body_exists and request.content_type != "application/json":
        return "the Content-Type must be application/json"
    return None


def _name_of(host: str) -> str:
    name = host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]
    return name.lower()
