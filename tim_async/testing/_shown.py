"""Keeps an emulator open after its test has failed, so that it can be inspected."""

from __future__ import annotations

import asyncio
import sys
import threading
from contextlib import suppress
from typing import Final

import pytest

from ..emulator import Emulator
from ._html_report import last_calls

FAILED: Final = pytest.StashKey[bool]()
EMULATOR: Final = pytest.StashKey[Emulator]()
_LAST_CALLS: Final = 10


def describe(emulator: Emulator) -> str:
    """Return an emulator's URL and its last calls."""
    lines = last_calls(emulator, _LAST_CALLS)
    return "\n".join([f"{emulator.url}/_emulator/v1", *(lines or ["nothing was sent"])])


async def show_if_failed(request: pytest.FixtureRequest, emulator: Emulator) -> None:
    """Keep an emulator open when its test has failed and `--tim-show` was given, until Enter on a terminal."""
    config = request.config
    if not config.getoption("tim_show") or not request.node.stash.get(FAILED, False):
        return
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.suspend(in_=True)
    try:
        if sys.stdin is not None and sys.stdin.isatty():
            sys.stdout.write(
                f"\n\n{request.node.nodeid} failed. Its emulator is at {emulator.url} (a browser shows what happened, "
                f"the control API is {emulator.url}/_emulator/v1).\nEnter goes on. "
            )
            sys.stdout.flush()
            await _enter()
    finally:
        if capture is not None:
            capture.resume()


async def _enter() -> None:
    """Wait for Enter in a thread that does not keep the process from ending."""
    loop = asyncio.get_running_loop()
    pressed: asyncio.Future[None] = loop.create_future()

    def finish() -> None:
        if not pressed.done():
            pressed.set_result(None)

    def read() -> None:
        sys.stdin.readline()
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(finish)

    threading.Thread(target=read, name="tim_async: Enter", daemon=True).start()
    await pressed
