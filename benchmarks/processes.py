"""Servers in processes of their own, so that their CPU and their loop are not the client's.

Run as `python -m benchmarks.processes bare` or `... emulator`: prints its URL, then obeys lines on standard input.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Final

from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator

from .report import worst_window

SECRET_KEY: Final = DEFAULT_SECRET_KEY
REPLY: Final = (
    b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"MsgTime":1572870301,"MsgKey":"89541_2574206_1572870301"}'
)
_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(REPLY)
) + REPLY


class _Bare(asyncio.Protocol):
    """The cheapest server there is: counts bytes, notes when a request came, answers the same, or later."""

    arrivals: ClassVar[list[float]] = []
    is_stalled: ClassVar[bool] = False
    unanswered: ClassVar[list[asyncio.Transport]] = []

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
            head = self.data[:end].lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            if len(self.data) < end + 4 + length:
                return
            self.data = self.data[end + 4 + length :]
            self.arrivals.append(time.monotonic())
            if _Bare.is_stalled:
                self.unanswered.append(self.transport)
            else:
                self.transport.write(_ANSWER)


async def _lines() -> AsyncIterator[str]:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode().strip()


async def _bare() -> None:
    server = await asyncio.get_running_loop().create_server(_Bare, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async for line in _lines():
        _Bare.is_stalled = line == "stall"
        if line == "release":
            while _Bare.unanswered:
                _Bare.unanswered.pop().write(_ANSWER)
        print(json.dumps({"worst": worst_window(_Bare.arrivals), "count": len(_Bare.arrivals)}), flush=True)
    server.close()


async def _emulator() -> None:
    async with Emulator(auto_import=True) as emulator:
        print(emulator.url, flush=True)
        async for line in _lines():
            word, _, argument = line.partition(" ")
            if word == "faults":
                for index, code in enumerate((20004, 20005, 91000, 90992)):
                    # Four faults in a row at these rates strike a fifth of the calls together.
                    emulator.faults.answer(code, rate=1 - (1 - float(argument)) ** 0.25, seed=index)
            arrivals = emulator.arrivals
            print(
                json.dumps(
                    {
                        "worst": emulator.worst_window("openim/sendmsg"),
                        "count": len(arrivals),
                        "refused": sum(arrival.code == 60007 for arrival in arrivals),
                        "messages": len(emulator.messages()),
                    }
                ),
                flush=True,
            )


class Remote:
    """A server in another process."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self._process = process
        self.url = url

    async def tell(self, line: str = "report") -> dict[str, Any]:
        """Send a line and return what the server says of itself."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line.encode() + b"\n")
        return json.loads(await self._process.stdout.readline())


@asynccontextmanager
async def remote(kind: str) -> AsyncIterator[Remote]:
    """Start a server of a kind, `bare` or `emulator`; it ends with the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.processes",
        kind,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield Remote(process, (await process.stdout.readline()).decode().strip())
    finally:
        process.stdin.close()
        await process.wait()


if __name__ == "__main__":
    asyncio.run({"bare": _bare, "emulator": _emulator}[sys.argv[1]]())
