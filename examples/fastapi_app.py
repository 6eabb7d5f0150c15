"""A FastAPI app that sends messages, with one client for as long as the app lives.

Shows the client in the lifespan, a deadline for every request, and errors as HTTP answers:

    400  the service refused the request       422  the message is wrong or too large, nothing was sent
    502  no usable answer, or another code     503  too much to do: come back after Retry-After seconds

`python examples/fastapi_app.py` runs it with the embedded emulator and makes a few requests. For the real service, set
TIM_SDK_APP_ID and TIM_SECRET_KEY and run `uvicorn --app-dir examples fastapi_app:app`.
"""

import asyncio
import logging
import math
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
import uvicorn
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

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


class Note(BaseModel):
    to: str
    text: str


def get_client(request: Request) -> TimClient:
    """Return the app's client as this request shall use it: same connections and limits, with a deadline."""
    client: TimClient = request.app.state.client
    return client.with_options(deadline=DEADLINE_S)


def create_app(make_client: Callable[[], TimClient] = TimClient.from_env) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with make_client() as client:
            app.state.client = client
            yield

    app = FastAPI(lifespan=lifespan)
    app.add_exception_handler(TimError, answer_error)

    @app.post("/notify")
    async def notify(note: Note, client: Annotated[TimClient, Depends(get_client)]) -> dict[str, str | int]:
        sent = await client.c2c.send_text(note.to, note.text)
        return {"msg_key": sent.msg_key, "msg_time": sent.msg_time}

    return app


async def answer_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TimError)
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
    return JSONResponse(content, status, headers)


app = create_app()


async def main() -> None:
    logging.basicConfig(stream=sys.stdout, format="  log: %(message)s")  # retries are logged as warnings
    async with Emulator() as emulator:
        emulator.add_accounts("bob")

        def make_client() -> TimClient:
            return TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url)

        async with serve(create_app(make_client)) as url, httpx.AsyncClient(base_url=url) as http:
            await show(http, "a text", {"to": "bob", "text": "你好, Bob! 👋"})
            await show(http, "an account that is not imported", {"to": "nobody", "text": "hi"})
            await show(http, "a text that is too long", {"to": "bob", "text": "长" * 3_000})
            emulator.faults.answer(91000, times=4)
            await show(http, "trouble inside the service", {"to": "bob", "text": "hi"})
            emulator.faults.drop(after=True, times=1)
            await show(http, "a lost connection", {"to": "bob", "text": "hi"})


async def show(http: httpx.AsyncClient, what: str, note: dict[str, str]) -> None:
    answer = await http.post("/notify", json=note)
    retry_after = f", Retry-After {answer.headers['Retry-After']}" if "Retry-After" in answer.headers else ""
    print(f"{what}: HTTP {answer.status_code}{retry_after}\n  {answer.text}")


@asynccontextmanager
async def serve(app: FastAPI) -> AsyncIterator[str]:
    """Run an app under uvicorn on a free port of this machine; yield its address."""
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
