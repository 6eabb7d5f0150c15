"""`tim-async demo`: what the library promises, inside an emulator."""

from __future__ import annotations

from typing import Annotated

import typer

from .._errors import EXIT_FAILED
from .._frame import make_command
from .._loop import run_async
from .._output import JsonOption, console, is_terminal, print_json


def demo(
    *,
    plain: Annotated[
        bool, typer.Option("--plain", help="Print plain lines, as where there is no terminal, and pause nowhere.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show in ten seconds what the library promises, inside an emulator.

    A conversation with every kind of message; 600 messages at once, beside what a common limiter makes of them; and an
    answer that is lost, which makes no second message. Needs no account and no network, and ends by itself: exit code 0
    when all promises were kept, 1 when not.
    """
    from .._demo.play import play
    from .._demo.stage import Lines, Silent, Terminal

    stage = Silent() if as_json else Terminal(console()) if is_terminal() and not plain else Lines()
    performance = run_async(play(stage))
    if as_json:
        print_json(performance)
    if not performance.is_kept:
        raise typer.Exit(EXIT_FAILED)


command = make_command(demo, examples=("tim-async demo", "tim-async demo --plain"))
