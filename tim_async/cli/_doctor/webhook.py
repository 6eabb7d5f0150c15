"""Check the address of webhooks: is there a receiver."""

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
# Not an event of the service: a receiver treats unknown events as newer ones, and answers OK.
COMMAND: Final = "Doctor.Reachable"
_TIMEOUT_S: Final = 5.0
_MAX_BYTES: Final = 65_536


async def examine_webhook(url: str, app: int, token: str | None) -> list[Finding]:
    """Post a meaningless event to the receiver of webhooks, and return the findings.

    Args:
        url: where the console sends webhooks.
        app: the app's id.
        token: the token that signs them, None for none.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return [wrong(ABOUT, "the address of the webhook is not a URL", "it must look like https://host/path")]
    query = {"SdkAppid": str(app), "CallbackCommand": COMMAND, "contenttype": "json"}
    if token:
        moment = str(int(time.time()))
        query |= {"RequestTime": moment, "Sign": sign(token, moment)}
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    try:
        status, body = await _post(url, query)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        reason = type(error).__name__ if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        reason = reason.replace(url, shown)  # an address may contain a password
        return [wrong(ABOUT, f"{shown} is not reachable: {reason}", "start the receiver, and check the address")]
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
        advice = "set TIM_WEBHOOK_TOKEN to the receiver's token, which is the one in the console"
        return wrong(ABOUT, f"{shown} refuses the signature with HTTP status {status}", advice)
    if status == 404 or status == 405:
        return wrong(ABOUT, f"{shown} answers HTTP status {status}", "check the path of the address")
    if status != 200:
        return wrong(ABOUT, f"{shown} answers HTTP status {status}", "check the receiver's log; 200 is expected")
    try:
        answer = json.loads(body)
        code = answer["ErrorCode"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return wrong(ABOUT, f"{shown} answers, but not as a receiver of webhooks does", "is this its path?")
    if code != 0:
        return doubtful(ABOUT, f"{shown} answers with code {code}", "check the receiver's log")
    return right(ABOUT, f"{shown} accepts webhooks")


def _reach(scheme: str, host: str) -> list[Finding]:
    """Return why the service may not reach an address that this machine reaches."""
    try:
        is_private = not ipaddress.ip_address(host).is_global
    except ValueError:
        is_private = host == "localhost" or "." not in host
    if is_private:
        text = f"the service cannot reach {host}: it is an address of this machine or its local network"
        return [doubtful(ABOUT, text, "in the console, set an address that is reachable from the internet")]
    if scheme == "http":
        text = "webhooks, including what users write, are sent unencrypted"
        return [doubtful(ABOUT, text, "set an https address in the console")]
    return []
