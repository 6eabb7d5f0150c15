"""Confirmation of operations that are hard to undo."""

from __future__ import annotations

from typing import Annotated

import typer

from ..._errors import EXIT_FAILED, stop
from ..._output import plain
from ..._secrets import is_terminal

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]


def confirm(question: str, *, is_given: bool) -> None:
    """Ask on stderr, unless confirmation was given; anything but yes ends the command."""
    if is_given:
        return
    if not is_terminal():
        stop("--yes is missing: standard input is not a terminal, so it cannot be confirmed")
    if not typer.confirm(plain(question), err=True):
        stop("nothing was changed", EXIT_FAILED)
