"""A FastAPI app that receives webhooks: it moderates messages before they are sent, and archives them afterwards.

`python examples/webhooks_app.py` runs it under uvicorn with the embedded emulator in front, and sends a few messages.
For the real service, set TIM_SDK_APP_ID and TIM_WEBHOOK_TOKEN (the token set in the console), run
`uvicorn --app-dir examples --factory webhooks_app:create_app`, and set https://.../tim/ as the URL in the console, with
the slash at its end: the service follows no redirects.
"""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from tim_async import ApiError, Element, LocalRateLimiter, TextElem, TimClient
from tim_async.emulator import Emulator
from tim_async.webhooks import (
    AfterSendMsg,
    Answer,
    BeforeSendMsg,
    Refuse,
    Replace,
    RequestOverLimit,
    SeenEvents,
    WebhookRouter,
    slow_down,
)

limiter = LocalRateLimiter()  # also for the app's own client: TimClient(..., limiter=limiter)


def create_app(sdk_app_id: int | None = None, token: str | None = None) -> FastAPI:
    router = WebhookRouter(
        sdk_app_id or int(os.environ["TIM_SDK_APP_ID"]), token or os.environ.get("TIM_WEBHOOK_TOKEN")
    )
    app = FastAPI(lifespan=router.lifespan)  # shutdown waits for the handlers that run after the answers
    app.mount("/tim", router)
    app.state.archive = []
    seen = SeenEvents()

    @router.before(BeforeSendMsg)
    async def moderate(event: BeforeSendMsg) -> Answer | None:
        """Decide within 1.5 s; if late or failed, the message is sent, unless `default` says otherwise."""
        texts = [element.text for element in event.msg_body if isinstance(element, TextElem)]
        if any("http://" in text for text in texts):
            return Refuse(code=120_001, info="no links, please")
        if any("damn" in text for text in texts):
            return Replace(msg_body=[censored(element) for element in event.msg_body])
        return None

    @router.on(AfterSendMsg)
    async def archive(event: AfterSendMsg) -> None:
        """Run after the answer. The service may send an event again: this counts it once."""
        if seen.add(event) and event.send_msg_result == 0:
            app.state.archive.append(event)

    router.on(RequestOverLimit)(slow_down(limiter))
    return app


def censored(element: Element) -> Element:
    return TextElem(element.text.replace("damn", "****")) if isinstance(element, TextElem) else element


async def main() -> None:
    logging.basicConfig(stream=sys.stdout, format="  log: %(message)s")
    token = "token-of-the-console"
    emulator = Emulator(webhook_token=token)
    emulator.add_accounts("alice", "bob")
    app = create_app(emulator.sdk_app_id, token)
    async with serve(app) as url, emulator:
        emulator.webhook_url = f"{url}/tim/"
        async with TimClient(
            emulator.sdk_app_id, emulator.secret_key, base_url=emulator.url, limiter=limiter
        ) as client:
            for text in ("hello 👋", "damn, it works", "see http://example.com"):
                try:
                    await client.c2c.send_text("bob", text, from_account="alice")
                except ApiError as error:
                    print(f"{text!r} was refused: {error.code} {error.info}")
                else:
                    print(f"{text!r} reached bob as {emulator.sent(to='bob')[-1].text!r}")
        await emulator.webhooks_settled()
    print(f"archived: {[event.msg_body[0].text for event in app.state.archive]}")


@asynccontextmanager
async def serve(app: FastAPI) -> AsyncIterator[str]:
    """Run an app under uvicorn on a free port of this machine; yield its URL."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


if __name__ == "__main__":
    asyncio.run(main())
