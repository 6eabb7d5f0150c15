"""A FastAPI app that sends messages and receives webhooks, with one client for as long as the app lives.

Shows client and webhook router in one lifespan, one limit for all worker processes, a deadline for every request, and
errors as HTTP answers by the library's table (`tim_async.HTTP_STATUS`):

    400  the service refused the request       422  the message is wrong or too large, nothing was sent
    502  no usable answer, or another code     503  overloaded: retry after Retry-After seconds
    504  no answer in time

`python examples/fastapi_app.py` runs it with the embedded emulator and makes a few requests. For the real service, set
TIM_SDK_APP_ID, TIM_SECRET_KEY and TIM_WEBHOOK_TOKEN and run `uvicorn --app-dir examples --workers 4 fastapi_app:app`;
the URL for the console is https://.../tim/, with the slash.
"""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated

import httpx
import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from tim_async import HostRateLimiter, TextElem, TimClient, TimError, encode, error_response
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator
from tim_async.webhooks import AfterSendMsg, WebhookRouter

DEADLINE_S = 2.0  # users wait no longer for a web page; includes waiting for a turn and retries


class Note(BaseModel):
    to: str
    text: str


@asynccontextmanager
async def client_from_env() -> AsyncIterator[TimClient]:
    """Yield a client that shares the app's limits with the other workers on this machine."""
    async with HostRateLimiter() as limiter, TimClient.from_env(limiter=limiter) as client:
        yield client


def router_from_env() -> WebhookRouter:
    return WebhookRouter(int(os.environ["TIM_SDK_APP_ID"]), os.environ.get("TIM_WEBHOOK_TOKEN"))


def get_client(request: Request) -> TimClient:
    """Return the app's client for this request: same connections and limits, with the request's deadline.

    A proxy that gives up earlier announces it (Envoy does, in milliseconds); nothing is then sent for an answer that
    would not be read.
    """
    client: TimClient = request.app.state.client
    given = request.headers.get("x-envoy-expected-rq-timeout-ms", "")
    wanted_s = int(given) / 1000 if given.isdecimal() and int(given) else DEADLINE_S
    return client.with_options(deadline=min(wanted_s, DEADLINE_S))


def create_app(
    open_client: Callable[[], AbstractAsyncContextManager[TimClient]] = client_from_env,
    make_router: Callable[[], WebhookRouter] = router_from_env,
) -> FastAPI:
    router = make_router()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # In this order: event handlers may use the client, which is closed after the last of them has ended.
        async with open_client() as client, router.lifespan(app):
            app.state.client = client
            yield

    app = FastAPI(lifespan=lifespan)
    app.mount("/tim", router)
    app.add_exception_handler(TimError, answer_error)

    @app.post("/notify")
    async def notify(note: Note, client: Annotated[TimClient, Depends(get_client)]) -> Response:
        sent = await client.c2c.send_text(note.to, note.text)
        return Response(encode(sent), media_type="application/json")  # FastAPI cannot encode msgspec's structs

    @router.on(AfterSendMsg)
    async def reply(event: AfterSendMsg) -> None:
        if [each.text for each in event.msg_body if isinstance(each, TextElem)] == ["ping"]:
            await app.state.client.c2c.send_text(event.from_account, "pong", from_account=event.to_account)

    return app


async def answer_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TimError)
    answer = error_response(error)
    return JSONResponse(answer.body, answer.status, answer.headers)


def __getattr__(name: str) -> FastAPI:
    """Create `fastapi_app:app` on first use, because it needs the environment variables."""
    if name != "app":
        raise AttributeError(name)
    return create_app()


async def main() -> None:
    logging.basicConfig(stream=sys.stdout, format="  log: %(message)s")  # retries are logged as warnings
    emulator = Emulator(webhook_token="token-of-the-console")
    emulator.add_accounts("bob", "carol")

    def open_client() -> TimClient:
        return TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url)

    def make_router() -> WebhookRouter:
        return WebhookRouter(emulator.sdk_app_id, "token-of-the-console")

    async with emulator:
        async with serve(create_app(open_client, make_router)) as url, httpx.AsyncClient(base_url=url) as http:
            emulator.webhook_url = f"{url}/tim/"
            await show(http, "a text", {"to": "bob", "text": "你好, Bob! 👋"})
            await show(http, "an account that is not imported", {"to": "nobody", "text": "hi"})
            await show(http, "a text that is too long", {"to": "bob", "text": "长" * 3_000})
            emulator.faults.answer(91000, times=4)
            await show(http, "trouble inside the service", {"to": "bob", "text": "hi"})
            emulator.faults.drop(after=True, times=1)
            await show(http, "a lost connection", {"to": "bob", "text": "hi"})
            emulator.faults.delay(1.0, times=1)
            await show(http, "a proxy that waits 0.1 s", {"to": "bob", "text": "hi"}, timeout_ms=100)
            async with open_client() as carol:
                await carol.c2c.send_text("bob", "ping", from_account="carol")
            await emulator.webhooks_settled()
        # The app has waited for its event handlers before closing its client.
        print(f"carol got: {emulator.sent(to='carol')[-1].text}")


async def show(http: httpx.AsyncClient, what: str, note: dict[str, str], timeout_ms: int = 0) -> None:
    answer = await http.post("/notify", json=note, headers={"x-envoy-expected-rq-timeout-ms": str(timeout_ms)})
    retry_after = f", Retry-After {answer.headers['Retry-After']}" if "Retry-After" in answer.headers else ""
    print(f"{what}: HTTP {answer.status_code}{retry_after}\n  {answer.text}")


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
