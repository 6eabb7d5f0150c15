"""How many connections are open, on both ways and across them: at most `pool_size`, as the other side counts."""

from __future__ import annotations

import asyncio
import gzip
import os
import socket
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
import uvloop

from tests.clock import skip
from tests.hostile import Behaviour, HostileRequest, HostileServer, accept, answer, envelope
from tests.scripted import SECRET_KEY
from tests.servers import use_session
from tim_async import ConnectError, RetryPolicy, TimClient, TimError
from tim_async._core.http_pool import HttpPool
from tim_async._core.http_session_connector import _PLACE, _new_socket
from tim_async._core.http_session_places import Place, Places

APP = 1400000000
TIMEOUT_S = 10.0
# Turns of the event loop in which a call may come, so that one of them is that in which a connection is dropped.
TURNS = range(12)


def silent(request: HostileRequest) -> None:
    """Give no answer."""


def surplus(request: HostileRequest) -> None:
    """Accept, and send another, unsolicited answer an iteration of the event loop later."""
    accept(request)
    asyncio.get_running_loop().call_soon(request.write, answer(envelope("another account")))


# What a server does so that the connection is of no further use.
DROPPED: dict[str, Behaviour] = {
    "502 of which half has come": lambda request: request.write(
        answer(b"<html>", length=900, status="502 Bad Gateway")
    ),
    "redirect of which half has come": lambda request: request.write(answer(b"<", length=900, status="301 Moved")),
    "too large": lambda request: request.write(answer(b"{", length=1_000_000)),
    "compressed": lambda request: request.write(
        answer(gzip.compress(b"{}"), length=900, headers="Content-Encoding: gzip\r\n")
    ),
    "not HTTP": lambda request: request.write(b"SSH-2.0\r\n\r\n"),
    "answered too often": surplus,
    "closed by the answer": lambda request: request.write(answer(b"{}", headers="Connection: close\r\n")),
    "cancelled": silent,
    "timed out": silent,
}


def client_of(url: str, way: str, **options: Any) -> TimClient:
    if way == "session":
        options["trace_configs"] = [aiohttp.TraceConfig()]
    limits = {"openim/sendmsg": 1_000_000}
    client = TimClient(
        APP, SECRET_KEY, base_url=url, rate_limits=limits, retry=RetryPolicy.off(), timeout=TIMEOUT_S, **options
    )
    if way == "plain session":
        use_session(client)
    return client


def places_of(client: TimClient) -> Places:
    assert isinstance(client.pool, HttpPool)
    return client.pool._places


async def outcome_of(client: TimClient) -> str | TimError:
    try:
        return (await client.c2c.send_text("bob", "hi")).msg_key
    except TimError as error:
        return error


async def drop_and_call(kind: str, way: str) -> None:
    """Have a connection dropped and a call come in each turn around that moment; there is one place."""
    async with HostileServer().running() as server:  # noqa: SIM117 - needs the address
        async with client_of(server.url, way, pool_size=1, max_reply_bytes=1024) as client:
            for turns in TURNS:
                server.behaviour = DROPPED[kind]
                count = len(server.requests)
                first = asyncio.create_task(outcome_of(client))
                await server.seen(count + 1)
                server.behaviour = accept
                if kind == "cancelled":
                    first.cancel()
                elif kind == "timed out":
                    skip(TIMEOUT_S)
                for _ in range(turns):
                    await asyncio.sleep(0)
                assert await outcome_of(client) == "key of bob"
                await asyncio.wait([first])
                assert server.most_open == 1, f"after {turns} turns"
            assert server.connections > len(TURNS) / 2  # they were dropped


@pytest.mark.parametrize("way", ["connection", "session", "plain session"])
@pytest.mark.parametrize("kind", DROPPED)
async def test_connection_that_is_dropped_is_closed_before_another_is_opened(kind: str, way: str) -> None:
    await drop_and_call(kind, way)


@pytest.mark.parametrize("kind", [kind for kind in DROPPED if kind != "timed out"])  # its clock cannot be put forward
def test_connection_that_is_dropped_is_closed_before_another_is_opened_under_uvloop(kind: str) -> None:
    """Which closes sockets in another way."""
    uvloop.run(asyncio.wait_for(drop_and_call(kind, "session"), 60))


async def test_handshake_that_is_given_up_is_over_before_another_is_begun() -> None:
    """The server waits for more of a request, and never answers the client's hello."""
    async with HostileServer().running() as server:
        async with client_of(server.url.replace("http:", "https:"), "session", pool_size=1) as client:
            for turns in TURNS:
                first = asyncio.create_task(outcome_of(client))
                while not server.open:  # noqa: ASYNC110 - it has no event
                    await asyncio.sleep(0)
                first.cancel()
                for _ in range(turns):
                    await asyncio.sleep(0)
                second = asyncio.create_task(outcome_of(client))
                for _ in range(10):
                    await asyncio.sleep(0)
                second.cancel()
                await asyncio.wait([first, second])
                await server.empty()
        assert server.connections > len(TURNS)
        assert server.most_open == 1


async def test_connections_to_one_host_make_room_for_those_to_the_other() -> None:
    async with HostileServer().running() as first, HostileServer().running() as backup:  # noqa: SIM117 - the address
        async with client_of(first.url, "session", pool_size=3) as client:
            pool = HttpPool((first.url, backup.url), client.settings)
            client.replace_pool(pool)
            most = 0
            for server, count in ((first, 3), (backup, 3), (first, 1), (backup, 2)):
                pool._penalty_until = [0.0, 0.0] if server is first else [float("inf"), 0.0]
                calls = [asyncio.create_task(outcome_of(client)) for _ in range(count)]
                while not all(call.done() for call in calls):
                    most = max(most, len(first.open) + len(backup.open))
                    await asyncio.sleep(0)
                assert {call.result() for call in calls} == {"key of bob"}
            assert most == 3
            assert (len(first.requests), len(backup.requests)) == (4, 5)
            assert len(pool._places) == 3


async def test_connections_of_one_way_make_room_for_those_of_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """What instruments aiohttp may come and go while the client is used."""
    request = aiohttp.ClientSession._request

    async def wrapped(*args: Any, **options: Any) -> aiohttp.ClientResponse:
        return await request(*args, **options)

    async with (
        HostileServer().running() as server,
        client_of(server.url, "connection", pool_size=2, keep_alive_s=3600, deadline=60) as client,
    ):
        for _ in range(3):
            for is_wrapped in (False, True):
                with monkeypatch.context() as patch:
                    if is_wrapped:
                        patch.setattr(aiohttp.ClientSession, "_request", wrapped)
                    outcomes = await asyncio.gather(*(outcome_of(client) for _ in range(5)))
                    assert set(outcomes) == {"key of bob"}
        assert server.most_open == 2
        assert server.connections == 12


async def test_opening_that_fails_takes_no_place() -> None:
    async with client_of("http://127.0.0.1:9", "session", pool_size=2) as client:
        for _ in range(5):
            assert isinstance(await outcome_of(client), ConnectError)
            await asyncio.sleep(0)
            assert len(places_of(client)) == 0


async def test_call_that_waits_for_a_place_ends_with_its_timeout_and_with_its_client() -> None:
    """Nothing makes it wait but a connection that is not closed, which no transport is known to do."""

    async def waiting_call(client: TimClient) -> tuple[Place, asyncio.Task[str | TimError]]:
        place = await places_of(client).take()
        call = asyncio.create_task(outcome_of(client))
        for _ in range(5):
            await asyncio.sleep(0)
        return place, call

    async with HostileServer().running() as server:
        async with client_of(server.url, "session", pool_size=1) as client:
            place, call = await waiting_call(client)
            skip(client.settings.connect_timeout)
            assert isinstance(await call, ConnectError)
            place.end_opening()
            place, call = await waiting_call(client)
            await client.close()
            place.end_opening()
            assert isinstance(await call, TimError)
        assert server.connections == 0


async def test_place_is_free_when_the_last_of_its_sockets_is_closed() -> None:
    """Several, where a host has several addresses; also where a socket is forgotten."""
    freed: list[None] = []
    places = Places(1, lambda: 0, lambda: freed.append(None))
    place = await places.take()
    next_place = asyncio.create_task(places.take())
    place.socket_opened()
    place.socket_opened()
    place.end_opening()
    place.socket_closed()
    await asyncio.sleep(0)
    assert (len(places), freed) == (1, [])
    place.socket_closed()
    assert (len(places), freed) == (1, [])  # until the next turn of the event loop
    assert await next_place is not place
    assert freed == [None]
    assert len(places) == 1


def close_twice(sockets: list[socket.socket]) -> None:
    sockets[0].close()
    sockets[0].close()


def detach(sockets: list[socket.socket]) -> None:
    os.close(sockets[0].detach())


@pytest.mark.filterwarnings("ignore:unclosed")
@pytest.mark.parametrize("end", [close_twice, detach, list.clear])
async def test_socket_reports_its_end_once(end: Callable[[list[socket.socket]], None]) -> None:
    freed: list[None] = []
    places = Places(1, lambda: 0, lambda: freed.append(None))
    place = await places.take()
    token = _PLACE.set(place)
    sockets = [_new_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 9)))]
    _PLACE.reset(token)
    place.end_opening()
    assert freed == []
    end(sockets)
    await asyncio.sleep(0)
    assert freed == [None]


def test_socket_of_no_place_reports_nothing() -> None:
    with _new_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 9))) as sock:
        assert sock.fileno() >= 0
    assert sock.fileno() < 0
