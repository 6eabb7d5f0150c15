"""The token of a page's server: only the user who started the command may use what it serves.

The token is part of the URL that the command prints. When opened, that URL is exchanged for a cookie, and the browser
is redirected to the same URL without the token, which therefore stays neither in the address bar nor in the history.
Scripts cannot read the cookie, and pages of other sites cannot send it.

Other users of the machine can see the command line of a browser. The URL that a command opens itself therefore has its
own token, which works once.
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
        """Return the URL to print, which can be opened any number of times."""
        return f"{url}/?{PARAMETER}={self._value}"

    def address_once(self, url: str) -> str:
        """Return a URL that can be opened once."""
        once = Hidden(secrets.token_urlsafe(32))
        self._once.add(once)
        return f"{url}/?{PARAMETER}={once}"

    def exchange(self, request: web.BaseRequest) -> web.Response | None:
        """Return the answer to a request whose URL has a token; None for a request without one.

        A valid token is answered with the cookie and a redirect to the URL without it; browsers keep the part after
        `#`. An invalid token is refused with 403.
        """
        given = request.rel_url.query.get(PARAMETER)
        if given is None or request.method != "GET":
            return None
        if not self._takes(given):
            return web.Response(status=403, text="This URL is no longer valid.\n", headers=_HEADERS)
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
    """Compare in constant time."""
    return compare_digest(given.encode(errors="replace"), own.encode())


def _cookie_of(request: web.BaseRequest) -> str:
    """Return the cookie's name: cookies belong to a host, not to a port, so each server needs its own."""
    return f"tim_page_{request.url.port or 0}"
