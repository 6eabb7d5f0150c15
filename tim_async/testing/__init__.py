"""For the test suites of apps: a pytest plugin, a pool without sockets, webhooks by hand, and a recorder.

The plugin comes with `pip install "tim-async[testing]"` and has fixtures: `tim_emulator` is the service on a loopback
port, `tim_client` a client in front of it. Without a socket, `FakePool` takes the place of the network, and `deliver`
hands an event to a receiver. `Recorder` writes down real traffic, and `FakePool.replay` plays it back.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .delivery import deliver
    from .fake_pool import Answer, FakePool, Sent, envelope
    from .recording import Exchange, Recorder, read_recording

__all__ = ["Answer", "Exchange", "FakePool", "Recorder", "Sent", "deliver", "envelope", "read_recording"]

_HOMES: Final = {"deliver": "delivery", "Exchange": "recording", "Recorder": "recording", "read_recording": "recording"}


def __getattr__(name: str) -> object:
    # pytest imports this package in every run that has the plugin; it shall cost nothing there.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'fake_pool')}"), name)
    return value
