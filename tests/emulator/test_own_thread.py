"""The emulator for code without an event loop."""

from __future__ import annotations

import threading

import pytest

from tim_async import UsageError
from tim_async.blocking import TimClient
from tim_async.emulator import Emulator


def emulators() -> int:
    return sum(thread.name == "tim_async: emulator" for thread in threading.enumerate())


def test_emulator_serves_code_without_a_loop_and_leaves_no_thread() -> None:
    emulator = Emulator()
    emulator.add_accounts("alice", "bob")
    for _ in range(2):
        with emulator, TimClient(emulator.sdk_app_id, emulator.secret_key, base_url=emulator.url) as client:
            client.c2c.send_text("bob", "hi", from_account="alice")
            assert emulators() == 1
        assert emulators() == 0
    assert len(emulator.history("alice", "bob")) == 2


def test_error_of_the_start_is_the_callers() -> None:
    with Emulator() as emulator, pytest.raises(UsageError), Emulator(port=int(emulator.url.rpartition(":")[2])):
        pass
    assert emulators() == 0
