"""The shop's test suite: against the emulator, without a socket, and with the webhooks in between.

`pip install "tim-async[testing]" pytest-asyncio`, then `pytest` in this folder.
"""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from order_notes import OrderNotes, create_router

from tim_async import RetryPolicy, TextElem, TimClient
from tim_async.emulator import Emulator
from tim_async.families.c2c import C2C
from tim_async.testing import FakePool, deliver
from tim_async.webhooks import BeforeSendMsg

TOKEN = "token-of-the-console"


@pytest.fixture
def tim_emulator_options() -> dict[str, object]:
    return {"webhook_token": TOKEN}


@pytest.fixture
def tim_client_options() -> dict[str, object]:
    return {"retry": RetryPolicy(base=0.001)}


@pytest.fixture
def notes(tim_emulator: Emulator, tim_client: TimClient) -> OrderNotes:
    tim_emulator.add_accounts("shop", "bob", "carol")
    return OrderNotes(tim_client)


async def test_customer_is_notified(notes: OrderNotes, tim_emulator: Emulator) -> None:
    assert await notes.shipped("bob", "A-17")
    (message,) = tim_emulator.sent(to="bob")
    assert message.from_account == "shop"
    assert message.text == "Your order A-17 is on its way 📦"


async def test_customer_without_an_account_is_no_error(notes: OrderNotes, tim_emulator: Emulator) -> None:
    assert await notes.shipped("dave", "A-18") is None
    assert tim_emulator.sent(to="dave") == []


async def test_trouble_inside_the_service_is_got_over(notes: OrderNotes, tim_emulator: Emulator) -> None:
    tim_emulator.faults.answer(20004, times=2)
    assert await notes.shipped("bob", "A-19")
    assert len(tim_emulator.sent(to="bob")) == 1


async def test_customers_who_could_not_be_notified_are_returned(notes: OrderNotes, tim_emulator: Emulator) -> None:
    assert await notes.delayed(["bob", "dave", "carol"]) == ["dave"]
    assert {message.to_account for message in tim_emulator.sent()} == {"bob", "carol"}


async def test_without_a_socket() -> None:
    pool = FakePool().answer(C2C.send, {"MsgKey": "key-1"})
    async with pool.client() as client:
        assert await OrderNotes(client).shipped("bob", "A-20") == "key-1"
    assert pool.sent[0].request.msg_body[0] == TextElem("Your order A-20 is on its way 📦")


@pytest.fixture
async def webhooks(tim_emulator: Emulator) -> AsyncIterator[None]:
    """The shop's receiver on a port of this machine, where the emulator sends its webhooks."""
    app = web.Application()
    create_router(tim_emulator.sdk_app_id, TOKEN).add_to(app, "/tim")
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    tim_emulator.webhook_url = f"http://127.0.0.1:{runner.addresses[0][1]}/tim"
    yield
    await runner.cleanup()


async def test_server_may_write_as_the_shop(webhooks: None, notes: OrderNotes, tim_emulator: Emulator) -> None:
    await notes.shipped("bob", "A-21")
    assert tim_emulator.webhooks[0].answer is not None
    assert len(tim_emulator.sent(to="bob")) == 1


async def test_clients_may_not_write_as_the_shop() -> None:
    router = create_router(1400000000, TOKEN)
    event = BeforeSendMsg(from_account="shop", to_account="bob", msg_body=[TextElem("you won")])
    assert (await deliver(router, event, opt_platform="iOS")).error_code == 120_001
    assert (await deliver(router, event, opt_platform="RESTAPI")).error_code == 0
