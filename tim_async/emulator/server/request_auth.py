"""The checks of a request that come before its body. Source: rest-overview.

Path (60009), method (60002), app (60012, 70020), the other parts of the URL (60025, 70002), UserSig (its own codes),
admin (60010; 90009 for message commands). The documents give no order; each check needs those before it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from aiohttp import web

from ..._api.checks import U32_MAX
from ..._api.endpoint import Endpoint
from ...errors import UserSigError
from ...usersig import verify_user_sig
from ..dispatch import ENDPOINTS, dialect
from ..state.codes import AccountCode, CommonCode
from ..state.refusal import Refusal

_PREFIX: Final = "/v4/"
_MAX_VERIFIED: Final = 1000


def command_of(path: str) -> str:
    """Return the command of a path: the part below `/v4/`, or the whole path if it is elsewhere."""
    return path.removeprefix(_PREFIX)


def random_of(text: str | None) -> int | None:
    """Read the `random` of a URL: a u32 in decimal digits; None for anything else."""
    if text is None or len(text) > 10 or not (text.isascii() and text.isdecimal()):
        return None
    number = int(text)
    return number if number <= U32_MAX else None


class RequestAuth:
    """Checks path, method, URL parameters, UserSig and admin of a request.

    Args:
        sdk_app_id: the only app.
        secret_key: its key.
        admins: the accounts that may call.
        clock: unix seconds, for the validity of UserSigs.
    """

    def __init__(self, sdk_app_id: int, secret_key: str, admins: Collection[str], clock: Callable[[], float]) -> None:
        self._sdk_app_id = sdk_app_id
        self._secret_key = secret_key
        self._admins = frozenset(admins)
        self._clock = clock
        self._verified: dict[tuple[str, str], int] = {}

    def check(self, request: web.BaseRequest) -> tuple[Endpoint[..., Any], str]:
        """Return the endpoint and the calling admin, or raise `Refusal`."""
        path = request.path
        endpoint = ENDPOINTS.get(command_of(path)) if path.startswith(_PREFIX) else None
        if endpoint is None:
            raise Refusal(
                CommonCode.UNKNOWN_RESOURCE, f"unknown path {path}, or a command that the emulator does not support"
            )
        if request.method != "POST":
            raise Refusal(CommonCode.HTTP_PARSE_FAILED, f"the method must be POST, not {request.method}")
        query = request.rel_url.query
        self._check_query(query)
        identifier = query["identifier"]
        self._verify(query["usersig"], identifier)
        if identifier not in self._admins:
            raise Refusal(dialect(endpoint.service).not_admin, f"{identifier!r} is not an admin of the app")
        return endpoint, identifier

    def _check_query(self, query: Mapping[str, str]) -> None:
        """Refuse missing or invalid parameters of the URL, and another app; the UserSig is not checked here."""
        app = query.get("sdkappid")
        if not app:
            raise Refusal(CommonCode.SDKAPPID_MISSING, "sdkappid is missing from the URL")
        if app != str(self._sdk_app_id):
            raise Refusal(
                AccountCode.SDKAPPID_NOT_FOUND, f"unknown app {app[:20]}, the emulator serves {self._sdk_app_id}"
            )
        if query.get("contenttype") != "json":
            raise Refusal(CommonCode.URL_PARAMS_INVALID, "contenttype must be json in the URL")
        for name in ("identifier", "usersig", "random"):
            if name not in query:
                raise Refusal(CommonCode.URL_PARAMS_INVALID, f"{name} is missing from the URL")
        if not query["identifier"]:
            raise Refusal(CommonCode.URL_PARAMS_INVALID, "identifier is empty in the URL")
        if random_of(query["random"]) is None:
            raise Refusal(CommonCode.URL_PARAMS_INVALID, f"random must be an integer from 0 to {U32_MAX} in the URL")

    def _verify(self, user_sig: str, identifier: str) -> None:
        """Refuse a UserSig that does not verify; the result is kept until the UserSig expires."""
        now = self._clock()
        if now <= self._verified.get((user_sig, identifier), -1):
            return
        try:
            claims = verify_user_sig(user_sig, self._sdk_app_id, self._secret_key, identifier, now=now)
        except UserSigError as error:
            raise Refusal(error.code, error.message) from None
        if len(self._verified) >= _MAX_VERIFIED:
            self._verified.clear()
        self._verified[user_sig, identifier] = claims.expires_at
