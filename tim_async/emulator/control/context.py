"""What the operations of the control API work on."""

from __future__ import annotations

from collections.abc import Callable

from ..._pages.event_stream import EventStream
from ..outgoing.outbox import Outbox
from ..server.arrivals import ArrivalLog
from ..server.limits import Limits
from ..server.steerable_clock import SteerableClock
from ..state.core import State
from ..steering import Steering


class Control:
    """An emulator as the control API has it.

    Args:
        emulator: the emulator.
        state: its state.
        limits: its limits.
        log: its log of calls.
        outbox: its webhooks.
        clock: its clock.
        window_clock: the clock of its limits, monotonic seconds.
        events: what listeners are sent.
    """

    def __init__(
        self,
        emulator: Steering,
        *,
        state: State,
        limits: Limits,
        log: ArrivalLog,
        outbox: Outbox,
        clock: SteerableClock,
        window_clock: Callable[[], float],
        events: EventStream,
    ) -> None:
        self.emulator = emulator
        self.state = state
        self.limits = limits
        self.log = log
        self.outbox = outbox
        self.clock = clock
        self.window_clock = window_clock
        self.events = events
