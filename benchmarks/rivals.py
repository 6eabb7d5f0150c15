"""One way to send many messages, in a separate process: ours, a hand-written one, or a package in use.

Run as `python -m benchmarks.rivals WAY URL COUNT`. Prints whether it can run, sends the messages when a line arrives,
and prints its own view of them and the CPU it took.

The packages, according to the sources of the versions named here:

- `timsdk` 1.1.12 (July 2020): `requests` with one session and no pace; the answer is returned as a dict, and a refusal
  raises nothing. Its host is hard-coded in `HttpClient.get_url`, so that is replaced here.
- `tencentcloud-sdk-python-im` 0.9.4 (March 2023, not by Tencent): `requests.post`, so one connection per call, and no
  pace; the answer is returned as a response, or None after any exception. Its host is an argument.

Both block, so an asyncio application runs them in threads.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import Any, Final

from tim_async import RetryPolicy, TextElem, TimClient, TimError, encode
from tim_async.models.c2c import SendMsg

from .processes import SECRET_KEY

APP: Final = 1400000000
CAP: Final = 200
THREADS: Final = 20
LONGEST_S: Final = 90.0

Send = Callable[[str], Awaitable[bool]]
"""Sends a message to an account; returns whether it believes that it was sent."""


async def _own(stack: AsyncExitStack, url: str, retry: RetryPolicy | None = None) -> Send:
    policy = retry or RetryPolicy()
    client = await stack.enter_async_context(TimClient(APP, SECRET_KEY, base_url=url, retry=policy))
    await client.warm_up(100)

    async def send(account: str) -> bool:
        try:
            await client.c2c.send(to_account=account, msg_body=[TextElem(text="hi")])
        except TimError:
            return False
        return True

    return send


async def _own_official(stack: AsyncExitStack, url: str) -> Send:
    return await _own(stack, url, RetryPolicy.official())


async def _by_hand(stack: AsyncExitStack, url: str) -> Send:
    """What can be written in an afternoon: a session, a limiter, a check of the code."""
    import aiohttp
    import msgspec
    from aiolimiter import AsyncLimiter

    session = await stack.enter_async_context(aiohttp.ClientSession(headers={"Content-Type": "application/json"}))
    limiter = AsyncLimiter(CAP, 1)
    address = f"{url}/v4/openim/sendmsg?sdkappid={APP}&identifier=administrator&usersig={'A' * 150}"

    async def send(account: str) -> bool:
        body = encode(
            SendMsg(
                to_account=account,
                msg_seq=random.getrandbits(31),
                msg_random=random.getrandbits(31),
                msg_body=[TextElem(text="hi")],
            )
        )
        async with limiter:
            query = f"{address}&random={random.getrandbits(32)}&contenttype=json"
            async with session.post(query, data=body) as response:
                answer = msgspec.json.decode(await response.read())
        return bool(answer["ErrorCode"] == 0)

    return send


def _in_threads(stack: AsyncExitStack, call: Callable[[str], bool]) -> Send:
    pool = stack.enter_context(ThreadPoolExecutor(THREADS))
    loop = asyncio.get_running_loop()
    return lambda account: loop.run_in_executor(pool, call, account)


async def _timsdk(stack: AsyncExitStack, url: str) -> Send:
    from timsdk import TimClient as Client
    from timsdk.http_client import HttpClient

    original = HttpClient.get_url
    HttpClient.get_url = lambda self, path: original(self, path).replace("https://console.tim.qq.com", url)
    client = Client(app_id=APP, app_key=SECRET_KEY)
    return _in_threads(stack, lambda account: bool(client.open_im.send_text_msg(account, "hi")["ErrorCode"] == 0))


async def _tencentcloud(stack: AsyncExitStack, url: str) -> Send:
    from tencentcloud_im.tcim_client import MessageObj, MessageText, TCIMClient

    client = TCIMClient(APP, SECRET_KEY, "administrator", tencent_url=f"{url}/v4")

    def call(account: str) -> bool:
        response = client.send_message(MessageObj("administrator", account, [MessageText("hi")]))
        return response is not None and response.json()["ErrorCode"] == 0

    return _in_threads(stack, call)


WAYS: Final[dict[str, tuple[str, Callable[[AsyncExitStack, str], Awaitable[Send]]]]] = {
    "own": ("this library", _own),
    "own-official": ("this library, RetryPolicy.official()", _own_official),
    "by-hand": ("aiohttp by hand with AsyncLimiter(200, 1)", _by_hand),
    "timsdk": (f"timsdk in {THREADS} threads", _timsdk),
    "tencentcloud": (f"tencentcloud-sdk-python-im in {THREADS} threads", _tencentcloud),
}


async def main(way: str, url: str, count: int) -> None:
    async with AsyncExitStack() as stack:
        try:
            send = await WAYS[way][1](stack, url)
        except ImportError as error:
            print(json.dumps({"skipped": f"{error}; pip install --group bench"}), flush=True)
            return
        print("{}", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        began, cpu = time.monotonic(), time.process_time()
        async with asyncio.timeout(LONGEST_S):
            outcomes: list[Any] = await asyncio.gather(
                *(send(f"m{number}") for number in range(count)), return_exceptions=True
            )
        result = {
            "seconds": time.monotonic() - began,
            "cpu_s": time.process_time() - cpu,
            "sent": outcomes.count(True),
            "errors": sorted({type(each).__name__ for each in outcomes if isinstance(each, BaseException)}),
        }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # the refusals are counted, not read
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
