"""The emulator's output: one line for every call, as text or as JSON."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ._output import LinePrinter, json_line, painter

if TYPE_CHECKING:
    from ..emulator import Arrival
    from ..emulator.summary import CallSummary

_COMMAND_WIDTH: Final = 24
_SLOW_S: Final = 1.0


def call_lines(lines: LinePrinter, *, as_json: bool) -> Callable[[Arrival], None]:
    """Return the function that prints a line for a call."""
    from ..emulator.summary import summary_of

    paint = painter()

    def show(arrival: Arrival) -> None:
        summary = summary_of(arrival)
        lines.put(json_line(summary) if as_json else line_of(summary, paint))

    return show


def line_of(call: CallSummary, paint: Callable[[str, str], str]) -> str:
    """Return the line of a call: time, command, sender, recipient, the first words, result, milliseconds."""
    slow = call.took_s is not None and call.took_s > _SLOW_S
    parts = [
        paint(time.strftime("%H:%M:%S", time.localtime(call.at)), "dim"),
        paint(call.command, "bold") + " " * (_COMMAND_WIDTH - len(call.command)),
        paint(_who(call), "none"),
        paint(f'"{call.words}"', "cyan") if call.words else "",
        _result(call, paint),
        _notes(call, paint),
        "" if call.took_s is None else paint(f"{call.took_s * 1000:.0f} ms", "yellow" if slow else "dim"),
    ]
    return "  ".join(part for part in parts if part)


def _who(call: CallSummary) -> str:
    to = ", ".join(call.to)
    more = call.recipients - len(call.to)
    if more:
        to += f" and {more:,} more"
    return f"{call.sender or '?'} -> {to}" if to else call.sender


def _result(call: CallSummary, paint: Callable[[str, str], str]) -> str:
    if call.status is None:
        return paint("no answer", "red")
    if call.status != 200:
        return paint(f"HTTP {call.status}", "red")
    if call.code is None:
        return paint("no envelope", "red")
    return paint(f"{call.code} {call.info}".rstrip(), "red") if call.code else paint("OK", "green")


def _notes(call: CallSummary, paint: Callable[[str, str], str]) -> str:
    notes = [f"attempt {call.attempt}"] if call.attempt > 1 else []
    if call.fault:
        notes.append(f"fault: {call.fault}")
    return paint(f"({', '.join(notes)})", "magenta") if notes else ""
