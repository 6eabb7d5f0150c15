"""What belongs to an event loop: it ends with the loop, and stays with the parent when a process forks.

`asyncio.run` finishes asynchronous generators before it closes its loop, so one that was begun in the loop can close
connections there.

A forked process has copies of the parent's sockets. What it wrote on them would go into the middle of the parent's
requests, and even closing them properly would: TLS says goodbye, and an event loop that shares its selector with the
parent's would take the parent's sockets out of it. So the child forgets them, and keeps what it forgets, as the
finalizers of such objects would close them.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Final, Protocol
from weakref import WeakSet


class Forkable(Protocol):
    """Something that belongs to an event loop."""

    def after_fork(self) -> None:
        """Forget the event loop of the parent and what belongs to it; called in the child."""
        ...


_living: Final[WeakSet[Forkable]] = WeakSet()
_inherited: Final[list[object]] = []


def at_end_of_loop(close: Callable[[], Awaitable[None]]) -> AsyncGenerator[None, None]:
    """Have a function awaited at the end of the running loop; `aclose()` of what is returned awaits it earlier."""

    async def wait() -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            await close()

    waiting = wait()
    with suppress(StopIteration):  # it has come to its yield, and the loop knows of it
        waiting.__anext__().send(None)
    return waiting


def forget_when_forked(each: Forkable) -> None:
    """Have `after_fork` called in every process that is forked from this one while the object lives."""
    _living.add(each)


def leave_to_parent(*inherited: object) -> None:
    """Keep what belongs to the parent process, so that it is never finalized here."""
    _inherited.extend(inherited)  # pragma: no cover - in the child of a fork, which no coverage is measured in


def _after_fork() -> None:  # pragma: no cover - in the child of a fork
    for each in tuple(_living):
        each.after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch - there is no forking on Windows
    os.register_at_fork(after_in_child=_after_fork)
