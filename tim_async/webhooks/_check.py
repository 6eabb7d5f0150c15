"""Checks that a webhook comes from the service and is meant for this app. Source: I34354, C117703.

`Sign = sha256(Token + RequestTime)` as lower-case hex, both in the URL. The body is not signed: an attacker who can
read one request can send it again, or another body with the same Sign, until the window ends. Use HTTPS, a narrow
window, `SeenEvents`, and a network rule that lets only the service in.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from .._api.checks import check_seconds, check_whole
from ..errors import SignatureError, StaleRequestError, UsageError, WrongAppError
from ._event import Event, WebhookParams

# Unix seconds in decimal digits; 12 digits last for another 30,000 years.
_MAX_TIME_DIGITS: Final = 12


def sign(token: str, request_time: str) -> str:
    """Return the Sign of a request, as the service makes it: the SHA-256 of token and time, in lower-case hex.

    Args:
        token: the token set in the console.
        request_time: the RequestTime: unix seconds, in decimal digits.
    """
    return hashlib.sha256(f"{token}{request_time}".encode()).hexdigest()


def make_query(
    event: Event, *, sdk_app_id: int, token: str | None, now: float, client_ip: str, opt_platform: str
) -> dict[str, str]:
    """Return the URL parameters with which the service sends an event; signed if there is a token."""
    query = {"SdkAppid": str(sdk_app_id), "CallbackCommand": event.callback_command, "contenttype": "json"}
    service = event.callback_command.partition(".")[0]
    if service not in ("Alert", "Push"):
        query["ClientIP"] = client_ip
    if service != "Push":
        query["OptPlatform"] = opt_platform
    if token is not None:
        query["RequestTime"] = str(int(now))
        query["Sign"] = sign(token, query["RequestTime"])
    return query


class Checker:
    """Checks the parameters of a webhook's URL.

    Args:
        sdk_app_id: this app, at least 1.
        token: the token set in the console, or several while it is being changed; with None, Sign is not checked.
        window_s: how far RequestTime may be off, in seconds above 0.
        clock: returns unix seconds.

    Attributes:
        sdk_app_id: this app.
        now: the clock.

    Raises:
        UsageError: an argument is invalid; `field` names it.
    """

    def __init__(
        self, sdk_app_id: int, token: str | Sequence[str] | None, window_s: float, clock: Callable[[], float]
    ) -> None:
        check_whole("sdk_app_id", sdk_app_id, 1)
        tokens = (token,) if isinstance(token, str) else tuple(token or ())
        if not all(isinstance(each, str) and each for each in tokens) or (token is not None and not tokens):
            raise UsageError("token must be a non-empty string, or a list of non-empty strings", field="token")
        check_seconds("window_s", window_s)
        self.sdk_app_id = sdk_app_id
        self._tokens = tokens
        self._window_s = window_s
        self.now = clock

    @property
    def token(self) -> str | None:
        """The first of the tokens, None without any."""
        return self._tokens[0] if self._tokens else None

    @property
    def has_token(self) -> bool:
        """Whether Sign is checked."""
        return bool(self._tokens)

    def check(self, query: Mapping[str, str]) -> WebhookParams:
        """Return the parameters of a URL.

        Args:
            query: the parameters of the URL's query, decoded.

        Raises:
            WrongAppError: SdkAppid is missing, or that of another app.
            SignatureError: Sign or RequestTime is missing, malformed or wrong.
            StaleRequestError: RequestTime is outside the window.
        """
        app = query.get("SdkAppid", "")
        if app != str(self.sdk_app_id):
            raise WrongAppError("SdkAppid is that of another app" if app else "SdkAppid is missing in the URL")
        text = query.get("RequestTime", "")
        is_time = text.isascii() and text.isdecimal() and len(text) <= _MAX_TIME_DIGITS
        if self._tokens:
            self._check_sign(query.get("Sign", ""), text, is_time=is_time)
        return WebhookParams(
            sdk_app_id=self.sdk_app_id,
            command=query.get("CallbackCommand", ""),
            client_ip=query.get("ClientIP", ""),
            opt_platform=query.get("OptPlatform", ""),
            request_time=int(text) if is_time else None,
        )

    def _check_sign(self, given: str, request_time: str, *, is_time: bool) -> None:
        for name, value in (("Sign", given), ("RequestTime", request_time)):
            if not value:
                raise SignatureError(f"{name} is missing in the URL")
        if not is_time:
            raise SignatureError("RequestTime is not a time in unix seconds")
        sent = given.encode("utf-8", "replace")
        is_valid = False
        for token in self._tokens:  # compare all tokens, so that the time taken does not show which one matches
            is_valid |= hmac.compare_digest(sign(token, request_time).encode(), sent)
        if not is_valid:
            raise SignatureError("Sign is wrong: it is forged, or made with another token")
        age = self.now() - int(request_time)
        if abs(age) > self._window_s:
            raise StaleRequestError(age=age, window=self._window_s)
