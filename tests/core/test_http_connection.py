"""Connections of the pool: their lifetime, what closes them, when their slot is free, and what remains of them."""

from __future__ import annotations

import asyncio
import select
import socket
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import pytest
from aioresponses import aioresponses

from tests.clock import skip
from tests.conftest import MockedResponse
from tests.hostile import HostileRequest, HostileServer, accept, answer
from tests.scripted import OK, SECRET_KEY
from tim_async import ConnectError, ConnectionLostError, ReplyDecodeError, ReplyTimeoutError, TimClient, UsageError
from tim_async._core import loop_bound
from tim_async._core.http_connection import HttpConnection, poll_of
from tim_async._core.http_pool import HttpPool
from tim_async._core.http_slot import HttpSlot
from tim_async._hidden import Hidden


def client_of(server: HostileServer, **options: Any) -> TimClient:
    return TimClient(1400000000, SECRET_KEY, base_url=server.url, **options)


def pool_of(client: TimClient) -> HttpPool:
    assert isinstance(client.pool, HttpPool)
    return client.pool


async def send(client: TimClient, **options: Any) -> None:
    assert (await client.with_options(**options).c2c.send_text("bob", "hi")).msg_key == "key of bob"


# How long it lives


async def test_idle_connection_is_closed_when_its_keep_alive_is_over() -> None:
    async with HostileServer().running() as server, client_of(server, keep_alive_s=5) as client:
        await send(client)
        skip(3)
        await send(client)  # it begins again with every answer
        skip(3)
        await asyncio.sleep(0.01)
        assert pool_of(client).open_connections == 1
        skip(3)
        await server.empty()
        assert pool_of(client).open_connections == 0
        assert server.connections == 1


async def test_idle_connection_whose_time_is_over_is_not_used_even_before_its_timer_runs() -> None:
    async with HostileServer().running() as server, client_of(server, keep_alive_s=5) as client:
        await send(client)
        skip(6)
        await send(client)
        assert server.connections == 2


async def test_connection_is_not_idle_while_a_call_has_it() -> None:
    async with HostileServer().running() as server, client_of(server, keep_alive_s=5) as client:
        with pool_of(client).slot((0, 0)) as slot:
            await slot.take()
            skip(6)
            await asyncio.sleep(0.01)
            assert len(server.open) == 1
        await send(client)
        assert server.connections == 1


# Timeouts


async def test_each_call_has_its_own_timeout_on_the_same_connection() -> None:
    """The connection's timer follows the call: it is neither left over from an earlier one, nor too late."""

    def silent(request: HostileRequest) -> None:
        """Give no answer."""

    async with HostileServer().running() as server, client_of(server, timeout=10) as client:
        loop = asyncio.get_running_loop()
        await send(client)
        skip(9)
        await send(client)
        server.behaviour = silent
        call = asyncio.create_task(send(client))
        await server.seen(3)
        skip(9)  # the first call's timeout is over, not the third's
        await asyncio.sleep(0.01)
        assert not call.done()
        skip(1.5)
        with pytest.raises(ReplyTimeoutError, match="within 10 s"):
            await call
        server.behaviour = accept
        await send(client)
        server.behaviour = silent
        begun = loop.time()
        with pytest.raises(ReplyTimeoutError, match=r"within 0\.05 s"):
            await send(client, timeout=0.05)
        assert 0.049 < loop.time() - begun < 5


# What ends it


async def test_half_an_answer_of_a_gateway_ends_the_connection() -> None:
    def half(request: HostileRequest) -> None:
        request.write(answer(b"<html>", status="502 Bad Gateway", length=100))

    async with HostileServer(half).running() as server, client_of(server) as client:
        with pytest.raises(ReplyDecodeError):
            await send(client)
        await server.empty()
        server.behaviour = accept
        await send(client)
        assert server.connections == 2


async def test_connection_that_ends_while_its_call_waits_for_a_token_is_replaced() -> None:
    async with HostileServer().running() as server, client_of(server) as client:
        pool = pool_of(client)
        await client.warm_up(1)
        with pool.slot((0, 0)) as slot:
            assert slot.take_nowait()
            (connection,) = server.open
            connection.transport.close()
            await server.empty()
            await asyncio.sleep(0.01)
            query = client._state.query(Hidden("sig"))
            reply = await slot.post("openim/sendmsg", query, b'{"To_Account":"bob"}', timeout=5)
            assert b"key of bob" in reply
        assert len(server.requests) == 1
        assert server.connections == 2


async def test_bytes_that_arrive_while_its_call_waits_for_a_token_end_the_connection() -> None:
    """They wait in the kernel: the event loop was busy, as when an app computes for a while."""
    async with HostileServer().running() as server, client_of(server) as client:
        pool = pool_of(client)
        await send(client)
        with pool.slot((0, 0)) as slot:
            assert slot.take_nowait()
            (connection,) = server.open
            connection.write(answer(b'{"ErrorCode":0,"MsgKey":"key of another","MsgTime":1}'))
            time.sleep(0.005)  # noqa: ASYNC251 - this is what an app should not do
            query = client._state.query(Hidden("sig"))
            reply = await slot.post("openim/sendmsg", query, b'{"To_Account":"bob"}', timeout=5)
            assert b"key of bob" in reply
        assert server.connections == 2


@contextmanager
def slot_of_ended(client: TimClient) -> Iterator[HttpSlot]:
    """Take a slot whose connection ends before anything is sent on it."""
    with pool_of(client).slot((0, 0)) as slot:
        assert slot.take_nowait()
        assert slot.connection is not None
        slot.connection.drop()
        yield slot


@pytest.mark.parametrize("last_is_ready", [True, False])
async def test_connection_is_replaced_three_times_at_most(last_is_ready: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    async def end(self: HttpConnection) -> bool:
        self.drop()
        return False

    async with HostileServer().running() as server, client_of(server) as client:
        await client.warm_up(1)
        with slot_of_ended(client) as slot:
            post = slot.post("openim/sendmsg", client._state.query(Hidden("sig")), b'{"To_Account":"bob"}', timeout=5)
            monkeypatch.setattr(HttpConnection, "settle", end)
            if last_is_ready:
                assert b"key of bob" in await post
            else:
                monkeypatch.setattr(HttpConnection, "is_ready", lambda _: False)
                with pytest.raises(ConnectError, match="ended connections before anything was sent"):
                    await post
        assert server.connections == 4
        assert len(server.requests) == last_is_ready


async def test_connection_is_replaced_within_the_timeout_of_its_call() -> None:
    async with HostileServer().running() as server, client_of(server) as client:
        await client.warm_up(1)
        with slot_of_ended(client) as slot:
            query = client._state.query(Hidden("sig"))
            with pytest.raises(ConnectError, match="ended connections before anything was sent") as caught:
                await slot.post("openim/sendmsg", query, b'{"To_Account":"bob"}', timeout=0)
            assert caught.value.__context__ is None
        assert (server.connections, server.requests) == (1, [])


async def test_connection_that_ended_is_replaced_by_a_session_that_is_replaced_itself() -> None:
    async with HostileServer().running() as server, client_of(server) as client:
        await client.warm_up(1)
        with slot_of_ended(client) as slot:
            query = client._state.query(Hidden("sig"))
            with aioresponses() as mocked:
                mocked.post(f"{server.url}/v4/openim/sendmsg", body=OK, response_class=MockedResponse)
                assert await slot.post("openim/sendmsg", query, b'{"To_Account":"bob"}', timeout=5) == OK
            assert slot.connection is None
        assert (server.connections, server.requests) == (1, [])


@pytest.mark.parametrize("system", ["with poll", "without poll"])
def test_what_waits_in_the_kernel_is_seen_and_not_read(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if system == "without poll":
        monkeypatch.delattr(select, "poll", raising=False)
    here, there = socket.socketpair()
    with here, there:
        assert not poll_of(_Over(here))(0)
        there.send(b"x")
        assert poll_of(_Over(here))(0)
        assert here.recv(2) == b"x"
        there.close()
        assert poll_of(_Over(here))(0)
    assert not poll_of(_Over(here))(0)  # it is closed
    assert not poll_of(_Over(None))(0)


class _Over(asyncio.Transport):
    """A transport over a socket, or over something else."""

    def __init__(self, sock: socket.socket | None) -> None:
        super().__init__({"socket": sock})


async def test_server_that_closes_every_connection_at_once_gets_no_endless_stream_of_them() -> None:
    async with HostileServer().running() as server, client_of(server) as client:
        server.closes_at_once = True
        with pytest.raises((ConnectError, ConnectionLostError)):
            await send(client)
        assert server.connections < 20
        server.closes_at_once = False
        await send(client)


@pytest.mark.parametrize("trouble", ["speaks first", "closes at once"])
async def test_connection_that_was_over_when_it_was_opened_is_reported_as_not_made(
    trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The peer's data arrives together with the connection: the event loop is late, as under load."""
    connect = aiohttp.TCPConnector.connect

    async def late(self: Any, req: Any, traces: Any, timeout: Any) -> Any:
        connection = await connect(self, req, traces, timeout)
        await asyncio.sleep(0.02)
        return connection

    async with HostileServer().running() as server, client_of(server) as client:
        server.closes_at_once = trouble == "closes at once"
        server.greeting = b"220 mail.example.com ESMTP\r\n" if trouble == "speaks first" else b""
        with monkeypatch.context() as patched:
            patched.setattr(aiohttp.TCPConnector, "connect", late)
            reason = "closed the connection immediately" if server.closes_at_once else "sent data before any request"
            with pytest.raises(ConnectError, match=reason) as caught:
                await send(client)
            assert not caught.value.maybe_delivered
            assert server.connections == 1
            assert server.requests == []
        server.closes_at_once, server.greeting = False, b""
        await send(client)


async def test_mail_server_in_the_place_of_the_service_gets_no_request() -> None:
    async with HostileServer().running() as server, client_of(server) as client:
        server.greeting = b"220 mail.example.com ESMTP\r\n"
        pool = pool_of(client)
        with pool.slot((0, 0)) as slot:
            await slot.take()
            await asyncio.sleep(0.02)
            query = client._state.query(Hidden("sig"))
            with pytest.raises(ConnectError, match="ended connections before anything was sent"):
                await slot.post("openim/sendmsg", query, b'{"To_Account":"bob"}', timeout=5)
        assert server.requests == []
        assert server.connections < 8


# When its place is free


async def test_place_is_free_when_the_transport_is_closed_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    async with HostileServer().running() as server, client_of(server, pool_size=1) as client:
        await send(client)
        pool = pool_of(client)
        (connection,) = pool._connections
        transport = connection._transport
        abort = transport.abort
        monkeypatch.setattr(connection, "_transport", _Slow(transport))
        with pool.slot((0, 0)) as slot:
            assert slot.take_nowait()
            connection.drop()
        call = asyncio.create_task(send(client))
        await asyncio.sleep(0.02)
        assert server.connections == 1
        assert not call.done()
        abort()
        await call
        assert server.connections == 2
        assert server.most_open == 1


class _Slow:
    """A transport that closes slowly."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def abort(self) -> None:
        """Not yet."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


# What remains of it


@pytest.mark.parametrize("state", ["idle", "in flight", "opening", "waiting"])
async def test_closing_leaves_nothing(state: str) -> None:
    def silent(request: HostileRequest) -> None:
        """Give no answer."""

    before = asyncio.all_tasks()
    async with HostileServer().running() as server:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            client = client_of(server, pool_size=2)
            calls = []
            if state != "opening":
                await client.warm_up(2)
            if state != "idle":
                server.behaviour = silent
                calls = [asyncio.create_task(send(client)) for _ in range(5 if state == "waiting" else 1)]
                if state == "opening":
                    await asyncio.sleep(0)
                else:
                    await server.seen(min(len(calls), 2))
            await client.close()
            for outcome in await asyncio.gather(*calls, return_exceptions=True):
                assert isinstance(outcome, ConnectionLostError | UsageError)
        pool = pool_of(client)
        assert (pool._connections, pool._opening, pool.open_connections) == (set(), set(), 0)
        assert {task for task in asyncio.all_tasks() - before if task.get_name().startswith("tim_async")} == set()
        await server.empty()


async def test_call_that_was_cancelled_while_it_waited_does_not_keep_the_others_from_the_end() -> None:
    async with HostileServer().running() as server, client_of(server, pool_size=1) as client:
        pool = pool_of(client)
        with pool.slot((0, 0)) as busy, pool.slot((0, 1)) as cancelled, pool.slot((0, 2)) as waiting:
            await busy.take()
            tasks = [asyncio.create_task(slot.take()) for slot in (cancelled, waiting)]
            await asyncio.sleep(0)
            tasks[0].cancel()
            await asyncio.wait(tasks[:1])
            assert len(pool._waiters) == 2
            await pool.close()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, UsageError]
        assert pool._waiters == []


async def test_loop_that_ends_in_a_forked_process_leaves_the_connections_to_the_parent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The child may go on with the parent's loop to its end."""
    monkeypatch.setattr(loop_bound, "_inherited", [])
    async with HostileServer().running() as server, client_of(server) as client:
        await client.warm_up(1)
        pool = pool_of(client)
        connector, end_of_loop, (connection,) = pool._connector, pool._end_of_loop, pool._connections
        assert connector is not None
        assert end_of_loop is not None
        pool.after_fork()
        assert (pool.open_connections, pool._connector, pool._end_of_loop) == (0, None, None)
        await end_of_loop.aclose()
        assert not connector.closed
        assert connection.is_ready()
        await send(client)
        assert server.connections == 2
        connection.drop()
        await connector.close()


async def test_large_request_is_written_wholly_to_a_slow_reader() -> None:
    async with HostileServer().running() as server, client_of(server) as client:
        server.reads_slowly = True
        text = "x" * 3_000_000
        assert (await client.request("some/thing", {"To_Account": "bob", "Text": text}))["MsgKey"] == "key of bob"
        assert server.requests[0].fields["Text"] == text
