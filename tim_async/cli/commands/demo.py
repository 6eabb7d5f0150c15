"""`tim-async demo`: show what the library promises, inside an emulator."""

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
        bool, typer.Option("--plain", help="Print plain lines without pauses, as without a terminal.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show in ten seconds what the library promises, inside an emulator.

    A conversation with every kind of message; 600 messages at once, compared with a common limiter; and a lost answer
    that does not lead to a second message. Needs no account and no network. Exit code 0 if all promises were kept, 1 if
    not.
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
