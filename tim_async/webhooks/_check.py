"""Whether a webhook comes from the service and is meant for us. Source: I34354, C117703.

`Sign = sha256(Token + RequestTime)` as lower-case hex, both in the URL. The body is not signed: who can read one
request can send another body with its Sign for as long as the window lasts. Use HTTPS, and a narrow window.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ..errors import SignatureError, StaleRequestError, UsageError, WrongAppError
from ._event import Event, WebhookParams

# Unix seconds in decimal text; longer ones are nobody's clock.
_TIME_MAX_DIGITS: Final = 12


def sign(token: str, request_time: str) -> str:
    """Return the Sign for a RequestTime (unix seconds in decimal digits), as the service makes it."""
    return hashlib.sha256(f"{token}{request_time}".encode()).hexdigest()


def make_query(
    event: Event, *, sdk_app_id: int, token: str | None, now: float, client_ip: str, opt_platform: str
) -> dict[str, str]:
    """Return the parameters of the URL by which the service sends an event; signed where there is a token."""
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
        sdk_app_id: our app.
        token: the token that is set in the console, or several while it is being changed; None checks no Sign.
        window_s: seconds that RequestTime may be off.
        clock: unix seconds.

    Attributes:
        sdk_app_id: our app.
        now: tells unix seconds.

    Raises:
        UsageError: an argument does not fit.
    """

    def __init__(
        self, sdk_app_id: int, token: str | Sequence[str] | None, window_s: float, clock: Callable[[], float]
    ) -> None:
        if not isinstance(sdk_app_id, int) or isinstance(sdk_app_id, bool) or sdk_app_id <= 0:
            raise UsageError("sdk_app_id must be a positive integer", field="sdk_app_id")
        tokens = (token,) if isinstance(token, str) else tuple(token or ())
        if not all(isinstance(each, str) and each for each in tokens) or (token is not None and not tokens):
            raise UsageError("token must be a text that is not empty, or a list of such", field="token")
        if not isinstance(window_s, int | float) or not window_s > 0:
            raise UsageError("window_s must be a number of seconds above 0", field="window_s")
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

        Raises:
            WrongAppError: SdkAppid is missing, or not ours.
            SignatureError: Sign or RequestTime is missing, malformed or wrong.
            StaleRequestError: RequestTime is outside of the window.
        """
        app = query.get("SdkAppid", "")
        if app != str(self.sdk_app_id):
            raise WrongAppError("SdkAppid is another app's" if app else "SdkAppid is missing in the URL")
        text = query.get("RequestTime", "")
        is_time = text.isascii() and text.isdecimal() and len(text) <= _TIME_MAX_DIGITS
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
            raise SignatureError("RequestTime is not a time")
        sent = given.encode("utf-8", "replace")
        is_ours = False
        for token in self._tokens:  # all of them, whichever fits: the time it takes tells nothing
            is_ours |= hmac.compare_digest(sign(token, request_time).encode(), sent)
        if not is_ours:
            raise SignatureError("Sign is wrong")
        age = self.now() - int(request_time)
        if abs(age) > self._window_s:
            raise StaleRequestError(age=age, window=self._window_s)
