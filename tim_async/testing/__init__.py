"""For the test suites of apps: a pytest plugin, a pool without sockets, a recorder.

The plugin comes with `pip install "tim-async[testing]"` and has fixtures: `tim_emulator` is the service on a loopback
port, `tim_client` a client in front of it. Without a socket, `FakePool` takes the place of the network. `Recorder`
writes down real traffic, and `FakePool.replay` plays it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .fake_pool import Answer, FakePool, Sent, envelope
    from .recording import Exchange, Recorder, read_recording

__all__ = ["Answer", "Exchange", "FakePool", "Recorder", "Sent", "envelope", "read_recording"]


def __getattr__(name: str) -> object:
    # pytest imports this package in every run that has the plugin; it shall cost nothing there.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import fake_pool, recording

    value: object = getattr(recording if name in ("Exchange", "Recorder", "read_recording") else fake_pool, name)
    return value
