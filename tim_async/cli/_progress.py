"""The progress of a campaign: a live display on a terminal, an occasional line otherwise."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ._output import console, echo, one_line

if TYPE_CHECKING:
    from ..bulk import PlanProgress, Progress

# Few lines in a log file.
_LINE_INTERVAL_S: Final = 5.0
_MAX_CODES: Final = 4


@contextmanager
def shown() -> Iterator[Callable[[Progress | PlanProgress], None]]:
    """Show progress on stderr while the block runs; yield the function that takes the progress of a plan or a run."""
    screen = console(stderr=True)
    if not screen.is_terminal:
        yield _Lines().show
        return
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Display

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[details]}", markup=False),
    )
    with Display(*columns, console=screen, refresh_per_second=4) as display:
        task = display.add_task("", total=None, details="")

        def show(progress: Progress | PlanProgress) -> None:
            done, total = _measure(progress)
            display.update(
                task,
                description=one_line(progress.name),
                total=total,
                completed=done,
                details=describe(progress),
            )

        yield show


class _Lines:
    """Prints a line if the last one was some time ago, and at the end."""

    def __init__(self) -> None:
        self._printed_at = -_LINE_INTERVAL_S
        self._printed: tuple[int, str, str] = (-1, "", "")
        self._began_planning: float | None = None

    def show(self, progress: Progress | PlanProgress) -> None:
        from ..bulk import PlanProgress

        now = time.monotonic()
        if isinstance(progress, PlanProgress):
            # Most plans take a moment, and their result is printed then.
            self._began_planning = self._began_planning or now
            if now - max(self._began_planning, self._printed_at) >= _LINE_INTERVAL_S:
                self._printed_at = now
                echo(f"{one_line(progress.name)}: {describe(progress)}", err=True)
            return
        seen = (progress.settled, progress.rest_ends, progress.held_up)
        is_news = progress.settled == progress.total or seen[1:] != self._printed[1:]
        if seen != self._printed and (is_news or now - self._printed_at >= _LINE_INTERVAL_S):
            self._printed_at, self._printed = now, seen
            echo(
                f"{one_line(progress.name)}: {progress.settled:,} of {progress.total:,}, {describe(progress)}",
                err=True,
            )


def _measure(progress: Progress | PlanProgress) -> tuple[int, int | None]:
    """Return how much is done, and the total; None if that is unknown."""
    from ..bulk import PlanProgress

    if not isinstance(progress, PlanProgress):
        return progress.settled, max(progress.total, 1)
    if progress.stage == "reading":
        return progress.bytes_read or 0, progress.bytes_total
    return progress.entered, None if progress.stage == "sorting" else max(progress.rows, 1)


def describe(progress: Progress | PlanProgress) -> str:
    """Return the text of a line beside the name."""
    from ..bulk import PlanProgress

    return _describe_plan(progress) if isinstance(progress, PlanProgress) else _describe_run(progress)


def _describe_plan(progress: PlanProgress) -> str:
    """Return rows, their rate and the bytes of the file, or the current step."""
    rows = f"{progress.rows:,} rows"
    if progress.stage == "sorting":
        return f"{rows} read, looking for duplicates"
    if progress.stage == "entering":
        return f"{progress.entered:,} of {rows} planned"
    parts = [f"{rows} read", f"{progress.rate:,.0f}/s"]
    if progress.bytes_read is not None and progress.bytes_total is not None:
        parts.append(f"{progress.bytes_read / 1e6:,.1f} of {progress.bytes_total / 1e6:,.1f} MB")
    return ", ".join(parts)


def _describe_run(progress: Progress) -> str:
    """Return outcomes, rate against the cap, the rate in force if it is lower, and the time left."""
    parts = [f"{progress.sent:,} sent"]
    if progress.failed:
        codes = sorted(progress.codes.items(), key=lambda pair: -pair[1])
        named = ", ".join(f"{code}: {count:,}" for code, count in codes[:_MAX_CODES])
        more = ", ..." if len(codes) > _MAX_CODES else ""
        parts.append(f"{progress.failed:,} failed ({named}{more})")
    if progress.unknown:
        parts.append(f"{progress.unknown:,} unknown")
    if progress.suppressed:
        parts.append(f"{progress.suppressed:,} suppressed")
    parts.append(f"{progress.rate:,.0f} of {progress.cap:,.0f}/s")
    if progress.is_limited:
        in_force, cap = _rate(progress.in_force or 0.0), _rate(progress.cap)
        if in_force != cap:
            parts.append(f"limited to {in_force} of {cap}/s by the service")
    if progress.rest_ends:
        parts.append(f"resting until {progress.rest_ends}")
    if progress.held_up:
        parts.append(progress.held_up)
    if progress.left_s is not None and progress.settled < progress.total:
        minutes, seconds = divmod(int(progress.left_s) + 1, 60)
        hours, minutes = divmod(minutes, 60)
        parts.append(f"{hours}:{minutes:02}:{seconds:02} left")
    return ", ".join(parts)


def _rate(per_second: float) -> str:
    return f"{per_second:,.0f}" if per_second >= 10 else f"{per_second:.1f}"
