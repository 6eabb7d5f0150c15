"""Runs what a command does asynchronously; asyncio is imported then, since `--help` and completion do without."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run_async(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a loop of its own and return its result; Ctrl-C cancels it.

    The loop is the system's own, on Windows the proactor: it is woken by Ctrl-C, and nothing here needs another.
    """
    import asyncio

    return asyncio.run(main)
