"""The way through aiohttp's session: who takes it, what it shows to hooks and tools, and what it needs of aiohttp."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import re
import socket
import subprocess
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aioresponses import aioresponses
from yarl import URL

from tests.clock import skip
from tests.hostile import HostileServer, accept, answer
from tests.scripted import OK, SECRET_KEY
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
from tim_async._core import http_session
from tim_async._core.aiohttp_parts import CONNECTION_PARTS, SESSION_PARTS, Part, missing_part
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
    return TimClient(APP, SECRET_KEY, base_url=url, trace_configs=[aiohttp.TraceConfig()], **options)


async def test_request_waits_for_what_is_to_be_read_and_goes_out_where_that_was_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A TLS record may hold no bytes of an answer."""
    monkeypatch.setattr(http_session, "is_readable", lambda _: True)
    async with HostileServer().running() as server, session_client(server.url) as client:
        for _ in range(2):
            await client.c2c.send_text("bob", "hi")
        assert server.connections == 1
        assert [request.head.count(b"usersig=") for request in server.requests] == [1, 1]


async def test_connection_that_is_gone_after_the_wait_gets_no_request() -> None:
    connection = SimpleNamespace(protocol=None, transport=None)
    async with aiohttp.ClientSession() as session:
        request = http_session._Request(
            "POST", URL("http://127.0.0.1:9"), loop=asyncio.get_running_loop(), session=session
        )
        with pytest.raises(http_session._StaleConnectionError):
            await request._send_if_clean(connection, Hidden("a=1"))  # type: ignore[arg-type]


async def test_request_of_which_no_query_is_known_goes_out_as_it_is() -> None:
    async with (
        HostileServer().running() as server,
        aiohttp.ClientSession(request_class=http_session._Request) as session,
    ):
        async with session.post(f"{server.url}/v4/some/thing?a=1", data=b"{}") as response:
            assert response.status == 200
        assert server.requests[0].head.startswith(b"POST /v4/some/thing?a=1 HTTP/1.1\r\n")


@pytest.mark.parametrize("pieces", [[b"POST /v4/x HTTP/1.1\r\n\r\n{}"], [b"POST /v4/x HTTP", b"/1.1\r\n\r\n", b"{}"]])
def test_query_joins_the_request_line_in_one_piece_and_in_several(pieces: list[bytes]) -> None:
    written: list[bytes] = []
    transport = SimpleNamespace(write=written.append, is_closing=lambda: False, get_extra_info=str.upper)
    protocol = SimpleNamespace(transport=None)
    line = http_session._RequestLine(protocol, transport, Hidden("a=1"))  # type: ignore[arg-type]
    assert line.get_extra_info("peername") == "PEERNAME"  # as the transport answers
    if len(pieces) == 1:
        line.write(*pieces)
    else:
        line.writelines(pieces)
    assert written == [b"POST /v4/x?a=1 HTTP/1.1\r\n\r\n{}"]
    assert protocol.transport is transport


@pytest.mark.parametrize(("pause", "tries"), [(0.0, 5), (20.0, 1)], ids=["connections", "time"])
async def test_stale_connections_end_the_attempt_when_all_are_used_up(
    pause: float, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0

    async def post(*_: object, **__: object) -> None:
        nonlocal tried
        tried += 1
        skip(pause)
        raise http_session._StaleConnectionError

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


async def test_trace_hooks_see_no_user_sig() -> None:
    seen: list[str] = []

    async def note(session: Any, context: Any, params: Any) -> None:
        shown = (
            {name: getattr(params, name) for name in params.__slots__} if hasattr(params, "__slots__") else vars(params)
        )
        seen.append(f"{type(params).__name__} {shown}")
        if (response := getattr(params, "response", None)) is not None:
            seen.append(f"{response.url} {response.real_url} {response.request_info}")
        if (error := getattr(params, "exception", None)) is not None:
            shown_traceback = traceback.TracebackException.from_exception(error, capture_locals=True)
            seen.extend(shown_traceback.format())
            seen.append(repr(vars(error)))

    hooks = aiohttp.TraceConfig()
    for name in dir(hooks):
        if name.startswith("on_"):
            getattr(hooks, name).append(note)
    async with HostileServer().running() as server:  # noqa: SIM117 - needs the address
        async with TimClient(APP, SECRET_KEY, base_url=server.url, trace_configs=[hooks], timeout=0.3) as client:
            await client.c2c.send_text("bob", "hi")
            server.behaviour = lambda request: request.reset()
            with pytest.raises(ConnectionLostError):
                await client.c2c.send_text("bob", "hi")
            server.behaviour = lambda request: request.write(answer(b"{}", length=500))
            with pytest.raises(ReplyTimeoutError):
                await client.c2c.send_text("bob", "hi")
            server.behaviour = lambda request: request.write(b"SSH-2.0\r\n\r\n")
            with pytest.raises(ReplyDecodeError):
                await client.c2c.send_text("bob", "hi")
            server.behaviour = accept
            await client.c2c.send_text("bob", "hi")
    sigs = {re.search(rb"usersig=([^&]+)", request.head)[1].decode() for request in server.requests}  # type: ignore[index]
    text = "\n".join(seen)
    kinds = set(re.findall(r"Trace\w+Params", text))
    assert {"TraceRequestStartParams", "TraceRequestEndParams", "TraceRequestExceptionParams"} <= kinds
    assert {"TraceRequestChunkSentParams", "TraceRequestHeadersSentParams"} <= kinds
    assert "/v4/openim/sendmsg" in text
    assert len(sigs) == 1
    assert not any(sig in text for sig in sigs)
    assert "usersig" not in text


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
    told = json.loads(done.stdout)
    assert told["outcomes"] == ["sent", "ReplyDecodeError", "ConnectionLostError", "ReplyTimeoutError", "sent"]
    assert told["has_session"] is (way == "session")  # instrumenting alone does not change the way
    assert ("/v4/openim/sendmsg" in told["text"]) is (way == "session")
    assert told["sigs"]
    for secret in (*told["sigs"], SECRET_KEY):
        assert secret not in told["text"]


# What is used of aiohttp beyond its documentation


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
    (record,) = (record for record in caplog.records if record.levelno == logging.WARNING)
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
