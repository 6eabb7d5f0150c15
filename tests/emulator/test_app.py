"""Lifetime: start, stop, addresses."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
import warnings
from contextlib import suppress
from typing import Any

import aiohttp
import pytest

from tests.emulator.conftest import SEND, message, running, until
from tests.services import free_port
from tim_async.emulator import Emulator
from tim_async.errors import UsageError


async def test_url_is_on_loopback():
    async with Emulator() as emulator:
        assert emulator.url.startswith("http://127.0.0.1:")


async def test_used_before_start():
    emulator = Emulator()
    with pytest.raises(UsageError, match="not started"):
        _ = emulator.url
    await emulator.stop()


async def test_started_twice():
    async with Emulator() as emulator:
        with pytest.raises(UsageError, match="already started"):
            await emulator.start()
        assert emulator.url


async def test_stopped_and_started_again_at_the_same_address():
    async with running(port=free_port()) as api:  # a port of the system's choice could be taken in the meantime
        url = api.emulator.url
        assert await api.code(SEND, message()) == 0
        await api.emulator.stop()
        await api.emulator.stop()
        with pytest.raises(UsageError):
            _ = api.emulator.url
        with pytest.raises(aiohttp.ClientConnectorError):
            await api.session.get(url)
        await api.emulator.start()
        assert api.emulator.url == url
        assert await api.code(SEND, message()) == 0
        assert len(api.emulator.messages()) == 1


async def test_port_that_is_taken():
    async with Emulator() as emulator:
        port = int(emulator.url.rpartition(":")[2])
        other = Emulator(port=port)
        with pytest.raises(UsageError, match=str(port)) as caught:
            await other.start()
        assert caught.value.field == "port"
        with pytest.raises(UsageError):
            _ = other.url


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", "::", ""])
def test_host_of_other_machines_is_refused(host):
    with pytest.raises(UsageError) as caught:
        Emulator(host=host)
    assert caught.value.field == "host"
    Emulator(host=host, allow_remote=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", 65_536),
        ("port", "8900"),
        ("body_limit", 0),
        ("max_contacts", 0),
        ("arrivals_size", -1),
        ("duplicate_window_s", -1),
        ("history_days", float("nan")),
        ("tolerance", "5%"),
    ],
)
def test_number_out_of_its_range_is_named(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"{name} must be a") as caught:
        Emulator(**{name: value})
    assert caught.value.field == name


async def test_localhost_has_one_address():
    async with Emulator(host="localhost") as emulator, aiohttp.request("GET", emulator.url) as response:
        assert response.status == 200


def test_address_of_version_6():
    emulator = Emulator(host="::1", port=5)
    emulator._server = object()  # not every machine that runs the tests has version 6
    assert emulator.url == "http://[::1]:5"


async def test_two_at_once():
    async with running() as one, running() as other:
        assert one.emulator.url != other.emulator.url
        assert await one.code(SEND, message()) == 0
        one.emulator.faults.answer(20004)
        assert await other.code(SEND, message(MsgBody=None)) == 90007
        assert (len(one.emulator.messages()), len(other.emulator.messages())) == (1, 0)
        assert (one.emulator.count(), other.emulator.count()) == (1, 1)


# Far from the hour that is waited for, and from a busy machine's hiccups.
PROMPTLY_S = 3.0

PLANS = {
    "delay": lambda faults: faults.delay(3600),
    "delay after": lambda faults: faults.delay(3600, after=True),
    "stall": lambda faults: faults.stall(),
}


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
async def test_stop_with_hanging_requests(plan):
    tasks = asyncio.all_tasks()
    async with running(rate_limits={"*": 1000}) as api:
        fault = plan(api.emulator.faults)
        calls = [asyncio.create_task(api.code(SEND, message(MsgSeq=n))) for n in range(50)]
        await until(lambda: fault.hits == 50)
        begin = time.monotonic()
        await api.emulator.stop()
        assert time.monotonic() - begin < PROMPTLY_S
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(result) for result in results} <= {aiohttp.ServerDisconnectedError, aiohttp.ClientOSError}
    assert asyncio.all_tasks() == tasks
    gc.collect()


async def test_stop_while_a_client_does_not_read_an_endless_answer():
    tasks = asyncio.all_tasks()
    async with running() as api:
        api.emulator.faults.endless()
        async with api.post(SEND, message()) as response:
            await asyncio.sleep(0.05)
            begin = time.monotonic()
            await api.emulator.stop()
            assert time.monotonic() - begin < PROMPTLY_S
            response.close()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == tasks
    gc.collect()


async def test_stop_with_idle_and_half_sent_connections():
    tasks = asyncio.all_tasks()
    async with Emulator() as emulator:
        port = int(emulator.url.rpartition(":")[2])
        streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        streams[1][1].write(b"POST /v4/openim/sendmsg HTTP/1.1\r\n")
        streams[2][1].write(b"POST /v4/openim/sendmsg HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        await until(lambda: emulator.count())
        begin = time.monotonic()
        await emulator.stop()
        assert time.monotonic() - begin < PROMPTLY_S
        for reader, writer in streams:
            with suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
    assert asyncio.all_tasks() == tasks
    gc.collect()


async def test_many_starts_leave_nothing():
    tasks = asyncio.all_tasks()
    for _ in range(20):
        async with running() as api:
            assert await api.code(SEND, message()) == 0
    gc.collect()
    assert asyncio.all_tasks() == tasks


async def test_real_clock():
    async with running(clock=time.time) as api:
        from tim_async.emulator import DEFAULT_SECRET_KEY
        from tim_async.usersig import generate_user_sig

        sig = generate_user_sig(api.emulator.sdk_app_id, DEFAULT_SECRET_KEY, "administrator")
        answer = await api.call(SEND, message(), usersig=sig)
        assert abs(answer["MsgTime"] - time.time()) <= 2


@pytest.mark.parametrize("turns", range(4))
def test_stopped_at_the_end_of_its_loop_it_leaves_no_connection_open(turns):
    """Neither an accepted connection nor one that is being accepted."""

    async def main():
        emulator = Emulator()
        await emulator.start()
        host, port = emulator.url.removeprefix("http://").split(":")
        sockets.append(socket.create_connection((host, int(port))))
        await asyncio.sleep(0.05)
        sockets.extend(socket.create_connection((host, int(port))) for _ in range(5))
        for _ in range(turns):
            await asyncio.sleep(0)
        await emulator.stop()

    sockets = []
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        asyncio.run(main())
        gc.collect()
    for each in sockets:
        each.close()
    assert [str(each.message) for each in found if "unclosed" in str(each.message)] == []
