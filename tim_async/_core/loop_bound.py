"""Objects that belong to an event loop: they end with it, and stay with the parent when a process forks.

`asyncio.run` finishes asynchronous generators before it closes its loop, so a generator started in the loop can close
connections there.

A forked process has copies of the parent's sockets. Anything it wrote to them would land in the middle of the parent's
requests. Closing them properly is harmful too: TLS sends a closing message, and an event loop that shares its selector
with the parent's would remove the parent's sockets from it. So the child forgets them but keeps the objects alive,
because their finalizers would close the sockets.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Final, Protocol
from weakref import WeakSet


class Forkable(Protocol):
    """An object that belongs to an event loop."""

    def after_fork(self) -> None:
        """Forget the parent's event loop and everything that belongs to it; called in the child."""
        ...


_living: Final[WeakSet[Forkable]] = WeakSet()
_inherited: Final[list[object]] = []


def at_end_of_loop(close: Callable[[], Awaitable[None]]) -> AsyncGenerator[None, None]:
    """Await a function at the end of the running loop; `aclose()` of the returned generator awaits it earlier."""

    async def wait() -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            await close()

    waiting = wait()
    with suppress(StopIteration):  # it has reached its yield, and the loop has registered it
        waiting.__anext__().send(None)
    return waiting


def forget_when_forked(each: Forkable) -> None:
    """Call `after_fork` in every process forked from this one while the object lives."""
    _living.add(each)


def leave_to_parent(*inherited: object) -> None:
    """Keep the parent's objects alive, so that they are never finalized here."""
    _inherited.extend(inherited)  # pragma: no cover - in the child of a fork, which no coverage is measured in


def _after_fork() -> None:  # pragma: no cover - in the child of a fork
    for each in tuple(_living):
        each.after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch - there is no forking on Windows
    os.register_at_fork(after_in_child=_after_fork)
