"""The address that webhooks go to: does something take them there."""

from __future__ import annotations

import ipaddress
import json
import time
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from ...webhooks._check import sign
from .finding import Finding, doubtful, right, wrong

ABOUT: Final = "webhook"
# No event of the service: a receiver takes what it does not know for something newer, and answers OK.
COMMAND: Final = "Doctor.Reachable"
_TIMEOUT_S: Final = 5.0
_MAX_BYTES: Final = 65_536


async def examine_webhook(url: str, app: int, token: str | None) -> list[Finding]:
    """Post an event that means nothing to the receiver of webhooks, and return what is to be said of it.

    Args:
        url: where the console sends webhooks.
        app: the app's id.
        token: the token that signs them, None for none.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return [wrong(ABOUT, "the address of the webhook is not an address", "it must look like https://host/path")]
    query = {"SdkAppid": str(app), "CallbackCommand": COMMAND, "contenttype": "json"}
    if token:
        moment = str(int(time.time()))
        query |= {"RequestTime": moment, "Sign": sign(token, moment)}
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    try:
        status, body = await _post(url, query)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        reason = type(error).__name__ if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        reason = reason.replace(url, shown)  # an address may have a password
        return [wrong(ABOUT, f"{shown} is not reached: {reason}", "start the receiver, and check the address")]
    return [_judge(status, body, shown), *_reach(parts.scheme, parts.hostname)]


async def _post(url: str, query: dict[str, str]) -> tuple[int, bytes]:
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(url, params=query, json={"CallbackCommand": COMMAND}, allow_redirects=False) as answer,
    ):
        return answer.status, await answer.content.read(_MAX_BYTES)


def _judge(status: int, body: bytes, shown: str) -> Finding:
    if status in (401, 403):
        advice = "set TIM_WEBHOOK_TOKEN to the token that the receiver has, which is the one in the console"
        return wrong(ABOUT, f"{shown} refuses the signature with HTTP status {status}", advice)
    if status == 404 or status == 405:
        return wrong(ABOUT, f"{shown} answers HTTP status {status}", "check the path of the address")
    if status != 200:
        return wrong(ABOUT, f"{shown} answers HTTP status {status}", "look at the receiver's log; 200 is expected")
    try:
        answer = json.loads(body)
        code = answer["ErrorCode"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return wrong(ABOUT, f"{shown} answers, but not as a receiver of webhooks does", "is this its path?")
    if code != 0:
        return doubtful(ABOUT, f"{shown} answers with code {code}", "look at the receiver's log")
    return right(ABOUT, f"{shown} takes webhooks")


def _reach(scheme: str, host: str) -> list[Finding]:
    """Return what keeps the service itself from reaching an address that this machine reaches."""
    try:
        is_private = not ipaddress.ip_address(host).is_global
    except ValueError:
        is_private = host == "localhost" or "." not in host
    if is_private:
        text = f"the service cannot reach {host}: it is an address of this machine or its network"
        return [doubtful(ABOUT, text, "in the console, give an address that is reached from the internet")]
    if scheme == "http":
        text = "webhooks come unencrypted, and with them what users write"
        return [doubtful(ABOUT, text, "give an https address in the console")]
    return []
