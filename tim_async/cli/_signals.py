"""Ctrl-C and SIGTERM: the first one ends the work in order, the second one immediately."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from ._output import echo

# Windows has no SIGTERM from other processes, but Ctrl-Break, which stops services.
_SIGNALS: Final = tuple(
    (number, name)
    for number, name in (
        (signal.SIGINT, "Ctrl-C"),
        (signal.SIGTERM, "SIGTERM"),
        (getattr(signal, "SIGBREAK", None), "Ctrl-Break"),
    )
    if number is not None
)


@contextmanager
def handled(handle: Callable[[str], None]) -> Iterator[None]:
    """Call a function with the name of each signal that arrives while the block runs."""
    with ExitStack() as stack:
        for number, name in _SIGNALS:
            stack.enter_context(_handled(number, name, handle))
        yield


@contextmanager
def _handled(number: int, name: str, handle: Callable[[str], None]) -> Iterator[None]:
    import asyncio

    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(number, handle, name)
    except NotImplementedError:  # event loops of Windows
        # A signal wakes them, and the handler is called from here.
        before = signal.signal(number, lambda *_: loop.call_soon_threadsafe(handle, name))
        try:
            yield
        finally:
            signal.signal(number, before)
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(number)


@contextmanager
def stopped_in_order(stop: Callable[[str], bool]) -> Iterator[None]:
    """Make the first signal stop the work of this task in order, and the next one cancel the task.

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
