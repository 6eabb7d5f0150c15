"""Client, emulator and receiver over loopback: what the app decides is what becomes of a message."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from tests.webhooks.requests import APP, TOKEN
from tests.webhooks.test_servers import alone, in_aiohttp
from tim_async import ApiError, TextElem, TimClient
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator
from tim_async.webhooks import AfterSendMsg, Answer, BeforeSendMsg, Drop, Refuse, Replace, SeenEvents, WebhookRouter

Serve = Callable[[WebhookRouter], AbstractAsyncContextManager[str]]
under_every_server = pytest.mark.parametrize("serve", [alone, in_aiohttp], ids=["uvicorn", "aiohttp"])


@asynccontextmanager
async def connected(
    serve: Serve, router: WebhookRouter, **options: object
) -> AsyncIterator[tuple[TimClient, Emulator]]:
    async with serve(router) as url:
        emulator = Emulator(APP, webhook_url=url, webhook_token=TOKEN, **options)  # type: ignore[arg-type]
        async with emulator:
            emulator.add_accounts("alice", "bob")
            async with TimClient(APP, DEFAULT_SECRET_KEY, base_url=emulator.url) as client:
                yield client, emulator
            await emulator.webhooks_settled()


@under_every_server
async def test_replaced_text_is_what_the_recipient_and_the_app_receive(serve: Serve) -> None:
    router = WebhookRouter(APP, TOKEN)
    received: list[AfterSendMsg] = []

    @router.before(BeforeSendMsg)
    async def moderate(event: BeforeSendMsg) -> Answer | None:
        (element,) = event.msg_body
        assert isinstance(element, TextElem)
        return Replace(msg_body=[TextElem(element.text.replace("damn", "***"))])

    @router.on(AfterSendMsg)
    async def archive(event: AfterSendMsg) -> None:
        received.append(event)

    async with connected(serve, router) as (client, _):
        sent = await client.c2c.send_text("bob", "damn, it works 🎉", from_account="alice")
        page = [message async for message in client.c2c.iter_roam_msgs("bob", "alice")]
    assert [message.msg_body for message in page] == [[TextElem("***, it works 🎉")]]
    (event,) = received
    assert event.msg_body == [TextElem("***, it works 🎉")]
    assert (event.msg_key, event.from_account, event.to_account) == (sent.msg_key, "alice", "bob")
    assert (event.params.opt_platform, event.params.client_ip) == ("RESTAPI", "127.0.0.1")


@under_every_server
async def test_refused_dropped_and_allowed(serve: Serve) -> None:
    router = WebhookRouter(APP, TOKEN)
    received: list[str] = []

    @router.before(BeforeSendMsg)
    def decide(event: BeforeSendMsg) -> Answer | None:
        return {"refuse": Refuse(), "own": Refuse(code=120_777, info="自定义"), "drop": Drop()}.get(
            event.msg_body[0].text
        )

    router.on(AfterSendMsg)(lambda event: received.append(event.msg_body[0].text))
    async with connected(serve, router) as (client, emulator):
        for text, code, info in (("refuse", 20006, None), ("own", 120_777, "自定义")):
            with pytest.raises(ApiError) as caught:
                await client.c2c.send_text("bob", text)
            assert caught.value.code == code
            assert info is None or caught.value.info == info
        assert (await client.c2c.send_text("bob", "drop")).msg_key
        await client.c2c.send_text("bob", "allow")
        assert [message.msg_body for message in emulator.messages(to="bob")] == [[TextElem("allow")]]
    assert received == ["allow"]


@under_every_server
async def test_handler_that_hangs_is_answered_for_inside_the_two_seconds_of_the_service(serve: Serve) -> None:
    router = WebhookRouter(APP, TOKEN, before_timeout=0.3)

    @router.before(BeforeSendMsg)
    async def hang(event: BeforeSendMsg) -> Answer | None:
        await asyncio.get_running_loop().create_future()
        return None

    async with connected(serve, router) as (client, emulator):
        began = time.monotonic()
        await client.c2c.send_text("bob", "hi")
        assert time.monotonic() - began < 2
        assert emulator.webhooks[0].problem == "", "answered, not given up"
        assert len(emulator.messages(to="bob")) == 1


async def test_the_default_deadline_leaves_time_for_the_way() -> None:
    assert 1 <= WebhookRouter(APP, TOKEN)._before_timeout < 2


@under_every_server
async def test_repeated_event_is_recognised(serve: Serve) -> None:
    router = WebhookRouter(APP, TOKEN)
    seen, got = SeenEvents(), []

    @router.on(AfterSendMsg)
    def count(event: AfterSendMsg) -> None:
        got.append((event.msg_key, seen.add(event)))

    async with connected(serve, router) as (client, emulator):
        sent = await client.c2c.send_text("bob", "hi")
        emulator._outbox.emit(emulator.events(AfterSendMsg)[0])  # as when the answer to the first one was lost
    assert got == [(sent.msg_key, True), (sent.msg_key, False)]


@under_every_server
async def test_forged_events_are_refused_by_a_receiver_with_another_token(serve: Serve) -> None:
    router = WebhookRouter(APP, "another token")
    got: list[object] = []
    router.on(AfterSendMsg)(got.append)
    async with connected(serve, router, webhook_on_failure="refuse") as (client, emulator):
        with pytest.raises(ApiError) as caught:
            await client.c2c.send_text("bob", "hi")
        assert caught.value.code == 80003
        assert emulator.webhooks[0].problem == "HTTP status 401"
    assert got == []
