"""The way through aiohttp's session: when it is used, what hooks and tools see, and what it needs of aiohttp."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import re
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aioresponses import aioresponses
from yarl import URL

from tests.clock import skip
from tests.hostile import Behaviour, HostileRequest, HostileServer, accept, answer
from tests.scripted import OK, SECRET_KEY
from tests.servers import use_session
from tests.shown import shown
from tim_async import (
    ConnectError,
    ConnectionLostError,
    RateLimitedError,
    ReplyDecodeError,
    ReplyTimeoutError,
    RetryPolicy,
    ServiceBusyError,
    TimClient,
    TimError,
)
from tim_async._core import http_session_exchange
from tim_async._core.aiohttp_parts import CONNECTION_PARTS, SESSION_PARTS, Part, missing_part
from tim_async._core.http_pool import HttpPool
from tim_async._core.http_session_exchange import (
    EXCHANGE,
    Exchange,
    SessionRequest,
    SessionTransport,
    StaleConnectionError,
)
from tim_async._hidden import Hidden

APP = 1400000000
SENDMSG = "https://console.tim.qq.com/v4/openim/sendmsg"


# Under aioresponses


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be looked up, and nothing connected."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    async def connect(self: object, req: object, traces: object, timeout: object) -> None:
        refuse()

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(aiohttp.TCPConnector, "connect", connect)


@pytest.fixture
def client() -> TimClient:
    return TimClient(APP, SECRET_KEY, retry=RetryPolicy(base=0.001))


@pytest.mark.usefixtures("no_network")
async def test_under_aioresponses_nothing_is_looked_up_or_connected(
    client: TimClient, mocked_http: aioresponses
) -> None:
    mocked_http.post(SENDMSG, body=OK, repeat=True)
    async with client:
        assert await client.warm_up(5) == 0
        await asyncio.gather(*(client.c2c.send_text(f"user{number}", "hi") for number in range(120)))
        assert client.pool.open_connections == 0
    assert len(mocked_http.requests["POST", URL(SENDMSG)]) == 120


@pytest.mark.usefixtures("no_network")
async def test_what_was_sent_can_be_looked_at(client: TimClient, mocked_http: aioresponses) -> None:
    mocked_http.post(SENDMSG, body=OK)
    async with client:
        await client.c2c.send_text("bob", "hi")
    ((_, url),) = mocked_http.requests
    (sent,) = mocked_http.requests["POST", url]
    assert url == URL(SENDMSG)  # without the query, which holds the UserSig
    assert json.loads(sent.kwargs["data"])["To_Account"] == "bob"
    assert sent.kwargs["headers"]["Content-Type"] == "application/json"
    assert "usersig" not in repr(mocked_http.requests)


ANSWERS = [
    pytest.param({"status": 502, "body": "<html>"}, ReplyDecodeError, True, id="502"),
    pytest.param({"status": 301, "headers": {"Location": "/x"}}, ReplyDecodeError, False, id="301"),
    pytest.param({"status": 407}, ReplyDecodeError, False, id="407"),
    pytest.param({"status": 429}, RateLimitedError, False, id="429"),
    pytest.param({"body": "<html></html>"}, ReplyDecodeError, True, id="HTML"),
    pytest.param({"body": OK[:30]}, ReplyDecodeError, True, id="cut"),
    pytest.param({"body": b" " * 2000}, ReplyDecodeError, True, id="too large"),
    pytest.param({"body": OK, "headers": {"Content-Encoding": "gzip"}}, ReplyDecodeError, True, id="compressed"),
    pytest.param({"timeout": True}, ReplyTimeoutError, True, id="timeout"),
    pytest.param({"exception": aiohttp.ServerDisconnectedError()}, ConnectionLostError, True, id="lost"),
    pytest.param({"exception": aiohttp.ClientPayloadError("x")}, ReplyDecodeError, True, id="broken off"),
    pytest.param({"exception": aiohttp.ConnectionTimeoutError("x")}, ConnectError, False, id="no connection in time"),
]


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(("given", "cls", "maybe_delivered"), ANSWERS)
async def test_answer_is_the_right_error(
    given: dict[str, Any], cls: type[TimError], maybe_delivered: bool, mocked_http: aioresponses
) -> None:
    mocked_http.post("http://127.0.0.1:9/v4/openim/sendmsg", repeat=True, **given)
    async with TimClient(APP, SECRET_KEY, base_url="http://127.0.0.1:9", max_reply_bytes=1024) as client:
        with pytest.raises(cls) as caught:
            await client.c2c.send_text("bob", "hi")
    assert type(caught.value) is cls
    assert caught.value.maybe_delivered is maybe_delivered
    (calls,) = mocked_http.requests.values()
    assert len(calls) == 1


@pytest.mark.usefixtures("no_network")
async def test_transient_code_is_repeated_with_the_same_bytes(client: TimClient, mocked_http: aioresponses) -> None:
    mocked_http.post(SENDMSG, payload={"ActionStatus": "FAIL", "ErrorCode": 20004}, repeat=2)
    mocked_http.post(SENDMSG, body=OK)
    async with client:
        assert (await client.c2c.send_text("bob", "hi")).msg_key
    first, *others = mocked_http.requests["POST", URL(SENDMSG)]
    assert [other.kwargs["data"] for other in others] == [first.kwargs["data"]] * 2


@pytest.mark.usefixtures("no_network")
async def test_policy_gives_up(mocked_http: aioresponses) -> None:
    mocked_http.post(SENDMSG, payload={"ActionStatus": "FAIL", "ErrorCode": 20004}, repeat=True)
    async with TimClient(APP, SECRET_KEY, retry=RetryPolicy(base=0.001, max_attempts=2)) as client:
        with pytest.raises(ServiceBusyError) as caught:
            await client.c2c.send_text("bob", "hi")
    assert caught.value.attempts == len(mocked_http.requests["POST", URL(SENDMSG)]) == 2


async def test_backup_host_is_tried_when_the_first_takes_no_connection(
    client: TimClient, mocked_http: aioresponses
) -> None:
    refused = aiohttp.ClientConnectorError(aiohttp.client_reqrep.ConnectionKey, OSError(111, "refused"))  # type: ignore[arg-type]
    mocked_http.post(SENDMSG, exception=refused)
    mocked_http.post("https://adminapi.my-imcloud.com/v4/openim/sendmsg", body=OK)
    async with client:
        assert (await client.c2c.send_text("bob", "hi")).msg_key
        assert client.stats()["openim/sendmsg"].attempts == 1


async def test_the_pools_own_connections_serve_again_when_aioresponses_is_over() -> None:
    async with HostileServer().running() as server, TimClient(APP, SECRET_KEY, base_url=server.url) as client:
        with aioresponses() as mocked:
            mocked.post(f"{server.url}/v4/openim/sendmsg", exception=aiohttp.ServerDisconnectedError())
            with pytest.raises(ConnectionLostError):
                await client.c2c.send_text("bob", "hi")
        assert server.connections == 0
        await client.c2c.send_text("bob", "hi")
        assert client.pool.open_connections == 1
        assert b"usersig=" in server.requests[0].head


async def test_calls_that_wait_for_a_place_get_it_when_one_is_given_back(mocked_http: aioresponses) -> None:
    go = asyncio.Event()

    async def later(*_: object, **__: object) -> None:
        await go.wait()

    mocked_http.post(SENDMSG, body=OK, repeat=True, callback=later)
    async with TimClient(APP, SECRET_KEY, pool_size=2) as client:
        calls = [asyncio.create_task(client.c2c.send_text(f"user{number}", "hi")) for number in range(7)]
        while len(mocked_http.requests.get(("POST", URL(SENDMSG)), [])) < 2:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0)
        assert client.pool.open_connections == 2
        go.set()
        await asyncio.gather(*calls)
        assert len(mocked_http.requests["POST", URL(SENDMSG)]) == 7


# What becomes of a request in the session


def session_client(url: str, **options: Any) -> TimClient:
    return TimClient(APP, SECRET_KEY, base_url=url, **{"trace_configs": [aiohttp.TraceConfig()], **options})


async def test_request_waits_for_what_is_to_be_read_and_goes_out_where_that_was_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A TLS record may hold no bytes of an answer."""
    monkeypatch.setattr(http_session_exchange, "poll_of", lambda _: lambda _: True)
    async with HostileServer().running() as server, session_client(server.url) as client:
        for _ in range(2):
            await client.c2c.send_text("bob", "hi")
        assert server.connections == 1
        assert [request.head.count(b"usersig=") for request in server.requests] == [1, 1]


class WrittenTo(asyncio.Transport):
    """A transport that records what is written."""

    def __init__(self) -> None:
        super().__init__({"socket": None, "peername": "here"})
        self.written: list[bytes] = []
        self.is_over = False

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.is_over

    def abort(self) -> None:
        self.is_over = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


@pytest.mark.parametrize("lost", ["before", "while it waits"])
async def test_connection_that_is_gone_gets_no_request(lost: str) -> None:
    transport = SessionTransport(WrittenTo())
    connection = SimpleNamespace(protocol=None, transport=None if lost == "before" else transport)
    token = EXCHANGE.set(Exchange(Hidden("a=1")))
    async with aiohttp.ClientSession() as session:
        request = SessionRequest("POST", URL("http://127.0.0.1:9"), loop=asyncio.get_running_loop(), session=session)
        with pytest.raises(StaleConnectionError):
            await (request.send(connection) if lost == "before" else request._send_if_clean(connection, transport))  # type: ignore[arg-type]
    EXCHANGE.reset(token)
    assert transport.is_closing() is (lost != "before")


async def test_request_of_which_no_query_is_known_goes_out_as_it_is() -> None:
    async with (
        HostileServer().running() as server,
        aiohttp.ClientSession(request_class=SessionRequest) as session,
    ):
        async with session.post(f"{server.url}/v4/some/thing?a=1", data=b"{}") as response:
            assert response.status == 200
        assert server.requests[0].head.startswith(b"POST /v4/some/thing?a=1 HTTP/1.1\r\n")


@pytest.mark.parametrize("pieces", [[b"POST /v4/x HTTP/1.1\r\n\r\n{}"], [b"POST /v4/x HTTP", b"/1.1\r\n\r\n", b"{}"]])
async def test_query_joins_the_request_line_in_one_piece_and_in_several(pieces: list[bytes]) -> None:
    real = WrittenTo()
    transport = SessionTransport(real)
    assert transport.get_extra_info("peername") == "here"  # as the transport answers
    transport.write(b"CONNECT")
    Exchange(Hidden("a=1")).begin(transport)
    if len(pieces) == 1:
        transport.write(*pieces)
    else:
        transport.writelines(pieces)
    transport.write(b"more")
    assert real.written == [b"CONNECT", b"POST /v4/x?a=1 HTTP/1.1\r\n\r\n{}", b"more"]


def head_written() -> tuple[WrittenTo, Exchange]:
    """Have the session write the head of a request whose body it does not see."""
    real = WrittenTo()
    transport = SessionTransport(real)
    exchange = Exchange(Hidden("a=1"), b"{}")
    exchange.begin(transport)
    transport.write(b"POST /v4/x HTTP/1.1\r\n\r\n")
    return real, exchange


async def test_body_that_the_session_does_not_see_is_written_with_the_head_in_the_next_turn() -> None:
    real, _ = head_written()
    assert real.written == []
    await asyncio.sleep(0)
    assert real.written == [b"POST /v4/x?a=1 HTTP/1.1\r\n\r\n{}"]


async def test_request_that_is_given_up_before_it_is_written_is_not_written() -> None:
    real, exchange = head_written()
    exchange.end()
    await asyncio.sleep(0)
    assert real.written == []
    assert real.is_over


async def test_connection_keeps_the_time_of_each_of_its_exchanges_and_lives_on() -> None:
    async with HostileServer().running() as server, TimClient(APP, SECRET_KEY, base_url=server.url) as client:
        use_session(client)
        for seconds in (9, 11, 9):  # the second time, its time is over while it is idle
            await client.c2c.send_text("bob", "hi")
            skip(seconds)
            for _ in range(3):
                await asyncio.sleep(0)
        server.behaviour = lambda _: None
        calling = asyncio.create_task(client.c2c.send_text("bob", "hi"))
        await server.seen(4)
        skip(9)
        for _ in range(5):
            await asyncio.sleep(0)
        assert not calling.done()
        skip(2)
        with pytest.raises(ReplyTimeoutError):
            await calling
        assert server.connections == 1
        await server.empty()


async def test_connection_that_the_other_side_closed_has_no_timer() -> None:
    async with HostileServer().running() as server, TimClient(APP, SECRET_KEY, base_url=server.url) as client:
        use_session(client)
        await client.c2c.send_text("bob", "hi")
        assert isinstance(client.pool, HttpPool)
        (place,) = client.pool._places._taken
        transport = place.transport
        assert transport is not None
        assert transport._timer is not None
        (connection,) = server.open
        connection.transport.close()
        while client.pool._places:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0)
        assert transport._timer is None


async def test_answer_without_a_length_that_does_not_end_is_too_late() -> None:
    """The connection is closed then, which would be its end."""
    async with HostileServer().running() as server, TimClient(APP, SECRET_KEY, base_url=server.url) as client:
        use_session(client)
        server.behaviour = lambda request: request.write(b"HTTP/1.1 200 OK\r\n\r\n" + request.accepted())
        calling = asyncio.create_task(client.c2c.send_text("bob", "hi"))
        await server.seen(1)
        for _ in range(5):
            await asyncio.sleep(0)
        skip(10)
        with pytest.raises(ReplyTimeoutError):
            await calling


@pytest.mark.parametrize(("pause", "tries"), [(0.0, 5), (20.0, 1)], ids=["connections", "time"])
async def test_stale_connections_end_the_attempt_when_all_are_used_up(
    pause: float, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0

    async def post(*_: object, **__: object) -> None:
        nonlocal tried
        tried += 1
        skip(pause)
        raise StaleConnectionError

    monkeypatch.setattr(aiohttp.ClientSession, "post", post)
    async with session_client("http://127.0.0.1:9", pool_size=3, timeout=10) as client:
        with pytest.raises(ConnectError, match="ended connections before anything was sent") as caught:
            await client.c2c.send_text("bob", "hi")
    assert not caught.value.maybe_delivered
    assert tried == tries


async def test_error_that_is_a_bug_passes_through_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    async def post(*_: object, **__: object) -> None:
        raise RuntimeError("odd")

    monkeypatch.setattr(aiohttp.ClientSession, "post", post)
    async with session_client("http://127.0.0.1:9") as client:
        with pytest.raises(RuntimeError, match=r"^odd$"):
            await client.c2c.send_text("bob", "hi")


# What hooks and tools see


# Answers that repeat the address, which is put for the @.
ECHOES = {
    "half a body": answer(b"half of @", length=5000, headers="Location: @\r\n"),
    "half of a redirect": answer(
        b"half of @", status="301 To @", length=5000, headers="Location: @\r\nSet-Cookie: a=@\r\n"
    ),
    "redirect": answer(b"", status="301 To @", headers="Location: @\r\nContent-Type: text/@\r\nSet-Cookie: a=@\r\n"),
    "half a head": b"HTTP/1.1 301 To @\r\nLocation: @\r\n",
    "early hints": b"HTTP/1.1 103 Early Hints\r\nLink: @\r\n\r\n",
    "no header": b"HTTP/1.1 301 To @\r\n@: is no name\r\n\r\n",
}


def echoing(data: bytes, *, encoded: bool = False, end: str = "") -> Callable[[HostileRequest], None]:
    def behave(request: HostileRequest) -> None:
        target = request.head.split(b" ")[1]
        if encoded:
            target = target.replace(b"e", b"%65")
        request.write(data.replace(b"@", target))
        if end == "close":
            request.close()
        elif end == "reset":  # a turn later, so that the answer is read before
            asyncio.get_running_loop().call_soon(asyncio.get_running_loop().call_soon, reset, request)

    return behave


def reset(request: HostileRequest) -> None:
    """Reset the connection, also where all that came on it was read."""
    sock = request.connection.transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.reset()


def sigs_in(server: HostileServer) -> set[str]:
    return {re.search(rb"usersig=([^&]+)", request.head)[1].decode() for request in server.requests}  # type: ignore[index]


def no_sig_in(text: str, server: HostileServer) -> bool:
    (sig,) = sigs_in(server)
    return sig[:40] not in text and sig[:40] not in re.sub("%65", "e", text)


async def test_trace_hooks_see_no_user_sig() -> None:
    seen: list[str] = []

    async def note(session: Any, context: Any, params: Any) -> None:
        text = (
            {name: getattr(params, name) for name in params.__slots__} if hasattr(params, "__slots__") else vars(params)
        )
        seen.append(f"{type(params).__name__} {text}")
        if (response := getattr(params, "response", None)) is not None:
            seen.append(f"{response!r} {response.url} {response.real_url} {response.request_info} {response.reason}")
            seen.append(f"{response.headers} {response.raw_headers} {response.cookies} {response.content_type}")
        if (error := getattr(params, "exception", None)) is not None:
            seen.append(shown(error, skip_test=False))

    hooks = aiohttp.TraceConfig()
    for name in dir(hooks):
        if name.startswith("on_"):
            getattr(hooks, name).append(note)
    behaviours: list[tuple[Behaviour, str]] = [
        (accept, ""),
        (lambda request: request.reset(), ""),
        (lambda request: request.write(b"SSH-2.0\r\n\r\n"), ""),
        *(
            (echoing(data, encoded=encoded, end=end), end)
            for data in ECHOES.values()
            for encoded in (False, True)
            for end in ("time", "close", "reset", "cancel")
        ),
        (accept, ""),
    ]
    outcomes: set[type[BaseException]] = set()
    async with HostileServer().running() as server, session_client(server.url, trace_configs=[hooks]) as client:
        for behave, end in behaviours:
            server.behaviour = behave
            call = asyncio.create_task(client.c2c.send_text("bob", "hi"))
            await server.seen(len(server.requests) + 1)
            for _ in range(8):  # iterations in which the written data is read
                await asyncio.sleep(0)
            if end == "cancel":
                call.cancel()
            else:
                skip(10)
            try:
                await call
            except (TimError, asyncio.CancelledError) as error:
                outcomes.add(type(error))
    text = "\n".join(seen)
    kinds = set(re.findall(r"Trace\w+Params", text))
    assert {"TraceRequestStartParams", "TraceRequestEndParams", "TraceRequestExceptionParams"} <= kinds
    assert {"TraceRequestChunkSentParams", "TraceRequestHeadersSentParams"} <= kinds
    assert outcomes == {ConnectionLostError, ReplyDecodeError, ReplyTimeoutError, asyncio.CancelledError}
    assert "/v4/openim/sendmsg" in text
    assert "301" in text
    assert no_sig_in(text, server)


@pytest.mark.parametrize("way", ["connection", "session", "plain session"])
@pytest.mark.parametrize("kind", ECHOES)
async def test_user_sig_shows_nowhere_whenever_a_call_is_cancelled(
    kind: str, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In any turn of the event loop, from the beginning of the call to the answer."""
    caplog.set_level(logging.DEBUG)
    texts = []
    options = {"trace_configs": [aiohttp.TraceConfig()]} if way == "session" else {}
    async with HostileServer(echoing(ECHOES[kind])).running() as server:  # noqa: SIM117 - needs the address
        async with TimClient(APP, SECRET_KEY, base_url=server.url, **options) as client:
            if way == "plain session":
                use_session(client)
            for turns in range(40):
                call = asyncio.create_task(client.c2c.send_text("bob", "hi"))
                for _ in range(turns):
                    await asyncio.sleep(0)
                call.cancel("enough")
                with pytest.raises((asyncio.CancelledError, ReplyDecodeError)) as caught:
                    await call
                texts.append(shown(caught.value))
                if isinstance(caught.value, asyncio.CancelledError):
                    assert caught.value.args == ("enough",)
    assert no_sig_in("\n".join((*texts, caplog.text)), server)


@pytest.mark.parametrize("place", ["hook", "timeout"])
@pytest.mark.parametrize("kind", ECHOES)
async def test_user_sig_shows_nowhere_when_a_call_ends_with_half_an_answer(kind: str, place: str) -> None:
    """A slow hook holds the response while the call is cancelled; a timeout of the attempt ends it too."""
    waits = asyncio.Event()

    async def wait(*_: Any) -> None:
        if not waits.is_set():  # the hook for errors gets the cancellation as well
            waits.set()
            await asyncio.Event().wait()

    hooks = aiohttp.TraceConfig()
    if place == "hook":
        hooks.on_request_end.append(wait)
        hooks.on_request_exception.append(wait)
    async with HostileServer(echoing(ECHOES[kind])).running() as server:  # noqa: SIM117 - needs the address
        async with session_client(server.url, trace_configs=[hooks]) as client:
            call = asyncio.create_task(client.c2c.send_text("bob", "hi"))
            await server.seen(1)
            for _ in range(8):  # iterations in which the written data is read
                await asyncio.sleep(0)
            skip(10)
            if place == "hook":
                await waits.wait()
                call.cancel()
            with pytest.raises((asyncio.CancelledError, TimError)) as caught:
                await call
    assert isinstance(caught.value, asyncio.CancelledError) is (place == "hook")
    assert no_sig_in(shown(caught.value), server)


@pytest.mark.parametrize("way", ["connection", "session"])
@pytest.mark.parametrize("tool", ["sentry", "opentelemetry"])
def test_no_user_sig_reaches_what_instruments_aiohttp(tool: str, way: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.core.instrumented_process", tool, way],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    received = json.loads(done.stdout)
    assert received["outcomes"] == ["sent", "ReplyDecodeError", "ConnectionLostError", "ReplyTimeoutError", "sent"]
    assert received["has_session"] is (way == "session")  # instrumenting alone does not change the way
    assert ("/v4/openim/sendmsg" in received["text"]) is (way == "session")
    assert received["sigs"]
    for secret in (*received["sigs"], SECRET_KEY):
        assert secret not in received["text"]


# Undocumented parts of aiohttp that are used


@pytest.mark.parametrize("part", [*CONNECTION_PARTS, *SESSION_PARTS], ids=lambda part: f"{part.owner}.{part.name}")
def test_aiohttp_has_what_is_used_beyond_its_documentation(part: Part) -> None:
    missing = missing_part([part])
    assert missing is None, f"aiohttp {aiohttp.__version__} has no {missing}, which is needed for {part.used_for}"


@pytest.mark.parametrize("part", CONNECTION_PARTS, ids=lambda part: f"{part.owner}.{part.name}")
def test_missing_part_is_named(part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    _without(part, monkeypatch)
    missing = missing_part()
    assert missing is not None
    assert missing.startswith(f"{part.owner}.{part.name}")


async def test_aiohttp_without_a_part_leaves_calls_to_its_session_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (part,) = (part for part in CONNECTION_PARTS if part.name == "should_close")
    _without(part, monkeypatch)
    async with HostileServer().running() as server, TimClient(APP, SECRET_KEY, base_url=server.url) as client:
        for _ in range(3):
            await client.c2c.send_text("bob", "hi")
        assert server.connections == 1
        assert client.pool._sessions._sessions
    (record,) = (each for each in caplog.records if each.levelno == logging.WARNING and each.name == "tim_async")
    assert "lacks aiohttp.client_proto.ResponseHandler.should_close" in record.getMessage()


def _without(part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a class in the place of the part's owner that has all parts but this one."""
    module, _, name = part.owner.rpartition(".")
    real = getattr(importlib.import_module(module), name)
    others = {
        other.name: getattr(real, other.name)
        for other in CONNECTION_PARTS
        if other.owner == part.owner and other != part
    }
    monkeypatch.setattr(importlib.import_module(module), name, type("Lesser", (), others))
