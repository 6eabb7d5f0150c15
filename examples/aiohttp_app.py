"""An aiohttp.web app that sends messages, with one client for as long as the app lives.

Shows the client in a cleanup context, a deadline for every request, and a middleware that turns errors into HTTP
answers:

    400  the service refused the request       422  the message is wrong or too large, nothing was sent
    502  no usable answer, or another code     503  too much to do: come back after Retry-After seconds

`python examples/aiohttp_app.py` runs it with the embedded emulator and makes a few requests. For the real service, set
TIM_SDK_APP_ID and TIM_SECRET_KEY and hand `create_app()` to `aiohttp.web.run_app`.
"""

import asyncio
import logging
import math
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from tim_async import (
    BreakerOpenError,
    InvalidRequestError,
    RateLimitedError,
    ServiceBusyError,
    TimClient,
    TimError,
    UsageError,
    WaitTooLongError,
)
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator

DEADLINE_S = 2.0  # nobody waits longer for a web page; waiting for a turn and repeats are included

CLIENT = web.AppKey("client", TimClient)


def create_app(make_client: Callable[[], TimClient] = TimClient.from_env) -> web.Application:
    async def client_context(app: web.Application) -> AsyncIterator[None]:
        async with make_client() as client:
            app[CLIENT] = client
            yield

    app = web.Application(middlewares=[answer_errors])
    app.cleanup_ctx.append(client_context)
    app.router.add_post("/notify", notify)
    return app


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
    # A view of the app's client: same connections and limits, with a deadline for this request.
    client = request.app[CLIENT].with_options(deadline=DEADLINE_S)
    sent = await client.c2c.send_text(to, text)
    return web.json_response({"msg_key": sent.msg_key, "msg_time": sent.msg_time})


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except TimError as error:
        return answer_error(error)


def answer_error(error: TimError) -> web.Response:
    headers = {}
    match error:
        case RateLimitedError() | ServiceBusyError():
            status, headers["Retry-After"] = 503, "1"
        case WaitTooLongError():
            status, headers["Retry-After"] = 503, str(math.ceil(error.wait or 1))
        case BreakerOpenError():  # with the setting `breaker`
            status, headers["Retry-After"] = 503, str(math.ceil(error.look_in_s or 1))
        case InvalidRequestError():
            status = 400
        case UsageError():
            status = 422
        case _:
            status = 502
    content = {"error": type(error).__name__, "detail": str(error), "maybe_delivered": error.maybe_delivered}
    return web.json_response(content, status=status, headers=headers)


async def main() -> None:
    logging.basicConfig(stream=sys.stdout, format="  log: %(message)s")  # retries are logged as warnings
    async with Emulator() as emulator:
        emulator.add_accounts("bob")

        def make_client() -> TimClient:
            return TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url)

        async with serve(create_app(make_client)) as url, aiohttp.ClientSession(url) as http:
            await show(http, "a text", {"to": "bob", "text": "你好, Bob! 👋"})
            await show(http, "an account that is not imported", {"to": "nobody", "text": "hi"})
            await show(http, "a text that is too long", {"to": "bob", "text": "长" * 3_000})
            emulator.faults.answer(91000, times=4)
            await show(http, "trouble inside the service", {"to": "bob", "text": "hi"})
            emulator.faults.drop(after=True, times=1)
            await show(http, "a lost connection", {"to": "bob", "text": "hi"})


async def show(http: aiohttp.ClientSession, what: str, note: dict[str, str]) -> None:
    async with http.post("/notify", json=note) as answer:
        retry_after = f", Retry-After {answer.headers['Retry-After']}" if "Retry-After" in answer.headers else ""
        print(f"{what}: HTTP {answer.status}{retry_after}\n  {await answer.text()}")


@asynccontextmanager
async def serve(app: web.Application) -> AsyncIterator[str]:
    """Run an app on a free port of this machine; yield its address."""
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
