"""Planned faults: failures that a test requests.

    emulator.faults.answer(20004, command="openim/sendmsg", rate=0.2, seed=1)
    late = emulator.faults.delay(0.05)
    ...
    late.hits, late.remove()

Faults apply to requests that passed the checks of path, URL, UserSig and admin. They are tried in the order they were
planned: the first match wins, except that delays add up and let the next fault be tried.

A fault applies *before* the request takes effect, or *after*: then the request was executed, stored and counted against
the limit like any other, and only the answer is wrong. A client cannot distinguish the two, which is why most of these
faults exist. Nothing that the client does in the meantime, such as disconnecting, changes the outcome: a request that
is only delayed is executed in the end.
"""

from __future__ import annotations

from collections.abc import Container
from itertools import count
from typing import Final, NamedTuple, Unpack

from ...errors import UsageError
from .fault_kinds import (
    AnswerFault,
    DelayFault,
    DropFault,
    EndlessFault,
    Fault,
    GarbageFault,
    StallFault,
    StatusFault,
    TruncateFault,
    When,
)

GATEWAY_PAGE: Final = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
GARBAGE: Final = b"\x00\xff no JSON at all"


class Plan(NamedTuple):
    """The faults for one request.

    Attributes:
        delay: seconds to wait before it is executed.
        delay_after: seconds to wait before it is answered.
        fault: the fault that answers it; None for a normal answer.
    """

    delay: float
    delay_after: float
    fault: Fault | None

    @property
    def kind(self) -> str:
        """The kind of the fault that answers it, or of one that delays it; "" for none."""
        if self.fault is not None:
            return self.fault.kind
        return "delay" if self.delay or self.delay_after else ""

    @property
    def is_slow(self) -> bool:
        """Whether it holds the answer back."""
        return bool(self.delay or self.delay_after) or isinstance(self.fault, StallFault)


NOTHING: Final = Plan(0.0, 0.0, None)


class Faults:
    """The planned faults of an emulator.

        emulator.faults.answer(20004, command="openim/sendmsg", times=2)
        emulator.faults.drop(after=True, rate=0.05, seed=1)

    Each method plans one, and returns it. The keyword arguments of `When`, which all of them take, select the requests:
    `command`, `times`, `rate`, `seed`, `after_calls`. Faults are tried in the order in which they were planned, and the
    first match answers; delays add up and let the next fault be tried. No fault applies to a request whose path, URL,
    UserSig or admin is refused.

    With `after`, the request is executed first, and only the answer is wrong. Without it nothing is executed, and the
    call does not count for a limit.

    Raises:
        UsageError: by every method, for an unknown command, `times` below 1, a `rate` that is not 0 to 1, or an
            `after_calls` below 0; `field` names the argument.
    """

    def __init__(self, commands: Container[str]) -> None:
        self._commands = commands
        self._active: list[Fault] = []
        self._numbers = count(1)
        self._stalls: list[StallFault] = []

    @property
    def active(self) -> list[Fault]:
        """The planned faults, in the order in which they are tried."""
        return list(self._active)

    def answer(self, code: int, info: str = "", *, after: bool = False, **when: Unpack[When]) -> Fault:
        """Answer with an error code.

        Args:
            code: the ErrorCode, any number but 0.
            info: the ErrorInfo; "" is the meaning of the code in the catalogue.
            after: whether the request is executed first.
            **when: which requests, as described at `When`.

        Raises:
            UsageError: `code` is 0 or not a number.
        """
        return self._plan(AnswerFault(self.forget, code, info, after=after, when=when))

    def delay(self, seconds: float, *, after: bool = False, **when: Unpack[When]) -> Fault:
        """Answer late.

        Args:
            seconds: the delay, at least 0.
            after: whether the request is executed before the delay, not after it.
            **when: which requests, as described at `When`.

        Raises:
            UsageError: `seconds` is below 0.
        """
        return self._plan(DelayFault(self.forget, seconds, after=after, when=when))

    def drop(self, *, after: bool = False, **when: Unpack[When]) -> Fault:
        """Close the connection without an answer.

        Args:
            after: whether the request is executed first: the answer is lost, but the message was sent.
            **when: which requests, as described at `When`.
        """
        return self._plan(DropFault(self.forget, after=after, when=when))

    def status(
        self,
        status: int = 502,
        body: bytes = GATEWAY_PAGE,
        content_type: str = "text/html",
        *,
        after: bool = False,
        **when: Unpack[When],
    ) -> Fault:
        """Answer with an HTTP status and a body, as a gateway does.

        Args:
            status: the HTTP status, 200 to 599.
            body: the body; the default is a page of a gateway.
            content_type: its Content-Type.
            after: whether the request is executed first.
            **when: which requests, as described at `When`.
        """
        return self._plan(StatusFault(self.forget, status, body, content_type, after=after, when=when))

    def garbage(self, body: bytes = GARBAGE, *, after: bool = False, **when: Unpack[When]) -> Fault:
        """Answer with HTTP 200 and a body that is not an envelope.

        Args:
            body: the body; the default is not JSON.
            after: whether the request is executed first.
            **when: which requests, as described at `When`.
        """
        return self._plan(GarbageFault(self.forget, 200, body, "application/json", after=after, when=when))

    def truncate(self, **when: Unpack[When]) -> Fault:
        """Execute the request, announce the length of the whole answer, send half of it and close the connection."""
        return self._plan(TruncateFault(self.forget, after=True, when=when))

    def endless(self, *, after: bool = False, **when: Unpack[When]) -> Fault:
        """Answer with a chunked body that ends only when the client disconnects or 256 MiB are sent.

        Args:
            after: whether the request is executed first.
            **when: which requests, as described at `When`.
        """
        return self._plan(EndlessFault(self.forget, after=after, when=when))

    def stall(self, **when: Unpack[When]) -> StallFault:
        """Execute requests as they arrive, and answer them all when `release` of the returned fault is called.

        Removing the fault does not answer them; `clear`, `Emulator.reset` and the control API do.
        """
        stall = StallFault(self.forget, when=when)
        self._stalls.append(stall)
        self._plan(stall)
        return stall

    def clear(self) -> None:
        """Remove all faults, and release stalled answers."""
        self._active.clear()
        for stall in self._stalls:
            stall.release()
        self._stalls.clear()

    def forget(self, fault: Fault) -> None:
        """Remove a fault; does nothing if it is no longer planned."""
        if fault in self._active:
            self._active.remove(fault)

    def plan(self, command: str) -> Plan:
        """Return the faults for a request that passed the checks."""
        if not self._active:
            return NOTHING
        delay = delay_after = 0.0
        for fault in tuple(self._active):
            if not fault.strikes(command):
                continue
            if not isinstance(fault, DelayFault):
                return Plan(delay, delay_after, fault)
            if fault.after:
                delay_after += fault.seconds
            else:
                delay += fault.seconds
        return Plan(delay, delay_after, None)

    def _plan(self, fault: Fault) -> Fault:
        command = fault.command
        if command is not None and command not in self._commands:
            raise UsageError(f"unknown command {command!r}", field="command")
        fault.number = next(self._numbers)
        self._active.append(fault)
        return fault
