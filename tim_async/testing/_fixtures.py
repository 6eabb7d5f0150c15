"""The values of the pytest plugin's fixtures, whichever plugin runs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.client import TimClient
from ..emulator import Emulator
from ._shown import show_if_failed


def make_client(emulator: Emulator, options: Mapping[str, Any]) -> TimClient:
    """Make a client that is connected to an emulator."""
    return TimClient(emulator.sdk_app_id, emulator.secret_key, emulator.admin, **{"base_url": emulator.url, **options})


__all__ = ["Emulator", "TimClient", "make_client", "show_if_failed"]
