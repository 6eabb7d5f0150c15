"""The token of a page's server: what it grants, what it does not, and where it must not remain."""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from tim_async._pages.token import PageToken

URL = "http://127.0.0.1:8901"


def asked(path: str, *, method: str = "GET", host: str = "127.0.0.1:8901", cookie: str = "") -> web.Request:
    return make_mocked_request(method, path, headers={"Host": host} | ({"Cookie": cookie} if cookie else {}))


def opened(token: PageToken, address: str, host: str = "127.0.0.1:8901") -> str:
    """Open an address; return the cookie that the browser then sends."""
    response = token.exchange(asked(address.removeprefix(URL), host=host))
    assert response is not None
    assert response.status == 303
    ((name, morsel),) = response.cookies.items()
    return f"{name}={morsel.value}"


def test_address_becomes_a_cookie_and_is_left() -> None:
    token = PageToken()
    response = token.exchange(asked(token.address(URL).removeprefix(URL)))
    assert response is not None
    assert (response.status, response.headers["Location"]) == (303, "/")
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    ((name, morsel),) = response.cookies.items()
    assert (morsel["httponly"], morsel["samesite"], morsel["path"], morsel["domain"]) == (True, "Strict", "/", "")
    assert name == "tim_page_8901"


def test_cookie_is_known_and_nothing_else() -> None:
    token = PageToken()
    cookie = opened(token, token.address(URL))
    assert token.is_known(asked("/", cookie=cookie))
    assert not token.is_known(asked("/"))
    assert not token.is_known(asked("/", cookie="tim_page_8901="))
    assert not token.is_known(asked("/", cookie="tim_page_8901=钥匙"))
    assert not token.is_known(asked("/", cookie=cookie[:-1]))
    assert not PageToken().is_known(asked("/", cookie=cookie))


def test_servers_on_several_ports_have_cookies_of_their_own() -> None:
    one, other = PageToken(), PageToken()
    both = f"{opened(one, one.address(URL))}; {opened(other, other.address(URL), '127.0.0.1:8902')}"
    assert one.is_known(asked("/", cookie=both))
    assert other.is_known(asked("/", host="127.0.0.1:8902", cookie=both))
    assert not one.is_known(asked("/", host="127.0.0.1:8902", cookie=both))


@pytest.mark.parametrize("given", ["", "x", "钥匙", "%ff", "%ed%a0%80", "x" * 100_000], ids=lambda given: given[:9])
def test_wrong_token_is_refused(given: str) -> None:
    response = PageToken().exchange(asked(f"/?token={given}"))
    assert response is not None
    assert (response.status, len(response.cookies)) == (403, 0)


def test_only_an_address_with_a_token_that_is_opened_is_exchanged() -> None:
    token = PageToken()
    assert token.exchange(asked("/")) is None
    assert token.exchange(asked(token.address(URL).removeprefix(URL), method="POST")) is None


def test_address_that_a_command_opens_works_once() -> None:
    token = PageToken()
    once = token.address_once(URL)
    assert once not in (token.address(URL), token.address_once(URL))
    cookie = opened(token, once)
    assert token.is_known(asked("/", cookie=cookie))
    again = token.exchange(asked(once.removeprefix(URL)))
    assert again is not None
    assert again.status == 403
    assert token.is_known(asked("/", cookie=opened(token, token.address(URL))))
    assert once.rpartition("=")[2] not in cookie


def test_redirect_never_leads_to_another_host() -> None:
    token = PageToken()
    response = token.exchange(asked("//example.com" + token.address(URL).removeprefix(URL)))
    assert response is not None
    assert response.headers["Location"] == "/"


def test_token_does_not_show_in_what_tools_print() -> None:
    token = PageToken()
    secret = token.address(URL).rpartition("=")[2]
    assert secret not in repr(vars(token))
    assert SimpleCookie(opened(token, token.address(URL)))["tim_page_8901"].value == secret
