"""What the emulator does at a given time, and not because of a request.

    @on_clock
    def run(state: State, now: float) -> Sequence[Event]: ...

Before each request, and whenever a test reads pushes or webhooks, everything that is due is done: a test that moves the
clock sees the effect at once. While the emulator is started, a timer does the same for a running clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from ..webhooks import Event
from .outgoing.outbox import Outbox
from .state.core import State

# The longest interval between checks of the timer: the clock may be stopped.
_SHORTEST_S: Final = 0.05
_LONGEST_S: Final = 3600.0


class Clocked(NamedTuple):
    """A timed action.

    Attributes:
        run: does what is due, and returns the events.
        next_due: returns unix seconds of the next due action; None for none.
    """

    run: Callable[[State, float], Sequence[Event]]
    next_due: Callable[[State], float | None]


CLOCKED: Final[list[Clocked]] = []
"""All timed actions; filled by the modules of the handlers."""


class Clockwork:
    """Runs timed actions.

    Args:
        state: the emulator's state.
        outbox: sends the events.
        clock: unix seconds.
    """

    def __init__(self, state: State, outbox: Outbox, clock: Callable[[], float]) -> None:
        self._state = state
        self._outbox = outbox
        self._clock = clock
        self._is_open = False
        self._timer: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Start watching the clock in the running loop."""
        self._is_open = True
        self.run()

    def close(self) -> None:
        """Stop watching the clock."""
        self._is_open = False
        self._cancel()

    def run(self) -> None:
        """Do what is due now."""
        now = self._clock()
        for clocked in CLOCKED:
            for event in clocked.run(self._state, now):
                self._outbox.emit(event)
        self.watch()

    def watch(self) -> None:
        """Set the timer for the next due action, which a request may have changed."""
        if not self._is_open:
            return
        self._cancel()
        due = [moment for clocked in CLOCKED if (moment := clocked.next_due(self._state)) is not None]
        if due:
            seconds = min(max(min(due) - self._clock(), _SHORTEST_S), _LONGEST_S)
            self._timer = asyncio.get_running_loop().call_later(seconds, self.run)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
