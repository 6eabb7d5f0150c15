from __future__ import annotations

import os
import subprocess
import time

import pytest

from tests.cli.helpers import APP, KEY, PROC, command, posix
from tim_async.cli._secrets import hide_password


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        ("postgresql+asyncpg://tim:hunter2@db/tim", "postgresql+asyncpg://tim:***@db/tim"),
        ("--ledger=postgresql+asyncpg://tim:hunter2@db:5432/tim", "--ledger=postgresql+asyncpg://tim:***@db:5432/tim"),
        ("amqp://tim:hun@ter/2?x:@mq/", "amqp://tim:***@mq/"),
        ("amqp://tim@mq/", "amqp://tim@mq/"),
        ("postgresql+asyncpg://db/tim?user=tim&password=hunter2", "postgresql+asyncpg://db/tim?***"),
        ("postgresql+asyncpg://db/tim?password=hunter2&mail=a:b@c", "postgresql+asyncpg://db:***@c"),
        ("Hi $name, see https://example.com/?a=b", "Hi $name, see https://example.com/?a=b"),
        ("spring.db", "spring.db"),
    ],
)
def test_passwords_are_not_shown(argument: str, shown: str) -> None:
    assert hide_password(argument) == shown


@posix
@pytest.mark.parametrize("args", [["user-sig", "alice"], ["send", "bob", "hi", "--base-url", "http://127.0.0.1:1"]])
def test_key_is_asked_for_without_showing_it(args: list[str]) -> None:
    """With a terminal and no variable; the answer appears neither on the terminal nor in the list of processes."""
    import pty
    import termios

    master, terminal = pty.openpty()
    # A new session has no /dev/tty: the prompt goes to stderr, the answer comes from stdin.
    process = subprocess.Popen(
        command(*args),
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TIM_SDK_APP_ID": APP},
        start_new_session=True,
    )
    with process:
        try:
            # Input typed before the echo is off is discarded.
            end = time.monotonic() + 20
            while termios.tcgetattr(terminal)[3] & termios.ECHO:
                assert time.monotonic() < end
                time.sleep(0.01)
            os.write(master, f"{KEY}\n".encode())
            if PROC.is_dir():
                assert KEY.encode() not in (PROC / str(process.pid) / "cmdline").read_bytes()
            stdout, stderr = process.communicate(timeout=60)
            os.set_blocking(master, False)
            try:
                echoed = os.read(master, 10_000)
            except BlockingIOError:
                echoed = b""
        finally:
            process.kill()
            os.close(terminal)
            os.close(master)
    assert b"Secret key of the app (not shown)" in stderr
    assert KEY.encode() not in stdout + stderr + echoed
    if args[0] == "user-sig":
        assert process.returncode == 0
        assert stdout.startswith(b"eJ")
    else:
        assert process.returncode == 1
        assert b"nothing was sent" in stderr
