"""The pool against a misbehaving server, on both ways: what is reported, accepted and left open."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
import trustme

from tests.clock import skip
from tests.hostile import HostileRequest, HostileServer, accept, answer, chunked, envelope
from tests.hostile_kinds import BROKEN, KEPT_ALIVE, ODD
from tests.scripted import SECRET_KEY
from tests.servers import use_session
from tim_async import (
    ApiError,
    ConnectError,
    ConnectionLostError,
    ReplyDecodeError,
    ReplyTimeoutError,
    RetryPolicy,
    TextElem,
    TimClient,
    TimError,
)

APP = 1400000000
Make = Callable[..., TimClient]
Behave = Callable[[HostileRequest], Any]


@pytest.fixture(params=["connection", "session", pytest.param("plain session", marks=pytest.mark.soak)])
def way(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def make(way: str) -> Make:
    """Make clients that go one way or the other: trace hooks of the user's own ask for the session.

    Without hooks, as through a proxy, the session does less.
    """

    def client_of(server: HostileServer, **options: Any) -> TimClient:
        if way == "session":
            options["trace_configs"] = [aiohttp.TraceConfig()]
        options = {"rate_limits": {"openim/sendmsg": 1_000_000}, "retry": RetryPolicy.off(), **options}
        client = TimClient(APP, SECRET_KEY, base_url=server.url, **options)
        if way == "plain session":
            use_session(client)
        return client

    return client_of


async def send(client: TimClient, to: str = "bob") -> str:
    """Send a message; return the account that the MsgKey names."""
    sent = await client.c2c.send(to_account=to, msg_body=[TextElem(text="hi")])
    return sent.msg_key.removeprefix("key of ")


async def outcome_of(client: TimClient, to: str) -> str | TimError:
    try:
        return await send(client, to)
    except TimError as error:
        return error


async def crowd(client: TimClient, count: int, together: int) -> dict[str, str | TimError]:
    """Send to this many accounts, some concurrently; return each outcome."""
    outcomes: dict[str, str | TimError] = {}
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            outcomes[f"user{number}"] = await outcome_of(client, f"user{number}")

    await asyncio.gather(*(work() for _ in range(together)))
    return outcomes


def check(outcomes: dict[str, str | TimError], server: HostileServer) -> None:
    """Compare what was reported with what was accepted."""
    for account, outcome in outcomes.items():
        times = server.accepted[account]
        assert times <= 1, f"{account} was sent {times} times"
        if isinstance(outcome, str):
            assert outcome == account, f"{account} was given the answer of {outcome}"
            assert times == 1, f"{account} was reported as sent and is not"
        else:
            assert not times or outcome.maybe_delivered, f"{account}: {outcome!r} says that nothing was sent"


async def test_pool_size_holds_while_five_percent_are_answered_by_a_gateway(make: Make) -> None:
    kinds = list(KEPT_ALIVE.values())

    def sometimes(request: HostileRequest) -> None:
        if request.index % 20 == 19:
            request.write(kinds[request.index // 20 % len(kinds)])
        else:
            request.write(answer(request.accepted()))

    async with HostileServer(sometimes).running() as server, make(server, pool_size=10) as client:
        outcomes = await crowd(client, 1000, 40)
        assert server.most_open <= 10
        check(outcomes, server)
        assert sum(isinstance(outcome, ReplyDecodeError) for outcome in outcomes.values()) == 50


@pytest.mark.parametrize("kind", KEPT_ALIVE)
async def test_pool_size_holds_when_all_are_answered_by_a_gateway(make: Make, kind: str) -> None:
    async with HostileServer(lambda request: request.write(KEPT_ALIVE[kind])).running() as server:
        async with make(server, pool_size=10) as client:
            outcomes = await crowd(client, 200, 20)
            assert server.most_open <= 10
            assert server.connections <= 10  # all of each answer had come: the connections are good
        assert {type(outcome) for outcome in outcomes.values()} == {ReplyDecodeError}
        assert len(server.requests) == 200


async def test_pool_size_holds_while_connections_break(make: Make) -> None:
    """Half an answer of a gateway, an end, a reset, a close that was not announced: each place is free when closed."""

    def trouble(request: HostileRequest) -> None:
        match request.index % 5:
            case 0:
                request.write(answer(b"half", length=100, status="502 Bad Gateway"))
            case 1:
                request.reset()
            case 2:
                request.close()
            case 3:
                request.write(answer(request.accepted()))
                request.close()
            case 4:
                request.write(answer(request.accepted(), headers="Connection: close\r\n"))

    async with HostileServer(trouble).running() as server, make(server, pool_size=10) as client:
        outcomes = await crowd(client, 200, 30)
        assert server.most_open <= 10
        check(outcomes, server)


async def test_surplus_answer_on_an_idle_connection_is_nobody_elses(make: Make) -> None:
    """At once with the answer, a moment later, in pieces, or while the event loop was blocked."""

    def surplus(request: HostileRequest) -> None:
        if request.index % 3 == 2:
            request.write(answer(envelope(request.account, code=20004)))
        else:
            request.write(answer(request.accepted()))
        second = answer(envelope("somebody else"))
        loop = asyncio.get_running_loop()
        match request.index % 7:
            case 0:
                request.write(second)
            case 2:
                loop.call_soon(request.write, second)
            case 4:
                loop.call_later(0.001, request.write, second)
            case 6:
                loop.call_later(0.001, request.write, second[:30])
                loop.call_later(0.002, request.write, second[30:])

    async with HostileServer(surplus).running() as server, make(server, pool_size=4) as client:
        outcomes: dict[str, str | TimError] = {}
        for number in range(210):
            outcomes[f"user{number}"] = await outcome_of(client, f"user{number}")
            if number % 7 in (4, 6):
                await asyncio.sleep(0.006)  # until the connection is idle and the surplus has come
        check(outcomes, server)
        assert server.most_open <= 4
        refused = sum(isinstance(outcome, ApiError) for outcome in outcomes.values())
        assert (refused, sum(isinstance(outcome, str) for outcome in outcomes.values())) == (70, 140)


async def test_surplus_answer_that_the_event_loop_has_not_read_is_nobody_elses(make: Make) -> None:
    """It lies in the kernel when the next call begins, in the same turn of the loop."""
    async with HostileServer().running() as server, make(server, pool_size=1) as client:
        assert await send(client, "first") == "first"
        (connection,) = server.open
        connection.write(answer(envelope("somebody else")))  # asyncio writes at once
        assert await send(client, "second") == "second"
        assert server.connections == 2
        # The end of a connection as well: nothing was sent on it, so another one takes its place.
        (connection,) = server.open
        connection.transport.close()
        await asyncio.sleep(0)
        assert await send(client, "third") == "third"
        assert server.connections == 3


async def test_two_answers_to_one_request_end_the_connection(make: Make) -> None:
    def twice(request: HostileRequest) -> None:
        request.write(answer(request.accepted()) + answer(envelope("somebody else")))

    async with HostileServer(twice).running() as server, make(server) as client:
        for number in range(3):
            assert await send(client, f"user{number}") == f"user{number}"
        assert server.connections == 3


async def test_answer_and_the_beginning_of_another_end_the_connection() -> None:
    """Only on a connection of the pool: aiohttp's session reports the next answer as no HTTP."""

    def more(request: HostileRequest) -> None:
        request.write(answer(request.accepted()) + b"HTTP/1.1 2")

    async with HostileServer(more).running() as server:
        client = TimClient(APP, SECRET_KEY, base_url=server.url)
        async with client:
            for number in range(3):
                assert await send(client, f"user{number}") == f"user{number}"
        assert server.connections == 3
        server.behaviour = lambda request: request.write(chunked(request.accepted()) + b"HTTP/1.1 2")
        async with TimClient(APP, SECRET_KEY, base_url=server.url) as client:
            for number in range(3):
                assert await send(client, f"more{number}") == f"more{number}"
        assert server.connections == 6


async def test_connection_that_speaks_before_it_is_asked_is_not_used() -> None:
    async with HostileServer().running() as server:
        server.greeting = answer(envelope("somebody else"))
        async with TimClient(APP, SECRET_KEY, base_url=server.url, pool_size=2) as client:
            await client.warm_up(2)
            assert server.connections == 2
            await server.empty()
            assert client.pool.open_connections == 0
            server.greeting = b""
            assert await send(client) == "bob"


# What comes back, as which error, where it is not one that cannot be read. All but a few had been accepted, and all say
# that it may be so.
LOST = {"reset after reading", "close instead of an answer"}
LATE = {"Content-Length too long, stays open", "slow drip", "only 100", "chunks without end"}


def error_of(kind: str, way: str) -> type[TimError]:
    if kind in LOST:
        return ConnectionLostError
    if kind == "endless 1xx" and way != "connection":
        return ReplyTimeoutError  # it reads on
    return ReplyTimeoutError if kind in LATE else ReplyDecodeError


@pytest.mark.parametrize("kind", BROKEN)
async def test_broken_answer_is_the_right_error_and_its_connection_serves_no_other_call(
    make: Make, way: str, kind: str
) -> None:
    async with HostileServer(BROKEN[kind]).running() as server, make(server, timeout=60, pool_size=2) as client:
        calling = asyncio.create_task(outcome_of(client, "bob"))
        if error_of(kind, way) is ReplyTimeoutError:
            await server.seen(1)
            for _ in range(10):  # turns in which some of the answer is read
                await asyncio.sleep(0)
            skip(60)
        error = await calling
        assert type(error) is error_of(kind, way), error
        assert error.maybe_delivered
        assert len(server.requests) == 1
        server.behaviour = accept
        for number in range(3):
            assert await send(client, f"user{number}") == f"user{number}"
        assert server.most_open <= 2


async def test_connection_that_is_reset_before_it_is_read_may_have_delivered(make: Make) -> None:
    async with HostileServer().running() as server, make(server, pool_size=1) as client:
        server.resets_on_first_byte = True
        error = await outcome_of(client, "bob")
        assert type(error) is ConnectionLostError
        assert error.maybe_delivered  # a reset does not say what the other side had read
        server.resets_on_first_byte = False
        assert await send(client) == "bob"
        assert server.most_open == 1


# Odd answers that end their connection: five calls take five.
ENDING = {"HTTP/1.0", "without a length", "close without saying so"}


@pytest.mark.parametrize("kind", ODD)
async def test_odd_answer_is_read(make: Make, kind: str) -> None:
    async with HostileServer(ODD[kind]).running() as server, make(server) as client:
        for _ in range(5):
            assert await send(client) == "bob"
        assert server.connections == (5 if kind in ENDING else 1)


async def test_redirect_is_not_followed_and_no_cookie_is_kept(make: Make) -> None:
    page = answer(b"", status="307 Temporary Redirect", headers="Location: /elsewhere\r\nSet-Cookie: a=b; Path=/\r\n")
    async with HostileServer(lambda request: request.write(page)).running() as server, make(server) as client:
        for _ in range(2):
            assert isinstance(await outcome_of(client, "bob"), ReplyDecodeError)
        assert len(server.requests) == 2
        assert b"cookie" not in server.requests[1].head.lower()
        assert b"/elsewhere" not in server.requests[1].head


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the contexts of a server and of a client that trusts it."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client


async def test_tls(make: Make, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    kinds = list(KEPT_ALIVE.values())

    def trouble(request: HostileRequest) -> None:
        match request.index % 6:
            case 1:
                request.write(kinds[request.index // 6 % len(kinds)])
            case 2:
                request.write(answer(request.accepted()) + answer(envelope("somebody else")))
            case 3:
                request.reset()
            case 4:
                request.write(answer(request.accepted()))
                request.close()
            case _:
                request.write(answer(request.accepted()))

    async with HostileServer(trouble).running(tls[0]) as server, make(server, ssl=tls[1], pool_size=5) as client:
        outcomes = await crowd(client, 150, 12)
        check(outcomes, server)
        assert server.most_open <= 5
        assert {type(outcome) for outcome in outcomes.values()} == {str, ReplyDecodeError, ConnectionLostError}


async def test_session_tickets_of_tls_are_no_reason_to_drop_a_connection(
    tls: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    async with HostileServer().running(tls[0]) as server:
        async with TimClient(APP, SECRET_KEY, base_url=server.url, ssl=tls[1], pool_size=3) as client:
            assert await client.warm_up(3) == 3
            for number in range(6):
                assert await send(client, f"user{number}") == f"user{number}"
        assert server.connections == 3


async def test_tls_that_is_not_trusted_sends_nothing(make: Make, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async with HostileServer().running(tls[0]) as server, make(server) as client:
        error = await outcome_of(client, "bob")
        assert type(error) is ConnectError
        assert not error.maybe_delivered
        assert server.requests == []


async def test_calls_that_are_cancelled_at_random_leave_nothing_behind(make: Make) -> None:
    dice = random.Random(7)

    async def slow(request: HostileRequest) -> None:
        data = answer(request.accepted())
        await asyncio.sleep(dice.random() * 0.01)
        request.write(data[:70])
        await asyncio.sleep(dice.random() * 0.01)
        request.write(data[70:])

    async with HostileServer(slow).running() as server, make(server, pool_size=6) as client:
        tasks = {}
        for number in range(200):
            account = f"user{number}"
            tasks[account] = asyncio.create_task(outcome_of(client, account))
            if dice.random() < 0.5:
                asyncio.get_running_loop().call_later(dice.random() * 0.05, tasks[account].cancel)
            await asyncio.sleep(0.001)
        outcomes = await asyncio.gather(*tasks.values(), return_exceptions=True)
        assert server.most_open <= 6
        done = {account: each for account, each in zip(tasks, outcomes, strict=True) if isinstance(each, str)}
        check(done, server)
        cancelled = [each for each in outcomes if isinstance(each, asyncio.CancelledError)]
        assert done
        assert len(cancelled) > 20
        assert len(done) + len(cancelled) == 200
        assert await send(client) == "bob"
    await server.empty()
