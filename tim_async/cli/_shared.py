"""What commands share: credentials, how errors are told, how a coroutine is run."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Annotated, Any, Final, NoReturn, TypeVar

import typer

from .._core.config import Region
from ..errors import (
    ApiError,
    ConnectError,
    ReplyDecodeError,
    TimError,
    UsageError,
)

T = TypeVar("T")

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2


# A URL, by itself or as --option=URL.
_URL: Final = re.compile(r"((?:-[-\w]*=)?[A-Za-z][-+.\w]*://)(.*)", re.DOTALL)


def hide_password(argument: str) -> str:
    """Return an argument as it may be shown: of a URL neither the password nor the query, which may have one, too."""
    url = _URL.fullmatch(argument)
    if url is None:
        return argument
    # A password may have any sign in it: all up to the last @ is taken for the user.
    login, at, place = url[2].rpartition("@")
    user, place = re.split("[:/?]", login)[0], re.sub(r"\?.*", "?***", place, flags=re.DOTALL)
    return f"{url[1]}{user}{':***' if user != login else ''}{at}{place}"


def read_app_id(value: str | int) -> int:
    """Return the number that an app id is; like any wrong option, anything else ends the command."""
    if isinstance(value, int):  # a default
        return value
    # The value is not repeated: who mixes up two variables must not find the key on the screen.
    if not value.isascii() or not value.isdigit() or int(value) == 0:
        raise typer.BadParameter("it must be a number above 0")
    return int(value)


AppIdOption = Annotated[
    int,
    typer.Option(
        "--sdk-app-id",
        envvar="TIM_SDK_APP_ID",
        parser=read_app_id,
        metavar="NUMBER",
        show_default=False,
        help="The app's id.",
    ),
]
AdminOption = Annotated[
    str, typer.Option("--identifier", envvar="TIM_IDENTIFIER", metavar="ACCOUNT", help="The admin account that calls.")
]
RegionOption = Annotated[
    str,
    typer.Option(
        "--region",
        envvar="TIM_REGION",
        metavar="NAME",
        help="The app's data centre.",
    ),
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        envvar="TIM_BASE_URL",
        metavar="URL",
        show_default=False,
        help="Another address than the region's, such as an emulator's.",
    ),
]


def read_region(name: str) -> Region:
    """Return the region of this name; like any wrong option, another name ends the command."""
    for region in Region:
        if region.value == name.lower():
            return region
    known = ", ".join(region.value for region in Region)
    raise typer.BadParameter(f"it must be one of {known}", param_hint="'--region' (env var: 'TIM_REGION')")


def is_terminal() -> bool:
    """Tell whether there is somebody to ask; standard input may also be closed."""
    return sys.stdin is not None and sys.stdin.isatty()


def secret_key() -> str:
    """Return the app's key: from TIM_SECRET_KEY, or from a hidden prompt where there is a terminal to ask at."""
    key = os.environ.get("TIM_SECRET_KEY")
    if key:
        return key
    if not is_terminal():
        stop("TIM_SECRET_KEY is missing: set it, or run this in a terminal to be asked for it", EXIT_USAGE)
    answer: str = typer.prompt("Secret key of the app (not shown)", hide_input=True, err=True)
    return answer


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine; an error of this library ends the command with one line on stderr."""
    try:
        return asyncio.run(main)
    except TimError as error:
        stop(describe(error), EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILED)


def stop(line: str, code: int) -> NoReturn:
    """End the command: one line on stderr, and an exit code."""
    typer.echo(f"tim-async: {line}", err=True)
    raise typer.Exit(code)


def describe(error: TimError) -> str:
    """Return one line that says what happened and what to do."""
    advice = ""
    if isinstance(error, ConnectError):
        advice = "; nothing was sent: is the address right, and does something listen there?"
    elif isinstance(error, ReplyDecodeError):
        advice = "; is TIM_BASE_URL (or --base-url) the service's address?"
    elif isinstance(error, ApiError) and error.name is not None:
        advice = f"; more: tim-async explain {error.code}"
    if error.maybe_delivered:
        advice += "; look at the history before you send it again"
    return one_line(f"{error}{advice}")


def one_line(text: str) -> str:
    """Return a text that stays on its line and cannot steer a terminal."""
    return "".join(each if each.isprintable() else " " for each in " ".join(text.split()))


def show_time(seconds: float) -> str:
    """Return a moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def show_text(text: str) -> None:
    """Print lines, none of which can steer a terminal."""
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        typer.echo(indent + one_line(line))
