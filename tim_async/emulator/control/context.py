"""What the operations of the control API act on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ..._api.endpoint import Endpoint
from ..._pages.event_stream import EventStream
from ..outgoing.outbox import Outbox
from ..server.arrivals import ArrivalLog
from ..server.limits import Limits
from ..server.steerable_clock import SteerableClock
from ..state.core import State
from ..steering import Steering

Act = Callable[[Endpoint[..., Any], str, Mapping[str, object], str], Awaitable[tuple[int, bytes]]]


class Control:
    """The emulator's parts as the control API uses them.

    Args:
        emulator: the emulator.
        state: its state.
        limits: its limits.
        log: its log of calls.
        outbox: its webhooks.
        clock: its clock.
        window_clock: the clock of its limits, monotonic seconds.
        events: the events that listeners receive.
        act: executes what an account does on its device: called with an endpoint, the account, the fields and the
            platform; returns the ErrorCode and the answer.
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
        act: Act,
    ) -> None:
        self.emulator = emulator
        self.state = state
        self.limits = limits
        self.log = log
        self.outbox = outbox
        self.clock = clock
        self.window_clock = window_clock
        self.events = events
        self.act = act
