"""What interrupts a caller: an exception that a signal handler raises."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Interruption(BaseException):
    """What a signal handler raises."""


def after(event: threading.Event, function: Callable[[], object]) -> threading.Thread:
    """Call a function in another thread when an event is set."""

    def run() -> None:
        assert event.wait(10)
        function()

    thread = threading.Thread(target=run)
    thread.start()
    return thread
