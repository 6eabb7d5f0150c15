"""Signed webhook requests, as the service makes them."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

import msgspec

from tim_async.webhooks import sign

APP = 1_400_000_000
TOKEN = "xxxxyyyy-token"


def query(command: str, *, token: str | None = TOKEN, at: float | None = None, **changes: str | None) -> str:
    """Return a URL's query; a parameter given as None is left out."""
    params: dict[str, str | None] = {
        "SdkAppid": str(APP),
        "CallbackCommand": command,
        "contenttype": "json",
        "ClientIP": "127.0.0.1",
        "OptPlatform": "RESTAPI",
    }
    if token is not None:
        request_time = str(int(time.time() if at is None else at))
        params |= {"RequestTime": request_time, "Sign": sign(token, request_time)}
    params.update(changes)
    return urlencode({name: value for name, value in params.items() if value is not None})


def body(command: str, **fields: Any) -> bytes:
    """Return the body of an event."""
    return msgspec.json.encode({"CallbackCommand": command, **fields})
