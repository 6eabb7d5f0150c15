"""What the guide to keys shows does what it says."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.site.blocks import defined_by
from tim_async import AuthError, TimClient
from tim_async.emulator import Emulator
from tim_async.usersig import verify_user_sig

PAGE: Final[dict[str, Any]] = defined_by("how-to/keys")
KEY: Final = "0" * 64


async def test_client_without_a_key_asks_the_service_that_has_it(
    tim_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    tim_emulator.add_accounts("bob")
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.query["identifier"])
        return web.Response(text=PAGE["sign"](1400000000, tim_emulator.secret_key, asked[-1]))

    app = web.Application()
    app.router.add_get("/", answer)
    async with TestServer(app) as signer:
        monkeypatch.setenv("SIGNER_URL", str(signer.make_url("/")))
        monkeypatch.setitem(PAGE, "TimClient", partial(TimClient, base_url=tim_emulator.url))
        async with PAGE["make_client"]() as client:
            for _ in range(3):
                await client.c2c.send_text("bob", "hi")
    assert asked == ["administrator"]


def test_user_is_recognised_by_what_the_chat_client_has(capsys: pytest.CaptureFixture[str]) -> None:
    given = PAGE["log_in"](1400000000, KEY, "bob")
    assert verify_user_sig(given["userSig"], 1400000000, KEY, "bob").expire == 86_400
    assert PAGE["who_asks"](1400000000, KEY, given["userSig"]).identifier == "bob"
    assert PAGE["who_asks"](1400000000, "1" * 64, given["userSig"]) is None
    assert PAGE["who_asks"](1400000000, KEY, "x") is None
    assert PAGE["who_asks"](1400000001, KEY, given["userSig"]) is None
    assert capsys.readouterr().out.split() == ["70009", "70003", "70014"]


async def test_key_is_rotated(tim_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    tim_emulator.add_accounts("bob")
    monkeypatch.setitem(PAGE, "TimClient", partial(TimClient, base_url=tim_emulator.url))
    clients = PAGE["Clients"](KEY)
    with pytest.raises(AuthError) as caught:
        await clients.current.c2c.send_text("bob", "hi")
    assert caught.value.code == 70009
    old = clients.current
    await clients.rotate(tim_emulator.secret_key)
    await clients.current.c2c.send_text("bob", "hi")
    assert (old.limiter, repr(old)[-7:]) == (clients.current.limiter, "closed>")
    await clients.current.close()
