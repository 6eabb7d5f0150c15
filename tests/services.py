"""Services that some tests need: found, or the test is skipped; with TIM_TEST_SERVICES=require it fails instead."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NoReturn, Self
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

REDIS_URL = os.environ.get("TIM_TEST_REDIS_URL", "redis://127.0.0.1:6379/0")

RABBITMQ_URL = os.environ.get("TIM_TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672/")


def missing(what: str) -> NoReturn:
    """Skip the test, or fail it where everything must be there."""
    if os.environ.get("TIM_TEST_SERVICES") == "require":
        pytest.fail(f"{what}, and TIM_TEST_SERVICES=require")
    pytest.skip(what)


def need_port(url: str, name: str) -> str:
    """Return the URL if something listens there."""
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), timeout=2).close()
    except OSError:
        missing(f"no {name} at {parts.hostname}:{parts.port}")
    return url


# A Redis of a cluster also uses the port 10,000 higher: for all of these, that is still below those of the system.
_FIRST_PORT, _PORTS_OF_A_WORKER, _MOST_WORKERS = 10_000, 100, 100


def free_port() -> int:
    """Return a port of this machine on which nothing listens, each time another one.

    Each worker of pytest-xdist has its own ports. All are below the system's ephemeral ports: there, a connection or a
    server of another test could take a port between this call and its use.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = _FIRST_PORT + worker % _MOST_WORKERS * _PORTS_OF_A_WORKER
    for _ in range(_PORTS_OF_A_WORKER):
        port = first + next(_port_numbers) % _PORTS_OF_A_WORKER
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError(f"all ports from {first} to {first + _PORTS_OF_A_WORKER - 1} are in use")


_port_numbers = itertools.count(random.randrange(_PORTS_OF_A_WORKER))  # another run may have the same worker numbers


class OwnServer:
    """A server for one test, which it can stop and start, on its own port."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        raise NotImplementedError

    def stop(self) -> None:
        """Kill it immediately, whatever its clients are doing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class OwnRedis(OwnServer):
    """A Redis server of one's own; it keeps nothing on disk."""

    def __init__(self, folder: Path, *options: str) -> None:
        super().__init__()
        self._binary = shutil.which("redis-server") or missing("redis-server is not installed")
        self._folder = folder
        self._options = options
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", *self._options]
        self._process = subprocess.Popen(
            [self._binary, *options, "--dir", str(self._folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(16):
                        return
            except OSError:
                time.sleep(0.01)
        raise TimeoutError("redis-server does not start")


class Wire:
    """A proxy between a client and a server on this machine: forwards, falls silent, or refuses."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._pairs: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._is_cut = False
        self.port = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        back, out = await asyncio.open_connection("127.0.0.1", self._target)
        self._pairs |= {writer, out}
        try:
            await asyncio.gather(self._pump(reader, out), self._pump(back, writer))
        finally:
            self._pairs -= {writer, out}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass  # it was cut
        finally:
            writer.transport.abort()

    def cut(self) -> None:
        """Break all connections and refuse new ones."""
        self._is_cut = True
        for writer in self._pairs:
            writer.transport.abort()

    def silence(self) -> None:
        """Keep all connections, and pass nothing on."""
        self._flows.clear()

    def mend(self) -> None:
        """Pass everything on."""
        self._is_cut = False
        self._flows.set()


@asynccontextmanager
async def wire_to(port: int) -> AsyncIterator[Wire]:
    """Put a proxy before a server for one test."""
    wire = Wire(port)
    server = await asyncio.start_server(wire._serve, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        wire.mend()
        wire.cut()
        server.close()


POSTGRES_URL = os.environ.get("TIM_TEST_POSTGRES_URL", "postgresql+asyncpg://postgres@127.0.0.1:5432/postgres")


@asynccontextmanager
async def own_database() -> AsyncIterator[str]:
    """Make an empty PostgreSQL database, and drop it afterwards; return its URL."""
    import asyncpg

    need_port(POSTGRES_URL, "PostgreSQL")
    plain = POSTGRES_URL.replace("+asyncpg", "")
    name = f"tim_test_{uuid4().hex}"
    connection = await asyncpg.connect(plain)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        yield f"{POSTGRES_URL.rpartition('/')[0]}/{name}"
    finally:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await connection.close()
