"""Ctrl-C and SIGTERM: the first one ends the work in order, the second one at once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from ._output import echo

_SIGNALS: Final = ((signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM"))


@contextmanager
def handled(handle: Callable[[str], None]) -> Iterator[None]:
    """Call a function with the name of each signal that comes while the block runs."""
    import asyncio

    loop = asyncio.get_running_loop()
    for number, name in _SIGNALS:
        with suppress(NotImplementedError):  # not on Windows, where Ctrl-C comes as KeyboardInterrupt
            loop.add_signal_handler(number, handle, name)
    try:
        yield
    finally:
        for number, _ in _SIGNALS:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(number)


@contextmanager
def stopped_in_order(stop: Callable[[str], bool]) -> Iterator[None]:
    """Let the first signal stop the work of this task in order, and the next one cancel the task.

    `stop` gets the signal's name and returns whether there is something in flight to wait for.
    """
    import asyncio

    task = asyncio.current_task()
    is_stopping = False

    def handle(name: str) -> None:
        nonlocal is_stopping
        if not is_stopping:
            is_stopping = True
            if stop(name):
                echo(f"{name}: finishing what is in flight; a second signal stops at once", err=True)
                return
        if task is not None:
            task.cancel()

    with handled(handle):
        yield
