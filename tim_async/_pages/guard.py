"""Which requests a page's server answers: those of this machine's own browser, and of no other site in it.

A page that listens on loopback can be reached by every site that the user's browser shows, in two ways. A name of
theirs may resolve to 127.0.0.1 (DNS rebinding): its `Host` is not one of ours. And a script or form of theirs may post
to our address: its `Origin` is not ours, and a form cannot send `application/json`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from aiohttp import web

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_READS: Final = frozenset({"GET", "HEAD"})


def why_refused(request: web.BaseRequest, hosts: Collection[str] | None = ()) -> str | None:
    """Return why a request must not be answered, None when it may be.

    Args:
        request: the request.
        hosts: names by which the server is known besides those of loopback, without a port; None is any name.
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
