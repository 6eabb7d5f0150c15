"""The pool over real sockets: which failures raise which errors, what counts as delivered, what stays open."""

from __future__ import annotations

import asyncio
import gc
import logging
import pickle
import re
import traceback
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from tests.clock import skip, worst_window
from tests.scripted import OK, SECRET_KEY, refusal
from tests.servers import Exchange, Server, http, use_session
from tests.services import free_port
from tests.shown import shown
from tim_async import (
    ApiError,
    Claim,
    ConnectError,
    ConnectionLostError,
    ConnectionSlot,
    LocalRateLimiter,
    RateLimitedError,
    ReplyDecodeError,
    ReplyTimeoutError,
    RetryPolicy,
    TextElem,
    TimClient,
    TimError,
    UsageError,
    may_have_been_delivered,
)
from tim_async._core.http_pool import HttpPool

APP = 1400000000
Make = Callable[..., TimClient]
TwoHosts = Callable[[Server, Server], TimClient]


@pytest.fixture(params=["connection", "session", pytest.param("plain session", marks=pytest.mark.soak)])
def way(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def client_of(way: str) -> Make:
    """Make clients that go one way or the other: trace hooks of the user's own ask for the session."""

    def make(server: Server, **options: Any) -> TimClient:
        if way == "session":
            options["trace_configs"] = [aiohttp.TraceConfig()]
        client = TimClient(APP, SECRET_KEY, base_url=server.url, **options)
        if way == "plain session":
            use_session(client)
        return client

    return make


def plain(server: Server, **options: Any) -> TimClient:
    return TimClient(APP, SECRET_KEY, base_url=server.url, **options)


@pytest.fixture
def two_hosts(client_of: Make, way: str) -> TwoHosts:
    """Make clients with a backup host, as a named region has."""

    def make(first: Server, backup: Server) -> TimClient:
        client = client_of(first)
        client.replace_pool(HttpPool((first.url, backup.url), client.settings))
        if way == "plain session":
            use_session(client)
        return client

    return make


async def send(client: TimClient, to: str = "bob") -> Any:
    return await client.c2c.send(to_account=to, msg_body=[TextElem(text="hi")])


async def dribble(exchange: Exchange) -> None:
    """An endless body: chunk after chunk until the peer disconnects."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    await exchange.answer(head)
    for _ in range(100_000):
        await exchange.answer(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def answering(data: bytes, *, drop: bool = False) -> Callable[[Exchange], Awaitable[None]]:
    async def handler(exchange: Exchange) -> None:
        await exchange.answer(data)
        if drop:
            exchange.writer.close()

    return handler


async def hang(exchange: Exchange) -> None:
    await asyncio.sleep(60)


# The default time that a client waits for an answer.
TIMEOUT_S = 10.0


async def outlast(exchange: Exchange) -> None:
    """Give no answer, and let the time pass that one is waited for."""
    skip(TIMEOUT_S)
    await hang(exchange)


async def drop(exchange: Exchange) -> None:
    exchange.drop()


UNUSABLE = [
    pytest.param(answering(http(b"<html>bad gateway</html>", status="502 Bad Gateway")), ReplyDecodeError, id="502"),
    pytest.param(answering(http(b"<html></html>")), ReplyDecodeError, id="HTML"),
    pytest.param(answering(http(b"")), ReplyDecodeError, id="empty"),
    pytest.param(answering(http(b"[1]")), ReplyDecodeError, id="list"),
    pytest.param(answering(http(OK[:40])), ReplyDecodeError, id="cut JSON"),
    pytest.param(answering(http(OK, length=500), drop=True), ReplyDecodeError, id="truncated"),
    pytest.param(answering(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), ReplyDecodeError, id="not HTTP"),
    pytest.param(
        answering(http(zlib.compress(OK), headers="Content-Encoding: deflate\r\n")), ReplyDecodeError, id="compressed"
    ),
    pytest.param(answering(http(b"{", length=200_000_000)), ReplyDecodeError, id="200 MB announced"),
    pytest.param(dribble, ReplyDecodeError, id="endless"),
    pytest.param(drop, ConnectionLostError, id="dropped"),
    pytest.param(outlast, ReplyTimeoutError, id="no answer"),
]


@pytest.mark.parametrize(("handler", "cls"), UNUSABLE)
async def test_unusable_answer_is_the_right_error_and_not_repeated(
    handler: Callable[[Exchange], Awaitable[None]], cls: type[TimError], client_of: Make
) -> None:
    async with Server(handler).running() as server, client_of(server) as client:
        with pytest.raises(cls) as caught:
            await send(client)
        assert type(caught.value) is cls
        assert caught.value.maybe_delivered
        assert (caught.value.attempts, caught.value.command) == (1, "openim/sendmsg")
        assert len(server.exchanges) == 1
        # The broken connection is not used again, and the next call works.
        server.handler = None
        assert (await send(client)).msg_key


DID_NOT_ARRIVE = [
    pytest.param("302 Found", "Location: /x\r\n", id="redirect"),
    pytest.param("307 Temporary Redirect", "Location: /x\r\n", id="redirect to post again"),
    pytest.param("407 Proxy Authentication Required", "Proxy-Authenticate: Basic\r\n", id="proxy wants a password"),
]


@pytest.mark.parametrize(("status", "headers"), DID_NOT_ARRIVE)
async def test_answer_in_the_place_of_the_service_says_that_nothing_was_delivered(
    status: str, headers: str, client_of: Make
) -> None:
    async with Server(answering(http(b"", status=status, headers=headers))).running() as server:
        async with client_of(server) as client:
            with pytest.raises(ReplyDecodeError) as caught:
                await send(client)
            assert not caught.value.maybe_delivered
            assert caught.value.status == int(status[:3])
        assert len(server.exchanges) == 1


async def test_too_many_calls_for_a_gateway_hold_back_the_command(
    client_of: Make, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(answering(http(b"slow down", status="429 Too Many Requests")))
    async with server.running(), client_of(server) as client:
        with pytest.raises(RateLimitedError, match="a gateway answered HTTP status 429: too many calls") as caught:
            await send(client)
        error = caught.value
        assert (error.code, error.status, error.hint, error.name) == (None, 429, "quota", None)
        assert not error.maybe_delivered
        assert error.asks_to_slow_down
        assert not error.transient
        assert client.stats()["openim/sendmsg"].errors == {"HTTP 429": 1}
        for _ in range(30):
            with pytest.raises(RateLimitedError):
                await send(client)
        (in_force,) = client.limiter.rates(client.sdk_app_id, "openim/sendmsg")
        assert in_force.share < 0.8
        assert "openim/sendmsg: too many calls for the service (HTTP 429), slowing down to" in caplog.text
        copy = pickle.loads(pickle.dumps(error))
        assert (copy.code, copy.status, str(copy)) == (None, 429, str(error))


async def test_too_many_calls_for_a_gateway_are_repeated_where_the_services_own_are(client_of: Make) -> None:
    async def first_is_refused(exchange: Exchange) -> None:
        is_first = len(exchange.server.exchanges) == 1
        await exchange.answer(http(b"", status="429 Too Many Requests") if is_first else http(OK))

    policy = RetryPolicy(codes=frozenset({60007}), base=0.001)
    async with Server(first_is_refused).running() as server, client_of(server, retry=policy) as client:
        assert (await send(client)).msg_key
    assert len(server.exchanges) == 2


async def test_large_answer_is_given_up_at_the_limit(client_of: Make) -> None:
    async with Server(dribble).running() as server, client_of(server, max_reply_bytes=100_000) as client:
        with pytest.raises(ReplyDecodeError, match="over the limit of 100000 bytes") as caught:
            await send(client)
        assert 100_000 < caught.value.size < 400_000


async def test_status_and_type_of_a_stranger_are_reported(client_of: Make) -> None:
    page = b"HTTP/1.1 503 Busy\r\nContent-Type: text/html; charset=x\r\nContent-Length: 0\r\n\r\n"
    async with Server(answering(page)).running() as server, client_of(server) as client:
        with pytest.raises(ReplyDecodeError) as caught:
            await send(client)
        assert (caught.value.status, caught.value.content_type) == (503, "text/html")


async def test_connections_are_reused(client_of: Make) -> None:
    async with Server().running() as server, client_of(server) as client:
        for _ in range(20):
            await send(client)
        assert server.connections == 1


async def test_connection_that_the_other_side_ends_is_not_counted_as_idle(client_of: Make) -> None:
    closing = answering(http(OK, headers="Connection: close\r\n"), drop=True)
    async with Server(closing).running() as server, client_of(server) as client:
        for _ in range(3):
            await send(client)
        assert server.connections == 3
        assert client._state.pool.open_connections == 0


async def test_request_has_the_documented_shape(client_of: Make) -> None:
    async with Server().running() as server, client_of(server) as client:
        await send(client)
        head = server.exchanges[0].head.decode()
    target = re.match(r"POST (\S+) HTTP/1.1\r\n", head)
    assert target is not None
    assert re.fullmatch(
        r"/v4/openim/sendmsg\?sdkappid=1400000000&identifier=administrator&usersig=[A-Za-z0-9*_-]+"
        r"&random=\d{1,10}&contenttype=json",
        target[1],
    )
    assert "content-type: application/json\r\n" in head.lower()
    assert "accept-encoding: identity\r\n" in head.lower()


async def test_identifier_is_quoted_in_the_url() -> None:
    async with Server().running() as server, TimClient(APP, SECRET_KEY, "管 &=", base_url=server.url) as client:
        await send(client)
        assert b"&identifier=%E7%AE%A1%20%26%3D&usersig=" in server.exchanges[0].head


async def test_refused_connection_is_reported_as_nothing_sent_and_takes_no_token() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    async with TimClient(APP, SECRET_KEY, base_url=url) as client:
        with pytest.raises(ConnectError) as caught:
            await send(client)
        assert (caught.value.attempts, caught.value.maybe_delivered) == (0, False)
        (bucket,) = client._state.limiter._buckets.values()
        assert bucket.tokens.room() == bucket.tokens.max_rate


async def test_call_right_after_one_that_found_no_connection_tries_again(client_of: Make) -> None:
    async with Server().running() as server:
        pass
    async with client_of(server) as client:
        for _ in range(3):
            with pytest.raises(ConnectError):
                await asyncio.wait_for(send(client), 60)


async def test_connect_is_repeated_when_the_policy_says_so() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    policy = RetryPolicy(transport="connect", base=0.001, max_attempts=3)
    async with TimClient(APP, SECRET_KEY, base_url=url, retry=policy) as client:
        with pytest.raises(ConnectError):
            await send(client)
        assert client.stats()["openim/sendmsg"].errors == {"ConnectError": 3}


async def test_backup_host_is_used_when_the_first_takes_no_connection(two_hosts: TwoHosts) -> None:
    gone = Server()
    gone.url = f"http://127.0.0.1:{free_port()}"
    async with Server().running() as backup, two_hosts(gone, backup) as client:
        for _ in range(3):
            assert (await send(client)).msg_key
        assert (backup.connections, len(backup.exchanges)) == (1, 3)
        assert client.stats()["openim/sendmsg"].attempts == 3


async def test_backup_host_is_used_when_the_first_goes_away_later(two_hosts: TwoHosts) -> None:
    backup = Server()
    async with backup.running():
        async with Server().running() as first:
            client = two_hosts(first, backup)
            await send(client)
        await asyncio.sleep(0)  # the first host is gone, its connection too
        await asyncio.sleep(0.01)
        await send(client)
        await client.close()
    assert len(backup.exchanges) == 1


async def test_answer_of_the_first_host_is_never_asked_for_again_at_the_backup(two_hosts: TwoHosts) -> None:
    async with Server(drop).running() as first, Server().running() as backup:
        async with two_hosts(first, backup) as client:
            with pytest.raises(ConnectionLostError):
                await send(client)
        assert backup.exchanges == []


async def test_lost_answer_is_repeated_with_the_same_bytes_when_allowed(client_of: Make) -> None:
    async def first_is_lost(exchange: Exchange) -> None:
        if len(exchange.server.exchanges) == 1:
            exchange.drop()
        else:
            await exchange.answer(http(OK))

    policy = RetryPolicy(transport="any", base=0.001)
    async with Server(first_is_lost).running() as server, client_of(server, retry=policy) as client:
        await send(client)
        assert len(server.exchanges) == 2
        assert server.exchanges[0].body == server.exchanges[1].body
        targets = {re.search(rb"random=(\d+)", exchange.head)[1] for exchange in server.exchanges}
        assert len(targets) == 2


async def test_pool_size_bounds_what_is_on_its_way(client_of: Make) -> None:
    on_its_way = peak = 0
    is_full = asyncio.Event()

    async def slow(exchange: Exchange) -> None:
        nonlocal on_its_way, peak
        on_its_way += 1
        peak = max(peak, on_its_way)
        if on_its_way == 7:
            is_full.set()
        await is_full.wait()
        await asyncio.sleep(0.02)  # one more would come now
        on_its_way -= 1
        await exchange.answer(http(OK))

    limits = {"openim/sendmsg": 100_000}
    async with Server(slow).running() as server, client_of(server, pool_size=7, rate_limits=limits) as client:
        await asyncio.gather(*(send(client) for _ in range(70)))
        assert peak == 7
        assert server.connections == 7


async def test_interactive_call_gets_the_next_place_in_a_full_pool(client_of: Make) -> None:
    order: list[bytes] = []

    async def note(exchange: Exchange) -> None:
        order.append(re.search(rb'"To_Account":"(\w+)"', exchange.body)[1])
        await asyncio.sleep(0.01)
        await exchange.answer(http(OK))

    limits = {"openim/sendmsg": 100_000}
    async with Server(note).running() as server, client_of(server, pool_size=2, rate_limits=limits) as client:
        background = client.with_options(priority="background")
        crowd = [asyncio.create_task(send(background, f"crowd{index}")) for index in range(30)]
        await asyncio.sleep(0.03)
        before = len(order)
        await send(client, "urgent")
        assert order.index(b"urgent") - before <= 4
        await asyncio.gather(*crowd)


async def test_warm_up_opens_connections_ahead() -> None:
    async with Server().running() as server, plain(server) as client:
        assert await client.warm_up(5) == 5
        assert await client.warm_up(3) == 5
        await asyncio.sleep(0.01)
        assert (server.connections, server.exchanges) == (5, [])
        await asyncio.gather(*(send(client) for _ in range(5)))
        assert server.connections == 5
    async with TimClient(APP, SECRET_KEY, base_url=f"http://127.0.0.1:{free_port()}") as client:
        with pytest.raises(ConnectError):
            await client.warm_up(2)


async def test_warm_up_reports_that_the_session_opens_nothing_ahead(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tim_async")
    async with Server().running() as server, plain(server, trace_configs=[aiohttp.TraceConfig()]) as client:
        assert await client.warm_up(5) == 0
        assert "opened nothing" in caplog.text
        assert server.connections == 0


async def test_dropped_connection_in_a_full_pool_wakes_who_waits() -> None:
    """Its place is free when it is closed, and who waits gets a new connection there."""
    async with Server().running() as server, plain(server, pool_size=1) as client:
        pool = client.pool
        with pool.slot((0, 0)) as broken, pool.slot((0, 1)) as waiting:
            await broken.take()
            task = asyncio.create_task(waiting.take())
            await asyncio.sleep(0)
            broken.connection.drop()
            broken.release()
            await asyncio.wait_for(task, 60)
            assert waiting.is_taken
        assert server.connections == 2


async def test_calls_beside_warm_up_all_end(client_of: Make) -> None:
    async with Server(hang).running() as server, client_of(server, pool_size=1, timeout=0.1) as client:
        first = asyncio.create_task(send(client))
        await asyncio.sleep(0)
        await client.warm_up(1)
        others = [asyncio.create_task(send(client)) for _ in range(2)]
        async with asyncio.timeout(60):
            errors = await asyncio.gather(first, *others, return_exceptions=True)
    assert [type(error) for error in errors] == [ReplyTimeoutError] * 3


async def test_warm_up_counts_no_idle_connection_twice() -> None:
    async with Server().running() as server, plain(server) as client:
        await send(client)
        assert await client.warm_up(6) == 6
        await asyncio.sleep(0.01)
        assert server.connections == 6


@pytest.mark.parametrize("problem", [UnicodeError("label too long"), RuntimeError("odd"), ValueError("odd")])
async def test_odd_error_while_opening_reaches_the_caller(problem: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Server().running() as server, plain(server) as client:
        client._state.pool.open()

        async def connect(*_: object) -> None:
            raise problem

        monkeypatch.setattr(client._state.pool._connector, "connect", connect)
        with pytest.raises(ConnectError) as caught:
            await asyncio.wait_for(send(client), 60)
        assert not caught.value.maybe_delivered


async def test_error_that_is_a_bug_passes_through_warm_up_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Server().running() as server, plain(server) as client:
        assert await client.warm_up(1) == 1

        async def connect(*_: object) -> None:
            raise TypeError("odd")

        monkeypatch.setattr(client._state.pool._connector, "connect", connect)
        with pytest.raises(TypeError, match=r"^odd$"):
            await client.warm_up(2)  # one is open, which would do where the other is refused
        assert client._state.pool._opening == set()


async def test_backup_host_gets_only_what_is_left_of_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the session's way: the pool opens its own connections before an attempt begins."""
    async with Server(outlast).running() as backup:
        client = plain(backup, trace_configs=[aiohttp.TraceConfig()])
        client.replace_pool(HttpPool((backup.url, backup.url), client.settings))
        async with client:
            sessions, pause = client.pool._session_way(), 15.0
            post = sessions.post

            async def slow_refusal(index: int, *rest: Any) -> Any:
                if index == 0:
                    skip(pause)
                    return ConnectError("gone")
                return await post(index, *rest)

            monkeypatch.setattr(sessions, "post", slow_refusal)
            loop = asyncio.get_running_loop()
            start = loop.time()
            with pytest.raises(ReplyTimeoutError):
                await client.with_options(timeout=pause + TIMEOUT_S).c2c.send_text("bob", "hi")
            assert loop.time() - start < pause + TIMEOUT_S + pause
            asked = len(backup.exchanges)
            client.pool._penalty_until = [0.0, 0.0]
            with pytest.raises(ConnectError):
                await client.with_options(timeout=pause).c2c.send_text("bob", "hi")
            assert len(backup.exchanges) == asked == 1


async def test_closing_twice_and_cancelled_closes_once_and_wholly(client_of: Make) -> None:
    async with Server().running() as server:
        client = client_of(server)
        await send(client)
        pool_close, connector = client._state.pool.close, client._state.pool._connector

        async def slow_close() -> None:
            await asyncio.sleep(0.02)
            await pool_close()

        client._state.pool.close = slow_close  # type: ignore[method-assign]
        closing = asyncio.create_task(client.close())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)
        await client.close()
        assert closing.cancelled()
        assert client._state.closing is not None
        assert client._state.closing.done()
        assert connector.closed
        assert client._state.pool.open_connections == 0


@pytest.mark.parametrize("given", ["setting", "environment"])
async def test_proxy_is_the_only_way_out(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with Server().running() as proxy:
        options: dict[str, Any] = {"proxy": proxy.url}
        if given == "environment":
            monkeypatch.setenv("http_proxy", proxy.url)
            options = {"trust_env": True}
        # Nothing listens at the address itself: a connection that bypasses the proxy is refused.
        async with TimClient(APP, SECRET_KEY, base_url="http://127.0.0.1:9", **options) as client:
            for _ in range(3):
                await send(client)
        assert proxy.exchanges[0].head.startswith(b"POST http://127.0.0.1:9/v4/openim/sendmsg?")
        assert (proxy.connections, len(proxy.exchanges)) == (1, 3)


async def test_stalled_service_gets_no_burst_afterwards(client_of: Make) -> None:
    """Everything is answered at once after a stall with the pool full and a crowd waiting."""
    release = asyncio.Event()

    async def stalled(exchange: Exchange) -> None:
        await release.wait()
        await exchange.answer(http(OK))

    grants: list[float] = []

    class Noted(LocalRateLimiter):
        async def acquire(self, claim: Claim, slot: ConnectionSlot) -> None:
            await super().acquire(claim, slot)
            # The request is written before anything else runs; how late it arrives is the machine's business.
            grants.append(asyncio.get_running_loop().time())

    async with Server(stalled).running() as server, client_of(server, pool_size=20, limiter=Noted()) as client:
        crowd = [asyncio.create_task(send(client)) for _ in range(260)]
        await server.seen(20)
        await asyncio.sleep(0.2)
        assert len(server.exchanges) == len(grants) == 20
        release.set()
        await asyncio.gather(*crowd)
        assert len(grants) == 260
        assert worst_window(grants) <= 200


@pytest.mark.parametrize("ended", ["cancel", "timeout"])
async def test_ended_call_gives_its_place_back_and_says_it_may_have_been_delivered(ended: str, client_of: Make) -> None:
    async with Server(hang).running() as server, client_of(server, pool_size=1) as client:
        task = asyncio.create_task(send(client))
        await server.seen(1)
        if ended == "cancel":
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
        else:
            with pytest.raises(TimeoutError) as caught:
                await asyncio.wait_for(task, 0.01)
        assert may_have_been_delivered(caught.value)
        server.handler = None
        await asyncio.wait_for(send(client), 60)


async def test_use_from_another_loop_is_refused(client_of: Make) -> None:
    async with Server().running() as server, client_of(server) as client:
        await send(client)

        def elsewhere() -> None:
            with pytest.raises(UsageError, match="another event loop"):
                asyncio.run(send(client))

        await asyncio.to_thread(elsewhere)


async def test_calls_that_wait_when_the_client_closes_raise_an_error_that_says_so(client_of: Make) -> None:
    async with Server(hang).running() as server:
        client = client_of(server, pool_size=1)
        tasks = [asyncio.create_task(send(client)) for _ in range(5)]
        await server.seen(1)
        await client.close()
        errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(error) for error in errors] == [ConnectionLostError, *[UsageError] * 4]
    assert [error.maybe_delivered for error in errors] == [True, False, False, False, False]
    assert str(errors[0]).startswith("openim/sendmsg: the client was closed before the answer of 127.0.0.1:")


async def test_answer_of_which_half_had_come_when_the_client_closed_says_so(client_of: Make) -> None:
    async def half(exchange: Exchange) -> None:
        await exchange.answer(http(OK)[:-5])
        await hang(exchange)

    async with Server(half).running() as server:
        client = client_of(server)
        task = asyncio.create_task(send(client))
        await server.seen(1)
        await asyncio.sleep(0.05)
        await client.close()
        with pytest.raises(ConnectionLostError, match="the client was closed before the answer"):
            await task


async def test_closing_while_a_connection_is_being_opened_leaves_nothing(client_of: Make) -> None:
    async with Server().running() as server:
        client = client_of(server)
        task = asyncio.create_task(send(client))
        await asyncio.sleep(0)
        await client.close()
        with pytest.raises((UsageError, ConnectionLostError)):
            await task
        assert client._state.pool._opening == set()


async def test_two_hundred_clients_leave_no_growth(client_of: Make) -> None:
    async with Server().running() as server:

        async def one() -> None:
            async with client_of(server) as client:
                await send(client)

        for _ in range(20):
            await one()
        gc.collect()
        before = len(gc.get_objects())
        for _ in range(200):
            await one()
        server.exchanges.clear()
        await asyncio.sleep(0.01)
        gc.collect()
        assert len(gc.get_objects()) - before < 400
        assert server.open_connections == 0


async def test_failed_opening_reaches_every_waiting_call() -> None:
    async with TimClient(APP, SECRET_KEY, base_url=f"http://127.0.0.1:{free_port()}") as client:
        errors = await asyncio.gather(*(send(client) for _ in range(50)), return_exceptions=True)
    assert {type(error) for error in errors} == {ConnectError}
    assert len({id(error) for error in errors}) == 50


def echoing(data: bytes, headers: str = "", **options: Any) -> Callable[[Exchange], Awaitable[None]]:
    """Answer with the address of the request in every `@`, as a gateway may."""

    async def handler(exchange: Exchange) -> None:
        target = exchange.head.split(b" ")[1]
        await exchange.answer(
            http(data.replace(b"@", target), headers=headers.replace("@", target.decode()), **options)
        )

    return handler


FAILURES = [
    *UNUSABLE,
    pytest.param(echoing(b"<html>@</html>"), ReplyDecodeError, id="HTML with the address"),
    pytest.param(
        echoing(b"@", status="301 Moved Permanently", headers="Location: @\r\n"),
        ReplyDecodeError,
        id="redirect to the address",
    ),
    pytest.param(echoing(b"@", headers="Location: @\r\n", length=5000), ReplyTimeoutError, id="half an address"),
    pytest.param(echoing(refusal(70009, "@")), ApiError, id="refused with the address"),
    pytest.param(echoing(b'{"ErrorCode":0,"MsgTime":"@"}'), ReplyDecodeError, id="address as a time"),
    pytest.param(answering(http(refusal(70009, "signature"))), ApiError, id="refused"),
    pytest.param(answering(http(refusal(20004))), ApiError, id="busy"),
]


@pytest.mark.parametrize(("handler", "cls"), FAILURES)
async def test_no_secret_shows_in_any_failure(
    handler: Callable[[Exchange], Awaitable[None]],
    cls: type[TimError],
    caplog: pytest.LogCaptureFixture,
    client_of: Make,
) -> None:
    caplog.set_level(logging.DEBUG)
    options: dict[str, Any] = {"retry": RetryPolicy(transport="any", max_attempts=2, base=0.001)}
    if cls is ReplyTimeoutError:
        options["timeout"] = 2.0  # which is waited for, twice
    async with Server(handler).running() as server, client_of(server, **options) as client:
        with pytest.raises(TimError) as caught:
            await send(client)
        outside = [caplog.text, repr(client), repr(client._state.settings), repr(client._state.credentials)]
        sigs = {re.search(rb"usersig=([^&]+)", exchange.head)[1].decode() for exchange in server.exchanges}
    assert isinstance(caught.value, cls)
    assert sigs
    text = "\n".join((*outside, shown(caught.value)))
    for secret in (SECRET_KEY, *sigs):
        assert secret not in text


async def test_no_secret_shows_in_a_cancelled_call(client_of: Make) -> None:
    until = asyncio.timeout(None)

    async def end_the_wait(exchange: Exchange) -> None:
        until.reschedule(exchange.at)
        await hang(exchange)

    async with Server(end_the_wait).running() as server, client_of(server) as client:
        with pytest.raises(TimeoutError) as caught:
            async with until:
                await send(client)
        sig = re.search(rb"usersig=([^&]+)", server.exchanges[0].head)[1].decode()
    text = "".join(traceback.format_exception(caught.value)) + shown(caught.value)
    assert sig not in text
    assert SECRET_KEY not in text
