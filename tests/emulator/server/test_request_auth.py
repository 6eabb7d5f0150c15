"""The checks before the body is read."""

from __future__ import annotations

import asyncio
import io
import logging

import pytest

from tests.emulator.conftest import NOW, SEND, message, until
from tim_async.emulator import DEFAULT_SECRET_KEY
from tim_async.emulator.dispatch import HANDLERS
from tim_async.usersig import generate_user_sig

CHECK = "im_open_login_svc/account_check"


def sig(
    identifier: str = "administrator", *, app: int = 1_400_000_000, key: str = DEFAULT_SECRET_KEY, age: int = 0
) -> str:
    return generate_user_sig(app, key, identifier, 3600, now=NOW - age)


URLS = {
    "sdkappid missing": ({"sdkappid": None}, 60012),
    "sdkappid empty": ({"sdkappid": ""}, 60012),
    "sdkappid of another app": ({"sdkappid": 1400000001}, 70020),
    "sdkappid no number": ({"sdkappid": "x"}, 70020),
    "contenttype missing": ({"contenttype": None}, 60025),
    "contenttype other": ({"contenttype": "JSON"}, 60025),
    "identifier missing": ({"identifier": None}, 60025),
    "identifier empty": ({"identifier": ""}, 60025),
    "random missing": ({"random": None}, 60025),
    "random too large": ({"random": 2**32}, 60025),
    "random negative": ({"random": -1}, 60025),
    "random no number": ({"random": "1.0"}, 60025),
    "random of 5000 digits": ({"random": "1" * 5000}, 60025),
    "random not ascii": ({"random": "٣"}, 60025),
    "random largest": ({"random": 2**32 - 1}, 0),
    "random zero": ({"random": 0}, 0),
    "usersig missing": ({"usersig": None}, 60025),
    "usersig empty": ({"usersig": ""}, 70002),
    "usersig malformed": ({"usersig": "x"}, 70003),
    "usersig of another app": ({"usersig": sig(app=1)}, 70014),
    "usersig of another account": ({"usersig": sig("alice")}, 70013),
    "usersig of another key": ({"usersig": sig(key="other")}, 70009),
    "usersig in its last second": ({"usersig": sig(age=3600)}, 0),
    "usersig expired": ({"usersig": sig(age=3601)}, 70001),
}


@pytest.mark.parametrize(("changes", "code"), URLS.values(), ids=URLS)
async def test_url(api, changes, code):
    assert await api.code(SEND, message(), **changes) == code
    assert len(api.emulator.messages()) == (code == 0)


async def test_usersig_that_was_good_expires_and_is_for_one_account(api):
    good = sig()
    assert await api.code(SEND, message(), usersig=good) == 0
    assert await api.code(SEND, message(), usersig=good, identifier="alice") == 70013
    api.clock.now += 3600
    assert await api.code(SEND, message(), usersig=good) == 0
    api.clock.now += 1
    assert await api.code(SEND, message(), usersig=good) == 70001


@pytest.mark.parametrize(("command", "code"), [(SEND, 90009), (CHECK, 60010)], ids=["message", "account"])
async def test_identifier_must_be_admin(api, command, code):
    assert await api.code(command, {}, identifier="alice", usersig=sig("alice")) == code


async def test_further_admins(start):
    async with start(admins=("root", "alice")) as api:
        assert api.emulator.accounts["root"].is_admin
        assert "administrator" not in api.emulator.accounts
        assert await api.code(SEND, message(), identifier="root", usersig=sig("root")) == 0
        assert await api.code(SEND, message()) == 90009


@pytest.mark.parametrize(
    "path", ["/v4/openim/nothing", "/v3/openim/sendmsg", "/openim/sendmsg", "/v4/openim/sendmsg/x"]
)
async def test_unknown_path(api, path):
    async with api.session.post(api.emulator.url + path, params=api.query(), json=message()) as response:
        assert response.status == 200
        assert (await response.json())["ErrorCode"] == 60009


async def test_method(api):
    async with api.session.get(f"{api.emulator.url}/v4/{SEND}", params=api.query()) as response:
        assert (response.status, (await response.json())["ErrorCode"]) == (200, 60002)


async def test_bare_host_answers_200(api):
    async with api.session.get(api.emulator.url) as response:
        assert (response.status, await response.read()) == (200, b"")
    assert api.emulator.count() == 0


BODIES = {
    "message, no JSON": (SEND, b'{"a":', 90001),
    "message, empty": (SEND, b"", 90001),
    "message, not UTF-8": (SEND, b'{"To_Account":"\xff"}', 90001),
    "message, nested without end": (SEND, b"[" * 100_000, 90001),
    "message, no object": (SEND, b"[1]", 20001),
    "account, no JSON": (CHECK, b"x", 60003),
    "account, no object": (CHECK, b"[1]", 60003),
    "history, no object": ("openim/admin_getroammsg", b"[1]", 90001),
}


@pytest.mark.parametrize(("command", "body", "code"), BODIES.values(), ids=BODIES)
async def test_body(api, command, body, code):
    assert await api.code(command, body) == code


async def test_body_over_1_mib_is_refused(api):
    url = f"{api.emulator.url}/v4/{SEND}"
    async with api.session.post(url, params=api.query(), data=io.BytesIO(b" " * (1024 * 1024 + 1))) as response:
        assert (await response.json())["ErrorCode"] == 60002
    assert await api.code(SEND, message()) == 0


async def test_connection_lost_in_the_middle_of_a_request(api, caplog):
    _, writer = await asyncio.open_connection("127.0.0.1", int(api.emulator.url.rpartition(":")[2]))
    writer.write(b"POST /v4/openim/sendmsg HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    await until(lambda: api.emulator.count())
    writer.close()
    await writer.wait_closed()
    assert await api.code(SEND, message()) == 0
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_user_sig_is_nowhere(api, caplog):
    with caplog.at_level(logging.DEBUG):
        await api.code(SEND, message(), usersig=sig(key="other"))
        await api.code(SEND, message())
    assert "eJ" not in caplog.text
    assert api.query()["usersig"] not in repr(list(api.emulator.arrivals))


async def test_broken_handler_answers_and_logs(api, caplog, monkeypatch):
    def handler(call):
        raise RuntimeError("as planned")

    monkeypatch.setitem(HANDLERS, SEND, handler)
    assert await api.code(SEND, message()) == 91000
    assert "as planned" in caplog.text
    assert caplog.records[0].name == "tim_async.emulator"
