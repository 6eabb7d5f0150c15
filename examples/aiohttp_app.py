"""An aiohttp.web app that sends messages and receives webhooks, with one client for as long as the app lives.

Shows client and webhook router in one cleanup context, one limit for all worker processes, a deadline for every
request, and a middleware that turns errors into HTTP answers by the library's table (`tim_async.HTTP_STATUS`):

    400  the service refused the request       422  the message is wrong or too large, nothing was sent
    502  no usable answer, or another code     503  overloaded: retry after Retry-After seconds
    504  no answer in time

`python examples/aiohttp_app.py` runs it with the embedded emulator and makes a few requests. For the real service, set
TIM_SDK_APP_ID, TIM_SECRET_KEY and TIM_WEBHOOK_TOKEN and run
`gunicorn --chdir examples -w 4 -k aiohttp.GunicornWebWorker "aiohttp_app:create_app()"`; the URL for the console is
https://.../tim/, with the slash.
"""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from tim_async import HostRateLimiter, TextElem, TimClient, TimError, encode, error_response
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator
from tim_async.webhooks import AfterSendMsg, WebhookRouter

DEADLINE_S = 2.0  # users wait no longer for a web page; includes waiting for a turn and retries

CLIENT = web.AppKey("client", TimClient)


@asynccontextmanager
async def client_from_env() -> AsyncIterator[TimClient]:
    """Yield a client that shares the app's limits with the other workers on this machine."""
    async with HostRateLimiter() as limiter, TimClient.from_env(limiter=limiter) as client:
        yield client


def router_from_env() -> WebhookRouter:
    return WebhookRouter(int(os.environ["TIM_SDK_APP_ID"]), os.environ.get("TIM_WEBHOOK_TOKEN"))


def create_app(
    open_client: Callable[[], AbstractAsyncContextManager[TimClient]] = client_from_env,
    make_router: Callable[[], WebhookRouter] = router_from_env,
) -> web.Application:
    router = make_router()

    async def client_context(app: web.Application) -> AsyncIterator[None]:
        async with open_client() as client:
            app[CLIENT] = client
            yield

    app = web.Application(middlewares=[answer_errors])
    # In this order: event handlers may use the client, which is closed after the last of them has ended.
    app.cleanup_ctx.append(client_context)
    router.add_to(app, "/tim/")
    app.router.add_post("/notify", notify)

    @router.on(AfterSendMsg)
    async def reply(event: AfterSendMsg) -> None:
        if [each.text for each in event.msg_body if isinstance(each, TextElem)] == ["ping"]:
            await app[CLIENT].c2c.send_text(event.from_account, "pong", from_account=event.to_account)

    return app


def client_of(request: web.Request) -> TimClient:
    """Return the app's client for this request: same connections and limits, with the request's deadline.

    A proxy that gives up earlier announces it (Envoy does, in milliseconds); nothing is then sent for an answer that
    would not be read.
    """
    given = request.headers.get("x-envoy-expected-rq-timeout-ms", "")
    wanted_s = int(given) / 1000 if given.isdecimal() and int(given) else DEADLINE_S
    return request.app[CLIENT].with_options(deadline=min(wanted_s, DEADLINE_S))


async def notify(request: web.Request) -> web.Response:
    try:
        note = await request.json()
    except ValueError:
        note = None
    match note:
        case {"to": str(to), "text": str(text)}:
            pass
        case _:
            raise web.HTTPUnprocessableEntity(text='send {"to": "an account", "text": "what to say"}')
    sent = await client_of(request).c2c.send_text(to, text)
    return web.Response(body=encode(sent), content_type="application/json")


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except TimError as error:
        return answer_error(error)


def answer_error(error: TimError) -> web.Response:
    answer = error_response(error)
    return web.json_response(answer.body, status=answer.status, headers=answer.headers)


async def main() -> None:
    logging.basicConfig(stream=sys.stdout, format="  log: %(message)s")  # retries are logged as warnings
    emulator = Emulator(webhook_token="token-of-the-console")
    emulator.add_accounts("bob", "carol")

    def open_client() -> TimClient:
        return TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url)

    def make_router() -> WebhookRouter:
        return WebhookRouter(emulator.sdk_app_id, "token-of-the-console")

    async with emulator:
        async with serve(create_app(open_client, make_router)) as url, aiohttp.ClientSession(url) as http:
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


async def show(http: aiohttp.ClientSession, what: str, note: dict[str, str], timeout_ms: int = 0) -> None:
    headers = {"x-envoy-expected-rq-timeout-ms": str(timeout_ms)}
    async with http.post("/notify", json=note, headers=headers) as answer:
        retry_after = f", Retry-After {answer.headers['Retry-After']}" if "Retry-After" in answer.headers else ""
        print(f"{what}: HTTP {answer.status}{retry_after}\n  {await answer.text()}")


@asynccontextmanager
async def serve(app: web.Application) -> AsyncIterator[str]:
    """Run an app on a free port of this machine; yield its URL."""
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
