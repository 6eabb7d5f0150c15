"""Servers in separate processes, so that they share neither CPU nor event loop with the client.

Run as `python -m benchmarks.processes KIND OPTIONS`, with the options as JSON: prints its URL, then answers lines on
standard input. `bare` and `emulator` are here, other kinds have their own modules.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any, ClassVar, Final

from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator

from .report import worst_window

SECRET_KEY: Final = DEFAULT_SECRET_KEY
# Some servers report the outcome of each of many messages in one line.
_LONGEST_LINE: Final = 2**25
REPLY: Final = (
    b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"MsgTime":1572870301,"MsgKey":"89541_2574206_1572870301"}'
)
_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(REPLY)
) + REPLY


class RequestProtocol(asyncio.Protocol):
    """A connection that reads requests by counting bytes, and passes them on."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.data = b""

    def data_received(self, data: bytes) -> None:
        self.data += data
        while True:
            end = self.data.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.data[:end]
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            if len(self.data) < end + 4 + length:
                return
            body = self.data[end + 4 : end + 4 + length]
            self.data = self.data[end + 4 + length :]
            self.received(head, body)

    def received(self, head: bytes, body: bytes) -> None:
        """Handle a request."""
        raise NotImplementedError


class _Bare(RequestProtocol):
    """The cheapest possible server: records arrival time and identifier of a request, and always answers the same."""

    arrivals: ClassVar[dict[str, list[float]]] = {}
    is_stalled: ClassVar[bool] = False
    unanswered: ClassVar[list[asyncio.Transport]] = []

    def received(self, head: bytes, body: bytes) -> None:
        identifier = head.partition(b"identifier=")[2].partition(b"&")[0].decode()
        self.arrivals.setdefault(identifier, []).append(time.monotonic())
        if _Bare.is_stalled:
            self.unanswered.append(self.transport)
        else:
            self.transport.write(_ANSWER)


async def lines() -> AsyncIterator[str]:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode().strip()


async def _bare() -> None:
    server = await asyncio.get_running_loop().create_server(_Bare, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async for line in lines():
        _Bare.is_stalled = line == "stall"
        if line == "release":
            while _Bare.unanswered:
                _Bare.unanswered.pop().write(_ANSWER)
        if line == "clear":
            _Bare.arrivals.clear()
        arrivals = [when for each in _Bare.arrivals.values() for when in each]
        worst = {identifier: worst_window(each) for identifier, each in _Bare.arrivals.items()}
        print(json.dumps({"worst": worst_window(arrivals), "worst_of": worst, "count": len(arrivals)}), flush=True)
    server.close()


class _Clock:
    """The time of day plus an offset."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def _trouble(emulator: Emulator, rate: float) -> None:
    """Plan every fault that can happen between a request and its answer, at this rate in total."""
    each = 1 - (1 - rate) ** (1 / 9)
    for index, code in enumerate((20004, 20005, 91000, 90992)):
        emulator.faults.answer(code, rate=each, seed=index)
    emulator.faults.drop(rate=each, seed=10)
    emulator.faults.drop(after=True, rate=each, seed=11)
    emulator.faults.status(502, rate=each, seed=12)
    emulator.faults.status(502, after=True, rate=each, seed=13)
    emulator.faults.delay(0.3, after=True, rate=each, seed=14)


async def _emulator(limit: int | None = None) -> None:
    # Garbage collection over all kept messages blocks the loop, and calls that arrive meanwhile are counted together.
    gc.disable()
    clock = _Clock()
    limits = {} if limit is None else {"*": limit}
    # Everything is counted at the end, whatever happened.
    keep = {"messages": 10_000_000, "calls": 1_000_000}
    async with Emulator(
        auto_import=True, rate_limits=limits, clock=clock, window_clock=time.monotonic, keep=keep
    ) as emulator:
        print(emulator.url, flush=True)
        lags: list[float] = []
        meter = asyncio.create_task(_measure_lag(lags))
        async for line in lines():
            word, _, argument = line.partition(" ")
            if word == "faults":
                for index, code in enumerate((20004, 20005, 91000, 90992)):
                    # Four faults in a row at these rates affect a fifth of the calls together.
                    emulator.faults.answer(code, rate=1 - (1 - float(argument)) ** 0.25, seed=index)
            elif word == "trouble":
                _trouble(emulator, float(argument))
            elif word == "clear":
                emulator.faults.clear()
            elif word == "ahead":
                clock.ahead = float(argument)
            elif word == "count":
                # Polled repeatedly: return only this.
                print(json.dumps({"arrivals": emulator.count()}), flush=True)
                continue
            arrivals = emulator.arrivals
            print(
                json.dumps(
                    {
                        "worst": emulator.worst_window("openim/sendmsg"),
                        "worst_batch": emulator.worst_window("openim/batchsendmsg"),
                        "worst_minute": _deliveries(emulator),
                        "count": len(arrivals),
                        "refused": sum(arrival.code in (60007, 90057) for arrival in arrivals),
                        "lag_ms": round(1000 * max(lags, default=0.0)),
                        **_messages(emulator),
                    }
                ),
                flush=True,
            )
        meter.cancel()


async def _measure_lag(lags: list[float]) -> None:
    """Record large delays of the loop: calls that arrive meanwhile are counted together."""
    while True:
        due = time.monotonic() + 0.005
        await asyncio.sleep(0.005)
        late = time.monotonic() - due
        if late > 0.02:
            lags.append(late)


def _deliveries(emulator: Emulator) -> int:
    """Return the maximum number of batch recipients in any minute."""
    times = [
        arrival.monotonic
        for arrival in emulator.arrivals
        if arrival.command == "openim/batchsendmsg" and arrival.body
        for _ in json.loads(arrival.body)["To_Account"]
    ]
    return worst_window(times, 60.0)


def _messages(emulator: Emulator) -> dict[str, int]:
    """Count messages, accounts that got one, and accounts that got more than one."""
    each = Counter(message.to_account for message in emulator.messages())
    return {
        "messages": each.total(),
        "recipients": len(each),
        "doubled": sum(count > 1 for count in each.values()),
    }


class Remote:
    """A server in another process."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self._process = process
        self.pid = process.pid
        self.url = url

    async def request(self, line: str = "report") -> dict[str, Any]:
        """Send a line and return the server's report."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line.encode() + b"\n")
        answer: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return answer


@asynccontextmanager
async def remote(kind: str, limit: int | None = None, **options: object) -> AsyncIterator[Remote]:
    """Start a server of a kind; it ends with the block.

    Args:
        kind: `bare`, `emulator`, or the name of a module of benchmarks that has `serve`.
        limit: for an emulator, the limit of all commands.
            **options: the arguments of its function.
    """
    if limit is not None:
        options["limit"] = limit
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.processes",
        kind,
        json.dumps(options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield Remote(process, (await process.stdout.readline()).decode().strip())
    finally:
        process.stdin.close()
        await process.wait()


if __name__ == "__main__":
    kind, options = sys.argv[1:]
    servers = {"bare": _bare, "emulator": _emulator}
    serve = servers.get(kind) or import_module(f"{__package__}.{kind}").serve
    asyncio.run(serve(**json.loads(options)))
