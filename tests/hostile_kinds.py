"""The kinds of trouble that a `HostileServer` makes: what it does with a request, by name.

All that are in `BROKEN` end in an error, all in `ODD` in a result. Those that answer have accepted the message before.
"""

from __future__ import annotations

import asyncio
import gzip
from typing import Final

from tests.hostile import Behaviour, HostileRequest, answer, chunked, envelope


def json(text: str) -> Behaviour:
    """Accept, and answer a text in which ACCOUNT is the recipient."""

    def behave(request: HostileRequest) -> None:
        request.accepted()
        request.write(answer(text.replace("ACCOUNT", request.account).encode("utf-8", "surrogateescape")))

    return behave


def raw(data: bytes) -> Behaviour:
    """Accept nothing, and answer some bytes."""
    return lambda request: request.write(data)


# Answers after which aiohttp keeps the connection, and which are of no use to a caller.
KEPT_ALIVE: Final = {
    "502": answer(b"<html>bad gateway</html>", status="502 Bad Gateway"),
    "301": answer(b"", status="301 Moved Permanently", headers="Location: /elsewhere\r\n"),
    "307": answer(b"", status="307 Temporary Redirect", headers="Location: /elsewhere\r\n"),
    "gzip": answer(gzip.compress(b"{}"), headers="Content-Encoding: gzip\r\n"),
}


# Broken


def reset_after_head(request: HostileRequest) -> None:
    head, _, _ = answer(request.accepted()).partition(b"{")
    request.write(head)
    asyncio.get_running_loop().call_later(0.01, request.reset)


def reset_in_body(request: HostileRequest) -> None:
    request.write(answer(request.accepted())[:-10])
    asyncio.get_running_loop().call_later(0.01, request.reset)


def too_long(request: HostileRequest) -> None:
    request.write(answer(request.accepted(), length=1000))
    request.close()


def too_long_and_open(request: HostileRequest) -> None:
    request.write(answer(request.accepted(), length=1000))


def too_short(request: HostileRequest) -> None:
    request.write(answer(request.accepted(), length=10))


async def slow_drip(request: HostileRequest) -> None:
    for byte in answer(request.accepted()):
        request.write(bytes([byte]))
        await asyncio.sleep(0.02)


async def hundred_megabytes(request: HostileRequest) -> None:
    body = request.accepted()
    request.write(answer(body, length=100_000_000))
    for _ in range(1000):
        if request.connection.transport.is_closing():
            return
        request.write(b" " * 100_000)
        await asyncio.sleep(0)


async def endless_head(request: HostileRequest) -> None:
    request.accepted()
    request.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(10_000):
        if request.connection.transport.is_closing():
            return
        request.write(b"X-%d: %s\r\n" % (number, b"x" * 200))
        await asyncio.sleep(0)


async def endless_interim(request: HostileRequest) -> None:
    request.accepted()
    for _ in range(10_000):
        if request.connection.transport.is_closing():
            return
        request.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        await asyncio.sleep(0)


def two_lengths(request: HostileRequest) -> None:
    request.write(answer(request.accepted(), headers="Content-Length: 3\r\n"))


def length_and_chunks(request: HostileRequest) -> None:
    request.write(answer(request.accepted(), headers="Transfer-Encoding: chunked\r\n"))


def chunks_without_end(request: HostileRequest) -> None:
    request.write(chunked(request.accepted(), end=False))


def broken_chunk(request: HostileRequest) -> None:
    request.write(chunked(request.accepted()).replace(b"0\r\n\r\n", b"zz\r\n\r\n"))


def two_codes(request: HostileRequest) -> None:
    body = request.accepted()
    request.write(answer(b'{"ErrorCode":1,' + body[1:]))


BROKEN: Final[dict[str, Behaviour]] = {
    "reset after reading": HostileRequest.reset,
    "reset after the head": reset_after_head,
    "reset in mid-body": reset_in_body,
    "close instead of an answer": HostileRequest.close,
    "Content-Length too long": too_long,
    "Content-Length too long, stays open": too_long_and_open,
    "Content-Length too short": too_short,
    "slow drip": slow_drip,
    "100 MB": hundred_megabytes,
    "endless head": endless_head,
    "endless 1xx": endless_interim,
    "only 100": raw(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "101": raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    "204": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "two lengths": two_lengths,
    "a length and chunks": length_and_chunks,
    "TLS without TLS": raw(b"\x16\x03\x01\x02\x00\x01"),
    "chunks without end": chunks_without_end,
    "broken chunk": broken_chunk,
    "NaN": json('{"ActionStatus":"OK","ErrorCode":NaN}'),
    "infinite code": json('{"ErrorCode":1e400}'),
    "huge code": json('{"ErrorCode":' + "9" * 5000 + "}"),
    "infinite time": json('{"ErrorCode":0,"MsgTime":1e400,"MsgKey":"key of ACCOUNT"}'),
    "two codes": two_codes,
    "failed with code 0": json('{"ActionStatus":"FAIL","ErrorCode":0,"ErrorInfo":"","MsgKey":"key of ACCOUNT"}'),
    "deep nesting": json("[" * 100_000),
    "deep objects": json('{"a":' * 100_000),
}


# Odd, and still an answer


def interim(request: HostileRequest) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    request.write(b"HTTP/1.1 100 Continue\r\n\r\n" + early + answer(request.accepted()))


def old_version(request: HostileRequest) -> None:
    request.write(answer(request.accepted(), version="HTTP/1.0"))
    request.close()


def old_version_kept_alive(request: HostileRequest) -> None:
    request.write(answer(request.accepted(), version="HTTP/1.0", headers="Connection: keep-alive\r\n"))


def until_closed(request: HostileRequest) -> None:
    request.write(b"HTTP/1.1 200 OK\r\n\r\n" + request.accepted())
    asyncio.get_running_loop().call_later(0.01, request.close)


def closed_unannounced(request: HostileRequest) -> None:
    request.write(answer(request.accepted()))
    request.close()


async def byte_by_byte(request: HostileRequest) -> None:
    for byte in answer(request.accepted()):
        request.write(bytes([byte]))
        await asyncio.sleep(0)


async def chunk_by_chunk(request: HostileRequest) -> None:
    body = request.accepted()
    for part in chunked(body[:10], body[10:]).split(b"\n"):
        request.write(part + b"\n" if part else b"")
        await asyncio.sleep(0)


def all_chunks(request: HostileRequest) -> None:
    request.write(chunked(request.accepted()))


def duplicate_keys(request: HostileRequest) -> None:
    body = request.accepted()
    request.write(answer(b'{"MsgKey":"key of another",' + body[1:]))  # the last one counts, as everywhere


ODD: Final[dict[str, Behaviour]] = {
    "1xx before it": interim,
    "HTTP/1.0": old_version,
    "HTTP/1.0 kept alive": old_version_kept_alive,
    "without a length": until_closed,
    "close without saying so": closed_unannounced,
    "byte by byte": byte_by_byte,
    "chunked in pieces": chunk_by_chunk,
    "chunked": all_chunks,
    "duplicate keys": duplicate_keys,
    "huge number": json('{"ErrorCode":0,"MsgTime":1,"MsgKey":"key of ACCOUNT","New":' + "9" * 4000 + "}"),
    "nested": json('{"ErrorCode":0,"MsgTime":1,"MsgKey":"key of ACCOUNT","New":' + "[" * 500 + "]" * 500 + "}"),
}


# Answers too many


def surplus_at_once(request: HostileRequest) -> None:
    request.write(answer(request.accepted()) + answer(envelope("another account")))


def surplus_later(request: HostileRequest) -> None:
    request.write(answer(request.accepted()))
    second = answer(envelope("another account"))
    loop = asyncio.get_running_loop()
    loop.call_later(0.001, request.write, second[:30])
    loop.call_later(0.002, request.write, second[30:])


def surplus_after_refusal(request: HostileRequest) -> None:
    """Refuse for trouble inside the service, and send an unsolicited success on the same connection."""
    request.write(answer(envelope(request.account, code=20004)) + answer(envelope("another account")))


SURPLUS: Final[dict[str, Behaviour]] = {
    "a second answer at once": surplus_at_once,
    "a second answer a moment later": surplus_later,
    "a second answer after a refusal": surplus_after_refusal,
}
