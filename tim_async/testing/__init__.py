"""For the test suites of apps: a pytest plugin, a pool without sockets, delivery of webhooks, and a recorder.

The plugin is installed by `pip install "tim-async[testing]"` and provides fixtures: `tim_emulator` is the service on a
loopback port, `tim_client` a client connected to it. Without sockets, `FakePool` replaces the network, and `deliver`
passes an event to a receiver. `Recorder` records real traffic, and `FakePool.replay` replays it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .delivery import deliver
    from .fake_pool import Answer, FakePool, FakeSlot, Sent, envelope
    from .recording import Exchange, Recorder, read_recording

__all__ = ["Answer", "Exchange", "FakePool", "FakeSlot", "Recorder", "Sent", "deliver", "envelope", "read_recording"]

_MODULES: Final = {
    "deliver": "delivery",
    "Exchange": "recording",
    "Recorder": "recording",
    "read_recording": "recording",
}


def __getattr__(name: str) -> object:
    # pytest imports this package in every run where the plugin is installed, so importing it must be cheap.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_MODULES.get(name, 'fake_pool')}"), name)
    return value
