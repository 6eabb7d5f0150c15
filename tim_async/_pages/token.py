"""The token of a page's server: only the person who started the command may use what it serves.

The token stands in the address that the command prints. Opened, the address is exchanged for a cookie, and the browser
goes on to the same address without the token, so that it stays neither in the address bar nor in the history. Scripts
cannot read the cookie, and pages of other sites cannot send it.

Other users of the machine can read how a browser is started. The address that a command opens by itself therefore has a
token of its own, which works once.
"""

from __future__ import annotations

import secrets
from hmac import compare_digest
from typing import Final

from aiohttp import web

from .._hidden import Hidden

PARAMETER: Final = "token"
_HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class PageToken:
    """The token of one server, made for its lifetime."""

    def __init__(self) -> None:
        self._value = Hidden(secrets.token_urlsafe(32))
        self._once: set[str] = set()

    def address(self, url: str) -> str:
        """Return the address to print, which can be opened any number of times."""
        return f"{url}/?{PARAMETER}={self._value}"

    def address_once(self, url: str) -> str:
        """Return an address that can be opened once."""
        once = Hidden(secrets.token_urlsafe(32))
        self._once.add(once)
        return f"{url}/?{PARAMETER}={once}"

    def exchange(self, request: web.BaseRequest) -> web.Response | None:
        """Return what a request whose address has a token is answered with; None for one without.

        A right one is answered with the cookie and sent on to the address without it. Browsers keep what stands behind
        `#` on that way. A wrong one is refused with 403.
        """
        given = request.rel_url.query.get(PARAMETER)
        if given is None or request.method != "GET":
            return None
        if not self._takes(given):
            return web.Response(status=403, text="This address is not valid any more.\n", headers=_HEADERS)
        response = web.Response(status=303, headers={**_HEADERS, "Location": "/"})
        response.set_cookie(_cookie_of(request), self._value, httponly=True, samesite="Strict", path="/")
        return response

    def is_known(self, request: web.BaseRequest) -> bool:
        """Return whether a request has the cookie."""
        return _are_equal(request.cookies.get(_cookie_of(request), ""), self._value)

    def _takes(self, given: str) -> bool:
        for once in self._once:
            if _are_equal(given, once):
                self._once.remove(once)
                return True
        return _are_equal(given, self._value)


def _are_equal(given: str, own: str) -> bool:
    """Compare in a time that says nothing of where two tokens differ."""
    return compare_digest(given.encode(errors="replace"), own.encode())


def _cookie_of(request: web.BaseRequest) -> str:
    """Return the cookie's name: cookies belong to a host and not to a port, so that several servers need several."""
    return f"tim_page_{request.url.port or 0}"
