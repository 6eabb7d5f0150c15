"""How far a campaign is: a live display on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

if TYPE_CHECKING:
    from ..bulk import Progress as Told

# Lines in a log file are few.
_LINE_EVERY_S: Final = 5.0
_SHOWN_CODES: Final = 4


@contextmanager
def shown() -> Iterator[Callable[[Told], None]]:
    """Show progress on stderr while the block runs; yield what takes it."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines().show
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[told]}", markup=False),
    )
    with Progress(*columns, console=console, refresh_per_second=4) as display:
        task = display.add_task("", total=None, told="")

        def show(told: Told) -> None:
            display.update(
                task, description=told.name, total=max(told.total, 1), completed=told.settled, told=describe(told)
            )

        yield show


class _Lines:
    """Prints a line when the last one is a while ago, and at the end."""

    def __init__(self) -> None:
        self._newest = -_LINE_EVERY_S
        self._before = -1

    def show(self, told: Told) -> None:
        now = time.monotonic()
        is_end = told.settled == told.total
        if told.settled != self._before and (is_end or now - self._newest >= _LINE_EVERY_S):
            self._newest, self._before = now, told.settled
            typer.echo(f"{told.name}: {told.settled:,} of {told.total:,}, {describe(told)}", err=True)


def describe(told: Told) -> str:
    """Return sent, failed by code, rate against the cap, and time left."""
    parts = [f"{told.sent:,} sent"]
    if told.failed:
        codes = sorted(told.codes.items(), key=lambda pair: -pair[1])
        named = ", ".join(f"{code}: {count:,}" for code, count in codes[:_SHOWN_CODES])
        more = ", ..." if len(codes) > _SHOWN_CODES else ""
        parts.append(f"{told.failed:,} failed ({named}{more})")
    if told.unknown:
        parts.append(f"{told.unknown:,} unknown")
    parts.append(f"{told.rate:,.0f} of {told.cap:,.0f}/s")
    if told.left_s is not None and told.settled < told.total:
        minutes, seconds = divmod(int(told.left_s) + 1, 60)
        hours, minutes = divmod(minutes, 60)
        parts.append(f"{hours}:{minutes:02}:{seconds:02} left")
    return ", ".join(parts)
