"""How far a campaign is: a live display on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ._output import console, echo, one_line

if TYPE_CHECKING:
    from ..bulk import Progress

# Lines in a log file are few.
_LINE_INTERVAL_S: Final = 5.0
_MAX_CODES: Final = 4


@contextmanager
def shown() -> Iterator[Callable[[Progress], None]]:
    """Show progress on stderr while the block runs; yield the function that takes it."""
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

        def show(progress: Progress) -> None:
            display.update(
                task,
                description=one_line(progress.name),
                total=max(progress.total, 1),
                completed=progress.settled,
                details=describe(progress),
            )

        yield show


class _Lines:
    """Prints a line when the last one is a while ago, and at the end."""

    def __init__(self) -> None:
        self._printed_at = -_LINE_INTERVAL_S
        self._printed_settled = -1

    def show(self, progress: Progress) -> None:
        now = time.monotonic()
        is_end = progress.settled == progress.total
        if progress.settled != self._printed_settled and (is_end or now - self._printed_at >= _LINE_INTERVAL_S):
            self._printed_at, self._printed_settled = now, progress.settled
            echo(
                f"{one_line(progress.name)}: {progress.settled:,} of {progress.total:,}, {describe(progress)}",
                err=True,
            )


def describe(progress: Progress) -> str:
    """Return sent, failed by code, rate against the cap, and time left."""
    parts = [f"{progress.sent:,} sent"]
    if progress.failed:
        codes = sorted(progress.codes.items(), key=lambda pair: -pair[1])
        named = ", ".join(f"{code}: {count:,}" for code, count in codes[:_MAX_CODES])
        more = ", ..." if len(codes) > _MAX_CODES else ""
        parts.append(f"{progress.failed:,} failed ({named}{more})")
    if progress.unknown:
        parts.append(f"{progress.unknown:,} unknown")
    parts.append(f"{progress.rate:,.0f} of {progress.cap:,.0f}/s")
    if progress.left_s is not None and progress.settled < progress.total:
        minutes, seconds = divmod(int(progress.left_s) + 1, 60)
        hours, minutes = divmod(minutes, 60)
        parts.append(f"{hours}:{minutes:02}:{seconds:02} left")
    return ", ".join(parts)
