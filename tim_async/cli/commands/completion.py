"""`tim-async completion`: the script with which a shell completes commands, options, endpoints and fields."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import Annotated

import typer

from .. import _shells
from .._completion_scripts import SCRIPTS, SHELLS
from .._errors import stop
from .._frame import make_command
from .._output import echo


def completion(
    shell: Annotated[
        str | None,
        typer.Argument(metavar="[SHELL]", show_default=False, help="bash, zsh, fish or powershell; without it, yours."),
    ] = None,
) -> None:
    """Print the script with which a shell completes commands, options, endpoints and fields.

    The examples install it. In zsh, run `compinit` first.
    """
    found = shell or _shell_of_the_user()
    if found == "pwsh":
        found = "powershell"
    if found not in SCRIPTS:
        stop(f"unknown shell {found!r}; supported shells: {', '.join(SHELLS)}")
    echo(SCRIPTS[found].rstrip("\n"))


def _shell_of_the_user() -> str:
    """Return the user's shell; on Windows, the one with completion."""
    return "powershell" if _shells.WINDOWS else PurePath(os.environ.get("SHELL", "")).name or "bash"


command = make_command(
    completion,
    examples=(
        "tim-async completion bash >> ~/.bashrc",
        "tim-async completion zsh >> ~/.zshrc",
        "tim-async completion fish > ~/.config/fish/completions/tim-async.fish",
        "tim-async completion powershell >> $PROFILE",
    ),
)
