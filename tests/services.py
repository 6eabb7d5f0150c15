"""Services that some tests need: found, or the test is skipped; with TIM_TEST_SERVICES=require it fails instead."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import pytest

REDIS_URL = os.environ.get("TIM_TEST_REDIS_URL", "redis://127.0.0.1:6379/0")


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


def free_port() -> int:
    """Return a port of this machine that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class OwnRedis:
    """A Redis server of one's own, to be stopped and started; it keeps nothing on disk."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._binary = shutil.which("redis-server") or missing("redis-server is not installed")
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", *self._options]
        self._process = subprocess.Popen(
            [self._binary, *options, "--dir", str(self._folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(16):
                        return
            except OSError:
                time.sleep(0.01)
        raise TimeoutError("redis-server does not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def own_redis(folder: Path, *options: str) -> Iterator[OwnRedis]:
    """Run a Redis server for one test."""
    server = OwnRedis(folder, *options)
    server.start()
    try:
        yield server
    finally:
        server.stop()
