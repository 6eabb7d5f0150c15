"""Calls of the emulator to itself: a call sent from its console is processed like every other request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import aiohttp
from yarl import URL

from .._api.endpoint import Endpoint
from .._api.wire import encode
from .._hidden import hide
from .._randomness import random_u32
from ..errors import ConnectionLostError, ReplyTimeoutError
from ..usersig import generate_user_sig

_TIMEOUT_S: Final = 30.0


class OwnCalls:
    """Sends requests to an emulator as its own admin.

    Args:
        address: returns the address of the emulator.
        sdk_app_id: its app.
        secret_key: the key of the app.
        admin: the admin.
        clock: unix seconds, used to sign UserSigs.
    """

    def __init__(
        self, address: Callable[[], str], sdk_app_id: int, secret_key: str, admin: str, clock: Callable[[], float]
    ) -> None:
        self._address = address
        self._sdk_app_id = sdk_app_id
        self._secret_key = hide(secret_key) or ""
        self._admin = admin
        self._clock = clock

    async def send(self, endpoint: Endpoint[..., Any], body: dict[str, Any]) -> bytes:
        """Send a request, and return the answer.

        Raises:
            TransportError: no answer arrived, for instance because of a planned fault.
        """
        now = int(self._clock())
        sig = generate_user_sig(self._sdk_app_id, self._secret_key, self._admin, 3_600, now=now)
        query = {
            "sdkappid": str(self._sdk_app_id),
            "identifier": self._admin,
            "usersig": sig,
            "random": str(random_u32()),
            "contenttype": "json",
        }
        url = URL(self._address()).with_path(f"/v4/{endpoint.command}").with_query(query)
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, session.post(url, data=encode(body)) as reply:
                return await reply.read()
        except TimeoutError:
            failure: Exception = ReplyTimeoutError(f"no answer within {_TIMEOUT_S:g} s", timeout=_TIMEOUT_S)
        except aiohttp.ClientError:
            failure = ConnectionLostError("the connection broke before an answer came")
        raise failure  # aiohttp's own error would contain the address
