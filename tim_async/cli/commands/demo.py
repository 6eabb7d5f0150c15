"""`tim-async demo`: what the library does, inside an emulator."""

from __future__ import annotations

import typer

from .._errors import EXIT_FAILED
from .._frame import make_command
from .._loop import run_async


def demo() -> None:
    """Send every kind of message to an emulator, and show what arrived.

    Needs no account and no network, and ends by itself: exit code 0 when everything arrived, 1 when not.
    """
    from .._demo import show

    if not run_async(show()):
        raise typer.Exit(EXIT_FAILED)


command = make_command(demo, examples=("tim-async demo",))
