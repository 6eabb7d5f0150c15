"""Run asynchronous parts of a command; asyncio is imported late, because `--help` and completion do not need it."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run_async(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a new loop and return its result; Ctrl-C cancels it.

    The loop is the system's own, on Windows the proactor: Ctrl-C wakes it, and nothing here needs another.
    """
    import asyncio

    return asyncio.run(main)
